//! Replies in the format of chat completions, whole or in chunks.

use bytes::Bytes;
use serde_json::{Value, json};

use super::said::Answer;
use crate::base::clock;

/// The fields that all chunks of a completion share.
pub(crate) struct Identity {
    id: String,
    created: i64,
    model: String,
}

impl Identity {
    /// Equal seeds give equal ids.
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

/// The whole completion. If the usage is null, it is left out, as the service does for media models.
pub(crate) fn completion(identity: &Identity, answer: &Answer, usage: &Value) -> Value {
    let mut message = json!({ "role": "assistant", "content": answer.text });
    if let Some(reasoning) = &answer.reasoning {
        message["reasoning_content"] = json!(reasoning);
    }
    if !answer.tool_calls.is_empty() {
        message["tool_calls"] = json!(answer.tool_calls);
    }
    if let Some(audio) = &answer.audio {
        message["audio"] = audio.clone();
    }
    if !answer.blocks.is_empty() {
        message["content_blocks"] = json!(answer.blocks);
    }
    let mut completion = json!({
        "id": identity.id,
        "object": "chat.completion",
        "created": identity.created,
        "model": identity.model,
        "choices": [{ "index": 0, "finish_reason": answer.finish_reason, "message": message }],
        "user_tier": "seed",
    });
    if !usage.is_null() {
        completion["usage"] = usage.clone();
    }
    completion
}

/// The events of a streamed completion, including `[DONE]`. The usage is in a chunk of its own at the end. If it is
/// null, it is null in every chunk instead, as the service sends it for media models.
pub(crate) fn events(identity: &Identity, answer: &Answer, usage: Option<&Value>) -> Vec<Bytes> {
    let choice = |delta: Value, finish: Option<&str>| json!([{ "index": 0, "delta": delta, "finish_reason": finish }]);
    let mut chunks = Vec::new();
    let mut push = |delta: Value| chunks.push(identity.chunk(&choice(delta, None)));
    push(json!({ "role": "assistant", "content": "" }));
    for piece in pieces(answer.reasoning.as_deref()) {
        push(json!({ "reasoning_content": piece }));
    }
    for piece in pieces(answer.text.as_deref()) {
        push(json!({ "content": piece }));
    }
    if !answer.blocks.is_empty() {
        push(json!({ "content_blocks": answer.blocks }));
    }
    for (index, call) in answer.tool_calls.iter().enumerate() {
        // The id and the name come first, then the arguments, as in OpenAI's API.
        let start = json!({ "name": call["function"]["name"], "arguments": "" });
        push(json!({ "tool_calls": [{ "index": index, "id": call["id"], "type": "function", "function": start }] }));
        for piece in halves(call["function"]["arguments"].as_str().unwrap_or_default()) {
            push(json!({ "tool_calls": [{ "index": index, "function": { "arguments": piece } }] }));
        }
    }
    if let Some(audio) = &answer.audio {
        push(json!({ "audio": { "id": audio["id"], "transcript": audio["transcript"] } }));
        for piece in halves(audio["data"].as_str().unwrap_or_default()) {
            push(json!({ "audio": { "data": piece } }));
        }
        push(json!({ "audio": { "expires_at": audio["expires_at"] } }));
    }
    chunks.push(identity.chunk(&choice(json!({}), Some(answer.finish_reason))));
    if usage.is_some_and(Value::is_null) {
        chunks.iter_mut().for_each(|chunk| chunk["usage"] = Value::Null);
    } else if let Some(usage) = usage {
        let mut chunk = identity.chunk(&json!([]));
        chunk["usage"] = usage.clone();
        chunks.push(chunk);
    }
    let mut events: Vec<Bytes> = chunks.into_iter().map(|chunk| Bytes::from(format!("data: {chunk}\n\n"))).collect();
    events.push(Bytes::from_static(b"data: [DONE]\n\n"));
    events
}

/// Splits a text into words, each with the space before it, as models stream it.
pub(super) fn pieces(text: Option<&str>) -> impl Iterator<Item = &str> {
    let mut rest = text.unwrap_or_default();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.char_indices().skip(1).find(|(_, character)| *character == ' ').map_or(rest.len(), |(at, _)| at);
        let (piece, tail) = rest.split_at(end);
        rest = tail;
        Some(piece)
    })
}

/// Splits a text into halves.
pub(super) fn halves(text: &str) -> [&str; 2] {
    let middle = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let (first, second) = text.split_at(middle);
    [first, second]
}
