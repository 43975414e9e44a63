//! Conversation items.

use serde_json::{Value, json};

use crate::answer::words::count;

/// Why an item is rejected: the parameter and a message.
pub(super) type Problem = (String, String);

/// Validates an item of the client, and adds missing fields.
pub(super) fn complete(item: &Value, id: String) -> Result<Value, Problem> {
    let missing = |name: &str| (format!("item.{name}"), format!("Missing required parameter: 'item.{name}'."));
    let mut item = match item {
        Value::Object(_) => item.clone(),
        _ => return Err(("item".to_owned(), "Missing required parameter: 'item'.".to_owned())),
    };
    match item["type"].as_str() {
        Some("message") => {
            let role = item["role"].as_str().ok_or_else(|| missing("role"))?;
            if !["user", "assistant", "system"].contains(&role) {
                return Err(("item.role".to_owned(), format!("Invalid value: '{role}'.")));
            }
            let content = item["content"].as_array().ok_or_else(|| missing("content"))?;
            for (index, part) in content.iter().enumerate() {
                check_part(part, index)?;
            }
        }
        Some("function_call_output") => {
            for name in ["call_id", "output"] {
                item[name].as_str().ok_or_else(|| missing(name))?;
            }
        }
        Some("function_call") => {
            for name in ["name", "arguments"] {
                item[name].as_str().ok_or_else(|| missing(name))?;
            }
        }
        Some(other) => return Err(("item.type".to_owned(), format!("Invalid value: '{other}'."))),
        None => return Err(missing("type")),
    }
    if !item["id"].is_string() {
        item["id"] = json!(id);
    }
    item["object"] = json!("realtime.item");
    item["status"] = json!("completed");
    Ok(item)
}

fn check_part(part: &Value, index: usize) -> Result<(), Problem> {
    let place = format!("item.content[{index}]");
    let field = match part["type"].as_str() {
        Some("input_text" | "text" | "output_text") => "text",
        Some("input_audio") => "audio",
        Some("input_image") => "image_url",
        Some("output_audio" | "audio") => "transcript",
        Some(other) => return Err((format!("{place}.type"), format!("Invalid value: '{other}'."))),
        None => return Err((format!("{place}.type"), format!("Missing required parameter: '{place}.type'."))),
    };
    match part[field].is_string() {
        true => Ok(()),
        false => Err((format!("{place}.{field}"), format!("Missing required parameter: '{place}.{field}'."))),
    }
}

/// A user message with a recording of this length.
pub(super) fn recording(id: &str, milliseconds: usize) -> Value {
    let transcript = heard(milliseconds);
    json!({
        "id": id,
        "object": "realtime.item",
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": [{ "type": "input_audio", "transcript": transcript }],
    })
}

/// The transcript of a recording: the emulator only tells its length.
#[allow(clippy::cast_precision_loss, reason = "a recording is not that long")]
pub(super) fn heard(milliseconds: usize) -> String {
    format!("A recording of {:.1} s.", milliseconds as f64 / 1000.0)
}

/// Converts an item into a chat message.
pub(super) fn as_message(item: &Value) -> Value {
    match item["type"].as_str() {
        Some("function_call_output") => {
            json!({ "role": "tool", "tool_call_id": item["call_id"], "content": item["output"] })
        }
        Some("function_call") => json!({ "role": "assistant", "content": "" }),
        _ => {
            let parts = item["content"].as_array().into_iter().flatten().map(|part| match part["type"].as_str() {
                Some("input_image") => json!({ "type": "image_url", "image_url": { "url": part["image_url"] } }),
                Some("input_audio" | "output_audio" | "audio") => {
                    let said = part["transcript"].as_str().unwrap_or("A recording.");
                    json!({ "type": "text", "text": said })
                }
                _ => json!({ "type": "text", "text": part["text"] }),
            });
            json!({ "role": item["role"], "content": parts.collect::<Vec<_>>() })
        }
    }
}

/// The text tokens and the audio tokens of an item.
pub(super) fn tokens(item: &Value) -> (u64, u64) {
    let parts = item["content"].as_array().into_iter().flatten();
    let (mut text, mut audio) = (0, 0);
    for part in parts {
        text += part["text"].as_str().map_or(0, count);
        audio += part["transcript"].as_str().map_or(0, count);
    }
    text += item["output"].as_str().map_or(0, count);
    (text, audio)
}
