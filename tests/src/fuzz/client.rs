//! Input that a server, or a browser on its behalf, sends to the client.

use std::fmt::Debug;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use pollinations_ext::{
    Error, ErrorKind, Gateway,
    byop::{FragmentFlow, State},
    chat::{ChatReply, ChatStream},
    types::{ChatCompletion, ModelInfo},
};
use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderValue, RETRY_AFTER},
};
use serde::{Serialize, de::DeserializeOwned};

/// The maximum length of a response excerpt in an error, in bytes.
const EXCERPT: usize = 1024;

/// The redirect back from the sign-in page. A redirect without the state yields no key, and no error contains a key.
pub(super) fn byop_return(input: &[u8]) {
    let redirect = String::from_utf8_lossy(input);
    let flow = FragmentFlow::new("http://127.0.0.1/").with_state(State::restore("the-state-that-was-sent"));
    match flow.key_from_redirect(&redirect) {
        Ok(key) => {
            let fragment = redirect.split_once('#').map_or(&*redirect, |(_, fragment)| fragment);
            let mut decoded = form(fragment);
            if let [(whole, value)] = &*decoded
                && value.is_empty()
            {
                // All parameters in one encoded value.
                decoded = form(whole);
            }
            assert!(decoded.contains(&("state".to_owned(), "the-state-that-was-sent".to_owned())), "{decoded:?}");
            // White space around a key is removed.
            let is_key = |(name, value): &(String, String)| name == "api_key" && value.trim() == key.expose_secret();
            assert!(decoded.iter().any(is_key), "{decoded:?}");
            assert!(!format!("{key:?}").contains(key.expose_secret()));
        }
        Err(error) => {
            let said = format!("{error} {error:?}");
            for (name, value) in form(&redirect) {
                let is_long = value.len() >= 16 && value != "the-state-that-was-sent";
                assert!(!is_long || !said.contains(&value), "the error repeats {name}");
            }
        }
    }
}

/// The parameters in a text that may begin with `#`, `?` or `/`.
fn form(text: &str) -> Vec<(String, String)> {
    let text = text.trim().trim_start_matches(['#', '?', '/']);
    let mut url = reqwest::Url::parse("http://127.0.0.1/").expect("an address");
    url.set_query(Some(text));
    url.query_pairs().into_owned().collect()
}

/// The body of an error. It is parsed or kept in part, and the error has a message.
pub(super) fn error_body(input: &[u8]) {
    let (number, body) = input.split_at(input.len().min(2));
    let number = number.iter().fold(0, |number, byte| number * 256 + u16::from(*byte));
    let status = StatusCode::from_u16(400 + number % 200).expect("400 to 599");
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(body.split(|byte| *byte == b'\n').next().unwrap_or_default()) {
        headers.insert(RETRY_AFTER, value);
    }
    let error = Error::from_response(status, &headers, body);
    assert_eq!((error.kind(), error.status()), (ErrorKind::Api, Some(status)));
    assert!(!error.message().is_empty() && !error.to_string().is_empty());
    assert!(error.body().is_none_or(|kept| !kept.is_empty() && kept.len() <= EXCERPT));
    assert!(error.is_payment_required() == (status == 402));
}

/// A listing of models, in the format of each gateway.
pub(super) fn models(input: &[u8]) {
    for gateway in [Gateway::Current, Gateway::Legacy] {
        match gateway.read_models(input) {
            Ok(models) => assert_round_trip(&models),
            Err(error) => assert_decode_error(&error),
        }
    }
    if let Ok(models) = serde_json::from_slice::<Vec<ModelInfo>>(input) {
        assert_round_trip(&models);
    }
}

/// A reply, whole or as a stream of events.
pub(super) fn chat_reply(input: &[u8]) {
    if let Ok(completion) = serde_json::from_slice::<ChatCompletion>(input) {
        assert_round_trip(&completion);
        call_all_getters(&ChatReply::from(completion));
    }
    // The same events, however they are split, give the same chunks, the same reply and the same error.
    let whole = read(vec![Bytes::copy_from_slice(input)]);
    let cut = read(input.chunks(7).map(Bytes::copy_from_slice).collect());
    assert_eq!(whole, cut);
}

/// Reads a stream to its end, both chunk by chunk and as a whole, and returns the result.
fn read(pieces: Vec<Bytes>) -> (Vec<String>, String) {
    let stream = || {
        let pieces = pieces.clone();
        ChatStream::from_bytes(futures_util::stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>)))
    };
    // Reading never waits.
    let chunks: Vec<_> = stream().collect().now_or_never().expect("the stream must not wait");
    let finished = stream().finish().now_or_never().expect("the stream must not wait");
    let failed = chunks.iter().find_map(|chunk| chunk.as_ref().err());
    assert_eq!(failed.map(Error::kind), finished.as_ref().err().map(Error::kind));
    let text: String = chunks.iter().flatten().map(|chunk| chunk.text()).collect();
    let said = match finished {
        Ok(reply) => {
            call_all_getters(&reply);
            if chunks.iter().flatten().all(|chunk| chunk.choices.len() <= 1 && first_choice(chunk)) {
                assert_eq!(reply.text(), text);
            }
            format!("{:?}", reply.completion())
        }
        Err(error) => error.to_string(),
    };
    (chunks.iter().map(|chunk| format!("{chunk:?}")).collect(), said)
}

/// Whether a chunk belongs to the first choice of the reply.
fn first_choice(chunk: &pollinations_ext::chat::ChatChunk) -> bool {
    chunk.choices.iter().all(|choice| choice.index.unwrap_or_default() == 0)
}

/// Calls all methods of a reply.
fn call_all_getters(reply: &ChatReply) {
    assert_eq!(
        reply.text().is_empty(),
        reply.message().and_then(|message| message.content.as_deref()).is_none_or(str::is_empty)
    );
    assert_eq!(
        reply.tool_calls().len(),
        reply.message().and_then(|message| message.tool_calls.as_ref()).map_or(0, Vec::len)
    );
    if let Err(error) = reply.audio_bytes() {
        assert_decode_error(&error);
    }
    let message = reply.to_message();
    assert_round_trip(&message);
    assert!(reply.image_urls().count() <= reply.content_blocks().len());
}

fn assert_decode_error(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.body().is_none_or(|kept| kept.len() <= EXCERPT));
}

/// Checks that a value survives serialization.
fn assert_round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let written = serde_json::to_vec(value).expect("the value must be serializable");
    let again: T = serde_json::from_slice(&written)
        .unwrap_or_else(|error| panic!("{}: {error}", String::from_utf8_lossy(&written)));
    assert_eq!(again, *value);
}
