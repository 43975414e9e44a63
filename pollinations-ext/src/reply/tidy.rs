//! Repairs whole replies, so that they can be sent back with the next turn.

use pollinations_api::{
    json::Extra,
    types::{ChatCompletion, ReplyMessage, ToolCall},
};
use serde_json::{Value, json};

use super::parts::usage;
use crate::base::json::read_value;

/// Converts arguments that are objects into text, adds missing call IDs, and completes the usage.
pub(super) fn completion(completion: &mut ChatCompletion) {
    if let Some(used) = &mut completion.usage {
        usage::complete(used);
    }
    for choice in &mut completion.choices {
        if choice.message.is_none() {
            choice.message = elsewhere(choice.extra());
        }
        let Some(calls) = choice.message.as_mut().and_then(|message| message.tool_calls.as_mut()) else { continue };
        for (number, call) in calls.iter_mut().enumerate() {
            call_of(call, number);
        }
    }
}

/// The message of a choice that has none in its place: the delta of a chunk, or a bare text.
fn elsewhere(extra: &Extra) -> Option<ReplyMessage> {
    let of_text = |text: &str| json!({ "role": "assistant", "content": text });
    let message = match (extra.get("delta"), extra.get("message"), extra.get("text")) {
        (Some(delta @ Value::Object(_)), ..) => delta.clone(),
        (Some(Value::String(text)), ..) | (_, Some(Value::String(text)), _) | (.., Some(Value::String(text))) => {
            of_text(text)
        }
        _ => return None,
    };
    read_value(&message).ok()
}

fn call_of(call: &mut ToolCall, number: usize) {
    if call.id.is_empty() {
        call.id = format!("call_{number}");
    }
    if let Some(object @ (Value::Object(_) | Value::Array(_))) = call.function.extra().get("arguments") {
        let arguments = object.to_string();
        call.function.extra_mut().remove("arguments");
        call.function.arguments = arguments;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_in_an_unusual_place_is_found() {
        for choice in [
            json!({ "delta": { "content": "Rose" } }),
            json!({ "delta": "Rose" }),
            json!({ "message": "Rose" }),
            json!({ "text": "Rose", "message": null }),
        ] {
            let mut reply = serde_json::from_value(json!({ "choices": [choice] })).unwrap();
            completion(&mut reply);
            assert_eq!(reply.choices[0].message.as_ref().unwrap().content.as_deref(), Some("Rose"), "{choice}");
        }
    }

    #[test]
    fn tool_calls_get_an_id_and_text_arguments() {
        let calls = json!([{ "function": { "name": "f", "arguments": { "text": "x" } } }, { "id": "b", "function": { "name": "g" } }]);
        let mut reply = serde_json::from_value(json!({ "choices": [{ "message": { "tool_calls": calls } }] })).unwrap();
        completion(&mut reply);
        let calls = reply.choices[0].message.as_ref().unwrap().tool_calls.as_ref().unwrap();
        assert_eq!((calls[0].id.as_str(), calls[0].function.arguments.as_str()), ("call_0", r#"{"text":"x"}"#));
        assert_eq!((calls[1].id.as_str(), calls[1].function.arguments.as_str()), ("b", ""));
        let sent = serde_json::to_value(&calls[0]).unwrap();
        assert_eq!(sent["function"]["arguments"], json!(r#"{"text":"x"}"#));
    }
}
