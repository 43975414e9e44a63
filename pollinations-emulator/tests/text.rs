//! The Messages API, the Responses API, texts from messages and decisions: billing, coalescing and errors.

use pollinations_emulator::{Emulator, Fault, Refusal};
use reqwest::Response;
use serde_json::{Value, json};

async fn post(emulator: &Emulator, path: &str, body: &Value, fault: Option<&Fault>) -> Response {
    let request = reqwest::Client::new().post(format!("{}{path}", emulator.base_url()));
    let mut request = request.bearer_auth("sk_a").header("content-type", "application/json").body(body.to_string());
    if let Some(fault) = fault {
        request = request.header("x-emulator-fault", serde_json::to_string(fault).unwrap());
    }
    request.send().await.unwrap()
}

async fn json_of(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// The events of a stream, parsed as JSON.
async fn events(response: Response) -> Vec<Value> {
    let text = response.text().await.unwrap();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok()).collect()
}

fn message(more: &Value) -> Value {
    merged(
        json!({ "model": "claude", "max_tokens": 99, "messages": [{ "role": "user", "content": "Hello there" }] }),
        more,
    )
}

fn response(more: &Value) -> Value {
    merged(json!({ "model": "openai", "input": "Hello there" }), more)
}

fn merged(mut body: Value, more: &Value) -> Value {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn identical_requests_are_charged_once_unless_they_are_streamed() {
    let emulator = Emulator::start().await.unwrap();
    let chat = json!({ "messages": [{ "role": "user", "content": "Hello there" }] });
    let streamed = json!({ "stream": true });
    for (path, body, charges) in [
        ("/v1/responses", response(&json!({})), 1),
        ("/text", chat.clone(), 1),
        ("/v1/responses", response(&streamed), 2),
        ("/text", merged(chat, &streamed), 2),
        // The document does not say that the service coalesces messages.
        ("/v1/messages", message(&json!({})), 2),
        ("/v1/messages", message(&streamed), 2),
    ] {
        let before = emulator.charges();
        for _ in 0..2 {
            let answer = post(&emulator, path, &body, None).await;
            assert_eq!(answer.status(), 200, "{path} {body}");
            assert!(answer.headers().contains_key("x-model-used"));
            answer.bytes().await.unwrap();
        }
        assert_eq!(emulator.charges() - before, charges, "{path} {body}");
    }
}

#[tokio::test]
async fn whole_and_streamed_replies_have_the_same_usage() {
    let emulator = Emulator::start().await.unwrap();
    let whole = json_of(post(&emulator, "/v1/messages", &message(&json!({})), None).await).await;
    assert_eq!((&whole["usage"]["input_tokens"], &whole["usage"]["output_tokens"]), (&json!(2), &json!(4)));
    let streamed = events(post(&emulator, "/v1/messages", &message(&json!({ "stream": true })), None).await).await;
    let end = streamed.iter().find(|event| event["type"] == "message_delta").unwrap();
    assert_eq!(end["usage"], whole["usage"]);

    let whole = json_of(post(&emulator, "/v1/responses", &response(&json!({})), None).await).await;
    assert_eq!(whole["usage"]["total_tokens"], 6);
    let streamed = events(post(&emulator, "/v1/responses", &response(&json!({ "stream": true })), None).await).await;
    assert_eq!(streamed.last().unwrap()["response"]["usage"], whole["usage"]);
    assert_eq!(streamed.last().unwrap()["response"]["output"][0]["content"], whole["output"][0]["content"]);
}

#[tokio::test]
async fn responses_without_pollen_are_replies_and_other_routes_return_402() {
    let emulator = Emulator::builder().balance(0.0).start().await.unwrap();
    let link = "https://enter.pollinations.ai/";
    // The Responses API sends a reply, both whole and streamed.
    let answer = post(&emulator, "/v1/responses", &response(&json!({})), None).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["cache-control"]),
        (200, &"private, no-store".parse().unwrap())
    );
    let body = json_of(answer).await;
    assert!(body["output"][0]["content"][0]["text"].as_str().unwrap().contains(link), "{body}");
    assert_eq!(body["usage"], json!({ "input_tokens": 0, "output_tokens": 0, "total_tokens": 0 }));
    let answer = post(&emulator, "/v1/responses", &response(&json!({ "stream": true })), None).await;
    let text: String =
        events(answer).await.iter().filter_map(|event| event["delta"].as_str().map(str::to_owned)).collect();
    assert!(text.contains(link), "{text}");
    // JSON, messages and decisions get the status 402.
    let json = json!({ "text": { "format": { "type": "json_object" } } });
    assert_eq!(post(&emulator, "/v1/responses", &response(&json), None).await.status(), 402);
    let decision = json!({ "state": "x", "questions": { "a": { "type": "noul", "instructions": "y" } } });
    assert_eq!(post(&emulator, "/alpha/decisions", &decision, None).await.status(), 402);
    let answer = post(&emulator, "/v1/messages", &message(&json!({ "stream": true })), None).await;
    assert_eq!(answer.status(), 402);
    let body = json_of(answer).await;
    assert_eq!((&body["type"], &body["error"]["type"]), (&json!("error"), &json!("billing_error")));
    assert!(body["error"]["message"].as_str().unwrap().contains(link), "{body}");
    assert_eq!(emulator.charges(), 0);
}

#[tokio::test]
async fn errors_of_the_messages_api_have_anthropics_format() {
    let emulator = Emulator::start().await.unwrap();
    for (fault, status, kind) in [
        (Fault::status(429), 429, "rate_limit_error"),
        (Fault::status(500), 500, "api_error"),
        (Fault::status(529), 529, "overloaded_error"),
        (Fault::refuse(Refusal::Forbidden), 403, "permission_error"),
    ] {
        let answer = post(&emulator, "/v1/messages", &message(&json!({})), Some(&fault)).await;
        assert_eq!(answer.status(), status);
        let body = json_of(answer).await;
        assert_eq!((&body["type"], &body["error"]["type"]), (&json!("error"), &json!(kind)));
        assert!(body.get("success").is_none(), "{body}");
    }
    let answer = post(&emulator, "/v1/messages", &message(&json!({ "max_tokens": 0 })), None).await;
    assert_eq!(answer.status(), 400);
    let body = json_of(answer).await;
    assert_eq!(body["error"]["type"], "invalid_request_error");
    assert!(body["error"]["message"].as_str().unwrap().starts_with("max_tokens: "), "{body}");
    // Other operations have the error envelope of the service.
    let answer = post(&emulator, "/v1/responses", &response(&json!({ "max_output_tokens": 0 })), None).await;
    assert_eq!(json_of(answer).await["success"], false);
}

#[tokio::test]
async fn tools_are_called_as_in_a_chat() {
    let emulator = Emulator::start().await.unwrap();
    let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] });
    let tools = json!([{ "name": "weather", "input_schema": schema }, { "name": "clock", "input_schema": { "type": "object" } }]);
    for (choice, called) in [
        (json!({ "type": "auto" }), vec![]),
        (json!({ "type": "any" }), vec!["weather"]),
        (json!({ "type": "tool", "name": "clock" }), vec!["clock"]),
        (json!({ "type": "none" }), vec![]),
    ] {
        let body = message(&json!({ "tools": tools, "tool_choice": choice }));
        let answer = json_of(post(&emulator, "/v1/messages", &body, None).await).await;
        let names: Vec<&str> =
            answer["content"].as_array().unwrap().iter().filter_map(|block| block["name"].as_str()).collect();
        assert_eq!(names, called, "{choice}");
        assert_eq!(answer["stop_reason"], if called.is_empty() { "end_turn" } else { "tool_use" });
    }
    let tools = json!([{ "type": "function", "name": "weather", "parameters": schema }]);
    let body = response(&json!({ "tools": tools, "tool_choice": { "type": "function", "name": "weather" } }));
    let answer = json_of(post(&emulator, "/v1/responses", &body, None).await).await;
    let call = &answer["output"][0];
    assert_eq!((&call["type"], &call["name"]), (&json!("function_call"), &json!("weather")));
    let arguments: Value = serde_json::from_str(call["arguments"].as_str().unwrap()).unwrap();
    assert_eq!(arguments["city"], "Hello there");
}

#[tokio::test]
async fn thinking_blocks_must_be_sent_back_unchanged() {
    let emulator = Emulator::start().await.unwrap();
    let body = message(&json!({ "thinking": { "type": "enabled", "budget_tokens": 1024 } }));
    let answer = json_of(post(&emulator, "/v1/messages", &body, None).await).await;
    let mut content = answer["content"].clone();
    assert_eq!((&content[0]["type"], &content[1]["type"]), (&json!("thinking"), &json!("text")));
    let next = |content: &Value| {
        let turns = json!([{ "role": "user", "content": "a" }, { "role": "assistant", "content": content }, { "role": "user", "content": "b" }]);
        message(&json!({ "messages": turns }))
    };
    assert_eq!(post(&emulator, "/v1/messages", &next(&content), None).await.status(), 200);
    content[0]["thinking"] = json!("something else");
    assert_eq!(post(&emulator, "/v1/messages", &next(&content), None).await.status(), 400);
}

#[tokio::test]
async fn chats_with_media_models_are_answered_with_a_link() {
    let emulator = Emulator::start().await.unwrap();
    let messages = json!([{ "role": "user", "content": "a cat" }]);
    for (model, kind, start) in [
        ("flux", "image/jpeg", "![a cat](http"),
        ("google/veo-3.1-fast", "video/mp4", "[Video](http"),
        ("elevenlabs/eleven-v3", "audio/mpeg", "[Audio](http"),
    ] {
        let body = json!({ "model": model, "messages": messages });
        let answer = post(&emulator, "/v1/chat/completions", &body, None).await;
        let link = answer.headers()["link"].to_str().unwrap().to_owned();
        let completion = json_of(answer).await;
        let text = completion["choices"][0]["message"]["content"].as_str().unwrap();
        assert!(text.starts_with(start) && completion.get("usage").is_none(), "{completion}");
        let url = text.split(['(', ')']).nth(1).unwrap();
        assert_eq!(link, format!("<{url}>; rel=\"enclosure\""));
        let file = reqwest::get(url).await.unwrap();
        assert_eq!(file.headers()["content-type"], kind, "{model}");

        let streamed = merged(body, &json!({ "stream": true }));
        let chunks = events(post(&emulator, "/v1/chat/completions", &streamed, None).await).await;
        let has_null = |chunk: &Value| chunk.get("usage") == Some(&Value::Null) && chunk["choices"][0].is_object();
        assert!(chunks.iter().all(has_null), "a chunk with usage: {chunks:?}");

        let whole = json_of(post(&emulator, "/v1/responses", &response(&json!({ "model": model })), None).await).await;
        assert_eq!((whole.get("usage"), &whole["status"]), (Some(&Value::Null), &"completed".into()), "{whole}");
    }
    assert_eq!(emulator.charges(), 9);
    // The price is the same as without a chat.
    assert!((100.0 - emulator.balance() - 0.09).abs() < 1e-9, "{}", emulator.balance());
}

#[tokio::test]
async fn streams_end_with_a_usage_chunk_even_if_not_asked_for() {
    let emulator = Emulator::start().await.unwrap();
    let body = json!({ "model": "openai", "stream": true, "messages": [{ "role": "user", "content": "Hi" }] });
    let chunks = events(post(&emulator, "/v1/chat/completions", &body, None).await).await;
    let last = chunks.last().unwrap();
    assert!(last["choices"].as_array().unwrap().is_empty() && last["usage"]["total_tokens"].as_u64() > Some(0));
}

#[tokio::test]
async fn responses_have_usage_headers() {
    let emulator = Emulator::start().await.unwrap();
    let get = |path: &str| reqwest::get(format!("{}{path}key=sk_a", emulator.base_url()));
    let header = |answer: &Response, name: &str| {
        answer.headers().get(name).and_then(|count| count.to_str().ok()?.parse::<u64>().ok())
    };
    let text = get("/text/two%20words?").await.unwrap();
    assert_eq!(header(&text, "x-usage-prompt-text-tokens"), Some(2));
    assert_eq!(header(&text, "x-usage-completion-text-tokens"), Some(4));
    assert_eq!(header(&text, "x-usage-total-tokens"), Some(6));
    let image = get("/image/x?width=16&height=16&").await.unwrap();
    assert_eq!(header(&image, "x-usage-completion-image-tokens"), Some(1));
    let speech = get("/audio/Hello?").await.unwrap();
    assert_eq!(header(&speech, "x-usage-completion-audio-tokens"), Some(1));
}
