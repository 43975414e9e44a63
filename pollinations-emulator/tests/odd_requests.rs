//! Unusual and invalid requests: unexpected methods, broken bodies, paths that are not UTF-8, endless schemas. The
//! emulator always responds in the format of the service.

use std::time::Duration;

use pollinations_emulator::Emulator;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const KEY: &str = "sk_odd";

/// Sends a raw request, and returns the status and the body of the response.
async fn raw(emulator: &Emulator, request: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(emulator.base_url().trim_start_matches("http://")).await.unwrap();
    stream.write_all(request).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

async fn get(emulator: &Emulator, path: &str) -> (u16, String) {
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nConnection: close\r\n\r\n");
    raw(emulator, head.as_bytes()).await
}

fn code(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    body["error"]["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn paths_that_are_not_utf8_get_the_error_envelope() {
    let emulator = Emulator::start().await.unwrap();
    for path in ["/image/%ff", "/text/%ff", "/audio/%ff", "/video/%ff", "/v1/models/%ff", "/account/agents/%ff"] {
        let (status, body) = get(&emulator, path).await;
        assert_eq!((status, code(&body).as_str()), (400, "BAD_REQUEST"), "{path}: {body}");
    }
    // In errors of the media service, `error` is a string.
    let (status, body) = get(&emulator, "/%ff/metadata").await;
    assert!(status == 400 && serde_json::from_str::<Value>(&body).unwrap()["error"].is_string(), "{status} {body}");
}

#[tokio::test]
async fn errors_of_model_reports_have_a_string_in_their_error_field() {
    let emulator = Emulator::start().await.unwrap();
    let (status, body) = get(&emulator, "/models/status?minutes=soon").await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert!(status == 400 && body["error"].as_str().is_some_and(|error| error.contains("minutes")), "{body}");
}

#[tokio::test]
async fn dot_segments_are_not_prompts() {
    let emulator = Emulator::start().await.unwrap();
    for path in ["/image/..", "/image/.", "/image/%2e%2e", "/text/%2E", "/audio/.%2e"] {
        let (status, body) = get(&emulator, path).await;
        assert_eq!((status, code(&body).as_str()), (404, "NOT_FOUND"), "{path}: {body}");
    }
    assert_eq!(get(&emulator, "/text/...").await.0, 200);
    assert_eq!(emulator.charges(), 1);
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_shares_its_generation() {
    let emulator = Emulator::start().await.unwrap();
    let http = reqwest::Client::new();
    for path in
        ["/models", "/account/balance", "/image/x?width=16&height=16", "/account/agents/none", "/image/x?width=x"]
    {
        let url = format!("{}{path}", emulator.base_url());
        let head = http.head(&url).bearer_auth(KEY).send().await.unwrap();
        let get = http.get(&url).bearer_auth(KEY).send().await.unwrap();
        assert_eq!(
            (head.status(), &head.headers()["content-length"]),
            (get.status(), &get.headers()["content-length"])
        );
        assert!(head.bytes().await.unwrap().is_empty() && !get.bytes().await.unwrap().is_empty(), "{path}");
    }
    assert_eq!(emulator.charges(), 1);
}

#[tokio::test]
async fn cors_allows_requests_from_any_origin() {
    let emulator = Emulator::start().await.unwrap();
    let http = reqwest::Client::new();
    let url = format!("{}/v1/chat/completions", emulator.base_url());
    let preflight = http
        .request(reqwest::Method::OPTIONS, &url)
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type");
    let allowed = preflight.send().await.unwrap();
    assert_eq!(allowed.status(), 204);
    assert_eq!(allowed.headers()["access-control-allow-origin"], "*");
    assert_eq!(allowed.headers()["access-control-allow-headers"], "authorization,content-type");
    assert!(allowed.headers()["access-control-allow-methods"].to_str().unwrap().contains("POST"));
    // Web pages can read errors too, but not Cloudflare's pages, because they do not come from the service.
    let refused = http.post(&url).send().await.unwrap();
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["access-control-allow-origin"]),
        (401, &"*".parse().unwrap())
    );
    let page = http.post(&url).header("x-emulator-fault", r#"{"cloudflare": 524}"#).send().await.unwrap();
    assert!(!page.headers().contains_key("access-control-allow-origin"));
    // An OPTIONS request that is not a preflight is a method that is not allowed.
    let other = http.request(reqwest::Method::OPTIONS, &url).send().await.unwrap();
    assert_eq!((other.status().as_u16(), &other.headers()["allow"]), (405, &"POST".parse().unwrap()));
    assert_eq!(emulator.journal().len(), 3, "preflights must not be in the journal");
}

#[tokio::test]
async fn broken_bodies_get_400_and_large_ones_413() {
    let emulator = Emulator::start().await.unwrap();
    let head = "POST /text HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk_odd\r\nContent-Type: application/json\r\n\
                Connection: close\r\n";
    let (status, body) = raw(&emulator, format!("{head}Transfer-Encoding: chunked\r\n\r\nZZ\r\n").as_bytes()).await;
    assert_eq!((status, code(&body).as_str()), (400, "BAD_REQUEST"), "{body}");

    let http = reqwest::Client::new();
    let url = format!("{}/text", emulator.base_url());
    // The client sends the whole body before it reads the response.
    let answer = http.post(url).bearer_auth(KEY).body(vec![b'x'; 65 << 20]).send().await.unwrap();
    assert_eq!(answer.status(), 413);
    assert_eq!(code(&answer.text().await.unwrap()), "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn large_images_fit_in_a_chat() {
    let emulator = Emulator::start().await.unwrap();
    let image = format!("data:image/png;base64,{}", "A".repeat(8 << 20));
    let content = json!([{ "type": "text", "text": "Look" }, { "type": "image_url", "image_url": { "url": image } }]);
    let body = json!({ "model": "openai", "messages": [{ "role": "user", "content": content }] });
    let http = reqwest::Client::new();
    for path in ["/v1/chat/completions", "/text"] {
        let answer = http.post(format!("{}{path}", emulator.base_url())).bearer_auth(KEY).json(&body).send().await;
        assert_eq!(answer.unwrap().status(), 200, "{path}");
    }
}

#[tokio::test]
async fn endless_schemas_and_long_texts_get_bounded_responses() {
    let emulator = Emulator::start().await.unwrap();
    let http = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    let chat =
        |body: Value| http.post(format!("{}/v1/chat/completions", emulator.base_url())).bearer_auth(KEY).json(&body);
    let fields: serde_json::Map<String, Value> =
        (0..60).map(|field| (field.to_string(), json!({ "$ref": "#" }))).collect();
    let schema = json!({ "type": "object", "properties": fields });
    let format = json!({ "type": "json_schema", "json_schema": { "name": "endless", "schema": schema } });
    let messages = json!([{ "role": "user", "content": "Fill it in" }]);
    let answer =
        chat(json!({ "model": "openai", "messages": messages, "response_format": format })).send().await.unwrap();
    assert_eq!(answer.status(), 200);

    // 100,000 words would take eight hours to say.
    let messages = json!([{ "role": "user", "content": "word ".repeat(100_000) }]);
    let audio = json!({ "voice": "alloy", "format": "wav" });
    let body = json!({ "model": "openai", "messages": messages, "modalities": ["text", "audio"], "audio": audio });
    let answer: Value = chat(body).send().await.unwrap().json().await.unwrap();
    let data = answer["choices"][0]["message"]["audio"]["data"].as_str().unwrap();
    assert!(data.len() < 20 << 20, "{}", data.len());
}

#[tokio::test]
async fn concurrent_changes_of_a_key_are_all_applied() {
    let emulator = Emulator::start().await.unwrap();
    let http = reqwest::Client::new();
    let keys = format!("{}/account/keys", emulator.base_url());
    let made: Value =
        http.post(&keys).bearer_auth(KEY).json(&json!({ "name": "k" })).send().await.unwrap().json().await.unwrap();
    let url = format!("{keys}/{}", made["id"].as_str().unwrap());
    let changes = (0..40).flat_map(|number| {
        [json!({ "name": format!("name {number}") }), json!({ "description": format!("note {number}") })]
    });
    let changes = changes.chain([json!({ "allowedModels": ["text"] }), json!({ "pollenBudget": 7 })]);
    let sent = changes.map(|change| {
        let request = http.patch(&url).bearer_auth(KEY).json(&change);
        tokio::spawn(async move { request.send().await.unwrap().status() })
    });
    for sent in sent.collect::<Vec<_>>() {
        assert_eq!(sent.await.unwrap(), 200);
    }
    let list: Value = http.get(&keys).bearer_auth(KEY).send().await.unwrap().json().await.unwrap();
    let key = list["data"].as_array().unwrap().iter().find(|key| key["id"] == made["id"]).unwrap();
    assert_eq!((&key["permissions"]["models"], &key["pollenBalance"]), (&json!(["text"]), &json!(7.0)), "{key}");
    assert!(key["name"].as_str().unwrap().starts_with("name ") && key["metadata"]["description"].is_string(), "{key}");
}

#[tokio::test]
async fn concurrent_requests_cannot_create_two_agents_with_the_same_name() {
    let emulator = Emulator::start().await.unwrap();
    let http = reqwest::Client::new();
    let url = format!("{}/account/my-models/endpoint-agents", emulator.base_url());
    let agent = json!({ "name": "same", "title": "Same", "api": "chat_completions", "url": "https://example.com/v1" });
    let sent = (0..20).map(|_| {
        let request = http.post(&url).bearer_auth(KEY).json(&agent);
        tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
    });
    let mut made = 0;
    for sent in sent.collect::<Vec<_>>() {
        let status = sent.await.unwrap();
        assert!(status == 200 || status == 400, "{status}");
        made += usize::from(status == 200);
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn formats_of_fields_are_validated() {
    let emulator = Emulator::start().await.unwrap();
    let http = reqwest::Client::new();
    for (method, path, body, field) in [
        ("POST", "/account/my-models/models", json!({ "baseUrl": "no address", "bearerToken": "x" }), "baseUrl"),
        ("POST", "/v1/audio/speech", json!({ "input": "Hi", "reference_audio": "no address" }), "reference_audio"),
        ("PATCH", "/account/keys/none", json!({ "expiresAt": "tomorrow" }), "expiresAt"),
    ] {
        let url = format!("{}{path}", emulator.base_url());
        let request = http.request(method.parse().unwrap(), url).bearer_auth(KEY).json(&body);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 400, "{path}");
        let body: Value = answer.json().await.unwrap();
        assert!(body["error"]["details"]["fieldErrors"][field].is_array(), "{path}: {body}");
    }
}

#[tokio::test]
async fn a_device_that_polls_too_fast_gets_slow_down() {
    let emulator = Emulator::start().await.unwrap();
    let http = reqwest::Client::new();
    let url = |path: &str| format!("{}{path}", emulator.base_url());
    // RFC 8628 requires a form. The service's own clients send JSON.
    let form = http.post(url("/api/device/code")).header("content-type", "application/x-www-form-urlencoded");
    let first: Value = form.body("client_id=pk_app").send().await.unwrap().json().await.unwrap();
    let second = http.post(url("/api/device/code")).json(&json!({ "client_id": "pk_app" })).send().await.unwrap();
    let second: Value = second.json().await.unwrap();
    assert_ne!(first["device_code"], second["device_code"]);
    let ask = async |code: &Value| {
        let answer = http.post(url("/api/device/token")).json(&json!({ "device_code": code })).send().await.unwrap();
        assert_eq!(answer.status(), 400);
        answer.json::<Value>().await.unwrap()["error"].clone()
    };
    assert_eq!(ask(&first["device_code"]).await, "authorization_pending");
    assert_eq!(ask(&first["device_code"]).await, "slow_down");
    assert_eq!(ask(&second["device_code"]).await, "authorization_pending", "another device must not be affected");
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(ask(&first["device_code"]).await, "authorization_pending");
    // A body of the wrong JSON type gets an error of RFC 6749 too.
    let broken = http.post(url("/api/device/code")).header("content-type", "application/json").body("[1]").send();
    assert_eq!(broken.await.unwrap().json::<Value>().await.unwrap()["error"], "invalid_request");
}
