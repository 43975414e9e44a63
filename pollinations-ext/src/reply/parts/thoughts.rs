//! Finds a model's reasoning, in whichever field a provider puts it.

use pollinations_api::{json::Extra, types::ContentBlock};
use serde_json::Value;

/// Fields with reasoning besides `reasoning_content`. Often several fields have the same text, so only the first one
/// with text counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::reply) enum Place {
    /// Text, such as `reasoning`.
    Text,
    /// Lists: `reasoning_details` or `thinking_blocks`.
    Details,
    /// Thinking blocks next to the content.
    Blocks,
    /// Thinking parts of the content.
    Parts,
}

/// Finds the reasoning in the additional fields and the blocks of a message or a delta.
pub(in crate::reply) fn find(extra: &Extra, blocks: Option<&[ContentBlock]>) -> Option<(Place, String)> {
    const TEXTS: [&str; 6] = ["reasoning", "reasoning_text", "thinking", "thoughts", "thought", "reasoning_summary"];
    let list = |name: &str| extra.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = || TEXTS.iter().find_map(|name| words(extra.get(name)?));
    let details = || joined(list("reasoning_details").iter().chain(list("thinking_blocks")).filter_map(words));
    let in_blocks = || joined(blocks.unwrap_or_default().iter().filter_map(of_block));
    let parts = || joined(list("content").iter().filter_map(of_part));
    text()
        .map(|text| (Place::Text, text))
        .or_else(|| details().map(|text| (Place::Details, text)))
        .or_else(|| in_blocks().map(|text| (Place::Blocks, text)))
        .or_else(|| parts().map(|text| (Place::Parts, text)))
}

fn joined(texts: impl Iterator<Item = String>) -> Option<String> {
    let text: String = texts.collect();
    (!text.is_empty()).then_some(text)
}

/// The text of a reasoning entry: a text, a list of texts, or an object with one in a known field.
fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => (!text.is_empty()).then(|| text.clone()),
        Value::Array(parts) => joined(parts.iter().filter_map(words)),
        Value::Object(object) => {
            ["text", "thinking", "summary", "content", "reasoning"].iter().find_map(|name| words(object.get(*name)?))
        }
        _ => None,
    }
}

fn of_block(block: &ContentBlock) -> Option<String> {
    match block {
        ContentBlock::Thinking(block) => (!block.thinking.is_empty()).then(|| block.thinking.clone()),
        // The delta of a block has no type: `{"index": 0, "delta": {"thinking": "…"}}`.
        ContentBlock::Other(object) => {
            let delta = object.get("delta").and_then(|delta| words(delta.get("thinking")?));
            delta.or_else(|| of_part(&Value::Object(object.clone())))
        }
        _ => None,
    }
}

fn of_part(part: &Value) -> Option<String> {
    let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
    let is_thought = part.get("thought").is_some_and(|thought| *thought == Value::Bool(true));
    if kind.contains("thinking") || kind.contains("reasoning") || is_thought {
        return words(part);
    }
    words(part.get("thinking")?)
}

#[cfg(test)]
mod tests {
    use pollinations_api::types::ReplyMessage;
    use serde_json::json;

    use super::*;

    #[test]
    fn reasoning_is_found_in_every_place() {
        for message in [
            json!({ "reasoning": "A thought." }),
            json!({ "reasoning": { "content": "A thought." } }),
            json!({ "thinking": [{ "text": "A " }, { "text": "thought." }] }),
            json!({ "reasoning_details": [{ "type": "reasoning.text", "text": "A thought." }, { "type": "reasoning.encrypted", "data": "E" }] }),
            json!({ "reasoning_details": [{ "type": "reasoning.summary", "summary": "A thought." }] }),
            json!({ "thinking_blocks": [{ "type": "thinking", "thinking": "A thought.", "signature": "S" }] }),
            json!({ "reasoning": "A thought.", "reasoning_details": [{ "text": "A thought." }] }),
            json!({ "content_blocks": [{ "type": "thinking", "thinking": "A thought." }, { "type": "text", "text": "x" }] }),
            json!({ "content_blocks": [{ "index": 0, "delta": { "thinking": "A thought." } }] }),
            json!({ "content": [{ "type": "thinking", "thinking": [{ "type": "text", "text": "A thought." }] }, { "type": "text", "text": "x" }] }),
            json!({ "content": [{ "text": "A thought.", "thought": true }, { "text": "x" }] }),
        ] {
            let read: ReplyMessage = serde_json::from_value(message.clone()).unwrap();
            let found = find(read.extra(), read.content_blocks.as_deref());
            assert_eq!(found.map(|found| found.1).as_deref(), Some("A thought."), "{message}");
        }
        for message in [
            json!({ "content": "x" }),
            json!({ "reasoning": "", "reasoning_details": [] }),
            json!({ "content": [{ "type": "text", "text": "x" }] }),
        ] {
            let read: ReplyMessage = serde_json::from_value(message.clone()).unwrap();
            assert_eq!(find(read.extra(), read.content_blocks.as_deref()), None, "{message}");
        }
    }
}
