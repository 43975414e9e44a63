//! `POST /v1/chat/completions`.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Json,
    body::Body,
    extract::{State, rejection::JsonRejection},
    http::{HeaderName, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};

use crate::{
    auth::Key,
    clock,
    failure::Failure,
    state::{self, Tokens},
};

/// Between the events of a stream, so that a reader sees them arrive.
const PAUSE: Duration = Duration::from_millis(5);

/// What the emulator answers to a prompt.
pub(crate) struct Reply {
    pub(crate) text: String,
}

impl Reply {
    /// An answer that mirrors the prompt, so that a test can tell that it arrived.
    pub(crate) fn to(prompt: &str, system: Option<&str>) -> Self {
        let text = match system {
            Some(system) => format!("You said: {prompt} (with the instruction: {system})"),
            None => format!("You said: {prompt}"),
        };
        Self { text }
    }

    /// The text in pieces, as a model would stream it: word by word, with the space in front.
    fn pieces(&self) -> impl Iterator<Item = &str> {
        let mut rest = self.text.as_str();
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let end =
                rest.char_indices().skip(1).find(|(_, character)| *character == ' ').map_or(rest.len(), |(at, _)| at);
            let (piece, tail) = rest.split_at(end);
            rest = tail;
            Some(piece)
        })
    }
}

/// What all chunks of one completion share.
pub(crate) struct Identity {
    id: String,
    created: i64,
    model: String,
}

impl Identity {
    /// The same seed gives the same id.
    pub(crate) fn new(model: &str, seed: Option<i64>) -> Self {
        let id = format!("chatcmpl-{:016x}", seed.unwrap_or_default());
        Self { id, created: clock::unix(), model: model.to_owned() }
    }

    fn chunk(&self, choices: &Value) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": choices,
        })
    }
}

/// Tokens of a text. A word is a token: simple to check by head.
pub(crate) fn count(text: &str) -> u64 {
    text.split_whitespace().count() as u64
}

/// The events of a streamed completion, `[DONE]` included.
pub(crate) fn events(identity: &Identity, reply: &Reply, usage: Option<&Value>) -> Vec<Bytes> {
    let choice = |delta: Value, finish: Option<&str>| json!([{ "index": 0, "delta": delta, "finish_reason": finish }]);
    let mut chunks = vec![identity.chunk(&choice(json!({ "role": "assistant", "content": "" }), None))];
    chunks.extend(reply.pieces().map(|piece| identity.chunk(&choice(json!({ "content": piece }), None))));
    chunks.push(identity.chunk(&choice(json!({}), Some("stop"))));
    if let Some(usage) = usage {
        let mut chunk = identity.chunk(&json!([]));
        chunk["usage"] = usage.clone();
        chunks.push(chunk);
    }
    let mut events: Vec<Bytes> = chunks.into_iter().map(|chunk| Bytes::from(format!("data: {chunk}\n\n"))).collect();
    events.push(Bytes::from_static(b"data: [DONE]\n\n"));
    events
}

pub(crate) async fn complete(
    key: Key,
    State(state): State<Arc<state::State>>,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Response, Failure> {
    let Json(body) = body.map_err(|rejection| Failure::form(rejection.body_text()))?;
    let messages = body
        .get("messages")
        .and_then(Value::as_array)
        .ok_or_else(|| Failure::field("messages", "must be a list of messages"))?;
    if let Some(wrong) = messages.iter().find(|message| message.get("role").and_then(Value::as_str).is_none()) {
        return Err(Failure::field("messages", format!("a message needs a role: {wrong}")));
    }
    let model = body.get("model").and_then(Value::as_str).unwrap_or("openai");
    let prompt = last_text(messages, "user");
    let system = messages.iter().find(|message| message["role"] == "system").map(text_of);
    let reply = Reply::to(&prompt, system.as_deref());

    let input: u64 = messages.iter().map(|message| count(&text_of(message))).sum();
    let output = count(&reply.text);
    state.spend(&key, "text", model, Tokens { input_text: input, output_text: output, ..Tokens::default() })?;
    let usage = json!({
        "prompt_tokens": input,
        "completion_tokens": output,
        "total_tokens": input + output,
    });
    let identity = Identity::new(model, body.get("seed").and_then(Value::as_i64));
    let used = (HeaderName::from_static("x-model-used"), model.to_owned());

    if body.get("stream") == Some(&Value::Bool(true)) {
        let with_usage = body.pointer("/stream_options/include_usage") == Some(&Value::Bool(true));
        let events = events(&identity, &reply, with_usage.then_some(&usage));
        let paced = stream::unfold(events.into_iter(), |mut events| async move {
            let event = events.next()?;
            tokio::time::sleep(PAUSE).await;
            Some((Ok::<_, Infallible>(event), events))
        });
        let headers = [(CONTENT_TYPE, "text/event-stream; charset=utf-8".to_owned()), used];
        return Ok((headers, Body::from_stream(paced)).into_response());
    }
    let completion = json!({
        "id": identity.id,
        "object": "chat.completion",
        "created": identity.created,
        "model": identity.model,
        "choices": [{
            "index": 0,
            "finish_reason": "stop",
            "message": { "role": "assistant", "content": reply.text },
        }],
        "usage": usage,
        "user_tier": "seed",
    });
    Ok(([used], Json(completion)).into_response())
}

fn last_text(messages: &[Value], role: &str) -> String {
    messages.iter().rev().find(|message| message["role"] == role).map(text_of).unwrap_or_default()
}

/// The text of a message, whether it is a string or a list of parts.
fn text_of(message: &Value) -> String {
    match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part.get("text")?.as_str()).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}
