//! A snapshot of the message of every kind of error, to be read in review. Each message says in one line what happened,
//! why, and what to do.

use std::{io, time::Duration};

use http::{HeaderMap, StatusCode};
use pollinations_emulator::Emulator;
use pollinations_ext::{
    ApiKey, Error, ErrorKind, File, Pollinations, RetryPolicy,
    byop::{CodeFlow, DeviceFlow, FragmentFlow, Server, State, Verifier},
    chat::{ChatStream, Function},
    schemars::{self, JsonSchema},
};
use pollinations_tests::{Script, Step, Then};
use serde::Deserialize;
use serde_json::json;

const KEY: &str = "sk_test";

#[derive(Debug, Deserialize, JsonSchema)]
struct City {
    #[expect(dead_code)]
    name: String,
}

fn builder(url: &str) -> pollinations_ext::Builder {
    Pollinations::builder().base_url(url).key(KEY.parse().unwrap()).retry(RetryPolicy::none())
}

/// An API error in the error envelope of the service.
fn api(status: u16, code: &str, message: &str, more: serde_json::Value) -> Error {
    let mut error = json!({ "code": code, "message": message, "requestId": "req_1" });
    error.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let body = json!({ "status": status, "success": false, "error": error }).to_string();
    Error::from_response(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes())
}

/// The error of a chat whose response is this step.
async fn chat(step: Step) -> Error {
    let script = Script::play(vec![step]).await;
    builder(&script.url).build().unwrap().chat("openai").user("Hello").send().await.unwrap_err()
}

/// The error of a streamed chat with these events.
async fn events(text: &'static str) -> Error {
    let bytes = futures_util::stream::iter([Ok::<_, io::Error>(text.into())]);
    ChatStream::from_bytes(bytes).finish().await.unwrap_err()
}

fn keys(cases: &mut Vec<(&'static str, Error)>) {
    for (name, key) in
        [("an empty key", ""), ("no prefix", "hunter2"), ("only a prefix", "sk_"), ("a space in the key", "sk_a b")]
    {
        cases.push((name, ApiKey::new(key).unwrap_err()));
    }
    cases.push(("no key", Pollinations::builder().build().unwrap_err()));
    cases.push(("a URL without a host", builder("localhost").build().unwrap_err()));
    cases.push(("a URL with another scheme", builder("ftp://localhost").build().unwrap_err()));
}

async fn requests(cases: &mut Vec<(&'static str, Error)>) {
    let emulator = Emulator::start().await.unwrap();
    let pollinations = builder(emulator.base_url()).build().unwrap();
    let text = || File::bytes("plain words").name("notes.txt");
    cases.push((
        "a file that is not an image",
        pollinations.chat("openai").user("Look").image(text()).send().await.unwrap_err(),
    ));
    cases.push((
        "a file that is not a recording",
        pollinations.chat("openai").user("Listen").audio(text()).send().await.unwrap_err(),
    ));
    let nowhere = File::path("/nowhere/cat.png");
    cases.push(("a missing file", pollinations.chat("openai").user("Look").image(nowhere).send().await.unwrap_err()));
    let folder = "/nowhere/cat.jpg";
    let image = pollinations.image("a cat").size(16, 16).send().await.unwrap();
    cases.push(("a missing folder", image.save(folder).await.unwrap_err()));
}

async fn connections(cases: &mut Vec<(&'static str, Error)>) {
    let refused = builder("http://127.0.0.1:1").build().unwrap().account().balance().await.unwrap_err();
    cases.push(("connection refused", refused));
    cases.push(("connection reset before the response", chat(Step::Raw(Vec::new(), Then::Reset)).await));

    let silent = Script::play(vec![Step::Silence]).await;
    let hasty = builder(&silent.url).timeout(Duration::from_millis(200)).build().unwrap();
    cases.push(("timeout", hasty.chat("openai").user("Hello").send().await.unwrap_err()));
    cases.push(("timeout of a stream", hasty.chat("openai").user("Hello").stream().await.unwrap_err()));

    let event = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Once\"}}]}\n\n".to_owned();
    let silent = Script::play(vec![Step::SilentEvents(vec![event])]).await;
    let hasty = builder(&silent.url).idle_timeout(Duration::from_millis(200)).build().unwrap();
    let stream = hasty.chat("openai").user("Hello").stream().await.unwrap();
    cases.push(("idle timeout of a stream", stream.finish().await.unwrap_err()));
}

async fn answers(cases: &mut Vec<(&'static str, Error)>) {
    let none = || json!({});
    cases.push(("400", api(400, "BAD_REQUEST", "size: Number must be greater than 0", none())));
    cases.push(("401", api(401, "UNAUTHORIZED", "Invalid API key", none())));
    let url = "https://enter.pollinations.ai/?ref=agent_key_budget";
    let fix = || json!({ "fixUrl": url });
    cases.push(("402", api(402, "KEY_BUDGET_EXHAUSTED", "The budget of this key is used up", fix())));
    let said = format!("Out of pollen: {url}");
    cases.push(("402 with the link in its message", api(402, "INSUFFICIENT_BALANCE", &said, fix())));
    cases.push(("403", api(403, "FORBIDDEN", "Model claude is not allowed for this key", none())));
    cases.push(("404", api(404, "NOT_FOUND", "Model not found", none())));
    cases.push(("429", api(429, "RATE_LIMITED", "Rate limit exceeded", none())));
    cases.push(("503", api(503, "SERVICE_UNAVAILABLE", "All providers are busy", none())));
    let page = "<html><head><title>524: A timeout occurred</title></head></html>";
    let headers = HeaderMap::new();
    let status = StatusCode::from_u16(524).unwrap();
    cases.push(("524, HTML page", Error::from_response(status, &headers, page.as_bytes())));
    cases.push(("502, empty body", Error::from_response(StatusCode::BAD_GATEWAY, &headers, b"")));
    let wait = vec![("retry-after", "3600".to_owned())];
    cases.push(("429, retry after an hour", chat(Step::Answer(429, wait, "{}".to_owned())).await));

    cases.push(("an empty body", chat(Step::json(200, "")).await));
    cases.push(("broken JSON", chat(Step::json(200, "{\"choices\":")).await));
    let script = Script::play(vec![Step::json(200, "{}")]).await;
    let balance = builder(&script.url).build().unwrap().account().balance().await.unwrap_err();
    cases.push(("a missing field", balance));
    let large = Script::play(vec![Step::json(200, "x".repeat(4096))]).await;
    let small = builder(&large.url).max_response_bytes(1024).build().unwrap();
    cases.push(("a large body", small.chat("openai").user("Hello").send().await.unwrap_err()));
}

async fn streams(cases: &mut Vec<(&'static str, Error)>) {
    let half = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Once\"}}]}\n\n";
    cases.push(("a stream that ends early", events(half).await));
    cases.push(("an empty stream", events("").await));
    cases.push(("an error event", events("data: {\"error\":{\"message\":\"upstream died\"}}\n\n").await));
    cases.push(("an event with broken JSON", events("data: {\"choices\":[\n\n").await));
}

async fn models(cases: &mut Vec<(&'static str, Error)>) {
    let reply = |message: serde_json::Value, reason: &str| {
        let choice = json!({ "index": 0, "finish_reason": reason, "message": message });
        Step::json(200, json!({ "id": "1", "object": "chat.completion", "choices": [choice] }).to_string())
    };
    let script = Script::play(vec![reply(json!({ "content": "{\"name\": \"Par" }), "length")]).await;
    let request = builder(&script.url).build().unwrap().chat("openai").user("Name a city");
    cases.push(("an incomplete structured reply", request.structured::<City>().await.unwrap_err()));

    let call =
        json!({ "id": "c", "type": "function", "function": { "name": "city", "arguments": "{\"name\":\"a\"}" } });
    let script = Script::play(vec![reply(json!({ "content": null, "tool_calls": [call] }), "tool_calls")]).await;
    let city = Function::new("city", "Takes a city", |_: City| async { Ok::<_, io::Error>("more") });
    let request = builder(&script.url).build().unwrap().chat("openai").user("Hello").rust_function(city).max_rounds(2);
    cases.push(("too many rounds", request.run().await.unwrap_err()));
}

async fn sign_ins(cases: &mut Vec<(&'static str, Error)>) {
    let back = "https://example.com/back";
    let app = || "pk_app".parse::<ApiKey>().unwrap();
    cases.push(("a secret app key", CodeFlow::new(KEY.parse().unwrap(), back).url().unwrap_err()));
    cases.push(("a secret app key, older flow", {
        FragmentFlow::new(back).app_key(KEY.parse().unwrap()).url().unwrap_err()
    }));
    cases.push(("a secret app key, device", DeviceFlow::new(KEY.parse().unwrap()).start().await.unwrap_err()));
    cases.push(("a redirect that is not a URL", CodeFlow::new(app(), "back").url().unwrap_err()));
    cases.push(("a budget of 0", CodeFlow::new(app(), back).budget(0.0).url().unwrap_err()));
    cases.push(("a short verifier", Verifier::restore("short").unwrap_err()));

    let flow = || CodeFlow::new(app(), back).with_state(State::restore("s"));
    cases.push(("denied", flow().code_from_redirect(&format!("{back}?error=access_denied&state=s")).unwrap_err()));
    cases.push(("wrong state", flow().code_from_redirect(&format!("{back}?code=a_code&state=x")).unwrap_err()));
    cases.push(("no code", flow().code_from_redirect(&format!("{back}?state=s")).unwrap_err()));

    let answer = Step::json(400, r#"{"error":"invalid_grant","error_description":"The code was used before"}"#);
    let script = Script::play(vec![answer]).await;
    let code = format!("{back}?code=a_code_that_was_used&state=s");
    cases.push((
        "a code that was already used",
        flow().server(Server::at(&script.url)).finish(&code).await.unwrap_err(),
    ));
}

/// The message without ports and names of temporary files, which differ between runs.
fn stable(error: &Error) -> String {
    let text = error.to_string();
    let text = text.split(" at path \"").next().unwrap_or_default().to_owned();
    match text.find("127.0.0.1:") {
        Some(at) => {
            let (before, rest) = text.split_at(at + "127.0.0.1:".len());
            format!("{before}PORT{}", rest.trim_start_matches(|letter: char| letter.is_ascii_digit()))
        }
        None => text,
    }
}

#[tokio::test]
async fn every_error_says_in_one_line_what_happened_and_what_to_do() {
    let mut cases = Vec::new();
    keys(&mut cases);
    requests(&mut cases).await;
    connections(&mut cases).await;
    answers(&mut cases).await;
    streams(&mut cases).await;
    models(&mut cases).await;
    sign_ins(&mut cases).await;

    let mut shown = String::new();
    for (name, error) in &cases {
        let text = stable(error);
        assert_eq!(text.lines().count(), 1, "{name}: {text}");
        assert!(!text.contains(KEY) && !text.contains("hunter2"), "{name}: {text}");
        shown += &format!("{:?}: {name}\n    {text}\n", error.kind());
    }
    for kind in [
        ErrorKind::InvalidKey,
        ErrorKind::InvalidRequest,
        ErrorKind::Connect,
        ErrorKind::Connection,
        ErrorKind::Timeout,
        ErrorKind::Api,
        ErrorKind::Decode,
        ErrorKind::TooLarge,
        ErrorKind::Stream,
        ErrorKind::Truncated,
        ErrorKind::Io,
        ErrorKind::StructuredOutput,
        ErrorKind::TooManyToolRounds,
        ErrorKind::Denied,
        ErrorKind::StateMismatch,
    ] {
        assert!(cases.iter().any(|(_, error)| error.kind() == kind), "no case of {kind:?}");
    }
    insta::assert_snapshot!(shown);
}
