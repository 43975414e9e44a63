//! The exact HTTP requests that each method sends.

use futures_util::TryStreamExt;
use pollinations_ext::{
    Builder, ErrorKind, File, Gateway, KeyPlacement, Pollinations,
    byop::{DeviceFlow, Server},
    chat::Function,
    schemars::{self, JsonSchema},
    types,
};
use pollinations_tests::Recorder;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A prompt with characters that must be escaped in a URL.
const PROMPT: &str = "50% off / \"new\"?\n#1 a\\b 🌸";

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

fn completion() -> serde_json::Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "openai",
        "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": "A tulip" } }],
        "usage": { "prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3 },
    })
}

#[tokio::test]
async fn a_chat_sends_only_the_given_settings() {
    let recorder = Recorder::json(completion()).await;
    let reply = recorder.client().chat("openai").user("Name a flower").send().await.unwrap();
    assert_eq!(reply.text(), "A tulip");
    insta::assert_snapshot!(recorder.requests());
}

/// Only the first chat of a client is built by the generated client. Later chats must look the same.
#[tokio::test]
async fn several_chats_of_one_client() {
    let recorder = Recorder::json(completion()).await;
    let client = recorder.client();
    let first = client.chat("openai").user("Name a flower").temperature(0.5);
    first.clone().header("x-once", "1").query("once", "1").field("once", 1).send().await.unwrap();
    let other = client.with_key("sk_another_key".parse().unwrap());
    other.chat("mistral").user("Another one").header("x-twice", "2").send().await.unwrap();
    client.chat("openai").user("The last one").send_raw().await.unwrap();
    first.send().await.unwrap();
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn chat_with_every_setting() {
    let recorder = Recorder::json(completion()).await;
    let request = recorder
        .client()
        .chat("openai")
        .system("Be brief")
        .developer("Be kind")
        .user("Hello")
        .assistant("Hi")
        .tool_result("call_1", "21 °C")
        .message(types::UserMessage::builder().content("And now?".to_owned()).name("ada".to_owned()).build().unwrap())
        .temperature(0.5)
        .top_p(0.9)
        .max_tokens(100)
        .seed(7)
        .frequency_penalty(0.1)
        .presence_penalty(-0.1)
        .repetition_penalty(1.1)
        .logit_bias("1734", -100)
        .logprobs(true)
        .top_logprobs(3)
        .stop(["END", "STOP"])
        .reasoning_effort("low")
        .thinking(2000)
        .thinking_budget(1000)
        .response_format(types::ResponseFormat::json_object())
        .end_user("u-1")
        .speak("alloy", "mp3")
        .function("weather", "Tells the weather", json!({ "type": "object", "properties": {} }))
        .tool(types::Tool::google_search())
        .tool_choice(types::ToolChoiceMode::Auto)
        .parallel_tool_calls(false)
        .with_body(|body| {
            body.functions = vec![types::LegacyFunction::builder().name("old").try_into().unwrap()];
            body.function_call = Some(types::FunctionCallMode::Auto.into());
        });
    request.send().await.unwrap();
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn chat_with_images_video_audio_and_files() {
    let recorder = Recorder::json(completion()).await;
    let request = recorder
        .client()
        .chat("gemini")
        .user("What is all this?")
        .image_url("https://example.com/cat.png")
        .image(File::bytes(PNG))
        .video_url("https://example.com/cat.mp4")
        .audio(File::bytes(&b"ID3\x04sound"[..]))
        .file(File::bytes(&b"%PDF-1.7"[..]).name("report.pdf"))
        .assistant("A cat")
        .image(File::bytes(PNG));
    request.send().await.unwrap();
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn streamed_chat() {
    let chunk = json!({ "choices": [{ "index": 0, "delta": { "content": "A tulip" }, "finish_reason": "stop" }] });
    let recorder = Recorder::answering("text/event-stream", format!("data: {chunk}\n\ndata: [DONE]\n\n")).await;
    let client = recorder.client();
    let stream = client.chat("openai").user("Name a flower").stream().await.unwrap();
    assert_eq!(stream.finish().await.unwrap().text(), "A tulip");
    let without_usage = types::StreamOptions::builder().include_usage(false).build().unwrap();
    let stream = client.chat("openai").user("Name a flower").stream_options(without_usage).stream().await.unwrap();
    let pieces: Vec<String> = stream.text_stream().try_collect().await.unwrap();
    assert_eq!(pieces, ["A tulip"]);
    insta::assert_snapshot!(recorder.requests());
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Flower {
    /// In English.
    name: String,
    petals: Option<u32>,
}

#[tokio::test]
async fn structured_chat_and_functions() {
    let mut answer = completion();
    answer["choices"][0]["message"]["content"] = json!(r#"{"name":"tulip","petals":6}"#);
    let recorder = Recorder::json(answer).await;
    let client = recorder.client();
    let flower: Flower = client.chat("openai").user("Name a flower").structured().await.unwrap();
    assert_eq!(flower, Flower { name: "tulip".to_owned(), petals: Some(6) });
    let water = Function::new("water", "Waters a flower", |flower: Flower| async move { Ok::<_, String>(flower) });
    client.chat("openai").user("Water it").rust_function(water).max_rounds(2).run().await.unwrap();
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn a_conversation_sends_the_earlier_turns() {
    let recorder = Recorder::json(completion()).await;
    let mut conversation = recorder.client().chat("openai").system("Be brief").conversation();
    conversation.say("Name a flower").await.unwrap();
    conversation.turn(|turn| turn.user("And this?").image_url("https://example.com/rose.png")).await.unwrap();
    conversation.truncate(1);
    conversation.say("Again").await.unwrap();
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn text() {
    let recorder = Recorder::answering("text/plain", "A haiku").await;
    let client = recorder.client();
    assert_eq!(client.text("snow").send().await.unwrap().text(), "A haiku");
    let every = |request: pollinations_ext::TextRequest| {
        request.model("mistral").seed(-1).system("In French").json(true).temperature(0.7)
    };
    every(client.text(PROMPT)).send().await.unwrap();
    every(client.text(PROMPT)).send_post().await.unwrap();
    assert_eq!(every(client.text(PROMPT)).stream().await.unwrap().finish().await.unwrap(), "A haiku");
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn image_with_only_a_prompt() {
    let recorder = Recorder::answering("image/jpeg", "bytes").await;
    let image = recorder.client().image("a cat").send().await.unwrap();
    assert_eq!(image.content_type(), Some("image/jpeg"));
    assert_eq!(image.bytes().await.unwrap(), "bytes");
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn image_with_every_setting() {
    let recorder = Recorder::answering("video/mp4", "bytes").await;
    let request = recorder
        .client()
        .image(PROMPT)
        .model("veo")
        .resolution("2k")
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
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn video_with_every_setting() {
    let recorder = Recorder::answering("video/mp4", "bytes").await;
    let request = recorder
        .client()
        .video(PROMPT, "veo")
        .size(1024, 768)
        .seed(-1)
        .safety_checks("secrets,violence")
        .frame("https://example.com/first.png?x=1")
        .frame("https://example.com/last.png")
        .guide_image("https://example.com/cat.png")
        .guide_video("https://example.com/dance.mp4")
        .guide_audio("https://example.com/song.mp3")
        .resolution("720p")
        .duration(8)
        .aspect_ratio("16:9")
        .audio(true);
    let video = request.send().await.unwrap();
    assert_eq!(video.content_type(), Some("video/mp4"));
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn the_former_reference_image_of_a_video_sets_a_frame() {
    #![allow(deprecated, reason = "the test uses deprecated names on purpose")]
    let client = pollinations_ext::Pollinations::builder().without_key().build().unwrap();
    let old = client.video("x", "veo").reference_image("https://example.com/a.png").url_without_key().unwrap();
    let new = client.video("x", "veo").frame("https://example.com/a.png").url_without_key().unwrap();
    assert_eq!(old, new);
    assert!(new.contains("image=https"), "{new}");
    let file = client.video("x", "veo").reference_file(File::bytes(PNG)).url().unwrap_err();
    assert_eq!(file.kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn an_image_with_a_local_reference_file_uploads_it_first() {
    let stored = json!({
        "id": "abc", "url": "https://media.pollinations.ai/abc", "contentType": "image/png", "size": 8,
        "duplicate": false,
    });
    let recorder = Recorder::json(stored).await;
    let file = File::bytes(PNG).name("cat.png");
    let request = recorder.client().image("at night").reference_image("https://example.com/a.png").reference_file(file);
    // The recorder answers the image request with the same JSON as the upload.
    assert_eq!(request.send().await.unwrap_err().kind(), ErrorKind::Decode);
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn speech_and_music_with_post_and_get() {
    let recorder = Recorder::answering("audio/mpeg", "sound").await;
    let client = recorder.client();
    let _ = client.speech("Hello").send().await.unwrap();
    let _ =
        client.speech(PROMPT).voice("nova").response_format("wav").speed(1.5).model("elevenlabs").send().await.unwrap();
    let _ = client.speech(PROMPT).voice("nova").response_format("wav").model("elevenlabs").send_get().await.unwrap();
    let _ = client.music("a waltz").duration(30.0).instrumental(true).send().await.unwrap();
    let _ = client.music("a waltz").duration(30.0).instrumental(true).send_get().await.unwrap();
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn transcription_in_every_response_format() {
    let recorder = Recorder::json(json!({ "text": "Hello", "language": "english", "duration": 1.5 })).await;
    let client = recorder.client();
    let recording = || File::bytes(&b"ID3\x04"[..]).name("talk.mp3");
    assert_eq!(client.transcribe(recording()).send().await.unwrap().text(), "Hello");
    let every = client.transcribe(recording()).model("scribe").language("en").prompt("Names: Ada").temperature(0.0);
    assert_eq!(every.verbose().await.unwrap().duration(), Some(1.5));
    client.transcribe(recording()).text().await.unwrap();
    client.transcribe(recording()).srt().await.unwrap();
    client.transcribe(recording()).vtt().await.unwrap();
    client.transcribe(File::reader(&b"ID3\x04"[..])).send().await.unwrap();
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn media() {
    let stored = json!({ "id": "abc", "url": "u", "contentType": "image/png", "size": 8, "duplicate": true });
    let recorder = Recorder::json(stored).await;
    let media = recorder.client().media();
    let file = || File::bytes(PNG).name("cat \"1\".png");
    assert!(media.upload(file()).send().await.unwrap().duplicate.unwrap());
    media.upload(file()).raw().send().await.unwrap();
    media.upload(file()).base64().send().await.unwrap();
    let _ = media.fetch("https://media.pollinations.ai/abc").await.unwrap();
    assert!(media.exists("abc").await.unwrap());
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn media_can_be_on_another_server() {
    let (main, other) = (Recorder::json(json!({})).await, Recorder::json(json!({})).await);
    let client = main.builder().media_url(other.base_url()).build().unwrap();
    let _ = client.media().fetch("abc").await.unwrap();
    client.account().balance().send_raw().await.unwrap();
    assert_eq!(other.take()[0].target, "/abc");
    assert_eq!(main.take()[0].target, "/account/balance");
}

#[tokio::test]
async fn account() {
    let profile = json!({ "tier": "orchard", "createdAt": "2026-01-01T00:00:00Z", "balance": 1.5 });
    let recorder = Recorder::json(profile).await;
    let account = recorder.client().account();
    // A tier that this version does not know, and fields that the server left out.
    let profile = account.profile().await.unwrap();
    assert_eq!(profile.tier, Some(types::AccountTier::Other("orchard".to_owned())));
    assert_eq!(profile.name, None);
    assert_eq!(account.balance().await.unwrap().balance, 1.5);
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn the_status_of_a_key() {
    let status = json!({
        "valid": true, "type": "secret", "name": null, "expiresAt": null, "expiresIn": 90,
        "permissions": { "models": ["flux"], "account": ["balance", "account:usage"] }, "pollenBudget": 0,
        "rateLimitEnabled": false,
    });
    let recorder = Recorder::json(status).await;
    let status = recorder.client().key_status().await.unwrap();
    assert!(status.allows_model("flux") && !status.allows_model("veo"));
    assert!(status.allows_account("balance") && status.allows_account("usage") && !status.allows_account("profile"));
    assert!(status.is_budget_exhausted());
    assert_eq!(status.expires_in(), Some(std::time::Duration::from_secs(90)));
    assert_eq!((status.pollen_budget, &status.type_), (Some(0.0), &types::KeyType::Secret));
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn usage() {
    let recorder = Recorder::json(json!({ "usage": [], "count": 0 })).await;
    let account = recorder.client().account();
    account.usage().send().await.unwrap();
    account.usage().limit(10).before("2026-02-25 00:00:00").send().await.unwrap();
    assert!(account.usage().records().next().await.is_none());
    let _ = account.usage().limit(7).csv().await.unwrap();
    account.usage_daily().send().await.unwrap();
    let _ = account.usage_daily().csv().await.unwrap();
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn lists_of_models() {
    let model = json!({
        "name": "flux", "aliases": ["flux-1"], "pricing": { "currency": "pollen", "perImage": "0.01", "perToken": 2 },
    });
    let recorder = Recorder::json(json!([model])).await;
    let models = recorder.client().models();
    let kinds = [models.text(), models.image(), models.video(), models.audio(), models.embeddings(), models.three_d()];
    for list in kinds {
        let pricing = list.await.unwrap().remove(0).pricing;
        assert_eq!(pricing["perImage"], types::Price::Text("0.01".to_owned()));
        assert_eq!(pricing["perToken"], types::Price::Number(2.0));
    }
    assert_eq!(models.find("flux-1").await.unwrap().unwrap().name, "flux");
    assert_eq!(models.find("no such").await.unwrap(), None);
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn the_names_of_models() {
    let list = json!({ "object": "list", "data": [{ "id": "openai", "object": "model", "created": 1 }] });
    let recorder = Recorder::json(list).await;
    assert_eq!(recorder.client().models().list().await.unwrap().data[0].id, "openai");
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn the_older_gateway() {
    let recorder = Recorder::json(completion()).await;
    let client = recorder.builder().gateway(Gateway::Legacy).build().unwrap();
    client.chat("openai").user("Hello").send().await.unwrap();
    let image = client.image(PROMPT).model("flux").query("nologo", "true").query("private", "true");
    assert_eq!(image.send().await.unwrap_err().kind(), ErrorKind::Decode, "the recorder answers with JSON");
    assert!(client.models().list().await.unwrap().data.is_empty());
    assert!(client.models().text().await.unwrap().is_empty());
    assert!(client.models().image().await.unwrap().is_empty());
    let error = client.account().balance().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (pollinations_ext::ErrorKind::InvalidRequest, 0));
    let client = recorder.builder().gateway(Gateway::OpenAi).build().unwrap();
    client.chat("openai").user("Hello").send().await.unwrap();
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn the_key_in_the_query_or_left_out() {
    let recorder = Recorder::json(json!({ "balance": 1.5 })).await;
    let in_query = recorder.builder().key_placement(KeyPlacement::Query).build().unwrap();
    assert_eq!(in_query.account().balance().await.unwrap().balance, 1.5);
    let keyless = Builder::default().base_url(recorder.base_url()).without_key().build().unwrap();
    keyless.account().balance().await.unwrap();
    insta::assert_snapshot!(recorder.requests());
    let other = recorder.client().with_key("pk_of_a_user".parse().unwrap());
    other.account().balance().await.unwrap();
    let authorization = recorder.take()[0].headers.iter().find(|(name, _)| name == "authorization").cloned().unwrap();
    assert_eq!(authorization.1, "Bearer pk_of_a_user");
}

#[tokio::test]
async fn headers_queries_and_fields_without_a_setter() {
    let recorder = Recorder::json(completion()).await;
    let client = recorder.client();
    let chat = client.chat("openai").user("Hello").field("n", 2).field("model", "newer");
    chat.header("x-trace", "42").query("beta", "a b&c").send().await.unwrap();
    client.account().key().header("Authorization", "Bearer sk_mine").send_raw().await.unwrap();
    insta::assert_snapshot!(recorder.requests());

    for (request, problem) in [
        (client.account().key().header("no name", "x"), "account_key: `no name` is not the name of a header"),
        (
            client.account().key().header("x-trace", "a\nb"),
            "account_key: the value of the header `x-trace` cannot be sent",
        ),
    ] {
        assert_eq!(request.await.unwrap_err().to_string(), problem);
    }
    assert!(recorder.take().is_empty());
}

#[tokio::test]
async fn raw_responses_have_the_status_content_type_and_body() {
    let recorder = Recorder::json(json!({ "new": "shape" })).await;
    let client: Pollinations = recorder.client();
    let picture = || File::bytes(PNG);
    let responses = [
        client.chat("openai").user("Hello").send_raw().await.unwrap(),
        client.text("Hello").send_raw().await.unwrap(),
        client.models().text().send_raw().await.unwrap(),
        client.account().usage().send_raw().await.unwrap(),
        client.account().usage_daily().send_raw().await.unwrap(),
        client.media().upload(picture()).send_raw().await.unwrap(),
        client.transcribe(picture()).response_format("vtt").send_raw().await.unwrap(),
    ];
    for response in responses {
        assert_eq!((response.status().as_u16(), response.content_type()), (200, Some("application/json")));
        assert_eq!(response.json::<serde_json::Value>().unwrap(), json!({ "new": "shape" }));
        assert_eq!(response.json::<Vec<u8>>().unwrap_err().kind(), pollinations_ext::ErrorKind::Decode);
    }
}

#[tokio::test]
async fn the_device_flow() {
    let grant = json!({
        "device_code": "d1", "user_code": "ABCD-1234", "verification_uri": "https://enter.example/device",
        "interval": 1, "access_token": "sk_of_the_user", "token_type": "bearer",
    });
    let recorder = Recorder::json(grant).await;
    let flow = DeviceFlow::new("pk_app".parse().unwrap()).server(Server::at(recorder.base_url()));
    let code = flow.start().await.unwrap();
    assert_eq!((code.user_code(), code.verification_uri_complete()), ("ABCD-1234", None));
    assert_eq!(code.wait().await.unwrap().key().expose_secret(), "sk_of_the_user");
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn the_generated_client_sends_the_key_too() {
    let recorder = Recorder::json(json!({ "usage": [], "count": 0 })).await;
    let usage =
        recorder.client().api().account_usage().limit(10_u64).before("2026-02-25 00:00:00").send().await.unwrap();
    assert_eq!(usage.count, 0);
    insta::assert_snapshot!(recorder.requests());
}

/// A long prompt with special characters, and short prompts that are easily mistaken for a part of the path.
#[tokio::test]
async fn prompts_arrive_as_one_segment_of_the_path() {
    let recorder = Recorder::answering("application/octet-stream", "ok").await;
    let client = recorder.client();
    let long: String = "aé🌸/?#%&+\"\\\n ;=".chars().cycle().take(4000).collect();
    for prompt in ["/", "//a//", "a/../b", "%2F", "%", "+", "...", " ", "?", "#", "é", "\\", "\u{0}", PROMPT, &long] {
        client.text(prompt).send().await.unwrap();
        let _ = client.image(prompt).send().await.unwrap();
        let _ = client.speech(prompt).send_get().await.unwrap();
        for recorded in recorder.take() {
            let path = recorded.target.split('?').next().unwrap();
            let segments: Vec<&str> = path.split('/').collect();
            assert_eq!(segments.len(), 3, "{path}");
            let decoded = percent_decode(segments[2]);
            assert_eq!(decoded, prompt);
        }
    }
    for prompt in ["", ".", ".."] {
        let errors = [
            client.text(prompt).send().await.map(drop).unwrap_err(),
            client.image(prompt).send().await.map(drop).unwrap_err(),
            client.speech(prompt).send_get().await.map(drop).unwrap_err(),
        ];
        assert!(errors.iter().all(|error| error.kind() == pollinations_ext::ErrorKind::InvalidRequest), "{prompt:?}");
        assert!(recorder.take().is_empty());
    }
}

/// Percent-decoding (RFC 3986, section 2.1), implemented independently of the client.
fn percent_decode(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
            decoded.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).unwrap()
}
