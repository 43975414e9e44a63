//! Converts a reply into a message for the next turn.

use pollinations_api::types::{AssistantMessage, ChatMessage, ContentBlock, MessageContent, ReplyMessage};
use serde_json::Value;

use crate::base::json::read_value;

/// Creates a message from a reply. Everything that the provider added is kept unchanged, because the provider rejects
/// the next turn without its signatures and reasoning details.
pub(super) fn message(reply: &ReplyMessage) -> ChatMessage {
    let mut said = AssistantMessage::default();
    said.content = content(reply);
    said.function_call = reply.function_call.clone();
    said.tool_calls = reply.tool_calls.clone().unwrap_or_default();
    for (name, value) in reply.extra().iter().filter(|(name, value)| goes_back(name, value)) {
        said.extra_mut().insert(name, value.clone());
    }
    // Some providers require it during the turn, which lasts until all tool results are sent. Others reject it
    // afterwards.
    if let Some(thoughts) = reply.reasoning_content.as_ref().filter(|_| !said.tool_calls.is_empty())
        && reply.extra().get("reasoning").is_none()
    {
        said.extra_mut().insert("reasoning_content", thoughts.clone());
    }
    said.into()
}

/// Whether a field that is not in the document belongs to the message. Known fields have already been read.
fn goes_back(name: &str, value: &Value) -> bool {
    const READ: [&str; 8] =
        ["audio", "content", "content_blocks", "function_call", "reasoning_content", "role", "tool_calls", "images"];
    let is_empty = match value {
        Value::Null => true,
        Value::Array(entries) => entries.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    };
    !is_empty && !READ.contains(&name)
}

/// The text, or all parts of the content if some are not text, or the blocks if any of them is signed.
fn content(reply: &ReplyMessage) -> Option<MessageContent> {
    if let Some(parts @ Value::Array(_)) = reply.extra().get("content") {
        return read_value(parts).ok();
    }
    let blocks = reply.content_blocks.as_deref().unwrap_or_default();
    if blocks.iter().any(is_signed) {
        let mut parts: Vec<Value> = blocks.iter().filter_map(|block| serde_json::to_value(block).ok()).collect();
        let has_text = blocks.iter().any(|block| matches!(block, ContentBlock::Text(_)));
        if let Some(text) = reply.content.as_ref().filter(|text| !has_text && !text.is_empty()) {
            parts.push(serde_json::json!({ "type": "text", "text": text }));
        }
        return read_value(&Value::Array(parts)).ok();
    }
    let transcript = || Some(reply.audio.as_ref()?.transcript.clone()).filter(|words| !words.is_empty());
    reply.content.clone().or_else(transcript).map(MessageContent::Text)
}

fn is_signed(block: &ContentBlock) -> bool {
    match block {
        ContentBlock::Thinking(block) => block.signature.is_some(),
        ContentBlock::RedactedThinking(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_that_the_provider_needs_are_sent_back() {
        for (reply, expected) in [
            (
                json!({ "content": "x", "refusal": null, "annotations": [] }),
                json!({ "role": "assistant", "content": "x" }),
            ),
            (
                json!({ "content": "x", "reasoning_details": [{ "type": "reasoning.encrypted", "data": "E" }] }),
                json!({ "role": "assistant", "content": "x", "reasoning_details": [{ "type": "reasoning.encrypted", "data": "E" }] }),
            ),
            (
                json!({ "content": "x", "content_blocks": [{ "type": "thinking", "thinking": "t", "signature": "S" }] }),
                json!({ "role": "assistant", "content": [{ "type": "thinking", "thinking": "t", "signature": "S" }, { "type": "text", "text": "x" }] }),
            ),
            (
                json!({ "content": [{ "type": "thinking", "thinking": "t", "signature": "S" }, { "type": "text", "text": "x" }] }),
                json!({ "role": "assistant", "content": [{ "type": "thinking", "thinking": "t", "signature": "S" }, { "type": "text", "text": "x" }] }),
            ),
            (json!({ "content": "x", "reasoning_content": "t" }), json!({ "role": "assistant", "content": "x" })),
            (
                json!({ "content": null, "extra_content": { "google": { "thought_signature": "S" } }, "cache_control": { "type": "ephemeral" } }),
                json!({ "role": "assistant", "extra_content": { "google": { "thought_signature": "S" } }, "cache_control": { "type": "ephemeral" } }),
            ),
            (
                json!({ "audio": { "data": "AA==", "transcript": "hello" } }),
                json!({ "role": "assistant", "content": "hello" }),
            ),
        ] {
            let read: ReplyMessage = serde_json::from_value(reply.clone()).unwrap();
            assert_eq!(serde_json::to_value(message(&read)).unwrap(), expected, "{reply}");
        }
    }

    #[test]
    fn a_call_is_sent_back_with_all_its_fields() {
        let call = json!({
            "id": "a", "type": "function", "function": { "name": "f", "arguments": "{}", "x": 1 },
            "extra_content": { "google": { "thought_signature": "S" } }, "signature": "T",
        });
        let read: ReplyMessage =
            serde_json::from_value(json!({ "tool_calls": [call], "reasoning_content": "t" })).unwrap();
        let sent = serde_json::to_value(message(&read)).unwrap();
        assert_eq!((&sent["tool_calls"][0], &sent["reasoning_content"]), (&call, &json!("t")));
    }
}
