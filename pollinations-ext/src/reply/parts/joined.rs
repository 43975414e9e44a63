//! Merges fields that are not in the document.
//!
//! Nothing is lost: additional fields of the deltas are in the whole reply too, and are sent back with the next turn.
//! The name and the JSON type of a field decide how its values are merged.

use serde_json::{Map, Value};

/// How many of the last entries of a list to search for a duplicate.
const LOOK_BACK: usize = 256;

/// Merges a field into the fields so far. Returns whether the value grew instead of being replaced.
pub(crate) fn add(kept: &mut Map<String, Value>, name: &str, piece: &Value) -> bool {
    if piece.is_null() {
        return false;
    }
    let Some(before) = kept.get_mut(name) else {
        kept.insert(name.to_owned(), piece.clone());
        return true;
    };
    match (before, piece) {
        (Value::String(before), Value::String(piece)) if is_text(name) => {
            before.push_str(piece);
            !piece.is_empty()
        }
        // Later deltas often have an empty field that an earlier delta has filled.
        (Value::String(before), Value::String(piece)) if piece.is_empty() && !before.is_empty() => false,
        (Value::Object(before), Value::Object(piece)) => {
            piece.iter().filter(|(name, piece)| add(before, name, piece)).count() > 0
        }
        (Value::Array(before), Value::Array(pieces)) => {
            pieces.iter().filter(|piece| add_entry(before, name, piece)).count() > 0
        }
        (before, piece) => {
            before.clone_from(piece);
            false
        }
    }
}

/// Adds an entry of a list, or a delta of an entry.
fn add_entry(list: &mut Vec<Value>, name: &str, piece: &Value) -> bool {
    // Lists with one entry per token may have equal entries.
    let is_tokens = matches!(name, "content" | "tokens" | "token_logprobs" | "top_logprobs" | "bytes" | "text_offset");
    let in_pieces = ["reasoning", "thinking", "thought", "block"].iter().any(|part| name.contains(part));
    if in_pieces && let Value::Object(object) = piece {
        if let Some(Value::Object(entry)) = continued(list, object) {
            for (name, piece) in object {
                add(entry, name, piece);
            }
            return true;
        }
    } else if !is_tokens && list.iter().rev().take(LOOK_BACK).any(|entry| entry == piece) {
        // Some providers repeat all sources with every delta.
        return false;
    }
    list.push(piece.clone());
    true
}

/// The entry that a delta continues: the one with the same index, otherwise the last one if it has the same type and
/// is not signed. A signature ends an entry.
fn continued<'a>(list: &'a mut [Value], piece: &Map<String, Value>) -> Option<&'a mut Value> {
    let same = |entry: &Value, name: &str| entry.get(name) == piece.get(name);
    if piece.get("index").is_some_and(Value::is_number) {
        let kinds_agree =
            |entry: &Value| entry.get("type").is_none() || !piece.contains_key("type") || same(entry, "type");
        return list.iter_mut().rev().find(|entry| same(entry, "index") && kinds_agree(entry));
    }
    let is_open =
        |entry: &Value| ["signature", "data", "id"].iter().all(|name| entry.get(*name).is_none_or(Value::is_null));
    list.last_mut().filter(|last| same(last, "type") && is_open(last) && !piece.contains_key("data"))
}

/// Whether texts in this field are appended instead of replaced.
fn is_text(name: &str) -> bool {
    const TEXTS: [&str; 10] = [
        "reasoning",
        "thinking",
        "thought",
        "refusal",
        "text",
        "content",
        "summary",
        "transcript",
        "arguments",
        "partial_json",
    ];
    TEXTS.iter().any(|text| name.contains(text)) && !name.ends_with("ignature") && !name.ends_with("type")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn joined(name: &str, pieces: &[Value]) -> Value {
        let mut kept = Map::new();
        for piece in pieces {
            add(&mut kept, name, piece);
        }
        kept.remove(name).unwrap_or_default()
    }

    #[test]
    fn unknown_fields_are_merged_by_name_and_type() {
        for (name, pieces, whole) in [
            ("reasoning", json!(["a", "a", null, "b"]), json!("aab")),
            ("refusal", json!(["I ", "won't"]), json!("I won't")),
            ("provider", json!(["X", "X", ""]), json!("X")),
            ("thought_signature", json!(["S", "S"]), json!("S")),
            ("citations", json!([["a"], ["a", "b"]]), json!(["a", "b"])),
            ("images", json!([[{ "u": 1 }], [{ "u": 2 }]]), json!([{ "u": 1 }, { "u": 2 }])),
            (
                "logprobs",
                json!([{ "content": [{ "t": "ha" }] }, { "content": [{ "t": "ha" }] }]),
                json!({ "content": [{ "t": "ha" }, { "t": "ha" }] }),
            ),
            (
                "extra_content",
                json!([{ "google": { "thought_signature": "S" } }, { "google": {} }]),
                json!({ "google": { "thought_signature": "S" } }),
            ),
            (
                "reasoning_details",
                json!([
                    [{ "type": "reasoning.text", "text": "a" }],
                    [{ "type": "reasoning.text", "text": "b", "signature": "S" }],
                    [{ "type": "reasoning.text", "text": "c" }],
                    [{ "type": "reasoning.encrypted", "data": "E" }],
                    [{ "type": "reasoning.encrypted", "data": "F" }]
                ]),
                json!([
                    { "type": "reasoning.text", "text": "ab", "signature": "S" },
                    { "type": "reasoning.text", "text": "c" },
                    { "type": "reasoning.encrypted", "data": "E" },
                    { "type": "reasoning.encrypted", "data": "F" }
                ]),
            ),
            (
                "reasoning_details",
                json!([[{ "index": 0, "text": "a" }], [{ "index": 1, "text": "x" }], [{ "index": 0, "text": "b" }]]),
                json!([{ "index": 0, "text": "ab" }, { "index": 1, "text": "x" }]),
            ),
            ("count", json!([1, 2]), json!(2)),
            ("mixed", json!(["a", { "b": 1 }]), json!({ "b": 1 })),
        ] {
            assert_eq!(joined(name, pieces.as_array().unwrap()), whole, "{name} {pieces}");
        }
    }
}
