//! Repairs messages that do not match the document.

use pollinations_api::types::{MessageBlock, MessageResponse};
use serde_json::{Map, Value, json};

use crate::base::json::read_value;

/// Whether a message matches the document. If not, [`read`] may be able to repair it.
pub(super) fn is_usual(message: &MessageResponse) -> bool {
    let is_usual = |block: &MessageBlock| match block {
        MessageBlock::Text(_) | MessageBlock::Thinking(_) | MessageBlock::RedactedThinking(_) => true,
        MessageBlock::ToolUse(call) => !call.input.is_null(),
        _ => false,
    };
    !message.content.is_empty() && message.content.iter().all(is_usual)
}

/// Repairs and parses a message. Text in place of blocks becomes a block, and a missing input of a tool becomes an
/// empty object.
pub(super) fn read(mut message: Value) -> serde_json::Result<MessageResponse> {
    if let Some(content) = message.get_mut("content") {
        if !content.is_array() {
            *content = match content.take() {
                Value::Null => json!([]),
                one => json!([one]),
            };
        }
        for block in content.as_array_mut().into_iter().flatten() {
            match block {
                Value::String(text) => *block = json!({ "type": "text", "text": text }),
                Value::Object(block) => tidy(block),
                _ => {}
            }
        }
    }
    read_value(&message)
}

fn tidy(block: &mut Map<String, Value>) {
    let kind = block.get("type").and_then(Value::as_str);
    if kind.is_none() && block.get("text").is_some_and(Value::is_string) {
        block.insert("type".to_owned(), "text".into());
    } else if kind == Some("tool_use") && block.get("input").is_none_or(Value::is_null) {
        block.insert("input".to_owned(), json!({}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_found_in_every_form_of_content() {
        for content in [
            json!("Rose"),
            json!(["Ro", "se"]),
            json!({ "type": "text", "text": "Rose" }),
            json!([null, { "text": "Rose" }]),
        ] {
            let message = read(json!({ "id": "m", "content": content })).unwrap();
            assert_eq!(super::super::MessageReply::from(message).text(), "Rose", "{content}");
        }
        assert!(read(json!({ "content": null })).unwrap().content.is_empty());
        let message = read(json!({ "content": [{ "type": "tool_use", "id": "t", "name": "now" }] })).unwrap();
        assert!(is_usual(&message));
    }
}
