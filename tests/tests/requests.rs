//! The exact HTTP request that each call sends.

use std::sync::{Arc, Mutex};

use httpmock::{HttpMockRequest, MockServer};
use pollinations_ext::{ApiKey, KeyPlacement, Pollinations, types};
use serde_json::json;

/// A server that answers everything with one body and writes down what it was asked.
struct Recorder {
    server: MockServer,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    async fn answering(kind: &str, body: impl Into<String>) -> Self {
        let server = MockServer::start_async().await;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let (kind, body) = (kind.to_owned(), body.into());
        server
            .mock_async(move |when, then| {
                when.is_true(move |request| {
                    log.lock().unwrap().push(show(request));
                    true
                });
                then.status(200).header("content-type", kind).body(body);
            })
            .await;
        Self { server, seen }
    }

    async fn json(body: serde_json::Value) -> Self {
        Self::answering("application/json", body.to_string()).await
    }

    fn client(&self) -> Pollinations {
        self.with(KeyPlacement::Header)
    }

    fn with(&self, placement: KeyPlacement) -> Pollinations {
        let key: ApiKey = "sk_not_in_any_snapshot".parse().unwrap();
        Pollinations::builder().base_url(self.server.base_url()).key(key).key_placement(placement).build().unwrap()
    }

    fn request(&self) -> String {
        let seen = self.seen.lock().unwrap();
        assert_eq!(seen.len(), 1, "one call is one request: {seen:?}");
        seen[0].clone()
    }
}

/// Method and path, headers in order and without the key, the body as JSON.
fn show(request: &HttpMockRequest) -> String {
    let uri = request.uri();
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let mut text = format!("{} {target}\n", request.method_str());
    let mut headers = request.headers_vec().clone();
    headers.sort();
    for (name, value) in headers {
        let value = match name.as_str() {
            "host" => "[host]".to_owned(),
            "content-length" => continue,
            "user-agent" => value.split('/').next().unwrap().to_owned() + "/[version]",
            _ => value,
        };
        text += &format!("{name}: {value}\n");
    }
    let body = request.body_ref();
    if !body.is_empty() {
        let value: serde_json::Value = serde_json::from_slice(body).expect("bodies are JSON");
        text += &format!("\n{value:#}\n");
    }
    text.replace("sk_not_in_any_snapshot", "[key]")
}

fn completion() -> serde_json::Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "openai",
        "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": "A tulip" } }],
        "usage": { "prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3 },
    })
}

#[tokio::test]
async fn chat_carries_what_the_caller_set_and_nothing_else() {
    let recorder = Recorder::json(completion()).await;
    let reply = recorder.client().chat("openai").user("Name a flower").send().await.unwrap();
    assert_eq!(reply.text(), "A tulip");
    insta::assert_snapshot!(recorder.request());
}

#[tokio::test]
async fn chat_with_every_setting() {
    let recorder = Recorder::json(completion()).await;
    let request = recorder
        .client()
        .chat("openai")
        .system("Be brief")
        .user("Hello")
        .assistant("Hi")
        .message(types::UserMessage {
            name: Some("ada".to_owned()),
            content: types::MessageContent::Parts(vec![
                types::TextPart { text: "What is this?".to_owned(), cache_control: None }.into(),
                types::ImagePart {
                    image_url: types::ImageUrl {
                        url: "https://example.com/cat.png".to_owned(),
                        detail: Some("low".into()),
                        mime_type: None,
                    },
                }
                .into(),
            ]),
        })
        .temperature(0.5)
        .top_p(0.9)
        .max_tokens(100)
        .seed(7)
        .stop(["END", "STOP"])
        .reasoning_effort("low")
        .response_format(types::ResponseFormat::JsonObject)
        .with_body(|body| {
            body.tools = vec![
                types::FunctionTool {
                    function: types::FunctionDefinition {
                        name: "weather".to_owned(),
                        description: None,
                        parameters: Default::default(),
                        strict: None,
                    },
                }
                .into(),
                types::Tool::GoogleSearch,
            ];
            body.tool_choice = Some(types::ToolChoiceMode::Auto.into());
        });
    request.send().await.unwrap();
    insta::assert_snapshot!(recorder.request());
}

#[tokio::test]
async fn streamed_chat() {
    let chunk = json!({ "choices": [{ "index": 0, "delta": { "content": "A tulip" }, "finish_reason": "stop" }] });
    let recorder = Recorder::answering("text/event-stream", format!("data: {chunk}\n\ndata: [DONE]\n\n")).await;
    let stream = recorder.client().chat("openai").user("Name a flower").stream().await.unwrap();
    assert_eq!(stream.finish().await.unwrap().text(), "A tulip");
    insta::assert_snapshot!(recorder.request());
}

#[tokio::test]
async fn image_with_a_prompt_alone() {
    let recorder = Recorder::answering("image/jpeg", "bytes").await;
    let image = recorder.client().image("a cat").send().await.unwrap();
    assert_eq!(image.content_type(), Some("image/jpeg"));
    assert_eq!(image.bytes().await.unwrap(), "bytes");
    insta::assert_snapshot!(recorder.request());
}

#[tokio::test]
async fn image_with_every_setting() {
    let recorder = Recorder::answering("video/mp4", "bytes").await;
    let request = recorder
        .client()
        .image("50% off / \"new\"?\n#1 a\\b 🌸")
        .model("veo")
        .size(1024, 768)
        .seed(-1)
        .enhance(true)
        .negative_prompt("blur & noise")
        .safe(true)
        .quality("hd")
        .reference_image("https://example.com/a.png?x=1")
        .reference_image("https://example.com/b.png")
        .transparent(false)
        .duration(8)
        .aspect_ratio("16:9")
        .audio(true);
    let video = request.send().await.unwrap();
    assert_eq!(video.content_type(), Some("video/mp4"));
    insta::assert_snapshot!(recorder.request());
}

#[tokio::test]
async fn the_key_in_the_query() {
    let recorder = Recorder::json(json!({ "balance": 1.5 })).await;
    let balance = recorder.with(KeyPlacement::Query).account().balance().await.unwrap();
    assert_eq!(balance.balance, 1.5);
    insta::assert_snapshot!(recorder.request());
}

#[tokio::test]
async fn account_balance() {
    let recorder = Recorder::json(json!({ "balance": 1.5 })).await;
    recorder.client().account().balance().await.unwrap();
    insta::assert_snapshot!(recorder.request());
}

#[tokio::test]
async fn account_profile() {
    // A tier that this version has never heard of, and fields that the server left out.
    let profile = json!({ "tier": "orchard", "createdAt": "2026-01-01T00:00:00Z" });
    let recorder = Recorder::json(profile).await;
    let profile = recorder.client().account().profile().await.unwrap();
    assert_eq!(profile.tier, types::AccountTier::Other("orchard".to_owned()));
    assert_eq!(profile.name, None);
    insta::assert_snapshot!(recorder.request());
}

#[tokio::test]
async fn account_key() {
    let status = json!({
        "valid": true, "type": "secret", "name": null, "expiresAt": null, "expiresIn": null,
        "permissions": { "models": null, "account": ["balance"] }, "pollenBudget": 5, "rateLimitEnabled": false,
    });
    let recorder = Recorder::json(status).await;
    let status = recorder.client().account().key().await.unwrap();
    assert_eq!((status.pollen_budget, status.type_), (Some(5.0), types::KeyType::Secret));
    insta::assert_snapshot!(recorder.request());
}

#[tokio::test]
async fn lists_of_models() {
    let model = json!({
        "name": "flux", "aliases": ["flux-1"], "pricing": { "currency": "pollen", "perImage": "0.01", "perToken": 2 },
    });
    let mut requests = String::new();
    for kind in ["text", "image", "audio"] {
        let recorder = Recorder::json(json!([model])).await;
        let models = recorder.client().models();
        let list = match kind {
            "text" => models.text().await,
            "image" => models.image().await,
            _ => models.audio().await,
        };
        let pricing = list.unwrap().remove(0).pricing;
        assert_eq!(pricing["perImage"], types::Price::Text("0.01".to_owned()));
        assert_eq!(pricing["perToken"], types::Price::Number(2.0));
        requests += &(recorder.request() + "\n");
    }
    let recorder =
        Recorder::json(json!({ "object": "list", "data": [{ "id": "openai", "object": "model", "created": 1 }] }))
            .await;
    assert_eq!(recorder.client().models().list().await.unwrap()[0].id, "openai");
    insta::assert_snapshot!(requests + &recorder.request());
}

#[tokio::test]
async fn without_a_key() {
    let recorder = Recorder::json(json!([])).await;
    let client = Pollinations::builder().base_url(recorder.server.base_url()).without_key().build().unwrap();
    client.models().text().await.unwrap();
    insta::assert_snapshot!(recorder.request());
}

#[tokio::test]
async fn the_generated_client_sends_the_key_too() {
    let recorder = Recorder::json(json!({ "usage": [], "count": 0 })).await;
    let usage =
        recorder.client().api().account_usage().limit(10_u64).before("2026-02-25 00:00:00").send().await.unwrap();
    assert_eq!(usage.count, 0);
    insta::assert_snapshot!(recorder.request());
}
