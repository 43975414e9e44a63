//! Merges the events of a response. It stays JSON, so that fields unknown to this version are kept.

use std::collections::BTreeMap;

use pollinations_api::types::{ResponseReply, ResponseStreamEvent};
use serde_json::{Map, Value, json};

use super::tidy;
use crate::{
    base::error::Partial,
    reply::event_stream::{Added, Merge},
};

/// The response so far.
#[derive(Debug, Default)]
pub(super) struct Merged {
    response: Map<String, Value>,
    items: BTreeMap<u64, Item>,
    size: usize,
    is_complete: bool,
}

/// An output item so far.
#[derive(Debug, Default)]
struct Item {
    value: Map<String, Value>,
    content: Parts,
    summary: Parts,
}

/// The parts of an item by their index. The server may skip an index.
type Parts = BTreeMap<u64, Map<String, Value>>;

impl Merge for Merged {
    type Event = ResponseStreamEvent;

    const TYPES: &'static [&'static str] = &["response."];

    fn add(&mut self, event: &Value, bytes: usize) -> Added {
        let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
        if let Some(state) = kind.strip_prefix("response.")
            && let Some(response) = event.get("response").and_then(Value::as_object)
        {
            self.size = self.size.max(bytes);
            return self.state(state, response);
        }
        if kind == "response.completed" {
            // The event has no response, so the reply is what has arrived so far.
            self.done();
            return Added::End;
        }
        // The event has the whole response.
        if event.get("object").is_some_and(|object| object == "response")
            && let Some(response) = event.as_object()
        {
            self.size = self.size.max(bytes);
            self.is_complete = true;
            self.update(response);
            return Added::Piece;
        }
        self.size += self.piece(kind, event, bytes);
        Added::Piece
    }

    fn done(&mut self) {
        self.is_complete = true;
        // The end was announced, but not by the event with the status.
        let status = self.response.entry("status").or_insert(Value::Null);
        if matches!(status.as_str(), None | Some("in_progress" | "queued")) {
            *status = "completed".into();
        }
    }

    fn size(&self) -> usize {
        self.size
    }

    fn is_complete(&self) -> bool {
        self.is_complete
    }

    fn into_partial(self) -> Option<Partial> {
        (self.size > 0).then(|| self.into_response().ok().map(Partial::Response)).flatten()
    }
}

impl Merged {
    /// The whole response.
    pub(super) fn into_response(self) -> serde_json::Result<ResponseReply> {
        let mut response = self.response;
        let output = self.items.into_values().map(Item::into_value).collect();
        response.insert("output".to_owned(), Value::Array(output));
        tidy::read(Value::Object(response))
    }

    /// Reads an event that has the state of the response.
    fn state(&mut self, state: &str, response: &Map<String, Value>) -> Added {
        self.update(response);
        let is_failed = response.get("status").is_some_and(|status| status == "failed");
        match state {
            "completed" | "incomplete" | "cancelled" if !is_failed => {
                self.is_complete = true;
                Added::End
            }
            "failed" | "completed" | "incomplete" | "cancelled" => {
                let error = response.get("error").filter(|error| !error.is_null()).cloned();
                Added::Failed(json!({ "error": error.unwrap_or_else(|| "the response failed".into()) }))
            }
            _ => Added::Piece,
        }
    }

    /// Updates the response to its latest state. Some servers leave out the parts they have already sent.
    fn update(&mut self, response: &Map<String, Value>) {
        for (name, value) in response.iter().filter(|(name, _)| *name != "output") {
            self.response.insert(name.clone(), value.clone());
        }
        let output = response.get("output").and_then(Value::as_array).filter(|output| !output.is_empty());
        if let Some(output) = output {
            self.items = (0..).zip(output.iter().filter_map(Value::as_object).map(Item::new)).collect();
        }
    }

    /// Reads an event with a part of an item. Returns the number of bytes added to the response.
    fn piece(&mut self, kind: &str, event: &Value, bytes: usize) -> usize {
        let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
        let object = |name: &str| event.get(name).and_then(Value::as_object);
        let number = |name: &str| event.get(name).and_then(Value::as_u64).unwrap_or_default();
        let Some(kind) = kind.strip_prefix("response.") else { return 0 };
        if !is_piece(kind) {
            return 0;
        }
        let item = self.item(event);
        let (content, summary) = (number("content_index"), number("summary_index"));
        match kind {
            "output_item.added" | "output_item.done" => {
                if let Some(value) = object("item") {
                    *item = Item::new(value);
                }
                return bytes;
            }
            "content_part.added" | "content_part.done" => {
                item.content.insert(content, object("part").cloned().unwrap_or_default());
                return bytes;
            }
            "reasoning_summary_part.added" | "reasoning_summary_part.done" => {
                item.summary.insert(summary, object("part").cloned().unwrap_or_default());
                return bytes;
            }
            "output_text.annotation.added" => {
                let part = item.part(false, content, "message", "output_text");
                let list = part.entry("annotations").or_insert_with(|| json!([]));
                if let (Value::Array(list), Some(annotation)) = (list, event.get("annotation")) {
                    list.push(annotation.clone());
                }
                return bytes;
            }
            _ => {}
        }
        let (kind, is_done) = match kind.rsplit_once('.') {
            Some((kind, "delta")) => (kind, false),
            Some((kind, _)) => (kind, true),
            None => return 0,
        };
        let (target, name) = match kind {
            "output_text" => (item.part(false, content, "message", "output_text"), "text"),
            "refusal" => (item.part(false, content, "message", "refusal"), "refusal"),
            "reasoning_text" => (item.part(false, content, "reasoning", "reasoning_text"), "text"),
            "reasoning_summary_text" => (item.part(true, summary, "reasoning", "summary_text"), "text"),
            _ => {
                item.value.entry("type").or_insert_with(|| "function_call".into());
                (&mut item.value, "arguments")
            }
        };
        match (is_done, target.get_mut(name)) {
            (true, _) => {
                if let Some(whole @ Value::String(_)) = event.get(name) {
                    target.insert(name.to_owned(), whole.clone());
                }
                0
            }
            (false, Some(Value::String(so_far))) => {
                so_far.push_str(text("delta"));
                text("delta").len()
            }
            (false, _) => {
                target.insert(name.to_owned(), text("delta").into());
                text("delta").len()
            }
        }
    }

    /// The item that an event is about: by its index, otherwise by its ID, otherwise the last one.
    fn item(&mut self, event: &Value) -> &mut Item {
        let id = event.get("item_id").filter(|id| id.is_string());
        let by_id =
            || self.items.iter().find(|(_, item)| id.is_some() && item.value.get("id") == id).map(|(at, _)| *at);
        let last = || self.items.keys().next_back().copied();
        let place = event.get("output_index").and_then(Value::as_u64).or_else(by_id).or_else(last);
        let item = self.items.entry(place.unwrap_or_default()).or_default();
        if let Some(id) = id {
            item.value.entry("id").or_insert_with(|| id.clone());
        }
        item
    }
}

/// Whether an event adds to an item. `kind` is its type without `response.`.
fn is_piece(kind: &str) -> bool {
    const ITEMS: [&str; 8] = [
        "output_item.",
        "content_part.",
        "output_text.",
        "refusal.",
        "function_call_arguments.",
        "reasoning_text.",
        "reasoning_summary_part.",
        "reasoning_summary_text.",
    ];
    ITEMS.iter().any(|start| kind.starts_with(start))
}

impl Item {
    fn new(value: &Map<String, Value>) -> Self {
        let mut value = value.clone();
        let mut parts = |name: &str| -> Parts {
            match value.get(name) {
                Some(Value::Array(parts)) if parts.iter().all(Value::is_object) => {
                    let parts = (0..).zip(parts.iter().filter_map(Value::as_object).cloned()).collect();
                    value.insert(name.to_owned(), json!([]));
                    parts
                }
                _ => Parts::new(),
            }
        };
        let (content, summary) = (parts("content"), parts("summary"));
        Self { value, content, summary }
    }

    /// A part of the content or the summary. Creates the item and the part if their start events were lost.
    fn part(&mut self, in_summary: bool, index: u64, item: &str, part: &str) -> &mut Map<String, Value> {
        self.value.entry("type").or_insert_with(|| item.into());
        let parts = if in_summary { &mut self.summary } else { &mut self.content };
        let found = parts.entry(index).or_default();
        found.entry("type").or_insert_with(|| part.into());
        found
    }

    fn into_value(mut self) -> Value {
        for (name, parts) in [("content", self.content), ("summary", self.summary)] {
            if !parts.is_empty() {
                self.value.insert(name.to_owned(), parts.into_values().map(Value::Object).collect());
            }
        }
        Value::Object(self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(events: &[Value]) -> Merged {
        let mut merged = Merged::default();
        for event in events {
            merged.add(event, event.to_string().len());
        }
        merged
    }

    fn pieces() -> Vec<Value> {
        vec![
            json!({ "type": "response.created", "response": { "id": "r", "object": "response", "status": "in_progress", "model": "m", "output": [], "error": null } }),
            json!({ "type": "response.output_item.added", "output_index": 0, "item": { "type": "reasoning", "id": "a", "summary": [] } }),
            json!({ "type": "response.reasoning_summary_part.added", "item_id": "a", "output_index": 0, "summary_index": 0, "part": { "type": "summary_text", "text": "" } }),
            json!({ "type": "response.reasoning_summary_text.delta", "item_id": "a", "output_index": 0, "summary_index": 0, "delta": "hm" }),
            json!({ "type": "response.output_item.added", "output_index": 1, "item": { "type": "message", "id": "b", "role": "assistant", "content": [] } }),
            json!({ "type": "response.content_part.added", "item_id": "b", "output_index": 1, "content_index": 0, "part": { "type": "output_text", "text": "", "annotations": [] } }),
            json!({ "type": "response.output_text.delta", "item_id": "b", "output_index": 1, "content_index": 0, "delta": "Hel" }),
            json!({ "type": "response.output_text.delta", "item_id": "b", "output_index": 1, "content_index": 0, "delta": "lo" }),
            json!({ "type": "response.output_text.annotation.added", "item_id": "b", "output_index": 1, "content_index": 0, "annotation": { "url": "u" } }),
            json!({ "type": "response.output_item.added", "output_index": 2, "item": { "type": "function_call", "id": "c", "call_id": "k", "name": "f", "arguments": "" } }),
            json!({ "type": "response.function_call_arguments.delta", "item_id": "c", "output_index": 2, "delta": "{\"a\"" }),
            json!({ "type": "response.function_call_arguments.delta", "item_id": "c", "output_index": 2, "delta": ":1}" }),
            json!({ "type": "response.novel.delta", "output_index": 2, "delta": "x" }),
        ]
    }

    fn output() -> Value {
        json!([
            { "type": "reasoning", "id": "a", "summary": [{ "type": "summary_text", "text": "hm" }] },
            { "type": "message", "id": "b", "role": "assistant",
              "content": [{ "type": "output_text", "text": "Hello", "annotations": [{ "url": "u" }] }] },
            { "type": "function_call", "id": "c", "call_id": "k", "name": "f", "arguments": "{\"a\":1}" },
        ])
    }

    #[test]
    fn every_kind_of_delta_is_merged() {
        let merged = merged(&pieces());
        assert!(!merged.is_complete());
        let response = serde_json::to_value(merged.into_response().unwrap()).unwrap();
        assert_eq!((&response["output"], &response["status"]), (&output(), &json!("in_progress")));
    }

    #[test]
    fn the_final_response_replaces_the_state_even_without_its_output() {
        for whole in [json!([]), output()] {
            let mut events = pieces();
            events.push(json!({ "type": "response.completed", "response": { "id": "r", "object": "response", "status": "completed",
                "output": whole, "usage": { "input_tokens": 1, "output_tokens": 2, "total_tokens": 3 } } }));
            let merged = merged(&events);
            assert!(merged.is_complete());
            let response = serde_json::to_value(merged.into_response().unwrap()).unwrap();
            assert_eq!((&response["output"], &response["status"]), (&output(), &json!("completed")));
            assert_eq!(response["usage"]["total_tokens"], 3);
        }
    }

    #[test]
    fn a_done_event_replaces_the_merged_deltas() {
        let merged = merged(&[
            json!({ "type": "response.output_text.delta", "delta": "Hel" }),
            json!({ "type": "response.output_text.done", "text": "Hello" }),
        ]);
        let response = serde_json::to_value(merged.into_response().unwrap()).unwrap();
        assert_eq!(
            response["output"][0],
            json!({ "type": "message", "content": [{ "type": "output_text", "text": "Hello" }] })
        );
    }

    #[test]
    fn done_completes_the_response() {
        let mut merged = merged(&pieces());
        merged.done();
        assert_eq!(merged.into_response().unwrap().status, "completed");
    }

    #[test]
    fn a_huge_index_does_not_allocate_memory() {
        let event = json!({ "type": "response.output_text.delta", "output_index": u64::MAX, "content_index": u64::MAX, "delta": "x" });
        let response = merged(&[event]).into_response().unwrap();
        assert_eq!(response.output.len(), 1);
    }
}
