//! Tools, structured output and conversations.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use pollinations_emulator::Emulator;
use pollinations_ext::{
    ErrorKind, File, Pollinations, RetryPolicy,
    chat::Function,
    schemars::{self, JsonSchema},
    types,
};
use pollinations_tests::{Script, Step};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

async fn emulated() -> (Emulator, Pollinations) {
    let emulator = Emulator::start().await.unwrap();
    let client = client(emulator.base_url());
    (emulator, client)
}

fn client(url: &str) -> Pollinations {
    Pollinations::builder().base_url(url).key("sk_test".parse().unwrap()).retry(RetryPolicy::none()).build().unwrap()
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct City {
    name: String,
}

fn weather(calls: &Arc<AtomicUsize>) -> Function {
    let calls = Arc::clone(calls);
    Function::new("weather", "Tells the weather of a city", move |city: City| {
        calls.fetch_add(1, Ordering::SeqCst);
        async move { Ok::<_, String>(format!("sunny in [{}]", city.name)) }
    })
}

fn clock() -> Function {
    Function::new("clock", "Tells the time", |(): ()| async { Ok::<_, String>("5 pm") })
}

/// A response whose message calls these functions.
fn reply_with_calls(calls: &[(&str, &str)]) -> Step {
    let calls: Vec<Value> = calls
        .iter()
        .enumerate()
        .map(|(number, (name, arguments))| {
            json!({ "id": format!("call_{number}"), "type": "function", "function": { "name": name, "arguments": arguments } })
        })
        .collect();
    reply_with(&json!({ "role": "assistant", "content": null, "tool_calls": calls }), "tool_calls")
}

fn reply_with_text(text: &str) -> Step {
    reply_with(&json!({ "role": "assistant", "content": text }), "stop")
}

fn reply_with(message: &Value, reason: &str) -> Step {
    let choices = json!([{ "index": 0, "finish_reason": reason, "message": message }]);
    let completion = json!({ "id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": choices, "usage": {
        "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2,
    }});
    Step::json(200, completion.to_string())
}

/// The messages of a request.
fn messages(request: &str) -> Vec<Value> {
    let body = request.split_once("\r\n\r\n").unwrap().1;
    serde_json::from_str::<Value>(body).unwrap()["messages"].as_array().unwrap().clone()
}

#[tokio::test]
async fn functions_are_called_until_the_model_replies() {
    let (_emulator, client) = emulated().await;
    let calls = Arc::new(AtomicUsize::new(0));
    let request = client.chat("openai").user("The weather and the clock, please");
    let run = request.rust_function(weather(&calls)).rust_function(clock()).run().await.unwrap();
    assert_eq!(run.text(), "The tools answered: sunny in [The weather and the clock, please], 5 pm");
    assert_eq!((run.rounds(), calls.load(Ordering::SeqCst)), (1, 1));
    assert_eq!(run.messages().len(), 5, "a user message, the calls, two results, and the reply");
    assert!(run.total_tokens() > run.reply().usage().unwrap().total_tokens);
}

#[tokio::test]
async fn errors_of_functions_are_sent_to_the_model() {
    let script = Script::play(vec![
        reply_with_calls(&[("weather", "{not json"), ("no_such", "{}"), ("broken", "{}")]),
        reply_with_text("I give up"),
    ])
    .await;
    let broken = Function::new("broken", "Fails", |(): ()| async { Err::<(), _>("out of order") });
    let request =
        client(&script.url).chat("openai").user("Hello").rust_function(weather(&Arc::default())).rust_function(broken);
    assert_eq!(request.run().await.unwrap().text(), "I give up");
    let sent: Vec<String> = messages(&script.requests()[1])[2..]
        .iter()
        .map(|message| format!("{}: {}", message["tool_call_id"], message["content"]))
        .collect();
    assert!(sent[0].starts_with(r#""call_0": "error: the arguments are not valid: "#), "{sent:?}");
    assert_eq!(sent[1], r#""call_1": "error: there is no function `no_such`""#);
    assert_eq!(sent[2], r#""call_2": "error: out of order""#);
}

/// Providers reject the next turn if the extra fields of their calls and their reasoning are missing.
#[tokio::test]
async fn extra_fields_of_the_provider_are_sent_back_unchanged() {
    let signature = json!({ "google": { "thought_signature": "SIG1" } });
    let call = json!({
        "id": "call_1", "type": "function", "function": { "name": "clock", "arguments": "null" }, "extra_content": signature,
    });
    let details = json!([{ "type": "reasoning.encrypted", "data": "SIG2" }]);
    let message = json!({
        "role": "assistant", "content": null, "tool_calls": [call], "reasoning_details": details, "reasoning_content": "hm",
    });
    let script =
        Script::play(vec![reply_with(&message, "tool_calls"), reply_with_text("Five"), reply_with_text("Bye")]).await;
    let mut conversation = client(&script.url).chat("m").rust_function(clock()).conversation();
    conversation.say("What time is it?").await.unwrap();
    conversation.say("Thanks").await.unwrap();
    for request in &script.requests()[1..] {
        let sent = &messages(request)[1];
        assert_eq!((&sent["tool_calls"][0], &sent["reasoning_details"]), (&call, &details));
        assert_eq!(sent["reasoning_content"], "hm", "the reasoning must be sent with its calls");
    }
}

#[tokio::test]
async fn signed_reasoning_from_a_stream_is_sent_back_unchanged() {
    let blocks = [
        json!({ "content_blocks": [{ "index": 0, "delta": { "thinking": "Hm" } }] }),
        json!({ "content_blocks": [{ "index": 0, "delta": { "thinking": "m." } }] }),
        json!({ "content_blocks": [{ "index": 0, "delta": { "signature": "SIG" } }] }),
        json!({ "content": "A rose", "content_blocks": [{ "index": 1, "delta": { "text": "A rose" } }] }),
        json!({ "reasoning_details": [{ "type": "reasoning.text", "text": "a", "index": 0 }] }),
        json!({ "reasoning_details": [{ "type": "reasoning.text", "text": "b", "signature": "SIG", "index": 0 }] }),
    ];
    let mut events: Vec<String> =
        blocks.iter().map(|delta| format!("data: {}\n\n", json!({ "choices": [{ "delta": delta }] }))).collect();
    events.push("data: [DONE]\n\n".to_owned());
    let script = Script::play(vec![Step::Events(events), reply_with_text("Another")]).await;
    let mut conversation = client(&script.url).chat("m").conversation();
    let reply = conversation.stream("Name a flower").await.unwrap().finish().await.unwrap();
    assert_eq!((reply.text(), reply.reasoning()), ("A rose", Some("Hmm.")));
    conversation.say("Another one").await.unwrap();
    let sent = &messages(&script.requests()[1])[1];
    let thought = json!({ "type": "thinking", "thinking": "Hmm.", "signature": "SIG" });
    assert_eq!(sent["content"], json!([thought, { "type": "text", "text": "A rose" }]));
    assert_eq!(
        sent["reasoning_details"],
        json!([{ "type": "reasoning.text", "text": "ab", "signature": "SIG", "index": 0 }])
    );
}

#[tokio::test]
async fn calls_in_older_and_incomplete_formats_are_executed() {
    let legacy = json!({ "role": "assistant", "content": null, "function_call": { "name": "weather", "arguments": "{\"name\":\"Ulm\"}" } });
    let bare = json!({ "tool_calls": [{ "function": { "name": "weather", "arguments": { "name": "Ulm" } } }] });
    for (message, answer) in [
        (legacy, json!({ "role": "function", "name": "weather", "content": "sunny in [Ulm]" })),
        (bare, json!({ "role": "tool", "tool_call_id": "call_0", "content": "sunny in [Ulm]" })),
    ] {
        let script = Script::play(vec![reply_with(&message, "stop"), reply_with_text("It is sunny")]).await;
        let calls = Arc::new(AtomicUsize::new(0));
        let run = client(&script.url).chat("m").user("Hello").rust_function(weather(&calls)).run().await.unwrap();
        assert_eq!((run.text(), calls.load(Ordering::SeqCst)), ("It is sunny", 1));
        assert_eq!(messages(&script.requests()[1])[2], answer);
    }
}

#[tokio::test]
async fn the_number_of_tool_rounds_is_limited() {
    let script = Script::play(vec![reply_with_calls(&[("clock", "")])]).await;
    let request = client(&script.url).chat("openai").user("Hello").rust_function(clock()).max_rounds(3);
    let error = request.run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooManyToolRounds);
    assert_eq!(
        error.to_string(),
        "chat_completions: the model still calls functions after 3 rounds; allow more with `max_rounds`"
    );
    assert_eq!(script.requests().len(), 4);
}

#[tokio::test]
async fn calls_of_tools_without_a_rust_function_are_returned_to_the_caller() {
    let script =
        Script::play(vec![reply_with_calls(&[("weather", r#"{"name":"Paris"}"#)]), reply_with_text("Sunny")]).await;
    let request = client(&script.url).chat("openai").user("Weather?").function("weather", "Tells the weather", None);
    let run = request.clone().rust_function(clock()).run().await.unwrap();
    let calls = run.reply().tool_calls();
    assert_eq!((calls[0].id.as_str(), calls[0].function.arguments.as_str()), ("call_0", r#"{"name":"Paris"}"#));
    // The caller runs the function and sends its result.
    let request = request.message(run.reply().to_message()).tool_result("call_0", "sunny");
    assert_eq!(request.send().await.unwrap().text(), "Sunny");
    let sent = messages(&script.requests()[1]);
    assert_eq!(sent[1]["tool_calls"][0]["id"], "call_0");
    assert_eq!(sent[2], json!({ "role": "tool", "tool_call_id": "call_0", "content": "sunny" }));
}

#[tokio::test]
async fn structured_output_is_read_from_plain_json_and_from_a_code_block() {
    let (_emulator, client) = emulated().await;
    let city: City = client.chat("openai").user("Paris").structured().await.unwrap();
    assert_eq!(city, City { name: "Paris".to_owned() });
    let script = Script::play(vec![reply_with_text("```json\n{\"name\": \"Rome\"}\n```")]).await;
    let city: City = self::client(&script.url).chat("openai").user("Rome").structured().await.unwrap();
    assert_eq!(city.name, "Rome");
}

#[tokio::test]
async fn a_reply_that_does_not_match_the_type_is_a_structured_output_error() {
    for (step, text, reason) in [
        (reply_with_text("I would rather not."), "I would rather not.", ""),
        (reply_with_text(r#"{"town": "Paris"}"#), r#"{"town": "Paris"}"#, ""),
        (reply_with(&json!({ "content": "{\"name\": \"Pa" }), "length"), "{\"name\": \"Pa", "because of `length`"),
        (reply_with(&json!({ "content": null }), "content_filter"), "", "because of `content_filter`"),
    ] {
        let script = Script::play(vec![step]).await;
        let error = client(&script.url).chat("openai").user("Paris").structured::<City>().await.unwrap_err();
        assert_eq!((error.kind(), error.text()), (ErrorKind::StructuredOutput, Some(text)));
        assert!(error.message().contains(reason), "{error}");
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn a_conversation_keeps_only_successful_turns() {
    let script = Script::play(vec![
        reply_with_text("one"),
        Step::json(400, "{}"),
        reply_with_calls(&[("clock", "{}")]),
        reply_with_text("two"),
    ])
    .await;
    let mut conversation = client(&script.url).chat("openai").system("Be brief").rust_function(clock()).conversation();
    assert_eq!(conversation.say("first").await.unwrap().text(), "one");
    conversation.say("second").await.unwrap_err();
    assert_eq!(conversation.messages().len(), 3, "a failed turn must not be kept");
    assert_eq!(conversation.say("third").await.unwrap().text(), "two");
    let roles: Vec<String> =
        messages(&script.requests()[3]).iter().map(|message| message["role"].to_string()).collect();
    assert_eq!(roles.join(" "), r#""system" "user" "assistant" "user" "assistant" "tool""#);

    // A conversation can be saved and restored.
    let saved = serde_json::to_string(conversation.messages()).unwrap();
    let restored: Vec<types::ChatMessage> = serde_json::from_str(&saved).unwrap();
    assert_eq!(restored, conversation.messages());
}

#[tokio::test]
async fn a_streamed_turn_is_kept_only_if_it_is_complete() {
    let (_emulator, client) = emulated().await;
    let mut conversation = client.chat("openai").conversation();
    let mut stream = conversation.stream("a story of many words").await.unwrap();
    stream.next().await.unwrap().unwrap();
    drop(stream);
    assert!(conversation.messages().is_empty(), "a partial reply must not be kept");
    let reply = conversation.stream("a story").await.unwrap().finish().await.unwrap();
    assert_eq!(reply.text(), "You said: a story");
    assert_eq!(conversation.messages().len(), 2);
    assert_eq!(conversation.messages()[1], reply.to_message());
}

#[tokio::test]
async fn a_conversation_reads_a_file_from_a_reader_once() {
    let (_emulator, client) = emulated().await;
    let mut conversation = client.chat("openai").conversation();
    let picture = File::reader(&b"\x89PNG\r\n\x1a\n"[..]);
    let reply = conversation.turn(|turn| turn.user("What is this?").image(picture)).await.unwrap();
    assert_eq!(reply.text(), "You said: What is this? (with 1 image)");
    assert_eq!(conversation.say("And now?").await.unwrap().text(), "You said: And now?");
}

#[tokio::test]
async fn invalid_attachments_are_errors_with_a_reason() {
    let client = client("http://127.0.0.1:1");
    let chat = || client.chat("openai").user("What is this?");
    for (request, problem) in [
        (chat().image(File::bytes(&b"hello"[..]).name("a.txt")), "`a.txt` does not look like an image"),
        (chat().image(File::bytes(&b"%PDF-1.7"[..])), "`file.pdf` does not look like an image (application/pdf)"),
        (chat().audio(File::bytes(&b"hello"[..])), "`file` does not look like a wav, mp3, flac or opus file"),
        (chat().image(File::path("/no/such.png")), "cannot read /no/such.png"),
        (
            chat().image(File::bytes(&b"\x89PNG\r\n\x1a\n"[..])).with_body(|body| body.messages.clear()),
            "the message that the file",
        ),
    ] {
        let error = request.send().await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("chat_completions: {problem}")), "{error}");
    }
}

#[tokio::test]
async fn streamed_audio_reasoning_and_blocks_equal_those_of_a_whole_reply() {
    let (_emulator, client) = emulated().await;
    let request = client.chat("openai-audio").user("Hello there").speak("alloy", "wav").reasoning_effort("low");
    let whole = request.clone().send().await.unwrap();
    let streamed = request.stream().await.unwrap().finish().await.unwrap();
    for reply in [&whole, &streamed] {
        let sound = reply.audio_bytes().unwrap().unwrap();
        assert!(sound.starts_with(b"RIFF") && sound.len() > 1000);
        assert_eq!(reply.audio().unwrap().transcript, "You said: Hello there");
        assert_eq!(reply.reasoning(), Some("The user wants to know: Hello there"));
    }
    assert_eq!(whole.message(), streamed.message());

    let request = client.chat("gemini").user("Plot it").tool(types::Tool::code_execution());
    let whole = request.clone().send().await.unwrap();
    let streamed = request.stream().await.unwrap().finish().await.unwrap();
    assert_eq!(whole.message(), streamed.message());
    assert!(streamed.image_urls().next().unwrap().starts_with("data:image/png;base64,"));
    assert_eq!(streamed.content_blocks().len(), 2);

    let request = client.chat("openai").user("weather").function(
        "weather",
        "Tells it",
        json!({ "type": "object", "properties": { "city": { "type": "string" } } }),
    );
    let whole = request.clone().send().await.unwrap();
    let streamed = request.stream().await.unwrap().finish().await.unwrap();
    assert_eq!(whole.tool_calls(), streamed.tool_calls());
    assert_eq!(streamed.finish_reason().unwrap(), "tool_calls");
    assert_eq!(whole.usage(), streamed.usage());
}
