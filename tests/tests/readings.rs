//! Random responses, split at random places. The result does not depend on the splits, and it is always a value or an
//! error that says what is wrong.

use std::{fs, path::PathBuf};

use bytes::Bytes;
use futures_util::{FutureExt, future::join_all};
use pollinations_ext::{
    Error, ErrorKind, Pollinations, RetryPolicy,
    chat::{ChatReply, ChatStream},
    types::ChatCompletion,
};
use pollinations_tests::{Script, Step};
use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any},
    prop_oneof,
    sample::{Index, select},
    test_runner::{Config, TestRunner},
};
use serde_json::{Map, Value, json};

/// The event streams of the payload tests.
fn streams() -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("payloads/chunk");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let streams = files.filter(|path| path.extension().is_some_and(|extension| extension == "sse"));
    let mut streams: Vec<_> = streams
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap()))
        .collect();
    streams.sort();
    assert!(streams.len() > 50);
    streams
}

/// Everything that a caller sees of a stream's result.
fn visible(result: Result<ChatReply, Error>) -> Value {
    match result {
        Ok(reply) => json!({ "reply": reply.completion(), "next": reply.to_message() }),
        Err(error) => json!({
            "kind": format!("{:?}", error.kind()), "message": error.message(), "body": error.body(),
            "partial": error.partial(),
        }),
    }
}

/// The result of a stream that arrives in these pieces, all of which are available at once.
fn outcome(pieces: Vec<Bytes>) -> Value {
    let pieces = futures_util::stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
    visible(ChatStream::from_bytes(pieces).finish().now_or_never().expect("the stream must not wait"))
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

#[test]
fn every_split_of_a_stream_gives_the_same_result() {
    let streams = streams();
    let wholes: Vec<Value> = streams.iter().map(|(_, bytes)| outcome(vec![Bytes::copy_from_slice(bytes)])).collect();
    for ((name, bytes), whole) in streams.iter().zip(&wholes) {
        let single = outcome(bytes.chunks(1).map(Bytes::copy_from_slice).collect());
        assert_eq!(&single, whole, "{name}, byte by byte");
    }
    let splits = (0..streams.len(), vec(any::<Index>(), 1..12));
    runner(2000)
        .run(&splits, |(stream, cuts)| {
            let (name, bytes) = &streams[stream];
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for to in cuts.into_iter().chain([bytes.len()]) {
                pieces.push(Bytes::copy_from_slice(&bytes[from..to]));
                from = to;
            }
            assert_eq!(outcome(pieces), wholes[stream], "{name}");
            Ok(())
        })
        .unwrap();
}

/// A stream that is cut off anywhere before its finish reason is never read as a complete reply.
#[test]
fn a_stream_cut_off_before_its_finish_reason_is_an_error() {
    for (name, bytes) in streams() {
        let text = String::from_utf8_lossy(&bytes);
        let ends = ["\"finish_reason\": \"", "\"finish_reason\":\"", "[DONE]"];
        // An empty finish reason does not count.
        let after = |(at, end): (usize, &str)| (!text[at + end.len()..].starts_with('"')).then_some(at);
        let first_end =
            ends.iter().flat_map(|end| text.match_indices(end)).filter_map(after).min().unwrap_or(text.len());
        for end in 0..first_end.min(bytes.len()) {
            let cut = outcome(vec![Bytes::copy_from_slice(&bytes[..end])]);
            assert!(cut.get("reply").is_none(), "{name} up to byte {end}: {cut}");
        }
    }
}

fn client(script: &Script) -> Pollinations {
    let builder = Pollinations::builder().base_url(&script.url).key("sk_test".parse().unwrap());
    builder.retry(RetryPolicy::none()).build().unwrap()
}

/// The client recognizes the format of a response by its first bytes, even if they arrive one at a time.
#[tokio::test]
async fn the_format_of_a_response_is_recognized_byte_by_byte() {
    let read = async |kind, pieces| {
        let script = Script::play(vec![Step::Pieces { kind, pieces, cut: false }]).await;
        match client(&script).chat("m").user("Hi").stream().await {
            Ok(stream) => visible(stream.finish().await),
            Err(error) => visible(Err(error)),
        }
    };
    let error = br#"{"error":{"message":"busy"}}"#.to_vec();
    let page = b"<html><title>busy</title></html>".to_vec();
    let others = [("error".to_owned(), error), ("page".to_owned(), page)];
    let checks =
        streams().into_iter().chain(others).filter(|(_, bytes)| !bytes.is_empty()).flat_map(|(name, bytes)| {
            ["text/event-stream", "text/plain", "application/json"].map(|kind| {
                let (name, bytes) = (name.clone(), bytes.clone());
                async move {
                    let whole = read(kind, vec![bytes.clone()]).await;
                    let (first, rest) = bytes.split_at(bytes.len().min(10));
                    let mut pieces: Vec<Vec<u8>> = first.chunks(1).map(<[u8]>::to_vec).collect();
                    pieces.extend(Some(rest.to_vec()).filter(|rest| !rest.is_empty()));
                    assert_eq!(read(kind, pieces).await, whole, "{name} as {kind}");
                }
            })
        });
    join_all(checks).await;
}

/// JSON of any shape, with known field names in unexpected places.
fn value() -> impl Strategy<Value = Value> {
    let names = [
        "error",
        "errors",
        "message",
        "detail",
        "code",
        "type",
        "status",
        "choices",
        "delta",
        "content",
        "tool_calls",
        "index",
        "id",
        "function",
        "name",
        "arguments",
        "function_call",
        "finish_reason",
        "usage",
        "prompt_tokens",
        "reasoning",
        "reasoning_details",
        "content_blocks",
        "images",
        "image_url",
        "url",
        "text",
        "audio",
        "data",
        "base_resp",
        "success",
        "citations",
        "annotations",
        "search_results",
        "refusal",
        "extra_content",
        "metadata",
        "raw",
        "x",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e3..1e3f64).prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        select(vec![
            "",
            "stop",
            "error",
            "thinking",
            "image_url",
            "{\"message\":\"x\"}",
            "[1",
            "data:image/png;base64,AA"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((select(names.to_vec()), inner), 0..6).prop_map(|fields| {
                Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
            }),
        ]
    })
}

/// Calls every getter of a reply, to see that none panics.
fn call_all_getters(reply: &ChatReply) {
    let _ =
        (reply.text(), reply.reasoning(), reply.refusal(), reply.cost(), reply.cached_tokens(), reply.audio_bytes());
    let _ = (reply.sources(), reply.tool_calls(), reply.image_urls().count(), reply.finish_reason());
    serde_json::to_string(&reply.to_message()).unwrap();
    serde_json::to_string(reply.completion()).unwrap();
}

#[test]
fn every_json_value_is_read_as_a_value_or_an_error() {
    runner(4000)
        .run(&(value(), value()), |(one, other)| {
            let body = one.to_string();
            let error = Error::from_response(http::StatusCode::BAD_GATEWAY, &http::HeaderMap::new(), body.as_bytes());
            assert!(!error.message().is_empty() && error.message().chars().count() <= 501, "{error}");
            assert!(!error.message().contains('\n') && error.body().is_some());

            for body in [one.clone(), json!({ "choices": [one] }), json!({ "choices": [{ "message": one }] })] {
                match serde_json::from_value::<ChatCompletion>(body.clone()) {
                    Ok(completion) => call_all_getters(&ChatReply::from(completion)),
                    Err(error) => assert!(body["choices"].is_null() || !body["choices"].is_array(), "{body}: {error}"),
                }
            }
            let event = |value: &Value| format!("data: {value}\n\n");
            let pieces = |values: [&Value; 2]| vec![Bytes::from(values.map(event).concat() + "data: [DONE]\n\n")];
            let choice = |value: &Value| json!({ "choices": [value] });
            let delta = |value: &Value| json!({ "choices": [{ "delta": value }] });
            for values in [[one.clone(), other.clone()], [choice(&one), choice(&other)], [delta(&one), delta(&other)]] {
                let result = outcome(pieces([&values[0], &values[1]]));
                assert!(
                    result.get("reply").is_some()
                        || result["message"].as_str().is_some_and(|message| !message.is_empty())
                );
            }
            Ok(())
        })
        .unwrap();
}

/// The same over a real connection, through the whole client.
#[test]
fn every_json_response_is_a_value_or_an_error_with_a_message() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runner(200)
        .run(&value(), |body| {
            runtime.block_on(async {
                let script = Script::play(vec![Step::json(200, body.to_string())]).await;
                let client = client(&script);
                let sent = client.chat("m").user("Hi").send().await;
                let balance = client.account().balance().await.map(|_| ());
                let stream = client.chat("m").user("Hi").stream().await;
                match sent {
                    Ok(reply) => call_all_getters(&reply),
                    Err(error) if error.kind() == ErrorKind::Decode => {
                        let is_named = error.message().contains("`choices`") || !body.is_object();
                        assert!(is_named && error.body().is_some(), "{body}: {error}");
                    }
                    Err(error) => assert!(error.body().is_some(), "{body}: {error}"),
                }
                for error in [balance.err(), stream.err()].into_iter().flatten() {
                    assert!(!error.message().is_empty() && error.body().is_some(), "{body}: {error}");
                }
            });
            Ok(())
        })
        .unwrap();
}
