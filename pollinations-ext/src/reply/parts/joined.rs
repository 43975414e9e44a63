//! Pieces of fields that the document does not know, put together.
//!
//! Nothing that came is lost: what a provider adds to its pieces is in the whole reply too, and goes back with the next
//! turn. What the pieces of an unknown field add up to, its name and its JSON type tell.

use serde_json::{Map, Value};

/// Entries of a list, from its end, among which a repeated one is looked for.
const LOOK_BACK: usize = 256;

/// Adds what came under a name to what came before. Returns whether there is more of it now, rather than something else.
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
        // A later piece often has nothing in a field that an earlier one has filled.
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

/// Adds an entry of a list, or a piece of one.
fn add_entry(list: &mut Vec<Value>, name: &str, piece: &Value) -> bool {
    // One entry a token, of which two may well be the same.
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
        // Some repeat all sources with every piece.
        return false;
    }
    list.push(piece.clone());
    true
}

/// The entry that a piece goes on with: that of the same index, or the last one if it is of the same type and not
/// signed, which is the end of it.
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

/// Whether pieces of a text under this name are written one after another, and do not replace each other.
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
    fn pieces_by_name_and_type() {
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
