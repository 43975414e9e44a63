//! Replies in the format of Anthropic's Messages API, whole or as events.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    chunks::{halves, pieces},
    said::Answer,
};

/// Converts a request to the Messages API into a chat request.
pub(crate) fn to_chat(body: &Value) -> Value {
    let mut messages = Vec::new();
    match &body["system"] {
        Value::Null => {}
        system => messages.push(json!({ "role": "system", "content": system })),
    }
    for turn in body["messages"].as_array().into_iter().flatten() {
        add_turn(turn, &mut messages);
    }
    let tools = body["tools"].as_array().into_iter().flatten().map(
        |tool| json!({ "type": "function", "function": { "name": tool["name"], "parameters": tool["input_schema"] } }),
    );
    let choice = &body["tool_choice"];
    let choice = match choice["type"].as_str() {
        Some("any") => json!("required"),
        Some("tool") => json!({ "type": "function", "function": { "name": choice["name"] } }),
        Some("none") => json!("none"),
        _ => json!("auto"),
    };
    let mut chat = json!({
        "model": body["model"],
        "messages": messages,
        "tools": tools.collect::<Vec<_>>(),
        "tool_choice": choice,
        "stop": body["stop_sequences"],
        "max_tokens": body["max_tokens"],
        "parallel_tool_calls": body["tool_choice"]["disable_parallel_tool_use"] != true,
    });
    if body["thinking"]["type"] == "enabled" || body["thinking"]["type"] == "adaptive" {
        chat["thinking"] = json!({ "type": "enabled" });
    }
    chat
}

/// Adds the messages of a turn. In a chat, tool results are separate messages.
fn add_turn(turn: &Value, messages: &mut Vec<Value>) {
    let Some(blocks) = turn["content"].as_array() else {
        messages.push(turn.clone());
        return;
    };
    let (mut parts, mut calls) = (Vec::new(), Vec::new());
    for block in blocks {
        match block["type"].as_str().unwrap_or_default() {
            "image" => parts.push(json!({ "type": "image_url", "image_url": block["source"] })),
            "tool_use" => calls.push(json!({ "id": block["id"], "function": { "name": block["name"] } })),
            "tool_result" => {
                messages
                    .push(json!({ "role": "tool", "tool_call_id": block["tool_use_id"], "content": block["content"] }));
            }
            "text" => parts.push(block.clone()),
            _ => {}
        }
    }
    if !parts.is_empty() || !calls.is_empty() {
        messages.push(json!({ "role": turn["role"], "content": parts, "tool_calls": calls }));
    }
}

/// Finds a thinking block whose signature does not match, because it was changed or never signed. Returns the index of
/// the turn and of the block.
pub(crate) fn forged(body: &Value) -> Option<(usize, usize)> {
    let turns = body["messages"].as_array().into_iter().flatten().enumerate();
    let blocks = turns.flat_map(|(turn, value)| {
        let blocks = value["content"].as_array().into_iter().flatten().enumerate();
        blocks.map(move |(at, block)| (turn, at, block))
    });
    let mut thoughts = blocks.filter(|(_, _, block)| block["type"] == "thinking");
    let is_forged =
        |block: &Value| block["signature"].as_str() != Some(&signature(block["thinking"].as_str().unwrap_or_default()));
    thoughts.find(|(_, _, block)| is_forged(block)).map(|(turn, at, _)| (turn, at))
}

/// The signature of thoughts. Unlike a real one, it is not secret.
fn signature(thoughts: &str) -> String {
    BASE64_STANDARD.encode(Sha256::new().chain_update("emulator").chain_update(thoughts).finalize())
}

/// The content blocks of a reply.
fn blocks(answer: &Answer) -> Vec<Value> {
    let mut blocks = Vec::new();
    if let Some(thoughts) = &answer.reasoning {
        blocks.push(json!({ "type": "thinking", "thinking": thoughts, "signature": signature(thoughts) }));
    }
    if let Some(text) = &answer.text {
        blocks.push(json!({ "type": "text", "text": text }));
    }
    for call in &answer.tool_calls {
        let id = call["id"].as_str().unwrap_or_default().replace("call", "toolu");
        let input: Value =
            call["function"]["arguments"].as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let input = if input.is_object() { input } else { Value::Object(Map::new()) };
        blocks.push(json!({ "type": "tool_use", "id": id, "name": call["function"]["name"], "input": input }));
    }
    blocks
}

fn usage(answer: &Answer, input: u64) -> Value {
    json!({
        "input_tokens": input,
        "output_tokens": answer.text_tokens(),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
    })
}

fn stop_reason(answer: &Answer) -> &'static str {
    match answer.finish_reason {
        "length" => "max_tokens",
        "tool_calls" => "tool_use",
        _ if answer.stopped_at.is_some() => "stop_sequence",
        _ => "end_turn",
    }
}

/// The whole message. `id` is its id without the prefix.
pub(crate) fn message(id: &str, model: &str, answer: &Answer, input: u64) -> Value {
    json!({
        "id": format!("msg_{id}"),
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": blocks(answer),
        "stop_reason": stop_reason(answer),
        "stop_sequence": answer.stopped_at,
        "usage": usage(answer, input),
    })
}

/// The events of a streamed message.
pub(crate) fn events(id: &str, model: &str, answer: &Answer, input: u64) -> Vec<Bytes> {
    let mut start = message(id, model, answer, input);
    start["content"] = json!([]);
    start["stop_reason"] = Value::Null;
    start["stop_sequence"] = Value::Null;
    start["usage"]["output_tokens"] = json!(0);
    let mut events = vec![json!({ "type": "message_start", "message": start })];
    for (index, block) in blocks(answer).into_iter().enumerate() {
        let (empty, deltas) = taken_apart(&block);
        events.push(json!({ "type": "content_block_start", "index": index, "content_block": empty }));
        if index == 0 {
            events.push(json!({ "type": "ping" }));
        }
        for delta in deltas {
            events.push(json!({ "type": "content_block_delta", "index": index, "delta": delta }));
        }
        events.push(json!({ "type": "content_block_stop", "index": index }));
    }
    events.push(json!({
        "type": "message_delta",
        "delta": { "stop_reason": stop_reason(answer), "stop_sequence": answer.stopped_at },
        "usage": usage(answer, input),
    }));
    events.push(json!({ "type": "message_stop" }));
    events.iter().map(event).collect()
}

/// An event that is named after its type, as both Anthropic's API and OpenAI's send it.
pub(super) fn event(data: &Value) -> Bytes {
    Bytes::from(format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap_or_default()))
}

/// Splits a block into its empty beginning and its deltas.
fn taken_apart(block: &Value) -> (Value, Vec<Value>) {
    let mut empty = block.clone();
    let text = |name: &str| block[name].as_str().unwrap_or_default();
    match block["type"].as_str() {
        Some("thinking") => {
            (empty["thinking"], empty["signature"]) = (json!(""), json!(""));
            let thoughts = pieces(Some(text("thinking")));
            let mut deltas: Vec<Value> =
                thoughts.map(|piece| json!({ "type": "thinking_delta", "thinking": piece })).collect();
            deltas.push(json!({ "type": "signature_delta", "signature": block["signature"] }));
            (empty, deltas)
        }
        Some("text") => {
            empty["text"] = json!("");
            let deltas =
                pieces(Some(text("text"))).map(|piece| json!({ "type": "text_delta", "text": piece })).collect();
            (empty, deltas)
        }
        _ => {
            empty["input"] = json!({});
            let input = block["input"].to_string();
            let [first, second] = halves(&input);
            let delta = |piece: &str| json!({ "type": "input_json_delta", "partial_json": piece });
            (empty, ["", first, second].map(delta).to_vec())
        }
    }
}
