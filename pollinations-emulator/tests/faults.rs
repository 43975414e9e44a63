//! Injected faults, as clients see them.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use pollinations_emulator::{Emulator, Fault};
use serde_json::{Value, json};

const CHAT: &str = r#"{"messages":[{"role":"user","content":"one two three"}],"stream":true}"#;

/// Sends a raw request on a new connection. Returns the response, and how the connection ended.
fn raw(emulator: &Emulator, request: &str) -> (String, std::io::Result<usize>) {
    let mut socket = TcpStream::connect(emulator.base_url().strip_prefix("http://").unwrap()).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    socket.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    let end = socket.read_to_end(&mut bytes);
    (String::from_utf8_lossy(&bytes).into_owned(), end)
}

fn chat(headers: &str) -> String {
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer sk_a\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n{CHAT}",
        CHAT.len()
    )
}

/// The chat request with the fault in a header.
fn faulty(fault: &Fault) -> String {
    chat(&format!("x-emulator-fault: {}\r\n", serde_json::to_string(fault).unwrap()))
}

/// The data of the events in a response with chunked encoding.
fn events(response: &str) -> Vec<String> {
    let mut rest = response.split_once("\r\n\r\n").unwrap().1;
    let mut body = String::new();
    while let Some((size, tail)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 || tail.len() < size {
            break;
        }
        body += &tail[..size];
        rest = &tail[size + 2..];
    }
    body.replace("\r\n", "\n").lines().filter_map(|line| line.strip_prefix("data: ")).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_applies_a_few_times_and_then_requests_succeed() {
    let busy = Fault::status(429).retry_after("3").times(2).operation("list_models");
    let emulator = Emulator::builder().fault(busy).start().await.unwrap();
    let url = format!("{}/v1/models", emulator.base_url());
    for _ in 0..2 {
        let response = reqwest::get(&url).await.unwrap();
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"3".parse().unwrap()));
        let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(body["error"]["code"], "RATE_LIMITED");
        // Other operations are not affected.
        assert!(reqwest::get(format!("{}/text/models", emulator.base_url())).await.unwrap().status().is_success());
    }
    assert!(reqwest::get(&url).await.unwrap().status().is_success());
    let statuses: Vec<u16> = emulator.journal().iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [429, 200, 429, 200, 200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_reset_and_bodies_truncated() {
    let emulator = Emulator::start().await.unwrap();
    tokio::task::spawn_blocking(move || {
        let (text, end) = raw(&emulator, &faulty(&Fault::reset()));
        assert_eq!(text, "");
        assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
        let (text, end) = raw(&emulator, &faulty(&Fault::default().reset_after(200)));
        assert!(text.starts_with("HTTP/1.1 200 OK") && !text.contains("[DONE]"), "{text}");
        // A reset may also lose data in transit. The end of the response is missing in any case.
        assert!(end.is_err() || !text.ends_with("0\r\n\r\n"), "{text}");
        let (text, _) = raw(&emulator, &faulty(&Fault::default().truncate(200)));
        assert!(text.ends_with("0\r\n\r\n") && !text.contains("[DONE]"), "{text}");
        // The emulator still works.
        assert!(raw(&emulator, &chat("")).0.contains("[DONE]"));
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn unusual_streams_have_the_same_content() {
    let emulator = Emulator::start().await.unwrap();
    tokio::task::spawn_blocking(move || {
        let plain = events(&raw(&emulator, &chat("")).0);
        assert_eq!(plain.last().unwrap(), "[DONE]");
        let text = |events: &[String]| -> String {
            let deltas = events.iter().filter_map(|event| serde_json::from_str::<Value>(event).ok());
            deltas.filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned)).collect()
        };
        assert_eq!(text(&plain), "You said: one two three");
        for fault in
            [Fault::default().chunk_size(1), Fault::default().crlf(), Fault::default().comments().chunk_size(3)]
        {
            let (response, _) = raw(&emulator, &faulty(&fault));
            assert_eq!(text(&events(&response)), "You said: one two three", "{fault:?}\n{response}");
        }
        assert!(raw(&emulator, &faulty(&Fault::default().crlf())).0.contains("\r\n\r\n\r\n"));
        assert!(raw(&emulator, &faulty(&Fault::default().comments())).0.contains(": keep-alive"));
        let failed = events(&raw(&emulator, &faulty(&Fault::default().stream_error(2))).0);
        assert_eq!(failed.len(), 3);
        assert!(failed[2].contains("The model failed"));
        let broken = events(&raw(&emulator, &faulty(&Fault::default().malformed())).0);
        assert!(serde_json::from_str::<Value>(&broken[0]).is_err());
        let start = Instant::now();
        let slow = Fault::default().delayed(Duration::from_millis(100)).chunk_delay(Duration::from_millis(20));
        assert!(raw(&emulator, &faulty(&slow)).0.contains("[DONE]"));
        assert!(start.elapsed() > Duration::from_millis(100 + 20 * plain.len() as u64));
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn html_pages_bodies_and_content_types_can_be_set() {
    let emulator = Emulator::start().await.unwrap();
    let http = reqwest::Client::new();
    let send = async |fault: Fault| {
        let request = http.get(format!("{}/v1/models", emulator.base_url()));
        request.header("x-emulator-fault", serde_json::to_string(&fault).unwrap()).send().await.unwrap()
    };
    let page = send(Fault::status(502).html()).await;
    assert_eq!(
        (page.status().as_u16(), &page.headers()["content-type"]),
        (502, &"text/html; charset=utf-8".parse().unwrap())
    );
    assert!(page.text().await.unwrap().contains("<title>502 Bad Gateway</title>"));
    let wrong = send(Fault::default().content_type("text/html")).await;
    assert_eq!((wrong.status().as_u16(), &wrong.headers()["content-type"]), (200, &"text/html".parse().unwrap()));
    assert_eq!(send(Fault::default().body("{")).await.text().await.unwrap(), "{");
    let date = "Wed, 21 Oct 2026 07:28:00 GMT";
    assert_eq!(send(Fault::status(503).retry_after(date)).await.headers()["retry-after"], date);
    let reason = send(Fault::status(402).reason("key_budget")).await.text().await.unwrap();
    assert!(reason.contains(r#""reason":"key_budget""#), "{reason}");
    let nonsense =
        http.get(format!("{}/v1/models", emulator.base_url())).header("x-emulator-fault", "{").send().await.unwrap();
    assert_eq!(nonsense.status(), 400);
    assert_eq!(nonsense.headers()["x-request-id"], emulator.journal().last().unwrap().request_id.as_str());
}

#[tokio::test]
async fn faults_can_be_set_over_http() {
    let emulator = Emulator::start().await.unwrap();
    let http = reqwest::Client::new();
    let url = |path: &str| format!("{}{path}", emulator.base_url());
    let faults =
        json!([{ "path": "/v1/models", "status": 500, "times": 0 }, { "operation": "upload_media", "reset": true }]);
    let added = http.post(url("/_emulator/faults")).body(faults.to_string()).send().await.unwrap();
    assert_eq!(added.status(), 201);
    for _ in 0..3 {
        assert_eq!(http.get(url("/v1/models")).send().await.unwrap().status(), 500);
    }
    let listed: Value =
        serde_json::from_str(&http.get(url("/_emulator/faults")).send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(http.delete(url("/_emulator/faults")).send().await.unwrap().status(), 204);
    assert!(http.get(url("/v1/models?key=sk_hidden")).send().await.unwrap().status().is_success());
    let wrong = http.post(url("/_emulator/faults")).body(r#"{"staus":500}"#).send().await.unwrap();
    assert_eq!(wrong.status(), 400);
    assert!(wrong.text().await.unwrap().contains("unknown field `staus`"));

    let journal: Value =
        serde_json::from_str(&http.get(url("/_emulator/journal")).send().await.unwrap().text().await.unwrap()).unwrap();
    let statuses: Vec<u64> =
        journal.as_array().unwrap().iter().map(|entry| entry["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [500, 500, 500, 200]);
    assert!(!journal.to_string().contains("hidden"), "{journal}");
    assert_eq!(journal[3]["query"], "key=[key]");

    let state = http.put(url("/_emulator/state")).header("content-type", "application/json").body(r#"{"balance":0.5}"#);
    assert!(state.send().await.unwrap().status().is_success());
    assert_eq!(emulator.balance(), 0.5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_can_have_keep_alives_or_consist_of_one_chunk() {
    let emulator = Emulator::start().await.unwrap();
    tokio::task::spawn_blocking(move || {
        let plain = events(&raw(&emulator, &chat("")).0);
        let alive = events(&raw(&emulator, &faulty(&Fault::default().keep_alives())).0);
        assert_eq!(alive.iter().filter(|event| *event == "keep-alive").count(), plain.len());
        assert_eq!(alive.iter().filter(|event| *event != "keep-alive").count(), plain.len());

        let whole = events(&raw(&emulator, &faulty(&Fault::default().one_chunk())).0);
        assert_eq!((whole.len(), whole[1].as_str()), (2, "[DONE]"));
        let chunk: Value = serde_json::from_str(&whole[0]).unwrap();
        let choice = &chunk["choices"][0];
        assert_eq!(choice["delta"], json!({ "role": "assistant", "content": "You said: one two three" }));
        assert_eq!((&choice["finish_reason"], &chunk["object"]), (&json!("stop"), &json!("chat.completion.chunk")));
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_stream_of_one_chunk_can_have_a_tool_call() {
    let emulator = Emulator::start().await.unwrap();
    let function = json!({ "name": "weather", "parameters": { "type": "object", "required": ["city"],
        "properties": { "city": { "type": "string" } } } });
    let body = json!({
        "messages": [{ "role": "user", "content": "weather" }],
        "stream": true,
        "stream_options": { "include_usage": true },
        "tools": [{ "type": "function", "function": function }],
    });
    let request = reqwest::Client::new().post(format!("{}/v1/chat/completions", emulator.base_url()));
    let request = request.bearer_auth("sk_a").header("content-type", "application/json").body(body.to_string());
    let fault = serde_json::to_string(&Fault::default().one_chunk()).unwrap();
    let text = request.header("x-emulator-fault", fault).send().await.unwrap().text().await.unwrap();
    let chunk: Value = serde_json::from_str(text.lines().next().unwrap().strip_prefix("data: ").unwrap()).unwrap();
    let call = &chunk["choices"][0]["delta"]["tool_calls"][0];
    assert_eq!((&call["id"], &call["function"]["name"]), (&json!("call_0000"), &json!("weather")));
    let arguments: Value = serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap();
    assert!(arguments["city"].is_string());
    assert!(chunk["usage"]["total_tokens"].as_u64().unwrap() > 0, "{chunk}");
}

#[tokio::test]
async fn cloudflare_can_answer_instead_of_the_service() {
    let emulator = Emulator::start().await.unwrap();
    let http = reqwest::Client::new();
    let send = async |fault: Fault| {
        let request = http.get(format!("{}/v1/models", emulator.base_url()));
        request.header("x-emulator-fault", serde_json::to_string(&fault).unwrap()).send().await.unwrap()
    };
    for code in 520..=530 {
        let page = send(Fault::cloudflare(code)).await;
        assert_eq!((page.status().as_u16(), &page.headers()["server"]), (code, &"cloudflare".parse().unwrap()));
        assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        // The request never reached the service, so it has no request ID.
        assert!(page.headers().get("x-request-id").is_none());
        assert!(page.text().await.unwrap().contains(&format!("| {code}: ")));
        let line = send(Fault::cloudflare(code).plain()).await;
        assert_eq!(line.status().as_u16(), code);
        assert!(line.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
        assert_eq!(line.text().await.unwrap(), format!("error code: {code}"));
    }
    let limited = send(Fault::cloudflare(1015).plain()).await;
    assert_eq!((limited.status().as_u16(), limited.text().await.unwrap().as_str()), (429, "error code: 1015"));
}

#[tokio::test]
async fn rate_limits_and_error_codes_have_the_formats_of_the_service() {
    let emulator = Emulator::start().await.unwrap();
    let http = reqwest::Client::new();
    let send = async |fault: &str| {
        let request = http.get(format!("{}/v1/models", emulator.base_url()));
        let response = request.header("x-emulator-fault", fault).send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        (status, headers, serde_json::from_slice::<Value>(&response.bytes().await.unwrap()).unwrap())
    };
    let (status, headers, edge) = send(r#"{"status": 429}"#).await;
    assert_eq!((status, headers.get("retry-after")), (429, None));
    assert_eq!(edge["error"]["code"], "RATE_LIMITED");
    let (status, headers, key) = send(r#"{"keyLimit": 7}"#).await;
    assert_eq!((status, &headers["retry-after"]), (429, &"7".parse().unwrap()));
    assert_eq!((&key["retryAfterSeconds"], key["error"].is_string()), (&json!(7), true));
    assert!(key["message"].is_string());

    let (status, headers, broke) = send(r#"{"status": 402, "code": "KEY_BUDGET_EXHAUSTED", "requestId": "r1"}"#).await;
    assert_eq!((status, &broke["error"]["requestId"]), (402, &json!("r1")));
    assert!(headers["x-request-id"].to_str().unwrap().starts_with("req_"));
    assert_eq!(broke["error"]["code"], "KEY_BUDGET_EXHAUSTED");
    assert!(broke["error"]["fixUrl"].as_str().unwrap().ends_with("ref=agent_key_budget"), "{broke}");
}

#[tokio::test]
async fn every_status_has_the_error_code_of_the_service() {
    let emulator = Emulator::start().await.unwrap();
    for (status, code) in [
        (400, "BAD_REQUEST"),
        (401, "UNAUTHORIZED"),
        (403, "FORBIDDEN"),
        (404, "NOT_FOUND"),
        (405, "METHOD_NOT_ALLOWED"),
        (408, "REQUEST_TIMEOUT"),
        (409, "CONFLICT"),
        (410, "GONE"),
        (413, "PAYLOAD_TOO_LARGE"),
        (415, "UNSUPPORTED_MEDIA_TYPE"),
        (422, "UNPROCESSABLE_ENTITY"),
        (426, "UPGRADE_REQUIRED"),
        (429, "RATE_LIMITED"),
        (500, "INTERNAL_ERROR"),
        (502, "BAD_GATEWAY"),
        (503, "SERVICE_UNAVAILABLE"),
        (504, "GATEWAY_TIMEOUT"),
        (520, "UNKNOWN_ERROR"),
    ] {
        emulator.inject(Fault::status(status));
        let answer = reqwest::get(format!("{}/models", emulator.base_url())).await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
        let body: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(body["error"]["code"], code, "{status}");
    }
}
