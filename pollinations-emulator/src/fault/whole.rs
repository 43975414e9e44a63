//! An event stream whose answer comes in one chunk.

use axum::body::Bytes;
use serde_json::Value;

/// Merges all chunks of an event stream into one, and leaves `[DONE]` behind it.
pub(super) fn one_chunk(events: &[u8]) -> Bytes {
    let text = String::from_utf8_lossy(events);
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

/// Texts that name something and are not continued by the next chunk.
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
