//! Streamed chat replies: chunks of any size, the end of a stream, errors and timeouts.

use std::time::Duration;

use futures_util::StreamExt;
use pollinations_ext::{ErrorKind, Pollinations, RetryPolicy, types};
use pollinations_tests::{Script, Step};
use serde_json::{Value, json};

fn client(script: &Script) -> Pollinations {
    let quick = RetryPolicy::default().base_delay(Duration::from_millis(1));
    let builder = Pollinations::builder().base_url(&script.url).key("sk_test".parse().unwrap()).retry(quick);
    builder.idle_timeout(Duration::from_millis(200)).build().unwrap()
}

fn event(value: &Value) -> String {
    format!("data: {value}\n\n")
}

fn delta(delta: Value) -> Value {
    json!({ "id": "c1", "model": "openai", "created": 5, "choices": [{ "index": 0, "delta": delta }] })
}

fn words() -> Vec<String> {
    let finish = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3 } });
    vec![
        event(&delta(json!({ "role": "assistant", "content": "" }))),
        ": keep-alive\n\n".to_owned(),
        event(&delta(json!({ "content": "Grüße, " }))),
        event(&delta(json!({ "content": "🌸" }))),
        event(&finish),
        event(&usage),
        "data: [DONE]\n\n".to_owned(),
    ]
}

async fn collect(script: &Script) -> (String, Option<pollinations_ext::Error>) {
    let mut text = String::new();
    let mut stream = match client(script).chat("openai").user("Hi").stream().await {
        Ok(stream) => stream,
        Err(error) => return (text, Some(error)),
    };
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(chunk) => text += chunk.text(),
            Err(error) => {
                assert!(stream.next().await.is_none(), "a stream must end after an error");
                return (text, Some(error));
            }
        }
    }
    (text, None)
}

#[tokio::test]
async fn a_reply_does_not_depend_on_how_the_stream_is_split() {
    let whole = words().concat();
    let bytes: Vec<char> = whole.chars().collect();
    for size in [1, 2, 3, 7, 64, 10_000] {
        let pieces = bytes.chunks(size).map(|piece| piece.iter().collect()).collect();
        let script = Script::play(vec![Step::Events(pieces)]).await;
        let (text, error) = collect(&script).await;
        assert_eq!((text.as_str(), error.map(|error| error.to_string())), ("Grüße, 🌸", None), "pieces of {size}");
    }
}

#[tokio::test]
async fn streams_with_every_kind_of_line_ending_are_read() {
    for end in ["\n", "\r\n", "\r"] {
        let text = format!("\u{FEFF}{}", words().concat()).replace('\n', end);
        let script = Script::play(vec![Step::Events(vec![text])]).await;
        assert_eq!(collect(&script).await.0, "Grüße, 🌸", "{end:?}");
    }
}

#[tokio::test]
async fn finish_merges_the_chunks_already_read_and_the_rest() {
    let script = Script::play(vec![Step::Events(words())]).await;
    let mut stream = client(&script).chat("openai").user("Hi").stream().await.unwrap();
    for _ in 0..2 {
        stream.next().await.unwrap().unwrap();
    }
    let reply = stream.finish().await.unwrap();
    assert_eq!(reply.text(), "Grüße, 🌸");
    assert_eq!(reply.finish_reason(), Some(&types::FinishReason::Stop));
    assert_eq!(reply.usage().unwrap().total_tokens, 3);
    let completion = reply.into_completion();
    assert_eq!((completion.id.as_str(), completion.model.as_str(), completion.created), ("c1", "openai", 5));
}

#[tokio::test]
async fn tool_calls_reasoning_and_audio_are_merged() {
    let chunks = [
        delta(json!({ "reasoning_content": "Let me " })),
        delta(json!({ "reasoning_content": "see." })),
        delta(json!({ "tool_calls": [{ "index": 1, "id": "b", "function": { "name": "time", "arguments": "" } }] })),
        delta(
            json!({ "tool_calls": [{ "index": 0, "id": "a", "type": "function", "function": { "name": "weather" } }] }),
        ),
        delta(json!({ "tool_calls": [{ "index": 0, "function": { "arguments": "{\"city\":" } }] })),
        delta(
            json!({ "tool_calls": [{ "index": 0, "function": { "arguments": "\"Ulm\"}" } }, { "index": 1, "function": { "arguments": "{}" } }] }),
        ),
        delta(json!({ "audio": { "id": "s", "data": "AAAA", "transcript": "one " } })),
        delta(json!({ "audio": { "data": "BBBB", "transcript": "two", "expires_at": 9 } })),
        delta(json!({ "content_blocks": [{ "type": "thinking", "thinking": "hm" }, { "type": "novel", "x": 1 }] })),
    ];
    let mut events: Vec<String> = chunks.iter().map(event).collect();
    events.push("data: [DONE]\n\n".to_owned());
    let script = Script::play(vec![Step::Events(events)]).await;
    let reply = client(&script).chat("openai").user("Hi").stream().await.unwrap().finish().await.unwrap();

    assert_eq!(reply.reasoning(), Some("Let me see."));
    let calls: Vec<(&str, &str, &str)> = reply
        .tool_calls()
        .iter()
        .map(|call| (call.id.as_str(), call.function.name.as_str(), call.function.arguments.as_str()))
        .collect();
    assert_eq!(calls, [("a", "weather", r#"{"city":"Ulm"}"#), ("b", "time", "{}")]);
    let message = reply.message().unwrap();
    let audio = message.audio.as_ref().unwrap();
    assert_eq!((audio.data.as_str(), audio.transcript.as_str(), audio.expires_at), ("AAAABBBB", "one two", Some(9)));
    let blocks = message.content_blocks.as_ref().unwrap();
    assert_eq!(blocks[0], types::ThinkingBlock::new("hm").into());
    // Unknown block types are kept unchanged.
    assert_eq!(serde_json::to_value(&blocks[1]).unwrap(), json!({ "type": "novel", "x": 1 }));
}

#[tokio::test]
async fn a_stream_cut_off_before_its_finish_reason_is_an_error() {
    let all = words();
    // Cut the stream at every place before the event with the finish reason.
    for kept in 1..all.len() - 2 {
        let part = all[..kept].to_vec();
        for step in [Step::CutEvents(part.clone()), Step::Events(part.clone())] {
            let script = Script::play(vec![step.clone()]).await;
            let (_, error) = collect(&script).await;
            let error = error.unwrap_or_else(|| panic!("{step:?} ended without an error"));
            let expected = if matches!(step, Step::Events(_)) { ErrorKind::Truncated } else { ErrorKind::Connection };
            assert_eq!(error.kind(), expected, "{step:?}: {error}");
            assert_eq!(error.operation(), Some("chat_completions"));
            assert_eq!(script.requests().len(), 1, "a stream that has begun must not be retried");
        }
    }
}

#[tokio::test]
async fn a_stream_without_done_is_complete_after_its_finish_reason() {
    let mut events = words();
    // First without `[DONE]`, then also without the usage.
    for _ in 0..2 {
        events.pop();
        let script = Script::play(vec![Step::Events(events.clone())]).await;
        let (text, error) = collect(&script).await;
        assert_eq!((text.as_str(), error.is_none()), ("Grüße, 🌸", true));
    }
}

#[tokio::test]
async fn a_stream_is_retried_after_a_5xx_error() {
    let script = Script::play(vec![Step::json(502, ""), Step::json(524, ""), Step::Events(words())]).await;
    let (text, error) = collect(&script).await;
    assert_eq!((text.as_str(), error.is_none()), ("Grüße, 🌸", true));
    assert_eq!(script.requests().len(), 3);
}

/// The service may already have charged for the stream.
#[tokio::test]
async fn a_stream_lost_before_its_first_event_is_only_retried_with_retry_non_idempotent() {
    let steps = || vec![Step::json(502, ""), Step::CutEvents(vec![": hello\n\n".to_owned()]), Step::Events(words())];
    let script = Script::play(steps()).await;
    let (text, error) = collect(&script).await;
    let error = error.unwrap();
    assert_eq!((text.as_str(), error.kind(), error.outcome_unknown()), ("", ErrorKind::Connection, true));
    assert_eq!(script.requests().len(), 2);

    let script = Script::play(steps()).await;
    let policy = RetryPolicy::default().base_delay(Duration::from_millis(1)).retry_non_idempotent(true);
    let stream = client(&script).chat("openai").user("Hi").retry(policy).stream().await.unwrap();
    assert_eq!(stream.finish().await.unwrap().text(), "Grüße, 🌸");
    assert_eq!(script.requests().len(), 3);
}

#[tokio::test]
async fn an_error_event_in_a_stream_is_an_error() {
    let failure = json!({ "error": { "message": "The model is tired", "code": "INTERNAL_ERROR" } });
    let events = vec![event(&delta(json!({ "content": "Once" }))), event(&failure), "data: [DONE]\n\n".to_owned()];
    let script = Script::play(vec![Step::Events(events)]).await;
    let (text, error) = collect(&script).await;
    let error = error.unwrap();
    assert_eq!((text.as_str(), error.kind()), ("Once", ErrorKind::Stream));
    assert_eq!(
        error.to_string(),
        "chat_completions: The model is tired (request req_script); `Error::partial` has what arrived"
    );
    assert_eq!(error.code(), Some(&types::ErrorCode::InternalError));
}

#[tokio::test]
async fn an_event_with_invalid_json_is_a_decode_error() {
    for broken in ["{\"choices\":[{\"ind", "[{\"error\"", "{oops}"] {
        let events = vec![event(&delta(json!({}))), format!("data: {broken}\n\n"), words().concat()];
        let script = Script::play(vec![Step::Events(events)]).await;
        let error = collect(&script).await.1.unwrap();
        assert_eq!((error.kind(), error.body()), (ErrorKind::Decode, Some(broken)));
    }
}

#[tokio::test]
async fn every_kind_of_keep_alive_is_ignored() {
    let keep_alives = [
        ": ping",
        "data: ping",
        "data: null",
        "data:",
        "data: {\"type\":\"ping\"}",
        "event: ping\ndata: {}",
        "data: \"...\"",
    ];
    let mut events = Vec::new();
    for word in words() {
        events.extend(keep_alives.iter().map(|keep_alive| format!("{keep_alive}\n\n")));
        events.push(word);
    }
    let script = Script::play(vec![Step::Events(events)]).await;
    let (text, error) = collect(&script).await;
    assert_eq!((text.as_str(), error.map(|error| error.to_string())), ("Grüße, 🌸", None));
}

#[tokio::test]
async fn a_stream_of_only_keep_alives_runs_into_the_idle_timeout() {
    let mut pieces = words()[..3].to_vec();
    pieces.extend(std::iter::repeat_n("data: ping\n\n".to_owned(), 5000));
    let script = Script::play(vec![Step::Events(pieces)]).await;
    let (text, error) = collect(&script).await;
    assert_eq!((text.as_str(), error.unwrap().kind()), ("Grüße, ", ErrorKind::Timeout));
}

#[tokio::test]
async fn the_error_of_a_stream_has_the_partial_reply() {
    let call =
        json!({ "tool_calls": [{ "index": 0, "id": "a", "function": { "name": "f", "arguments": "{\"x\":" } }] });
    let begun = vec![event(&delta(json!({ "content": "Once" }))), event(&delta(call))];
    let failed = [begun.clone(), vec!["event: error\ndata: busy\n\n".to_owned()]].concat();
    let broken = [begun.clone(), vec!["data: {\n\n".to_owned()]].concat();
    for (step, kind) in [
        (Step::Events(begun.clone()), ErrorKind::Truncated),
        (Step::CutEvents(begun.clone()), ErrorKind::Connection),
        (Step::SilentEvents(begun.clone()), ErrorKind::Timeout),
        (Step::Events(failed), ErrorKind::Stream),
        (Step::Events(broken), ErrorKind::Decode),
    ] {
        let script = Script::play(vec![step]).await;
        let error = client(&script).chat("openai").user("Hi").stream().await.unwrap().finish().await.unwrap_err();
        assert_eq!(error.kind(), kind);
        let reply = error.partial().cloned().map(pollinations_ext::chat::ChatReply::from).unwrap();
        assert_eq!((reply.text(), reply.tool_calls()[0].function.arguments.as_str()), ("Once", "{\"x\":"));
    }
    let script = Script::play(vec![plain("half a te", 3, true)]).await;
    let error = client(&script).text("snow").stream().await.unwrap().finish().await.unwrap_err();
    let reply = error.partial().cloned().map(pollinations_ext::chat::ChatReply::from).unwrap();
    assert_eq!(reply.text(), "half a te");
}

#[tokio::test]
async fn a_silent_stream_runs_into_the_idle_timeout() {
    let script = Script::play(vec![Step::SilentEvents(words()[..3].to_vec())]).await;
    let (text, error) = collect(&script).await;
    assert_eq!((text.as_str(), error.unwrap().kind()), ("Grüße, ", ErrorKind::Timeout));
}

#[tokio::test]
async fn an_endless_event_is_too_large() {
    let piece = format!("data: {}", "x".repeat(1 << 20));
    let mut pieces = vec![event(&delta(json!({ "content": "a" }))), piece];
    pieces.extend(std::iter::repeat_n("x".repeat(1 << 20), 9));
    let script = Script::play(vec![Step::Events(pieces)]).await;
    assert_eq!(collect(&script).await.1.unwrap().kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn json_instead_of_a_stream_is_a_decode_error() {
    let script = Script::play(vec![Step::json(200, r#"{"choices":[]}"#)]).await;
    let error = collect(&script).await.1.unwrap();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("`application/json` instead of a stream"), "{error}");
}

#[tokio::test]
async fn a_chat_stream_implements_stream() {
    let script = Script::play(vec![Step::Events(words())]).await;
    let stream = client(&script).chat("openai").user("Hi").stream().await.unwrap();
    let texts: Vec<String> = StreamExt::map(stream, |chunk| chunk.unwrap().text().to_owned()).collect().await;
    assert_eq!(texts.concat(), "Grüße, 🌸");
}

#[tokio::test]
async fn calls_can_be_spawned() {
    fn spawnable<T: Send + 'static>(_: T) {}
    let client = Pollinations::builder().key("sk_test".parse().unwrap()).build().unwrap();
    spawnable(client.chat("openai").user("Hi").send());
    spawnable(client.chat("openai").user("Hi").stream());
    spawnable(client.image("a cat").send());
    spawnable(client.clone());
}

#[tokio::test]
async fn no_error_of_a_stream_contains_the_key() {
    const KEY: &str = "sk_must_never_show";
    for data in [
        json!({ "error": { "message": format!("{KEY} is spent"), "details": { "key": KEY } } }).to_string(),
        json!(KEY).to_string(),
        format!("{KEY} is not JSON"),
    ] {
        let script = Script::play(vec![Step::Events(vec![format!("data: {data}\n\n")])]).await;
        let builder = Pollinations::builder().base_url(&script.url).key(KEY.parse().unwrap());
        let client = builder.retry(RetryPolicy::none()).build().unwrap();
        let mut stream = client.chat("openai").user("Hi").stream().await.unwrap();
        let error = stream.next().await.unwrap().unwrap_err();
        let mut shown = format!("{error} {error:?} {stream:?}");
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            shown += &format!(" {cause} {cause:?}");
            source = cause.source();
        }
        assert!(!shown.contains("must_never"), "{shown}");
    }
}

fn plain(text: &str, size: usize, cut: bool) -> Step {
    let pieces = text.as_bytes().chunks(size).map(<[u8]>::to_vec).collect();
    Step::Pieces { kind: "text/plain; charset=utf-8", pieces, cut }
}

#[tokio::test]
async fn a_plain_text_stream_is_split_only_between_characters() {
    for size in [1, 2, 3, 5, 100] {
        let script = Script::play(vec![plain("Grüße, 🌸 und Schnee", size, false)]).await;
        let mut stream = client(&script).text("snow").stream().await.unwrap();
        let mut text = String::new();
        while let Some(piece) = stream.next().await {
            let piece = piece.unwrap();
            assert!(!piece.is_empty());
            text += &piece;
        }
        assert_eq!(text, "Grüße, 🌸 und Schnee", "pieces of {size}");
        assert!(script.requests()[0].starts_with("GET /text/snow?stream=true "));
    }
}

#[tokio::test]
async fn a_plain_text_stream_that_is_cut_off_is_an_error() {
    let script = Script::play(vec![plain("half a te", 3, true)]).await;
    let mut stream = client(&script).text("snow").stream().await.unwrap();
    let mut text = String::new();
    let error = loop {
        match stream.next().await.unwrap() {
            Ok(piece) => text += &piece,
            Err(error) => break error,
        }
    };
    assert_eq!(
        (text.as_str(), error.kind(), error.operation()),
        ("half a te", ErrorKind::Connection, Some("generate_text"))
    );

    for (pieces, kind) in
        [(vec![b"a\xff".to_vec()], ErrorKind::Decode), (vec![b"a\xc3".to_vec()], ErrorKind::Truncated)]
    {
        let script = Script::play(vec![Step::Pieces { kind: "text/plain", pieces, cut: false }]).await;
        let error = client(&script).text("snow").stream().await.unwrap().finish().await.unwrap_err();
        assert_eq!((error.kind(), error.request_id()), (kind, Some("req_script")));
    }
}

#[tokio::test]
async fn a_text_stream_may_consist_of_events() {
    let script = Script::play(vec![Step::Events(words())]).await;
    let text = client(&script).text("snow").stream_post().await.unwrap().finish().await.unwrap();
    assert_eq!(text, "Grüße, 🌸");
    let script = Script::play(vec![Step::CutEvents(words()[..4].to_vec())]).await;
    let error = client(&script).text("snow").stream().await.unwrap().finish().await.unwrap_err();
    assert_eq!(error.operation(), Some("generate_text"));
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_text_stream_is_retried_until_its_first_piece() {
    let steps = || vec![Step::json(503, ""), Step::Close, plain("snow", 2, false)];
    let script = Script::play(steps()).await;
    let policy = RetryPolicy::default().base_delay(Duration::from_millis(1)).retry_non_idempotent(true);
    let stream = client(&script).text("snow").retry(policy).stream().await.unwrap();
    assert_eq!(stream.finish().await.unwrap(), "snow");
    assert_eq!(script.requests().len(), 3);

    // By default, it is not retried after a lost response, because the service may charge twice.
    let script = Script::play(steps()).await;
    let error = client(&script).text("snow").stream().await.unwrap_err();
    assert_eq!((error.attempts(), error.outcome_unknown()), (2, true));
    // A text that is not streamed is retried, because the service caches it.
    let script = Script::play(steps()).await;
    assert_eq!(client(&script).text("snow").send().await.unwrap().to_string(), "snow");
}

#[tokio::test]
async fn text_stream_returns_only_the_text_of_a_chat() {
    let script = Script::play(vec![Step::Events(words())]).await;
    let stream = client(&script).chat("openai").user("Hi").stream().await.unwrap().text_stream();
    let pieces: Vec<String> = stream.map(Result::unwrap).collect().await;
    assert_eq!(pieces, ["Grüße, ", "🌸"]);
}
