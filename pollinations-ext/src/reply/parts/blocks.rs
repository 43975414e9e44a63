//! Merges content blocks.

use pollinations_api::types::{ContentBlock, RedactedThinkingBlock, TextPart, ThinkingBlock};
use serde_json::{Map, Value};

/// Adds blocks, or deltas of the last block.
///
/// A delta is a block of the same type as the last one, if that one is not signed, or the form in which some gateways
/// send Claude's deltas: `{"index": 0, "delta": {"thinking": "…"}}`.
pub(in crate::reply) fn add(blocks: &mut Vec<ContentBlock>, pieces: &[ContentBlock]) {
    for piece in pieces {
        let piece = match piece {
            ContentBlock::Other(object) => delta(object).unwrap_or_else(|| piece.clone()),
            piece => piece.clone(),
        };
        match (blocks.last_mut(), piece) {
            (Some(ContentBlock::Thinking(last)), ContentBlock::Thinking(piece)) if last.signature.is_none() => {
                last.thinking.push_str(&piece.thinking);
                last.signature.clone_from(&piece.signature);
                for (name, value) in piece.extra().iter().filter(|(name, _)| !matches!(*name, "thinking" | "signature"))
                {
                    last.extra_mut().insert(name, value.clone());
                }
            }
            (Some(ContentBlock::Text(last)), ContentBlock::Text(piece)) => last.text.push_str(&piece.text),
            (_, piece) => blocks.push(piece),
        }
    }
}

/// The block in a delta without a type.
fn delta(object: &Map<String, Value>) -> Option<ContentBlock> {
    if object.contains_key("type") {
        return None;
    }
    let delta = object.get("delta")?;
    let text = |name: &str| delta.get(name).and_then(Value::as_str);
    if text("thinking").is_some() || text("signature").is_some() {
        let mut block = ThinkingBlock::new(text("thinking").unwrap_or_default());
        block.signature = text("signature").map(str::to_owned);
        return Some(block.into());
    }
    if let Some(text) = text("text") {
        return Some(TextPart::new(text).into());
    }
    text("data").map(|data| RedactedThinkingBlock::new(data).into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pieces_of_blocks_are_merged() {
        for (pieces, whole) in [
            (
                json!([{ "index": 0, "delta": { "thinking": "a" } }, { "index": 0, "delta": { "thinking": "b" } }, { "index": 0, "delta": { "signature": "S" } }, { "index": 1, "delta": { "text": "x" } }, { "index": 1, "delta": { "text": "y" } }]),
                json!([{ "type": "thinking", "thinking": "ab", "signature": "S" }, { "type": "text", "text": "xy" }]),
            ),
            (
                json!([{ "type": "thinking", "thinking": "a" }, { "type": "thinking", "thinking": "b", "signature": "S" }, { "type": "thinking", "thinking": "c" }]),
                json!([{ "type": "thinking", "thinking": "ab", "signature": "S" }, { "type": "thinking", "thinking": "c" }]),
            ),
            (json!([{ "novel": 1 }, { "novel": 2 }]), json!([{ "novel": 1 }, { "novel": 2 }])),
        ] {
            let mut blocks = Vec::new();
            for piece in pieces.as_array().unwrap() {
                add(&mut blocks, &[serde_json::from_value(piece.clone()).unwrap()]);
            }
            assert_eq!(serde_json::to_value(&blocks).unwrap(), whole, "{pieces}");
        }
    }
}
