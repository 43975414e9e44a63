//! Merges the events of a message. It stays JSON, so that fields unknown to this version are kept.

use std::collections::BTreeMap;

use pollinations_api::types::{MessageResponse, MessageStreamEvent};
use serde_json::{Map, Value};

use super::tidy;
use crate::{
    base::error::Partial,
    reply::{
        event_stream::{Added, Merge},
        parts::joined,
    },
};

/// The message so far.
#[derive(Debug, Default)]
pub(super) struct Merged {
    message: Map<String, Value>,
    blocks: BTreeMap<u64, Block>,
    size: usize,
    is_complete: bool,
}

/// A block so far.
#[derive(Debug, Default)]
struct Block {
    value: Map<String, Value>,
    /// The JSON text of a tool call's arguments.
    input: String,
}

impl Merge for Merged {
    type Event = MessageStreamEvent;

    const TYPES: &'static [&'static str] = &["message", "content_block_"];

    fn add(&mut self, event: &Value, bytes: usize) -> Added {
        let part = |name: &str| event.get(name).and_then(Value::as_object);
        match event.get("type").and_then(Value::as_str).unwrap_or_default() {
            "message_start" => {
                self.size += bytes;
                self.start(part("message"));
            }
            "content_block_start" => {
                self.size += bytes;
                let value = part("content_block").cloned().unwrap_or_default();
                self.blocks.insert(self.index(event), Block { value, input: String::new() });
            }
            "content_block_delta" => {
                if let Some(delta) = part("delta") {
                    let index = self.index(event);
                    self.size += self.blocks.entry(index).or_default().add(delta, bytes);
                }
            }
            "message_delta" => {
                self.size += bytes;
                self.end(event);
            }
            "message_stop" => {
                self.is_complete = true;
                return Added::End;
            }
            // The event has the whole message.
            "message" => {
                self.size += bytes;
                self.start(event.as_object());
                self.is_complete = true;
            }
            _ => {}
        }
        Added::Piece
    }

    fn done(&mut self) {
        self.is_complete = true;
    }

    fn size(&self) -> usize {
        self.size
    }

    fn is_complete(&self) -> bool {
        self.is_complete
    }

    fn into_partial(self) -> Option<Partial> {
        (self.size > 0).then(|| self.into_message().ok().map(Partial::Message)).flatten()
    }
}

impl Merged {
    /// The whole message.
    pub(super) fn into_message(self) -> serde_json::Result<MessageResponse> {
        let mut message = self.message;
        let blocks = self.blocks.into_values().map(Block::into_value).collect();
        message.insert("content".to_owned(), Value::Array(blocks));
        tidy::read(Value::Object(message))
    }

    fn start(&mut self, message: Option<&Map<String, Value>>) {
        let Some(message) = message else { return };
        for (name, value) in message.iter().filter(|(_, value)| !value.is_null()) {
            if name == "content" {
                let blocks = value.as_array().into_iter().flatten().filter_map(Value::as_object);
                self.blocks =
                    (0..).zip(blocks.map(|value| Block { value: value.clone(), input: String::new() })).collect();
            } else {
                self.message.insert(name.clone(), value.clone());
            }
        }
    }

    /// Reads the stop reason and the total usage.
    fn end(&mut self, event: &Value) {
        let delta = event.get("delta").and_then(Value::as_object);
        for (name, value) in delta.into_iter().flatten().filter(|(_, value)| !value.is_null()) {
            self.message.insert(name.clone(), value.clone());
        }
        // Some servers leave out `message_stop`.
        self.is_complete |= self.message.get("stop_reason").is_some_and(Value::is_string);
        for (name, value) in event.as_object().into_iter().flatten() {
            match (name.as_str(), value) {
                ("type" | "delta", _) | (_, Value::Null) => {}
                ("usage", Value::Object(usage)) => self.add_usage(usage),
                _ => {
                    self.message.insert(name.clone(), value.clone());
                }
            }
        }
    }

    /// The counts of later events replace earlier ones. A 0 does not replace another number.
    fn add_usage(&mut self, usage: &Map<String, Value>) {
        let kept = self.message.entry("usage").or_insert_with(|| Value::Object(Map::new()));
        if !kept.is_object() {
            *kept = Value::Object(Map::new());
        }
        let Value::Object(kept) = kept else { return };
        for (name, value) in usage {
            let says_nothing = value.is_null() || value.as_f64() == Some(0.0);
            if !says_nothing || !kept.contains_key(name) {
                kept.insert(name.clone(), value.clone());
            }
        }
    }

    /// The index of the block that an event is about. Without an index in the event, the last block.
    fn index(&self, event: &Value) -> u64 {
        let last = || self.blocks.keys().next_back().copied();
        event.get("index").and_then(Value::as_u64).or_else(last).unwrap_or_default()
    }
}

impl Block {
    /// Adds a delta, and returns the number of bytes added to the block.
    fn add(&mut self, delta: &Map<String, Value>, bytes: usize) -> usize {
        let text = |name: &str| delta.get(name).and_then(Value::as_str).unwrap_or_default();
        let kind = text("type").to_owned();
        match kind.as_str() {
            "text_delta" => self.append("text", "text", text("text")),
            "thinking_delta" => self.append("thinking", "thinking", text("thinking")),
            "signature_delta" => self.append("thinking", "signature", text("signature")),
            "input_json_delta" => {
                self.value.entry("type").or_insert_with(|| "tool_use".into());
                self.input.push_str(text("partial_json"));
                text("partial_json").len()
            }
            "citations_delta" => {
                let citations = self.value.entry("citations").or_insert(Value::Null);
                if !citations.is_array() {
                    *citations = Value::Array(Vec::new());
                }
                if let (Value::Array(citations), Some(citation)) = (citations, delta.get("citation")) {
                    citations.push(citation.clone());
                }
                bytes
            }
            _ => {
                for (name, value) in delta.iter().filter(|(name, _)| *name != "type") {
                    joined::add(&mut self.value, name, value);
                }
                bytes
            }
        }
    }

    /// Appends to a text field of a block of this type. Creates the block if its start event was lost.
    fn append(&mut self, kind: &str, name: &str, piece: &str) -> usize {
        self.value.entry("type").or_insert_with(|| kind.into());
        match self.value.get_mut(name) {
            Some(Value::String(text)) => text.push_str(piece),
            _ => {
                self.value.insert(name.to_owned(), piece.into());
            }
        }
        piece.len()
    }

    /// The block with the arguments of its call: as JSON, or as text if they are incomplete.
    fn into_value(mut self) -> Value {
        if !self.input.trim().is_empty() {
            let input = serde_json::from_str(&self.input).unwrap_or(Value::String(self.input));
            self.value.insert("input".to_owned(), input);
        }
        Value::Object(self.value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(events: &[Value]) -> Merged {
        let mut merged = Merged::default();
        for event in events {
            merged.add(event, event.to_string().len());
        }
        merged
    }

    #[test]
    fn every_kind_of_delta_is_merged() {
        let merged = merged(&[
            json!({ "type": "message_start", "message": { "id": "m", "role": "assistant", "model": "c", "content": [],
                "stop_reason": null, "usage": { "input_tokens": 3, "output_tokens": 1, "service_tier": "standard" } } }),
            json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "thinking", "thinking": "", "signature": "" } }),
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "thinking_delta", "thinking": "hm" } }),
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "signature_delta", "signature": "S" } }),
            json!({ "type": "content_block_start", "index": 1, "content_block": { "type": "text", "text": "" } }),
            json!({ "type": "content_block_delta", "index": 1, "delta": { "type": "text_delta", "text": "a" } }),
            json!({ "type": "content_block_delta", "index": 1, "delta": { "type": "citations_delta", "citation": { "url": "u" } } }),
            json!({ "type": "content_block_start", "index": 2, "content_block": { "type": "tool_use", "id": "t", "name": "f", "input": {} } }),
            json!({ "type": "content_block_delta", "index": 2, "delta": { "type": "input_json_delta", "partial_json": "{\"a\":" } }),
            json!({ "type": "content_block_delta", "index": 2, "delta": { "type": "input_json_delta", "partial_json": "1}" } }),
            json!({ "type": "content_block_start", "index": 3, "content_block": { "type": "novel", "x": 1 } }),
            json!({ "type": "content_block_delta", "index": 3, "delta": { "type": "novel_delta", "reasoning": "p" } }),
            json!({ "type": "content_block_stop", "index": 3 }),
            json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use", "container": "k" },
                "usage": { "input_tokens": 0, "output_tokens": 9 } }),
        ]);
        assert!(merged.is_complete());
        let message = serde_json::to_value(merged.into_message().unwrap()).unwrap();
        assert_eq!(
            message["content"],
            json!([
                { "type": "thinking", "thinking": "hm", "signature": "S" },
                { "type": "text", "text": "a", "citations": [{ "url": "u" }] },
                { "type": "tool_use", "id": "t", "name": "f", "input": { "a": 1 } },
                { "type": "novel", "x": 1, "reasoning": "p" },
            ])
        );
        assert_eq!((&message["stop_reason"], &message["container"]), (&json!("tool_use"), &json!("k")));
        let usage = &message["usage"];
        assert_eq!((&usage["input_tokens"], &usage["output_tokens"]), (&json!(3), &json!(9)));
        assert_eq!(usage["service_tier"], "standard");
    }

    #[test]
    fn incomplete_tool_input_is_kept_as_text() {
        let merged = merged(&[
            json!({ "type": "content_block_delta", "delta": { "type": "input_json_delta", "partial_json": "{\"a" } }),
        ]);
        assert!(!merged.is_complete());
        let message = serde_json::to_value(merged.into_message().unwrap()).unwrap();
        assert_eq!(
            (&message["content"][0]["type"], &message["content"][0]["input"]),
            (&json!("tool_use"), &json!("{\"a"))
        );
    }

    #[test]
    fn a_whole_message_in_one_event_is_complete() {
        let whole =
            json!({ "type": "message", "content": [{ "type": "text", "text": "a" }], "stop_reason": "end_turn" });
        let merged = merged(&[whole]);
        assert!(merged.is_complete());
        let message = merged.into_message().unwrap();
        assert_eq!((message.content.len(), message.stop_reason.as_deref()), (1, Some("end_turn")));
    }
}
