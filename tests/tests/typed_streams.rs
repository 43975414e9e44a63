//! Streams of the Messages API and the Responses API: chunks of any size, the end of a stream, errors and timeouts.

use std::time::Duration;

use futures_util::TryStreamExt;
use pollinations_emulator::{Emulator, Fault};
use pollinations_ext::{
    Error, ErrorKind, Pollinations, RetryPolicy,
    messages::{MessageReply, MessageStream},
    responses::{ModelResponse, ResponseStream},
    types::{MessageStreamEvent, ResponseStreamEvent},
};
use pollinations_tests::{Script, Step};
use serde_json::{Value, json};

fn client(url: &str) -> Pollinations {
    let quick = RetryPolicy::default().base_delay(Duration::from_millis(1));
    let builder = Pollinations::builder().base_url(url).key("sk_test".parse().unwrap()).retry(quick);
    builder.idle_timeout(Duration::from_millis(200)).build().unwrap()
}

fn event(value: &Value) -> String {
    format!("event: {}\ndata: {value}\n\n", value["type"].as_str().unwrap())
}

/// The events of a message with thinking, text and a tool call.
fn message() -> Vec<Value> {
    let delta = |index: u64, delta: Value| json!({ "type": "content_block_delta", "index": index, "delta": delta });
    let start =
        |index: u64, block: Value| json!({ "type": "content_block_start", "index": index, "content_block": block });
    let stop = |index: u64| json!({ "type": "content_block_stop", "index": index });
    vec![
        json!({ "type": "message_start", "message": { "id": "msg_01", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
            "content": [], "stop_reason": null, "stop_sequence": null,
            "usage": { "input_tokens": 25, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 1 } } }),
        start(0, json!({ "type": "thinking", "thinking": "", "signature": "" })),
        json!({ "type": "ping" }),
        delta(0, json!({ "type": "thinking_delta", "thinking": "Let me " })),
        delta(0, json!({ "type": "thinking_delta", "thinking": "see." })),
        delta(0, json!({ "type": "signature_delta", "signature": "EqQBCgIYAhIM1gbcDa9GJwZA2b3h" })),
        stop(0),
        start(1, json!({ "type": "text", "text": "" })),
        delta(1, json!({ "type": "text_delta", "text": "Grüße, " })),
        delta(1, json!({ "type": "text_delta", "text": "🌸" })),
        stop(1),
        start(2, json!({ "type": "tool_use", "id": "toolu_01", "name": "weather", "input": {} })),
        delta(2, json!({ "type": "input_json_delta", "partial_json": "" })),
        delta(2, json!({ "type": "input_json_delta", "partial_json": "{\"city\": \"Pa" })),
        delta(2, json!({ "type": "input_json_delta", "partial_json": "ris\"}" })),
        stop(2),
        json!({ "type": "vendor_news", "x": 1 }),
        json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use", "stop_sequence": null },
            "usage": { "output_tokens": 89 } }),
        json!({ "type": "message_stop" }),
    ]
}

/// The events of a response with reasoning, text and a function call.
fn response() -> Vec<Value> {
    let part = |text: &str| json!({ "type": "output_text", "text": text, "annotations": [] });
    let reasoning = json!({ "id": "rs_1", "type": "reasoning", "summary": [{ "type": "summary_text", "text": "Let me see." }],
        "encrypted_content": "gAAAA" });
    let said = json!({ "id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [part("Grüße, 🌸")] });
    let call = json!({ "id": "fc_1", "type": "function_call", "status": "completed", "call_id": "call_1", "name": "weather",
        "arguments": "{\"city\":\"Paris\"}" });
    let state = |status: &str, output: Value, usage: Value| {
        json!({ "id": "resp_1", "object": "response", "created_at": 5, "status": status, "model": "gpt-5", "error": null,
            "incomplete_details": null, "output": output, "usage": usage })
    };
    let usage = json!({ "input_tokens": 25, "output_tokens": 89, "total_tokens": 114 });
    let mut events = vec![
        json!({ "type": "response.created", "response": state("in_progress", json!([]), Value::Null) }),
        json!({ "type": "response.in_progress", "response": state("in_progress", json!([]), Value::Null) }),
        json!({ "type": "response.output_item.added", "output_index": 0, "item": { "id": "rs_1", "type": "reasoning", "summary": [] } }),
        json!({ "type": "response.reasoning_summary_part.added", "item_id": "rs_1", "output_index": 0, "summary_index": 0,
            "part": { "type": "summary_text", "text": "" } }),
        json!({ "type": "response.reasoning_summary_text.delta", "item_id": "rs_1", "output_index": 0, "summary_index": 0, "delta": "Let me " }),
        json!({ "type": "response.reasoning_summary_text.delta", "item_id": "rs_1", "output_index": 0, "summary_index": 0, "delta": "see." }),
        json!({ "type": "response.output_item.done", "output_index": 0, "item": reasoning }),
        json!({ "type": "response.output_item.added", "output_index": 1, "item": { "id": "msg_1", "type": "message", "status": "in_progress",
            "role": "assistant", "content": [] } }),
        json!({ "type": "response.content_part.added", "item_id": "msg_1", "output_index": 1, "content_index": 0, "part": part("") }),
        json!({ "type": "response.output_text.delta", "item_id": "msg_1", "output_index": 1, "content_index": 0, "delta": "Grüße, " }),
        json!({ "type": "response.output_text.delta", "item_id": "msg_1", "output_index": 1, "content_index": 0, "delta": "🌸" }),
        json!({ "type": "response.output_text.done", "item_id": "msg_1", "output_index": 1, "content_index": 0, "text": "Grüße, 🌸" }),
        json!({ "type": "keepalive" }),
        json!({ "type": "response.output_item.done", "output_index": 1, "item": said }),
        json!({ "type": "response.output_item.added", "output_index": 2, "item": { "id": "fc_1", "type": "function_call", "status": "in_progress",
            "call_id": "call_1", "name": "weather", "arguments": "" } }),
        json!({ "type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": 2, "delta": "{\"city\":" }),
        json!({ "type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": 2, "delta": "\"Paris\"}" }),
        json!({ "type": "response.output_item.done", "output_index": 2, "item": call }),
        json!({ "type": "response.vendor_news", "code": "print(1)" }),
        json!({ "type": "response.completed", "response": state("completed", json!([reasoning, said, call]), usage) }),
    ];
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = json!(number);
    }
    events
}

fn lines(events: &[Value]) -> Vec<String> {
    events.iter().map(event).collect()
}

/// The result of a stream, in a form that both APIs have in common.
#[derive(Debug, PartialEq)]
struct Outcome {
    text: String,
    reasoning: String,
    call: String,
    tokens: i64,
    end: String,
}

impl Outcome {
    fn complete(end: &str) -> Self {
        Self {
            text: "Grüße, 🌸".to_owned(),
            reasoning: "Let me see.".to_owned(),
            call: "weather {\"city\":\"Paris\"}".to_owned(),
            tokens: 89,
            end: end.to_owned(),
        }
    }
}

impl From<MessageReply> for Outcome {
    fn from(reply: MessageReply) -> Self {
        let call = reply.tool_uses().first().map(|call| format!("{} {}", call.name, call.input));
        Self {
            text: reply.text(),
            reasoning: reply.thinking(),
            call: call.unwrap_or_default(),
            tokens: reply.usage().output_tokens,
            end: reply.stop_reason().unwrap_or_default().to_owned(),
        }
    }
}

impl From<ModelResponse> for Outcome {
    fn from(response: ModelResponse) -> Self {
        let call = response.function_calls().first().map(|call| format!("{} {}", call.name, call.arguments));
        Self {
            text: response.text(),
            reasoning: response.reasoning(),
            call: call.unwrap_or_default(),
            tokens: response.usage().map_or(0, |usage| i64::try_from(usage.output_tokens).unwrap()),
            end: response.status.to_string(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Api {
    Messages,
    Responses,
}

impl Api {
    const ALL: [Self; 2] = [Self::Messages, Self::Responses];

    fn events(self) -> Vec<String> {
        match self {
            Self::Messages => lines(&message()),
            Self::Responses => lines(&response()),
        }
    }

    fn end(self) -> &'static str {
        match self {
            Self::Messages => "tool_use",
            Self::Responses => "completed",
        }
    }

    /// How many events at the end each mark the reply as complete on their own.
    fn ends(self) -> usize {
        match self {
            Self::Messages => 2,
            Self::Responses => 1,
        }
    }

    async fn stream(self, client: &Pollinations) -> Result<Outcome, Error> {
        match self {
            Self::Messages => {
                client.messages("claude", 99).user("Hi").stream().await?.finish().await.map(Outcome::from)
            }
            Self::Responses => client.responses("openai").user("Hi").stream().await?.finish().await.map(Outcome::from),
        }
    }

    async fn send(self, client: &Pollinations) -> Result<Outcome, Error> {
        match self {
            Self::Messages => client.messages("claude", 99).user("Hi").send().await.map(Outcome::from),
            Self::Responses => client.responses("openai").user("Hi").send().await.map(Outcome::from),
        }
    }

    fn partial(self, error: &Error) -> Option<Outcome> {
        assert!(error.partial().is_none());
        match self {
            Self::Messages => error.partial_message().cloned().map(|message| MessageReply::from(message).into()),
            Self::Responses => error.partial_response().cloned().map(|response| ModelResponse::from(response).into()),
        }
    }

    async fn play(self, step: Step) -> Result<Outcome, Error> {
        let script = Script::play(vec![step]).await;
        let outcome = self.stream(&client(&script.url)).await;
        assert_eq!(script.requests().len(), 1, "a stream that has begun must not be retried");
        outcome
    }
}

#[tokio::test]
async fn a_reply_does_not_depend_on_how_the_stream_is_split() {
    for api in Api::ALL {
        let whole: Vec<char> = api.events().concat().chars().collect();
        for size in [1, 2, 3, 7, 64, 100_000] {
            let pieces = whole.chunks(size).map(|piece| piece.iter().collect::<String>());
            let bytes = futures_util::stream::iter(
                pieces.map(|piece| Ok::<_, std::io::Error>(piece.into())).collect::<Vec<_>>(),
            );
            let outcome: Outcome = match api {
                Api::Messages => MessageStream::from_bytes(bytes).finish().await.unwrap().into(),
                Api::Responses => ResponseStream::from_bytes(bytes).finish().await.unwrap().into(),
            };
            assert_eq!(outcome, Outcome::complete(api.end()), "{api:?} in pieces of {size}");
        }
        // The same over a connection.
        assert_eq!(api.play(Step::Events(api.events())).await.unwrap(), Outcome::complete(api.end()));
        let other_lines = api.events().concat().replace('\n', "\r\n");
        assert_eq!(api.play(Step::Events(vec![other_lines])).await.unwrap(), Outcome::complete(api.end()));
        // Some servers leave out the names of events.
        let unnamed =
            api.events().concat().lines().filter(|line| !line.starts_with("event:")).collect::<Vec<_>>().join("\n");
        assert_eq!(api.play(Step::Events(vec![format!("{unnamed}\n\n")])).await.unwrap(), Outcome::complete(api.end()));
    }
}

#[tokio::test]
async fn a_stream_cut_off_before_its_end_is_an_error_with_the_partial_reply() {
    for api in Api::ALL {
        let all = api.events();
        for kept in 1..all.len() - api.ends() {
            let part = all[..kept].to_vec();
            for (step, kind) in [
                (Step::CutEvents(part.clone()), ErrorKind::Connection),
                (Step::Events(part.clone()), ErrorKind::Truncated),
            ] {
                let error = api.play(step).await.unwrap_err();
                assert_eq!(error.kind(), kind, "{api:?} after {kept}: {error}");
                let so_far = api.partial(&error).unwrap();
                assert!(
                    "Grüße, 🌸".starts_with(&so_far.text) && "Let me see.".starts_with(&so_far.reasoning),
                    "{so_far:?}"
                );
            }
        }
        // All content arrived, but not the end of the stream.
        let part = all[..all.len() - api.ends() - 1].to_vec();
        let error = api.play(Step::SilentEvents(part)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        let so_far = api.partial(&error).unwrap();
        assert_eq!((so_far.text.as_str(), so_far.call.as_str()), ("Grüße, 🌸", "weather {\"city\":\"Paris\"}"));
    }
}

#[tokio::test]
async fn the_first_end_event_completes_the_reply_without_waiting_for_more() {
    for api in Api::ALL {
        let all = api.events();
        for left_out in 0..api.ends() {
            let part = all[..all.len() - left_out].to_vec();
            assert_eq!(api.play(Step::Events(part)).await.unwrap(), Outcome::complete(api.end()), "{api:?} {left_out}");
        }
        // The reply is complete even if the connection stays open.
        assert_eq!(api.play(Step::SilentEvents(all.clone())).await.unwrap(), Outcome::complete(api.end()));
        // `[DONE]` ends the reply, as in chats, but not before the first event.
        let mut events = all[..all.len() - api.ends()].to_vec();
        events.push("data: [DONE]\n\n".to_owned());
        assert_eq!(api.play(Step::Events(events)).await.unwrap().text, "Grüße, 🌸");
        let error = api.play(Step::Events(vec!["data: [DONE]\n\n".to_owned()])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Truncated);
    }
}

#[tokio::test]
async fn every_kind_of_keep_alive_is_ignored() {
    let keep_alives =
        [": ping", "data: ping", "data: null", "data:", "event: ping\ndata: {\"type\": \"ping\"}", "data: \"...\""];
    for api in Api::ALL {
        let mut events = Vec::new();
        for word in api.events() {
            events.extend(keep_alives.iter().map(|keep_alive| format!("{keep_alive}\n\n")));
            events.push(word);
        }
        assert_eq!(api.play(Step::Events(events)).await.unwrap(), Outcome::complete(api.end()));
        let mut pieces = api.events()[..2].to_vec();
        pieces.extend(std::iter::repeat_n("event: ping\ndata: {\"type\": \"ping\"}\n\n".to_owned(), 5000));
        assert_eq!(api.play(Step::Events(pieces)).await.unwrap_err().kind(), ErrorKind::Timeout);
    }
}

#[tokio::test]
async fn every_form_of_error_event_is_an_error_with_the_partial_reply() {
    let overloaded = json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } });
    let failed = json!({ "type": "response.failed", "response": { "id": "resp_1", "object": "response", "status": "failed", "output": [],
        "error": { "code": "server_error", "message": "Overloaded" } } });
    let coded = json!({ "type": "error", "code": "server_error", "message": "Overloaded", "param": null, "sequence_number": 9 });
    let chat = "data: {\"error\":{\"message\":\"Overloaded\",\"code\":\"INTERNAL_ERROR\"}}\n\n".to_owned();
    let plain = "event: error\ndata: Overloaded\n\n".to_owned();
    for api in Api::ALL {
        let mut forms = vec![event(&overloaded), event(&coded), chat.clone(), plain.clone()];
        if api == Api::Responses {
            forms.push(event(&failed));
        }
        for form in forms {
            let mut events = api.events()[..10].to_vec();
            events.push(form.clone());
            events.extend(api.events()[10..].to_vec());
            let error = api.play(Step::Events(events)).await.unwrap_err();
            assert_eq!((error.kind(), error.message()), (ErrorKind::Stream, "Overloaded"), "{api:?} {form}");
            assert_eq!(error.request_id(), Some("req_script"));
            assert!(api.partial(&error).unwrap().text.starts_with("Grüße, "), "{api:?} {form}");
        }
        for broken in ["{\"type\":\"mess", "{oops}"] {
            let events = vec![api.events()[0].clone(), format!("data: {broken}\n\n"), api.events()[1].clone()];
            let error = api.play(Step::Events(events)).await.unwrap_err();
            assert_eq!((error.kind(), error.body()), (ErrorKind::Decode, Some(broken)));
        }
    }
}

#[tokio::test]
async fn a_stream_is_retried_after_a_5xx_error() {
    for api in Api::ALL {
        let script = Script::play(vec![Step::json(502, ""), Step::json(529, ""), Step::Events(api.events())]).await;
        assert_eq!(api.stream(&client(&script.url)).await.unwrap(), Outcome::complete(api.end()));
        assert_eq!(script.requests().len(), 3);
    }
}

#[tokio::test]
async fn an_incomplete_response_at_the_token_limit_is_not_an_error() {
    let mut events = response();
    let mut end = events.pop().unwrap();
    end["type"] = json!("response.incomplete");
    end["response"]["status"] = json!("incomplete");
    end["response"]["incomplete_details"] = json!({ "reason": "max_output_tokens" });
    events.push(end);
    let script = Script::play(vec![Step::Events(lines(&events))]).await;
    let stream = client(&script.url).responses("openai").user("Hi").stream().await.unwrap();
    let response = stream.finish().await.unwrap();
    assert_eq!((response.text().as_str(), response.incomplete_reason()), ("Grüße, 🌸", Some("max_output_tokens")));
}

#[tokio::test]
async fn json_instead_of_events_and_events_instead_of_json_are_read() {
    for api in Api::ALL {
        let whole = match api {
            Api::Messages => {
                json!({ "id": "msg_01", "type": "message", "role": "assistant", "model": "claude", "stop_reason": "tool_use",
                "content": [{ "type": "thinking", "thinking": "Let me see.", "signature": "S" }, { "type": "text", "text": "Grüße, 🌸" },
                    { "type": "tool_use", "id": "t", "name": "weather", "input": { "city": "Paris" } }],
                "usage": { "input_tokens": 25, "output_tokens": 89 } })
            }
            Api::Responses => response().pop().unwrap()["response"].clone(),
        };
        let expected = Outcome::complete(api.end());
        assert_eq!(api.play(Step::json(200, whole.to_string())).await.unwrap(), expected);
        assert_eq!(api.play(Step::Events(vec![format!("data: {whole}\n\ndata: [DONE]\n\n")])).await.unwrap(), expected);
        for step in [Step::json(200, whole.to_string()), Step::Events(api.events())] {
            let script = Script::play(vec![step]).await;
            assert_eq!(api.send(&client(&script.url)).await.unwrap(), expected);
        }
    }
}

#[tokio::test]
async fn events_are_typed_and_unknown_events_kept() {
    let script = Script::play(vec![Step::Events(lines(&message()))]).await;
    let stream = client(&script.url).messages("claude", 99).user("Hi").stream().await.unwrap();
    let events: Vec<_> = stream.try_collect().await.unwrap();
    assert_eq!(events.len(), message().len() - 1, "every event except the ping");
    assert!(matches!(&*events[0], MessageStreamEvent::MessageStart(start) if start.message.id == "msg_01"));
    let new = events.iter().find_map(|event| match &**event {
        MessageStreamEvent::Other(event) => Some(serde_json::to_value(event).unwrap()),
        _ => None,
    });
    assert_eq!(new, Some(json!({ "type": "vendor_news", "x": 1 })));
    let text: String = events.iter().map(|event| event.text()).collect();
    let reasoning: String = events.iter().map(|event| event.thinking()).collect();
    assert_eq!((text.as_str(), reasoning.as_str()), ("Grüße, 🌸", "Let me see."));

    let script = Script::play(vec![Step::Events(lines(&response()))]).await;
    let stream = client(&script.url).responses("openai").user("Hi").stream().await.unwrap();
    let events: Vec<_> = stream.try_collect().await.unwrap();
    assert_eq!(events.len(), response().len() - 1, "every event except the keep-alive");
    assert!(matches!(&*events[0], ResponseStreamEvent::ResponseCreated(created) if created.response.id == "resp_1"));
    assert!(
        events.iter().any(|event| matches!(&**event, ResponseStreamEvent::Other(event) if event["code"] == "print(1)"))
    );
    let text: String = events.iter().map(|event| event.text()).collect();
    let reasoning: String = events.iter().map(|event| event.reasoning()).collect();
    assert_eq!((text.as_str(), reasoning.as_str()), ("Grüße, 🌸", "Let me see."));
}

#[tokio::test]
async fn reasoning_is_sent_back_unchanged() {
    let script = Script::play(vec![Step::Events(lines(&message()))]).await;
    let reply = client(&script.url).messages("claude", 99).user("Hi").stream().await.unwrap().finish().await.unwrap();
    assert_eq!(
        serde_json::to_value(reply.to_turn()).unwrap(),
        json!({ "role": "assistant", "content": [
            { "type": "thinking", "thinking": "Let me see.", "signature": "EqQBCgIYAhIM1gbcDa9GJwZA2b3h" },
            { "type": "text", "text": "Grüße, 🌸" },
            { "type": "tool_use", "id": "toolu_01", "name": "weather", "input": { "city": "Paris" } },
        ] })
    );
    let script = Script::play(vec![Step::Events(lines(&response()))]).await;
    let stream = client(&script.url).responses("openai").user("Hi").stream().await.unwrap();
    let response = stream.finish().await.unwrap();
    assert_eq!(json!(response.to_items()), self::response().pop().unwrap()["response"]["output"]);
    assert_eq!(response.to_items()[0]["encrypted_content"], "gAAAA");
}

#[tokio::test]
async fn a_partial_message_can_be_sent_back() {
    let events = &message()[..14];
    let script = Script::play(vec![Step::Events(lines(events))]).await;
    let error =
        client(&script.url).messages("claude", 99).user("Hi").stream().await.unwrap().finish().await.unwrap_err();
    let reply = MessageReply::from(error.partial_message().unwrap().clone());
    assert_eq!(reply.tool_uses()[0].input, json!("{\"city\": \"Pa"));
    let turn = serde_json::to_value(reply.to_turn()).unwrap();
    assert_eq!(turn["content"][2]["input"], json!({}));
}

#[tokio::test]
async fn every_stream_fault_of_the_emulator_works_with_both_apis() {
    let emulator = Emulator::start().await.unwrap();
    let client = client(emulator.base_url());
    for api in Api::ALL {
        for fault in [
            Fault::default().keep_alives(),
            Fault::default().comments(),
            Fault::default().crlf(),
            Fault::default().chunk_size(1),
            Fault::default().one_chunk(),
        ] {
            emulator.inject(fault.clone());
            assert_eq!(api.stream(&client).await.unwrap().text, "You said: Hi", "{api:?} {fault:?}");
        }
        let middle = if api == Api::Messages { 600 } else { 2500 };
        for (fault, kind) in [
            (Fault::default().stream_error(6), ErrorKind::Stream),
            (Fault::default().truncate(middle), ErrorKind::Truncated),
            (Fault::default().reset_after(middle), ErrorKind::Connection),
            (Fault::default().malformed(), ErrorKind::Decode),
        ] {
            emulator.inject(fault.clone());
            let error = api.stream(&client).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{api:?} {fault:?}: {error}");
        }
    }
}
