//! The Messages API, the Responses API, texts from messages, and decisions: the exact requests, and how responses and
//! errors are read.

use pollinations_emulator::{Emulator, Fault, Refusal, Refusals};
use pollinations_ext::{
    ErrorKind, File, Pollinations, RetryPolicy,
    messages::Function,
    types::{MessageTextBlock, MessageTool, MessageToolChoice, MessageToolChoiceMode, ResponseInput},
};
use pollinations_tests::Recorder;
use serde_json::json;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

fn message() -> serde_json::Value {
    json!({ "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": [{ "type": "text", "text": "A tulip" }],
        "stop_reason": "end_turn", "stop_sequence": null, "usage": { "input_tokens": 1, "output_tokens": 2 } })
}

fn response() -> serde_json::Value {
    let said = json!({ "id": "m", "type": "message", "role": "assistant", "content": [{ "type": "output_text", "text": "A tulip" }] });
    json!({ "id": "r", "object": "response", "status": "completed", "model": "openai", "output": [said], "error": null,
        "usage": { "input_tokens": 1, "output_tokens": 2, "total_tokens": 3 } })
}

fn client(url: &str) -> Pollinations {
    let builder = Pollinations::builder().base_url(url).key("sk_test".parse().unwrap());
    builder.retry(RetryPolicy::none()).build().unwrap()
}

#[tokio::test]
async fn messages() {
    let recorder = Recorder::json(message()).await;
    let client = recorder.client();
    let reply = client.messages("claude", 100).user("Name a flower").send().await.unwrap();
    assert_eq!(reply.text(), "A tulip");
    let request = client
        .messages("claude", 4096)
        .system("Be brief")
        .user("What is all this?")
        .image(File::bytes(PNG))
        .image_url("https://example.com/cat.png")
        .turn(reply.to_turn())
        .tool_result("toolu_1", "21 °C")
        .tool_error("toolu_2", "offline")
        .assistant("It is")
        .block(MessageTextBlock::new("Go on"))
        .temperature(0.5)
        .top_p(0.9)
        .stop_sequences(["END", "STOP"])
        .thinking(2048)
        .effort("low")
        .function(
            "weather",
            "Tells the weather",
            json!({ "type": "object", "properties": { "city": { "type": "string" } } }),
        )
        .function("clock", "", None)
        .tool(MessageTool::new("plain"))
        .tool_choice(MessageToolChoice::new(MessageToolChoiceMode::Any))
        .with_body(|body| body.tool_choice.as_mut().unwrap().disable_parallel_tool_use = Some(true))
        .field("metadata", json!({ "user_id": "u-1" }));
    request.send().await.unwrap();
    client.messages("claude", 100).turns([reply.to_turn()]).user("Another").send_raw().await.unwrap();
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn responses() {
    let recorder = Recorder::json(response()).await;
    let client = recorder.client();
    let response = client.responses("openai").user("Name a flower").send().await.unwrap();
    assert_eq!(response.text(), "A tulip");
    let request = client
        .responses("openai")
        .instructions("Be brief")
        .developer("Be kind")
        .user("What is all this?")
        .image(File::bytes(PNG))
        .image_url("https://example.com/cat.png")
        .items(response.to_items())
        .function_output("call_1", "21 °C")
        .assistant("It is")
        .item(json!({ "type": "message", "role": "user", "content": [{ "type": "input_file", "file_url": "https://example.com/a.pdf" }] }))
        .image_url("https://example.com/dog.png")
        .temperature(0.5)
        .top_p(0.9)
        .frequency_penalty(0.1)
        .presence_penalty(-0.1)
        .max_output_tokens(100)
        .max_tool_calls(3)
        .parallel_tool_calls(false)
        .include(["message.output_text.logprobs"])
        .top_logprobs(3)
        .reasoning_effort("low")
        .reasoning_summary("auto")
        .json_schema("flower", json!({ "type": "object" }))
        .metadata("order", "42")
        .end_user("u-1")
        .safety_identifier("u-2")
        .safety_checks("secrets")
        .service_tier("flex")
        .truncation("auto")
        .prompt_cache_key("chat-42")
        .prompt_cache_retention("24h")
        .function("weather", "Tells the weather", json!({ "type": "object", "properties": { "city": { "type": "string" } } }))
        .function("clock", "", None)
        .tool_choice("required");
    request.send().await.unwrap();
    let by_hand = client.responses("openai").with_body(|body| {
        body.input = ResponseInput::Text("Hello".to_owned());
        body.store = Some(false);
    });
    by_hand.send_raw().await.unwrap();
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn texts_from_messages_and_from_prompts() {
    let recorder = Recorder::answering("text/plain", "A tulip").await;
    let client = recorder.client();
    let answer = client.chat("openai").system("Be brief").user("Name a flower").seed(7).answer().await.unwrap();
    assert_eq!(answer.text(), "A tulip");
    let stream = client.chat("openai").user("Name a flower").answer_stream().await.unwrap();
    assert_eq!(stream.finish().await.unwrap(), "A tulip");
    let text = client
        .text("a haiku")
        .top_p(0.9)
        .presence_penalty(0.5)
        .frequency_penalty(-0.5)
        .repetition_penalty(1.1)
        .max_tokens(10)
        .max_completion_tokens(20)
        .voice("nova")
        .reasoning_effort("low")
        .safety_checks("secrets,violence");
    text.clone().send().await.unwrap();
    text.send_post().await.unwrap();
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn decisions() {
    let answers = json!({ "topic": { "type": "choice", "choice": "other", "probabilities": { "other": 1.0 }, "confidence": 1.0 },
        "anger": { "type": "score", "score": 1.5, "legend": { "0": "calm" }, "probabilities": { "0": 0.5 }, "confidence": 0.5 },
        "late": { "type": "noul", "noul": 0.25 } });
    let decision = json!({ "id": "d", "model": "jev", "provider": "p", "answers": answers, "usage": { "input_tokens": 1, "output_tokens": 2 } });
    let recorder = Recorder::json(decision).await;
    let request = recorder
        .client()
        .decide(json!({ "mail": "Where is my parcel?" }))
        .model("jev")
        .choice("topic", "What is it about?", [("delivery", json!("a parcel")), ("other", json!(null))])
        .score("anger", "How angry?", ["calm", "furious"])
        .proposition("late", "It is late")
        .proposition_with("lost", "It is lost", "nobody knows where it is", "it is on its way");
    let decided = request.send().await.unwrap();
    assert_eq!(decided.choice("topic").unwrap().choice, "other");
    assert_eq!((decided.score("anger").unwrap().score, decided.probability("late")), (1.5, Some(0.25)));
    // An answer of another type, and a question that has no answer.
    assert!(
        decided.choice("anger").is_none() && decided.probability("topic").is_none() && decided.answer("lost").is_none()
    );
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn invalid_and_missing_files_are_errors_before_the_request_is_sent() {
    let recorder = Recorder::json(message()).await;
    let client = recorder.client();
    let text = || File::bytes(&b"hello"[..]).name("hello.txt");
    let missing = || File::path("/no/such/file.png");
    for (message, response, kind) in [
        (
            client.messages("claude", 9).image(text()),
            client.responses("openai").image(text()),
            ErrorKind::InvalidRequest,
        ),
        (client.messages("claude", 9).image(missing()), client.responses("openai").image(missing()), ErrorKind::Io),
    ] {
        let error = message.clone().send().await.unwrap_err();
        assert_eq!((error.kind(), error.operation(), error.attempts()), (kind, Some("create_message"), 0), "{error}");
        assert_eq!(message.stream().await.unwrap_err().kind(), kind);
        let error = response.clone().run().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (kind, Some("create_response")), "{error}");
        assert_eq!(response.stream().await.unwrap_err().kind(), kind);
    }
    // The message with the image was removed.
    let image = || File::bytes(PNG);
    let error = client.messages("claude", 9).image(image()).with_body(|body| body.messages.clear()).send().await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert!(recorder.requests().is_empty());
}

#[tokio::test]
async fn errors_of_the_messages_api_have_their_status_code_and_message() {
    let emulator = Emulator::builder().refusals(Refusals::Text).start().await.unwrap();
    let client = client(emulator.base_url());
    let request = || client.messages("claude", 9).user("Hello");
    // The Messages API sends a 402 or 403 as a status, never as text.
    for (refusal, status) in [(Refusal::InsufficientBalance, 402), (Refusal::Forbidden, 403)] {
        for streamed in [false, true] {
            emulator.inject(Fault::refuse(refusal));
            let outcome = if streamed { request().stream().await.map(drop) } else { request().send().await.map(drop) };
            let error = outcome.unwrap_err();
            assert_eq!(error.status().map(|status| status.as_u16()), Some(status), "{error}");
            assert_eq!(error.payment().is_some(), status == 402);
            assert!(error.body().unwrap().contains("\"type\":\"error\""), "{:?}", error.body());
        }
    }
    emulator.inject(Fault::status(529));
    let error = request().send().await.unwrap_err();
    assert_eq!(error.code().map(|code| code.as_str()), Some("overloaded_error"), "{error}");
    assert!(error.is_retryable());
    let error = request().temperature(0.5).field("messages", 5).send().await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Api, 400));
    assert!(error.message().starts_with("messages: "), "{error}");
    // Thinking without a valid signature of the provider is rejected.
    let thought = json!({ "type": "thinking", "thinking": "hm", "signature": "forged" });
    let turns = json!([{ "role": "user", "content": "a" }, { "role": "assistant", "content": [thought] }]);
    let error = request().field("messages", turns).send().await.unwrap_err();
    assert!(error.message().contains("Invalid `signature`"), "{error}");
}

#[tokio::test]
async fn a_failed_response_is_an_error() {
    let emulator = Emulator::start().await.unwrap();
    let client = client(emulator.base_url());
    for (error, message) in [
        (json!({ "code": "server_error", "message": "The model is tired" }), "The model is tired"),
        (json!(null), "the response failed, and the service does not say why"),
    ] {
        let body = json!({ "id": "r", "object": "response", "status": "failed", "output": [], "error": error, "model": "m", "usage": null });
        emulator.inject(Fault::default().body(body.to_string()));
        let error = client.responses("openai").user("Hello").send().await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Api, message));
    }
}

#[tokio::test]
async fn functions_are_called_until_the_model_replies() {
    let emulator = Emulator::start().await.unwrap();
    let client = client(emulator.base_url());
    let weather = || {
        Function::new("weather", "Tells the weather", |city: serde_json::Value| async move {
            if city.is_null() { Err("which city?") } else { Ok("sunny") }
        })
    };
    let run = client
        .messages("claude", 99)
        .user("How is the weather?")
        .rust_function(weather())
        .thinking(50)
        .run()
        .await
        .unwrap();
    assert_eq!((run.text().as_str(), run.rounds(), run.turns().len()), ("The tools answered: sunny", 1, 4));
    let run = client.responses("openai").user("How is the weather?").rust_function(weather()).run().await.unwrap();
    assert_eq!((run.text().as_str(), run.rounds(), run.items().len()), ("The tools answered: sunny", 1, 4));

    // A call of a function without Rust code is returned to the caller.
    let run =
        client.messages("claude", 99).user("What does the clock say?").function("clock", "", None).run().await.unwrap();
    assert_eq!((run.rounds(), run.reply().tool_uses().len(), run.reply().stop_reason()), (0, 1, Some("tool_use")));
    let run =
        client.responses("openai").user("What does the clock say?").function("clock", "", None).run().await.unwrap();
    assert_eq!((run.rounds(), run.response().function_calls().len()), (0, 1));

    // The number of rounds is limited.
    let recorder =
        Recorder::json(json!({ "id": "m", "type": "message", "role": "assistant", "stop_reason": "tool_use",
        "content": [{ "type": "tool_use", "id": "t", "name": "weather", "input": {} }], "usage": {} }))
        .await;
    let request = recorder.client().messages("claude", 99).user("Hi").rust_function(weather()).max_rounds(2);
    assert_eq!(request.run().await.unwrap_err().kind(), ErrorKind::TooManyToolRounds);
    assert_eq!(recorder.requests().matches("POST ").count(), 3);
}

#[tokio::test]
async fn an_answer_is_read_by_its_content_type() {
    let emulator = Emulator::start().await.unwrap();
    let client = client(emulator.base_url());
    let spoken = client.chat("openai-audio").user("Hello").speak("alloy", "mp3").answer().await.unwrap();
    assert_eq!((spoken.content_type(), spoken.text().as_str()), (Some("audio/mpeg"), ""));
    assert!(!spoken.audio().unwrap().is_empty());
    let called =
        client.chat("openai").user("How is the weather?").function("weather", "", None).answer().await.unwrap();
    assert_eq!((called.tool_calls()[0].function.name.as_str(), called.text().as_str()), ("weather", ""));
    assert!(called.message().is_some() && called.audio().is_none());
    let said = client.chat("openai").user("Hello").answer().await.unwrap();
    assert_eq!((said.text().as_str(), said.model()), ("You said: Hello", Some("openai")));
    // JSON that the model wrote is returned as text.
    emulator.inject(Fault::default().body("{\"name\":\"tulip\"}"));
    let json = client.chat("openai").user("A flower, in JSON").answer().await.unwrap();
    assert_eq!((json.text().as_str(), json.message().is_none()), ("{\"name\":\"tulip\"}", true));
}
