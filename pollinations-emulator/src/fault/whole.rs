//! Turns an event stream into one with the whole answer in one chunk.

use axum::body::Bytes;
use serde_json::Value;

/// Merges all chunks of an event stream into one, and keeps `[DONE]` at the end. In streams of typed events, only
/// consecutive deltas of the same part are merged.
pub(super) fn one_chunk(events: &[u8]) -> Bytes {
    let text = String::from_utf8_lossy(events);
    if events.starts_with(b"event: ") {
        return typed(&text);
    }
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let (chunks, others): (Vec<_>, Vec<_>) = data
        .map(|line| (line, serde_json::from_str::<Value>(line)))
        .partition(|(_, chunk)| chunk.as_ref().is_ok_and(Value::is_object));
    let Some(merged) =
        chunks.into_iter().filter_map(|(_, chunk)| chunk.ok()).reduce(|whole, next| merge(whole, next, ""))
    else {
        return Bytes::copy_from_slice(events);
    };
    let mut out = format!("data: {merged}\n\n");
    for (line, _) in others {
        out += &format!("data: {line}\n\n");
    }
    out.into()
}

/// Merges consecutive deltas of each content block or item.
fn typed(events: &str) -> Bytes {
    let mut merged: Vec<Value> = Vec::new();
    let data = events.lines().filter_map(|line| line.strip_prefix("data: "));
    for event in data.filter_map(|data| serde_json::from_str::<Value>(data).ok()) {
        let same = |last: &&mut Value| {
            ["type", "index", "output_index", "content_index", "summary_index"]
                .iter()
                .all(|name| last[*name] == event[*name])
                && last["delta"]["type"] == event["delta"]["type"]
        };
        let is_delta = event["type"].as_str().is_some_and(|kind| kind.ends_with("delta") && kind != "message_delta");
        match merged.last_mut().filter(|_| is_delta).filter(same) {
            Some(last) => append(&mut last["delta"], &event["delta"]),
            None => merged.push(event),
        }
    }
    let mut out = String::new();
    for event in merged {
        out += &format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default());
    }
    out.into()
}

/// Appends the text of a delta, which may be inside an object.
fn append(whole: &mut Value, next: &Value) {
    match (whole, next) {
        (Value::String(whole), Value::String(next)) => whole.push_str(next),
        (Value::Object(whole), Value::Object(next)) => {
            for (name, next) in next.iter().filter(|(name, _)| *name != "type") {
                append(whole.entry(name.clone()).or_insert_with(|| "".into()), next);
            }
        }
        _ => {}
    }
}

/// Fields whose texts are repeated and not continued by the next chunk.
const NAMES: &[&str] = &["id", "object", "model", "role", "type", "name", "finish_reason"];

fn merge(whole: Value, next: Value, name: &str) -> Value {
    match (whole, next) {
        (whole, Value::Null) => whole,
        (Value::String(whole), Value::String(next)) if !NAMES.contains(&name) => Value::String(whole + &next),
        (Value::Object(mut whole), Value::Object(next)) => {
            for (name, value) in next {
                let merged = merge(whole.remove(&name).unwrap_or_default(), value, &name);
                whole.insert(name, merged);
            }
            Value::Object(whole)
        }
        (Value::Array(mut whole), Value::Array(next)) => {
            for item in next {
                let same = |other: &&mut Value| !item["index"].is_null() && other["index"] == item["index"];
                match whole.iter_mut().find(same) {
                    Some(place) => *place = merge(place.take(), item, ""),
                    None => whole.push(item),
                }
            }
            Value::Array(whole)
        }
        (_, next) => next,
    }
}
