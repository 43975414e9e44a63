//! Repairs responses that do not match the document.

use pollinations_api::types::{ResponseContentPart, ResponseOutput, ResponseReply};
use serde_json::{Map, Value, json};

use crate::base::json::read_value;

/// Whether a response matches the document. If not, [`read`] may be able to repair it.
pub(super) fn is_usual(response: &ResponseReply) -> bool {
    let is_usual_part = |part: &ResponseContentPart| {
        matches!(
            part,
            ResponseContentPart::OutputText(_)
                | ResponseContentPart::Refusal(_)
                | ResponseContentPart::ReasoningText(_)
        )
    };
    let is_usual = |item: &ResponseOutput| match item {
        ResponseOutput::Message(message) => !message.content.is_empty() && message.content.iter().all(is_usual_part),
        ResponseOutput::FunctionCall(call) => !call.arguments.is_empty() && !call.call_id.is_empty(),
        ResponseOutput::Reasoning(_) => true,
        _ => false,
    };
    !response.output.is_empty() && response.output.iter().all(is_usual)
}

/// Repairs and parses a response. Text in place of lists of parts becomes a part, missing types are added, and
/// arguments that are objects become text.
pub(super) fn read(mut response: Value) -> serde_json::Result<ResponseReply> {
    if let Some(response) = response.as_object_mut() {
        let text = response.get("output_text").and_then(Value::as_str).map(str::to_owned);
        if let Some(output) = response.get_mut("output") {
            if matches!(output, Value::Array(items) if items.is_empty()) && text.is_some() {
                *output = text.into();
            }
            as_list(output, |text| json!({ "type": "message", "role": "assistant", "content": text }));
            output.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut).for_each(item);
        }
    }
    read_value(&response)
}

/// Wraps a value that is not a list in a list, and converts each text in the list with `of_text`. Null becomes an empty
/// list.
fn as_list(value: &mut Value, of_text: impl Fn(&str) -> Value) {
    if !value.is_array() {
        *value = match value.take() {
            Value::Null => json!([]),
            one => json!([one]),
        };
    }
    for entry in value.as_array_mut().into_iter().flatten() {
        if let Value::String(text) = entry {
            *entry = of_text(text);
        }
    }
}

fn item(item: &mut Map<String, Value>) {
    if !item.contains_key("type") && item.contains_key("content") {
        item.insert("type".to_owned(), "message".into());
    }
    match item.get("type").and_then(Value::as_str) {
        Some("message") => {
            if let Some(content) = item.get_mut("content") {
                as_list(content, |text| json!({ "type": "output_text", "text": text }));
                content.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut).for_each(part);
            }
        }
        Some("function_call") => {
            if let Some(arguments @ (Value::Object(_) | Value::Array(_))) = item.get_mut("arguments") {
                *arguments = arguments.to_string().into();
            }
            let has_id = item.get("call_id").and_then(Value::as_str).is_some_and(|id| !id.is_empty());
            if let Some(id) = item.get("id").filter(|_| !has_id).cloned() {
                item.insert("call_id".to_owned(), id);
            }
        }
        Some("reasoning") => {
            for (name, kind) in [("summary", "summary_text"), ("content", "reasoning_text")] {
                if let Some(parts) = item.get_mut(name).filter(|parts| !parts.is_null()) {
                    as_list(parts, |text| json!({ "type": kind, "text": text }));
                }
            }
        }
        _ => {}
    }
}

/// Changes the type `text`, which other APIs use, to `output_text`.
fn part(part: &mut Map<String, Value>) {
    let is_text = part.get("text").is_some_and(Value::is_string);
    if is_text && part.get("type").is_none_or(|kind| kind.is_null() || kind == "text") {
        part.insert("type".to_owned(), "output_text".into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_found_in_every_form_of_output() {
        for output in [
            json!("Rose"),
            json!(["Rose"]),
            json!({ "type": "message", "content": "Rose" }),
            json!([{ "role": "assistant", "content": ["Ro", "se"] }]),
            json!([null, { "type": "message", "content": [null, { "type": "text", "text": "Rose" }] }]),
            json!([{ "type": "message", "content": { "text": "Rose" } }]),
        ] {
            let response = read(json!({ "id": "r", "output": output })).unwrap();
            let text = super::super::ModelResponse::from(response).text();
            assert_eq!(text, "Rose", "{output}");
        }
        let response = read(json!({ "output": [], "output_text": "Rose" })).unwrap();
        assert!(is_usual(&response));
        assert!(!is_usual(&read(json!({ "output": null })).unwrap()));
    }
}
