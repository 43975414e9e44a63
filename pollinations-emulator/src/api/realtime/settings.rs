//! The session object, which has the settings of a session.

use serde_json::{Value, json};

use crate::base::clock;

/// The maximum length of a session, in seconds.
const LIFETIME: i64 = 3600;

/// The default length of the silence that ends a turn, in milliseconds.
pub(super) const PATIENCE_MS: u64 = 500;

/// The names that settings had before the API became stable, and where they are now.
const OLDER: &[(&str, &[&str])] = &[
    ("modalities", &["output_modalities"]),
    ("max_response_output_tokens", &["max_output_tokens"]),
    ("turn_detection", &["audio", "input", "turn_detection"]),
    ("input_audio_transcription", &["audio", "input", "transcription"]),
    ("input_audio_format", &["audio", "input", "format", "type"]),
    ("output_audio_format", &["audio", "output", "format", "type"]),
    ("voice", &["audio", "output", "voice"]),
];

/// Why a change is rejected: a code, the parameter, and a message.
pub(super) type Problem = (&'static str, &'static str, &'static str);

/// The settings of a new session.
pub(super) fn fresh(model: &str) -> Value {
    let is_transcription = model.contains("transcribe") || model.contains("scribe");
    let transcription = if is_transcription { json!({ "model": model }) } else { Value::Null };
    let format = json!({ "type": "audio/pcm", "rate": 24_000 });
    json!({
        "type": if is_transcription { "transcription" } else { "realtime" },
        "object": "realtime.session",
        "id": "sess_00000001",
        "model": model,
        "expires_at": clock::unix() + LIFETIME,
        "output_modalities": ["audio"],
        "instructions": "",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": null,
        "prompt": null,
        "truncation": "auto",
        "include": null,
        "audio": {
            "input": {
                "format": format,
                "transcription": transcription,
                "noise_reduction": null,
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.5,
                    "prefix_padding_ms": 300,
                    "silence_duration_ms": PATIENCE_MS,
                    "create_response": !is_transcription,
                    "interrupt_response": true,
                    "idle_timeout_ms": null,
                },
            },
            "output": { "format": format, "voice": "alloy", "speed": 1.0 },
        },
    })
}

/// Applies the `session` of a `session.update`.
pub(super) fn change(session: &mut Value, wanted: &Value, is_older: bool) -> Result<(), Problem> {
    if !wanted.is_object() {
        return Err(("missing_required_parameter", "session", "Missing required parameter: 'session'."));
    }
    let kind = &wanted["type"];
    if kind.is_null() && !is_older {
        return Err(("missing_required_parameter", "session.type", "Missing required parameter: 'session.type'."));
    }
    if !kind.is_null() && *kind != "realtime" && *kind != "transcription" {
        return Err((
            "invalid_value",
            "session.type",
            "Invalid value: 'session.type' must be 'realtime' or 'transcription'.",
        ));
    }
    let known = ["text", "audio"];
    let modalities = wanted.get("output_modalities").or(wanted.get("modalities")).unwrap_or(&Value::Null);
    let unknown = |one: &Value| one.as_str().is_none_or(|one| !known.contains(&one));
    if modalities.as_array().into_iter().flatten().any(unknown) {
        return Err((
            "invalid_value",
            "session.output_modalities",
            "Invalid value: supported modalities are 'text' and 'audio'.",
        ));
    }
    let mut change = wanted.clone();
    if let Some(change) = change.as_object_mut() {
        // The model cannot be changed.
        change.remove("model");
        // Move settings with older names to where they are now.
        for (older, place) in OLDER {
            if let Some(value) = change.remove(*older) {
                merge(session, place.iter().rev().fold(value, |value, name| json!({ *name: value })));
            }
        }
    }
    merge(session, change);
    Ok(())
}

/// Merges a change into a value. Objects are merged field by field, anything else is replaced.
fn merge(value: &mut Value, change: Value) {
    match (value, change) {
        (Value::Object(value), Value::Object(change)) => {
            for (name, change) in change {
                merge(value.entry(name).or_insert(Value::Null), change);
            }
        }
        (value, change) => *value = change,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_any_shape_can_be_applied() {
        let mut session = fresh("openai/gpt-realtime-2.1");
        for wanted in [
            json!({ "audio": "none", "tools": 5 }),
            json!({ "voice": "echo", "turn_detection": null }),
            json!({ "audio": { "input": [] }, "modalities": ["text"] }),
            json!({ "input_audio_transcription": { "model": "whisper-1" } }),
        ] {
            change(&mut session, &wanted, true).unwrap();
        }
        assert_eq!(session["audio"]["input"]["transcription"]["model"], "whisper-1");
        assert_eq!(session["output_modalities"], json!(["text"]));
        assert!(change(&mut session, &json!({}), false).is_err());
    }
}
