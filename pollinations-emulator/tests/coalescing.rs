//! Identical requests share one generation and are charged once.

use std::time::{Duration, Instant};

use pollinations_emulator::{Emulator, Fault, Key, Refusals};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

const IMAGE: &str = "/image/a%20cat?width=8&height=8&seed=1";

fn get(http: &Client, emulator: &Emulator, path: &str) -> RequestBuilder {
    http.get(format!("{}{path}", emulator.base_url())).bearer_auth("sk_a")
}

fn post(http: &Client, emulator: &Emulator, path: &str, body: &Value) -> RequestBuilder {
    let request = http.post(format!("{}{path}", emulator.base_url())).bearer_auth("sk_a");
    request.header("content-type", "application/json").body(body.to_string())
}

fn chat(text: &str, stream: bool) -> Value {
    json!({ "messages": [{ "role": "user", "content": text }], "stream": stream })
}

fn with(request: RequestBuilder, fault: &Fault) -> RequestBuilder {
    request.header("x-emulator-fault", serde_json::to_string(fault).unwrap())
}

fn cache(response: &Response) -> Option<&str> {
    response.headers().get("x-cache").map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_hundred_identical_requests_share_one_generation() {
    let emulator = Emulator::start().await.unwrap();
    emulator.inject(Fault::default().generation(Duration::from_millis(200)).always());
    let http = Client::new();
    let start = Instant::now();
    let requests = (0..100).map(|_| async {
        let response = get(&http, &emulator, IMAGE).send().await.unwrap().error_for_status().unwrap();
        let from = cache(&response).unwrap().to_owned();
        (from, response.bytes().await.unwrap())
    });
    let answers = futures_util::future::join_all(requests).await;
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(answers.iter().filter(|(from, _)| from == "MISS").count(), 1);
    assert!(answers.iter().all(|(_, bytes)| *bytes == answers[0].1));
    assert_eq!((emulator.charges(), emulator.journal().len()), (1, 100));
}

#[tokio::test]
async fn finished_results_come_from_the_cache() {
    let emulator = Emulator::start().await.unwrap();
    let http = Client::new();
    let speech = json!({ "input": "Hello", "response_format": "wav" });
    let whole = chat("Hello", false);
    let requests = || {
        [
            get(&http, &emulator, IMAGE),
            get(&http, &emulator, "/text/hello"),
            get(&http, &emulator, "/audio/hello?response_format=wav"),
            post(&http, &emulator, "/v1/audio/speech", &speech),
            post(&http, &emulator, "/v1/chat/completions", &whole),
        ]
    };
    let mut first = Vec::new();
    for request in requests() {
        let response = request.send().await.unwrap();
        assert_eq!(cache(&response), Some("MISS"));
        first.push(response.bytes().await.unwrap());
    }
    for (request, bytes) in requests().into_iter().zip(&first) {
        // A different key does not make a different request.
        let response = request.bearer_auth("sk_b").query(&[("key", "sk_c")]).send().await.unwrap();
        assert_eq!(cache(&response), Some("HIT"));
        assert_eq!(response.bytes().await.unwrap(), bytes);
    }
    assert_eq!(emulator.charges(), first.len());
    // Each request differs in its path, query, body or method.
    for request in [
        get(&http, &emulator, "/image/a%20cat?width=8&height=8&seed=2"),
        get(&http, &emulator, "/image/a%20dog?width=8&height=8&seed=1"),
        post(&http, &emulator, "/v1/chat/completions", &chat("Hello!", false)),
        post(&http, &emulator, "/text/hello", &json!({})),
    ] {
        assert_eq!(cache(&request.send().await.unwrap()), Some("MISS"));
    }
    assert_eq!(emulator.charges(), first.len() + 4);
}

#[tokio::test]
async fn streams_uploads_and_lists_are_not_shared() {
    let emulator = Emulator::start().await.unwrap();
    let http = Client::new();
    for number in 1..=2 {
        let streamed = post(&http, &emulator, "/v1/chat/completions", &chat("Hello", true)).send().await.unwrap();
        assert_eq!(cache(&streamed), None);
        assert!(streamed.text().await.unwrap().contains("[DONE]"));
        let streamed = get(&http, &emulator, "/text/hello?stream=true").send().await.unwrap();
        assert_eq!(cache(&streamed), None);
        assert_eq!(cache(&get(&http, &emulator, "/v1/models").send().await.unwrap()), None);
        assert_eq!(emulator.charges(), number * 2);
    }
}

#[tokio::test]
async fn no_cache_generates_a_new_image() {
    let emulator = Emulator::start().await.unwrap();
    let http = Client::new();
    for (path, from, charges) in [
        (IMAGE.to_owned(), "MISS", 1),
        (IMAGE.to_owned(), "HIT", 1),
        (format!("{IMAGE}&no-cache=true"), "MISS", 2),
        (format!("{IMAGE}&no-cache=true"), "MISS", 3),
        (IMAGE.to_owned(), "HIT", 3),
    ] {
        assert_eq!(cache(&get(&http, &emulator, &path).send().await.unwrap()), Some(from), "{path}");
        assert_eq!(emulator.charges(), charges, "{path}");
    }
}

#[tokio::test]
async fn a_generation_continues_when_its_client_disconnects() {
    let emulator = Emulator::start().await.unwrap();
    let http = Client::new();
    // The times are long, because on a busy machine the request must arrive before the client disconnects.
    let slow = Fault::default().generation(Duration::from_secs(6));
    let disconnected = with(get(&http, &emulator, IMAGE), &slow).timeout(Duration::from_secs(3)).send().await;
    assert!(disconnected.unwrap_err().is_timeout());
    assert_eq!(emulator.charges(), 0);
    let joined = get(&http, &emulator, IMAGE).send().await.unwrap();
    assert_eq!((cache(&joined), joined.status().as_u16()), (Some("HIT"), 200));
    assert_eq!(emulator.charges(), 1);

    // A stream is charged too, but other requests cannot join it.
    let stream = post(&http, &emulator, "/v1/chat/completions", &chat("Hello", true));
    let disconnected = with(stream, &slow).timeout(Duration::from_secs(1)).send().await;
    assert!(disconnected.unwrap_err().is_timeout());
    assert_eq!(emulator.charges(), 1);
    let deadline = Instant::now() + Duration::from_secs(20);
    while emulator.charges() < 2 && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(emulator.charges(), 2);
}

#[tokio::test]
async fn a_lost_response_is_charged_and_cached() {
    let emulator = Emulator::start().await.unwrap();
    let http = Client::new();
    assert!(with(get(&http, &emulator, IMAGE), &Fault::lost()).send().await.is_err());
    assert_eq!(emulator.charges(), 1);
    let late = with(get(&http, &emulator, IMAGE), &Fault::cloudflare(524).carried_out()).send().await.unwrap();
    assert_eq!(late.status(), 524);
    let found = get(&http, &emulator, IMAGE).send().await.unwrap();
    assert_eq!((cache(&found), emulator.charges()), (Some("HIT"), 1));
    // A request that is not processed is not charged.
    let other = "/image/other?width=8&height=8";
    assert!(with(get(&http, &emulator, other), &Fault::reset()).send().await.is_err());
    assert_eq!(with(get(&http, &emulator, other), &Fault::cloudflare(524)).send().await.unwrap().status(), 524);
    assert_eq!(emulator.charges(), 1);
}

#[tokio::test]
async fn failures_are_not_cached_and_key_limits_still_apply() {
    let builder = Emulator::builder().refusals(Refusals::Status);
    let builder = builder.key(Key::new("sk_poor").budget(0.0)).key(Key::new("sk_a"));
    let emulator = builder.key(Key::new("sk_flux").models(["flux"])).start().await.unwrap();
    let http = Client::new();
    let ask = async |key: &str| {
        let request = http.get(format!("{}{IMAGE}", emulator.base_url())).bearer_auth(key);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), cache(&response).map(str::to_owned))
    };
    assert_eq!(ask("sk_poor").await, (402, None));
    assert_eq!(ask("sk_a").await, (200, Some("MISS".to_owned())));
    // A cached result is free, so the key needs no budget.
    assert_eq!(ask("sk_poor").await, (200, Some("HIT".to_owned())));
    assert_eq!(ask("sk_flux").await.0, 403);
    assert_eq!(emulator.charges(), 1);
}

#[tokio::test]
async fn a_refusal_of_one_key_is_not_shared_with_another() {
    let builder = Emulator::builder().key(Key::new("sk_poor").budget(0.0)).key(Key::new("sk_a"));
    let emulator = builder.start().await.unwrap();
    let http = Client::new();
    let url = format!("{}{IMAGE}", emulator.base_url());
    let slow = Fault::default().generation(Duration::from_secs(2));
    let first = with(http.get(&url).bearer_auth("sk_poor"), &slow).send();
    let second = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        http.get(&url).bearer_auth("sk_a").send().await
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!((first.unwrap().status().as_u16(), second.unwrap().status().as_u16()), (402, 200));
}

#[tokio::test]
async fn results_have_a_public_url() {
    let emulator = Emulator::start().await.unwrap();
    let http = Client::new();
    for path in [IMAGE, "/audio/hello?response_format=wav", "/image/x?model=veo&duration=1"] {
        let response = get(&http, &emulator, path).send().await.unwrap();
        let link = response.headers()["link"].to_str().unwrap().to_owned();
        let kind = response.headers()["content-type"].clone();
        let bytes = response.bytes().await.unwrap();
        let url = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"enclosure\"").unwrap();
        // No key is needed.
        let public = http.get(url).send().await.unwrap().error_for_status().unwrap();
        assert_eq!(public.headers()["content-type"], kind, "{path}");
        assert_eq!(public.bytes().await.unwrap(), bytes, "{path}");
    }
    let chat = post(&http, &emulator, "/v1/chat/completions", &chat("Hello", false)).send().await.unwrap();
    assert!(chat.headers().get("link").is_none());
}

#[tokio::test]
async fn coalescing_can_be_turned_off() {
    let emulator = Emulator::builder().coalescing(false).start().await.unwrap();
    let http = Client::new();
    for number in 1..=2 {
        assert_eq!(cache(&get(&http, &emulator, IMAGE).send().await.unwrap()), None);
        assert_eq!(emulator.charges(), number);
    }
}
