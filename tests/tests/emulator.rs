//! The emulator answers every operation as the document says.

use std::collections::BTreeSet;

use bytes::Bytes;
use futures_util::TryStreamExt;
use pollinations_emulator::Emulator;
use pollinations_ext::{
    Pollinations, RetryPolicy,
    api::{ByteStream, Error, ResponseValue},
    types,
};
use pollinations_tests::PENDING;
use xtask::normalize::walk;

async fn start() -> (Emulator, Pollinations) {
    let emulator = Emulator::start().await.unwrap();
    let builder = Pollinations::builder().base_url(emulator.base_url()).key("sk_test".parse().unwrap());
    let client = builder.retry(RetryPolicy::none()).build().unwrap();
    (emulator, client)
}

async fn bytes(response: ResponseValue<ByteStream>) -> (String, Bytes) {
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    let chunks: Vec<Bytes> = response.into_inner_stream().try_collect().await.unwrap();
    (kind, chunks.concat().into())
}

/// Calls each operation once through the generated client, which decodes the answer by the document's types.
#[tokio::test]
async fn every_operation() {
    let (_emulator, client) = start().await;
    let api = client.api();
    let mut called = BTreeSet::new();
    macro_rules! call {
        ($operation:ident $(. $setter:ident ( $value:expr ))*) => {{
            called.insert(stringify!($operation).to_owned());
            api.$operation()$(.$setter($value))*.send().await.unwrap()
        }};
    }

    let message = types::ChatMessage::from(types::UserMessage::new("Hello there".to_owned()));
    let body = types::ChatCompletionRequest::new(vec![message]);
    let completion = call!(chat_completions.body(body));
    let reply = completion.choices[0].message.as_ref().unwrap().content.as_deref();
    assert_eq!(reply, Some("You said: Hello there"));
    let usage = completion.usage.as_ref().unwrap();
    assert_eq!(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);

    let prompt = "50% / ? # \\ \"x\"\n🌸";
    assert_eq!(bytes(call!(generate_text.prompt(prompt))).await.1, format!("You said: {prompt}"));
    let (kind, events) = bytes(call!(generate_text.prompt("a b").stream(true))).await;
    assert_eq!(kind, "text/event-stream");
    assert!(events.ends_with(b"data: [DONE]\n\n"));

    let (kind, picture) = bytes(call!(generate_image.prompt("a cat").width(40_u64).height(30_u64))).await;
    assert_eq!(kind, "image/jpeg");
    assert_eq!(image::load_from_memory(&picture).unwrap().width(), 40);
    let (kind, picture) =
        bytes(call!(generate_image.prompt("a cat").width(8_u64).height(8_u64).transparent(true))).await;
    assert_eq!((kind.as_str(), image::guess_format(&picture).unwrap()), ("image/png", image::ImageFormat::Png));
    let (kind, video) = bytes(call!(generate_image.prompt("a cat").model("veo"))).await;
    assert_eq!((kind.as_str(), &video[4..8]), ("video/mp4", b"ftyp".as_slice()));

    let (kind, video) = bytes(call!(generate_video.prompt("a cat").duration(2_u64))).await;
    assert_eq!((kind.as_str(), &video[4..8]), ("video/mp4", b"ftyp".as_slice()));

    let (kind, sound) = bytes(call!(generate_audio.text("Hello").response_format("wav"))).await;
    assert_eq!((kind.as_str(), &sound[..4], &sound[8..16]), ("audio/wav", b"RIFF".as_slice(), b"WAVEfmt ".as_slice()));
    let body = types::SpeechRequest::builder().input("Hello");
    let (kind, sound) = bytes(call!(create_speech.body(types::SpeechRequest::try_from(body).unwrap()))).await;
    assert_eq!((kind.as_str(), &sound[..2]), ("audio/mpeg", [0xFF, 0xFB].as_slice()));

    let form = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n12345\r\n--b--\r\n";
    let transcription = call!(create_transcription.content_type("multipart/form-data; boundary=b").body(form));
    assert_eq!(transcription.text, "A recording of 5 bytes.");

    assert_eq!(bytes(call!(generate_text_post.prompt("a b").json(true))).await.1, r#"{"reply":"You said: a b"}"#);

    let stored = call!(upload_media.content_type("image/png").body("12345"));
    assert_eq!((stored.size, stored.content_type.as_str(), stored.duplicate), (5, "image/png", Some(false)));
    let json = r#"{"data":"MTIzNDU=","contentType":"image/png"}"#;
    let again = call!(upload_media.content_type("application/json").body(json));
    assert_eq!((again.id.as_str(), again.duplicate), (stored.id.as_str(), Some(true)));
    let form =
        "--b\r\nContent-Disposition: form-data; name=\"file\"\r\nContent-Type: image/png\r\n\r\n12345\r\n--b--\r\n";
    let again = call!(upload_media.content_type("multipart/form-data; boundary=b").body(form));
    assert_eq!((again.id.as_str(), again.duplicate), (stored.id.as_str(), Some(true)));
    assert_eq!(bytes(call!(fetch_media.id(&stored.id))).await, ("image/png".to_owned(), "12345".into()));
    assert_eq!(call!(media_exists.id(&stored.id)).headers()["content-length"], "5");

    assert_eq!(call!(list_models).object, "list");
    assert!(call!(list_text_models).iter().any(|model| model.name == "openai"));
    assert!(call!(list_image_models).iter().any(|model| model.output_modalities == ["video"]));
    assert!(call!(list_audio_models).iter().any(|model| model.aliases == ["music"]));

    assert!(call!(account_balance).balance < 100.0);
    assert!(call!(account_key).valid);
    assert_eq!(call!(account_profile).tier, Some(types::AccountTier::Seed));
    let usage = call!(account_usage.limit(3_u64));
    assert_eq!((usage.count, usage.usage.len()), (3, 3));
    let models: Vec<_> = usage.usage.iter().map(|record| record.model.as_deref().unwrap()).collect();
    assert_eq!(models, ["openai", "whisper-large-v3", "elevenlabs"], "the newest comes first");
    let days = call!(account_usage_daily);
    assert_eq!(days.usage.iter().map(|day| day.requests).sum::<u64>(), 11);

    // These are WebSockets, which the generated client does not open.
    let statuses = [api.realtime().send().await.err(), api.realtime_v1().send().await.err()];
    let statuses = statuses.map(|error| error.and_then(|error| error.status()).map(|status| status.as_u16()));
    assert_eq!(statuses, [Some(426), Some(426)]);
    called.extend(["realtime", "realtime_v1"].map(str::to_owned));

    let mut documented = BTreeSet::new();
    let mut document: serde_json::Value = serde_json::from_str(include_str!("../../openapi.json")).unwrap();
    walk::each_operation(&mut document, |_, _, operation| {
        documented.insert(operation["operationId"].as_str().unwrap().to_owned());
    });
    let pending: BTreeSet<String> = PENDING.iter().map(|&id| id.to_owned()).collect();
    let served: BTreeSet<String> = documented.difference(&pending).cloned().collect();
    assert_eq!(called, served, "an operation of the document was not called");
    assert!(pending.is_subset(&documented), "{pending:?}");
}

#[tokio::test]
async fn what_is_wrong_is_refused_in_the_services_envelope() {
    let (emulator, client) = start().await;
    let http = reqwest::Client::new();
    let url = |path: &str| format!("{}{path}", emulator.base_url());

    for (request, status, code) in [
        (http.get(url("/account/balance")), 401, "UNAUTHORIZED"),
        (http.get(url("/account/balance")).bearer_auth("hunter2"), 401, "UNAUTHORIZED"),
        (http.get(url("/account/balance?key=sk_")), 401, "UNAUTHORIZED"),
        (http.get(url("/nothing/here")), 404, "NOT_FOUND"),
        (http.delete(url("/v1/models")), 405, "METHOD_NOT_ALLOWED"),
        (http.post(url("/v1/chat/completions")).bearer_auth("sk_a").body("{"), 400, "BAD_REQUEST"),
        (http.get(url("/account/usage?limit=0&key=pk_a")), 400, "BAD_REQUEST"),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status);
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let body: serde_json::Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(
            (body["status"].as_u64(), body["success"].as_bool()),
            (Some(u64::from(status)), Some(false)),
            "{body}"
        );
        assert_eq!((&body["error"]["code"], &body["error"]["requestId"]), (&code.into(), &id.into()), "{body}");
    }

    let error = client.account().usage().limit(50_001).send().await.unwrap_err();
    let problem = "50001 is greater than the maximum of 50000";
    assert_eq!(error.details().unwrap()["fieldErrors"]["limit"][0], problem);
}

#[tokio::test]
async fn files_that_are_not_taken() {
    let (_emulator, client) = start().await;
    let large = "x".repeat(10 * 1024 * 1024 + 1);
    for (kind, body, status) in [("image/png", large.as_str(), 413), ("text/plain", "x", 415), ("image/png", "", 400)] {
        let api = client.api();
        match api.upload_media().content_type(kind).body(body.to_owned()).send().await {
            Err(Error::ErrorResponse(response)) => assert_eq!(response.status(), status, "{}", response.error),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(client.api().media_exists().id("0123456789abcdef").send().await.unwrap_err().status().unwrap(), 404);
    assert_eq!(client.api().fetch_media().id("nothing").send().await.err().unwrap().status().unwrap(), 404);
}

#[tokio::test]
async fn the_balance_runs_out() {
    let emulator = Emulator::builder().balance(0.015).start().await.unwrap();
    let builder = Pollinations::builder().base_url(emulator.base_url()).key("pk_test".parse().unwrap());
    let client = builder.retry(RetryPolicy::none()).build().unwrap();
    let image = client.image("a cat").size(8, 8);
    image.clone().send().await.unwrap().bytes().await.unwrap();
    assert!((emulator.balance() - 0.005).abs() < 1e-9);
    // The same again is not generated again, and costs nothing.
    image.send().await.unwrap().bytes().await.unwrap();
    assert_eq!(emulator.charges(), 1);
    let error = client.image("a dog").size(8, 8).send().await.unwrap_err();
    assert!(error.is_payment_required());
    assert_eq!(error.code().unwrap().to_string(), "INSUFFICIENT_BALANCE");
}

#[tokio::test]
async fn many_at_once_and_none_left_behind() {
    const MANY: usize = 500;
    let mut emulators = Vec::new();
    for _ in 0..MANY {
        emulators.push(Emulator::start().await.unwrap());
    }
    let urls: BTreeSet<&str> = emulators.iter().map(Emulator::base_url).collect();
    assert_eq!(urls.len(), MANY);
    // Each has a state of its own: what one of them charges, the others do not know of.
    let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    for (number, emulator) in emulators.iter().enumerate() {
        let url = format!("{}/text/{number}", emulator.base_url());
        let text = http.get(url).bearer_auth("sk_test").send().await.unwrap().text().await.unwrap();
        assert_eq!((text, emulator.charges()), (format!("You said: {number}"), 1));
    }
    let url = emulators[0].base_url().to_owned();
    reqwest::get(format!("{url}/v1/models")).await.unwrap().error_for_status().unwrap();
    emulators.remove(0).stop().await;
    assert!(reqwest::get(format!("{url}/v1/models")).await.unwrap_err().is_connect());
    let url = emulators[0].base_url().to_owned();
    drop(emulators);
    // The task ends the next time the runtime comes by.
    tokio::task::yield_now().await;
    assert!(reqwest::get(format!("{url}/v1/models")).await.unwrap_err().is_connect());
}
