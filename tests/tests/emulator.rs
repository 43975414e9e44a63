//! The emulator answers every operation with a response that matches the document.

use std::collections::BTreeSet;

use bytes::Bytes;
use futures_util::TryStreamExt;
use pollinations_emulator::Emulator;
use pollinations_ext::{
    Pollinations, RetryPolicy,
    api::{ByteStream, Error, ResponseValue},
    types,
};
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

/// Calls each operation at least once through the generated client, which decodes the response with the types of the
/// document.
#[tokio::test]
async fn the_emulator_answers_every_operation_with_a_valid_response() {
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
    assert_eq!((stored.size, stored.content_type.as_str(), stored.duplicate), (5, "image/png", None));
    let json = r#"{"data":"MTIzNDU=","contentType":"image/png","name":"one two.png","id":"mine.1"}"#;
    let again = call!(upload_media.content_type("application/json").body(json));
    assert_eq!((again.id.as_str(), again.size), ("mine.1", 5));
    let form = "--b\r\nContent-Disposition: form-data; name=\"tags\"\r\n\r\ncats, dogs\r\n\
        --b\r\nContent-Disposition: form-data; name=\"file\"\r\nContent-Type: image/png\r\n\r\n12345\r\n--b--\r\n";
    let tagged = call!(upload_media.content_type("multipart/form-data; boundary=b").body(form));
    assert_eq!(tagged.tags, ["cats", "dogs"]);
    assert_ne!(tagged.id, stored.id, "each upload of the same content must get a new id");
    assert_eq!(bytes(call!(fetch_media.id(&stored.id))).await, ("image/png".to_owned(), "12345".into()));
    let headers = call!(media_exists.id("mine.1")).headers().clone();
    assert_eq!(
        (&headers["content-length"], &headers["x-content-id"]),
        (&"5".parse().unwrap(), &"mine.1".parse().unwrap())
    );
    assert_eq!(headers["content-disposition"], "inline; filename=\"one two.png\"");
    let metadata = call!(media_metadata.id(&stored.id));
    assert_eq!((metadata.content_type.as_str(), metadata.size), ("image/png", 5));
    let page = call!(list_media.tag("dogs"));
    assert_eq!((page.items.len(), page.has_more, page.next_cursor.as_deref()), (1, false, None));
    assert_eq!(page.items[0].id, tagged.id);
    assert_eq!(call!(delete_media.id(&tagged.id)).id, tagged.id);
    assert!(api.list_media().tag("dogs").send().await.unwrap().items.is_empty());

    assert!(call!(list_models).data.iter().any(|model| model.aliases == ["openai"]));
    assert_eq!(call!(get_model.model("flux")).id, "black-forest-labs/flux.1-schnell");
    assert!(call!(list_text_models).iter().all(|model| model.category == Some(types::ModelCategory::Text)));
    assert!(call!(list_image_models).iter().any(|model| model.output_modalities == ["video"]));
    assert!(call!(list_video_models).iter().all(|model| model.output_modalities == ["video"]));
    assert!(call!(list_audio_models).iter().any(|model| model.aliases.contains(&"music".to_owned())));
    assert!(call!(list_embedding_models).iter().all(|model| model.output_modalities == ["embedding"]));
    assert!(call!(list_3d_models).iter().all(|model| model.output_modalities == ["3d"]));
    assert!(call!(list_all_models).len() > 20);
    assert_eq!(call!(model_status).rows, Some(call!(list_all_models.reliability("all")).len() as u64));
    assert!(call!(model_stats).data.iter().any(|row| row["model"] == "openai/gpt-5.4-nano"));

    assert!(call!(account_balance).balance < 100.0);
    assert!(call!(account_key).valid);
    assert_eq!(call!(account_profile).tier, Some(types::AccountTier::Seed));
    call!(key_usage);
    assert_eq!(call!(account_earnings).per_entity.len(), 2);
    call!(earnings_transactions);
    call!(account_quests);
    call!(quest_rewards);
    call!(quest_catalog);
    call!(report_harness.body(types::HarnessReport::new("test".to_owned())));

    let key = call!(create_key.body(types::NewKey::new("test".to_owned())));
    assert_eq!(call!(list_keys).data.len(), 2);
    let changes = types::KeyChanges::builder().name("other".to_owned());
    assert_eq!(call!(update_key.id(&key.id).body(changes)).name.as_deref(), Some("other"));
    assert_eq!(call!(revoke_key.id(&key.id)).success, Some(true));

    let agent = types::NewPromptAgent::builder().name("a").title("A").base_model("openai").system_prompt("x");
    let agent: types::NewAgent = agent.build().unwrap().into();
    let types::Agent::PromptAgent(agent) = call!(create_agent.body(agent)).into_inner() else {
        panic!("unexpected type of agent")
    };
    assert_eq!(call!(list_agents).data.len(), 1);
    call!(get_agent.id(&agent.id));
    call!(update_agent.id(&agent.id).body(types::AgentChanges::builder().title("B".to_owned())));
    call!(delete_agent.id(&agent.id));
    let code: types::NewAgent = types::NewCodeAgent::builder().repository("ada/robot").build().unwrap().into();
    let types::Agent::CodeAgent(code) = call!(create_agent.body(code)).into_inner() else {
        panic!("unexpected type of agent")
    };
    call!(sync_agent.id(&code.id));

    let (token, url) = ("token", "https://models.example.com/v1");
    let model = types::NewTextModel::builder().name("m").title("M").bearer_token(token);
    let model: types::NewMyModel = model.api(types::TextApi::Responses).url(url).build().unwrap().into();
    let types::MyModel::MyTextModel(model) = call!(create_my_model.body(model)).into_inner() else {
        panic!("unexpected type of model")
    };
    let endpoint = types::NewEndpointAgent::builder().name("e").title("E").api(types::TextApi::Responses).url(url);
    call!(create_endpoint_agent.body(endpoint));
    assert_eq!(call!(list_my_models).data.len(), 2);
    call!(update_my_model.id(&model.id).body(types::MyModelChanges::builder().title("N".to_owned())));
    call!(list_fallback_candidates.id(&model.id));
    call!(list_upstream_models.body(types::UpstreamModelsRequest::new(url.to_owned(), token.to_owned())));
    let test = types::TextModelTest::builder().api(types::TextApi::Responses).url(url).bearer_token(token).model("m");
    let test: types::ModelTestRequest = test.build().unwrap().into();
    assert!(call!(test_my_model.body(test)).ok);
    let profile = types::ProviderProfileChanges::new("Ada".to_owned(), "https://example.com".to_owned());
    assert_eq!(call!(update_provider_profile.body(profile)).name.as_deref(), Some("Ada"));
    call!(delete_my_model.id(&model.id));

    assert!(!call!(search_toolkits).data.is_empty());
    let link = call!(connect_integration.body(types::IntegrationRequest::new("github".to_owned())));
    assert_eq!(call!(list_integrations).data.len(), 1);
    call!(disconnect_integration.id(link.id.clone().unwrap()));
    let usage = call!(account_usage.limit(3_u64));
    assert_eq!((usage.count, usage.usage.len()), (3, 3));
    let models: Vec<_> = usage.usage.iter().map(|record| record.model.as_deref().unwrap()).collect();
    assert_eq!(models, ["openai", "whisper-large-v3", "elevenlabs"], "the newest record must come first");
    let days = call!(account_usage_daily);
    assert_eq!(days.usage.iter().map(|day| day.requests).sum::<u64>(), 11);

    let made = call!(create_image.body(types::ImageGenerationRequest::new("a cat")));
    assert_eq!(made.data[0].revised_prompt.as_deref(), Some("a cat"));
    assert_eq!(made.usage.total_tokens, made.usage.input_tokens + made.usage.output_tokens);
    let json = r#"{"prompt":"at night","image":"https://example.com/cat.png","response_format":"url"}"#;
    let edited = call!(edit_image.content_type("application/json").body(json));
    assert!(edited.data[0].url.is_some() && edited.data[0].b64_json.is_none());
    let (kind, object) = bytes(call!(generate_3d.prompt("a chair").model("hyper3d/rodin-2.5"))).await;
    assert_eq!((kind.as_str(), &object[..4]), ("model/gltf-binary", b"glTF".as_slice()));
    let image = types::OneOrMany::One("https://example.com/chair.png".to_owned());
    let mut body = types::ThreeDRequest::default();
    (body.image, body.model) = (Some(image), Some("nvidia/asset-harvester".into()));
    let (kind, object) = bytes(call!(generate_3d_post.prompt("a chair").body(body))).await;
    assert_eq!((kind.as_str(), &object[..4]), ("application/x-ply", b"ply\n".as_slice()));
    let body = types::EmbeddingRequest::new(vec!["a tulip".to_owned(), "a rose".to_owned()]);
    let embeddings = call!(embed.body(body));
    assert_eq!((embeddings.data.len(), embeddings.data[1].index, embeddings.usage.total_tokens), (2, 1, 4));
    let timed = call!(create_speech_with_timestamps.body(types::TimedSpeechRequest::new("Hello")));
    assert_eq!(timed.alignment.characters, ["H", "e", "l", "l", "o"]);
    let kind = "multipart/form-data; boundary=b";
    let form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n\r\n{}\r\n--b--\r\n",
        "x".repeat(80_000)
    );
    for (kind, sound) in [
        bytes(call!(change_voice.content_type(kind).body(form.clone()))).await,
        bytes(call!(isolate_voice.content_type(kind).body(form.clone()))).await,
    ] {
        assert_eq!((kind.as_str(), &sound[..2]), ("audio/mpeg", [0xFF, 0xFB].as_slice()));
    }
    let (kind, stems) = bytes(call!(separate_stems.content_type(kind).body(form))).await;
    assert_eq!((kind.as_str(), &stems[..4]), ("application/zip", b"PK\x03\x04".as_slice()));

    let asked = serde_json::json!([{ "role": "user", "content": "How is the weather?" }]);
    let body = serde_json::json!({ "model": "claude", "max_tokens": 100, "messages": asked });
    let reply = call!(create_message.body(serde_json::from_value::<types::MessageRequest>(body).unwrap()));
    assert_eq!(reply.content.len(), 1);
    let body = serde_json::json!({ "model": "openai", "input": "Hello" });
    let reply = call!(create_response.body(serde_json::from_value::<types::ResponseRequest>(body).unwrap()));
    assert_eq!(reply.output.len(), 1);
    let questions = serde_json::json!({ "wet": { "type": "noul", "instructions": "The street is wet" } });
    let body = serde_json::json!({ "state": { "fact": "The street is wet" }, "questions": questions });
    call!(create_decision.body(serde_json::from_value::<types::DecisionRequest>(body).unwrap()));
    // `POST /text` returns plain text. Only a message that calls a tool is JSON.
    let function = serde_json::json!({ "name": "weather", "parameters": { "type": "object" } });
    let body = serde_json::json!({ "messages": asked, "tools": [{ "type": "function", "function": function }] });
    let body = serde_json::from_value::<types::ChatCompletionRequest>(body).unwrap();
    assert!(call!(generate_text_from_messages.body(body)).tool_calls.as_ref().is_some_and(|calls| calls.len() == 1));

    // These operations are WebSockets, which the generated client cannot open.
    let statuses = [api.realtime().send().await.err(), api.realtime_v1().send().await.err()];
    let statuses = statuses.map(|error| error.and_then(|error| error.status()).map(|status| status.as_u16()));
    assert_eq!(statuses, [Some(426), Some(426)]);
    called.extend(["realtime", "realtime_v1"].map(str::to_owned));

    let mut documented = BTreeSet::new();
    let mut document: serde_json::Value = serde_json::from_str(include_str!("../../openapi.json")).unwrap();
    walk::each_operation(&mut document, |_, _, operation| {
        documented.insert(operation["operationId"].as_str().unwrap().to_owned());
    });
    assert_eq!(called, documented, "an operation of the document was not called");
}

#[tokio::test]
async fn invalid_requests_get_the_error_envelope_of_the_service() {
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
async fn invalid_uploads_and_unknown_media_ids_are_rejected() {
    let (_emulator, client) = start().await;
    for (kind, body, status) in [("text/plain", "x", 415), ("image/png", "", 400)] {
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
async fn a_request_fails_with_402_once_the_balance_is_used_up() {
    let emulator = Emulator::builder().balance(0.015).start().await.unwrap();
    let builder = Pollinations::builder().base_url(emulator.base_url()).key("pk_test".parse().unwrap());
    let client = builder.retry(RetryPolicy::none()).build().unwrap();
    let image = client.image("a cat").size(8, 8);
    image.clone().send().await.unwrap().bytes().await.unwrap();
    assert!((emulator.balance() - 0.005).abs() < 1e-9);
    // The same image comes from the cache, without a charge.
    image.send().await.unwrap().bytes().await.unwrap();
    assert_eq!(emulator.charges(), 1);
    let error = client.image("a dog").size(8, 8).send().await.unwrap_err();
    assert!(error.is_payment_required());
    assert_eq!(error.code().unwrap().to_string(), "INSUFFICIENT_BALANCE");
}

#[tokio::test]
async fn many_emulators_run_side_by_side_and_stop_when_dropped() {
    const MANY: usize = 500;
    let mut emulators = Vec::new();
    for _ in 0..MANY {
        emulators.push(Emulator::start().await.unwrap());
    }
    let urls: BTreeSet<&str> = emulators.iter().map(Emulator::base_url).collect();
    assert_eq!(urls.len(), MANY);
    // Each emulator has its own state: a charge on one does not show on the others.
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
    // The server task ends the next time the runtime polls it.
    tokio::task::yield_now().await;
    assert!(reqwest::get(format!("{url}/v1/models")).await.unwrap_err().is_connect());
}
