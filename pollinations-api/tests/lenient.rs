//! Responses that do not match the document are still read, without losing anything.

use pollinations_api::{
    json::read,
    types::{
        self, AccountBalance, AssistantMessage, ChatCompletion, ChatCompletionChunk, ChatMessage, CompletionUsage,
        FinishReason, ModelInfo, UserMessage,
    },
};
use serde_json::{Value, json};

fn chunk() -> Value {
    json!({
        "id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "openai",
        "choices": [{ "index": 0, "delta": { "role": "assistant", "content": "Hi" }, "finish_reason": null }],
        "usage": null
    })
}

fn decode(value: &Value) -> ChatCompletionChunk {
    read(value.to_string().as_bytes()).unwrap()
}

#[test]
fn a_valid_chunk_survives_a_round_trip() {
    let value = chunk();
    let decoded = decode(&value);
    assert!(decoded.extra().is_empty());
    assert_eq!(serde_json::to_value(&decoded).unwrap(), value);
}

#[test]
fn numbers_are_read_in_every_form_and_other_values_are_kept() {
    for (form, expected) in [(json!(3), 3), (json!(3.0), 3), (json!("3"), 3), (json!("3.0"), 3), (json!(true), 1)] {
        let value = json!({ "prompt_tokens": form, "completion_tokens": 1, "total_tokens": 4 });
        let usage: CompletionUsage = read(value.to_string().as_bytes()).unwrap();
        assert_eq!(usage.prompt_tokens, expected, "{value}");
        assert_eq!(serde_json::to_value(&usage).unwrap(), value);
    }
    for form in [json!(-3), json!(1.5), json!("many"), json!([3]), json!({}), json!(null), json!(1e300)] {
        let value = json!({ "prompt_tokens": form, "completion_tokens": 1, "total_tokens": 4 });
        let usage: CompletionUsage = read(value.to_string().as_bytes()).unwrap();
        assert_eq!((usage.prompt_tokens, usage.total_tokens), (0, 4));
        assert_eq!(usage.extra().get("prompt_tokens"), Some(&form));
        assert_eq!(serde_json::to_value(&usage).unwrap(), value);
    }
    let mut usage: CompletionUsage = read(br#"{ "prompt_tokens": "x", "total_tokens": 4 }"#).unwrap();
    assert_eq!(usage.extra().missing().collect::<Vec<_>>(), ["completion_tokens"]);
    // Values that the program sets are sent, whatever was received.
    usage.prompt_tokens = 7;
    usage.completion_tokens = 1;
    let expected = json!({ "prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 4 });
    assert_eq!(serde_json::to_value(&usage).unwrap(), expected);
}

#[test]
fn numbers_are_written_in_the_form_in_which_they_were_read() {
    for text in [r#"{"balance":1.0}"#, r#"{"balance":1}"#, r#"{"balance":0.5}"#, r#"{"balance":"1"}"#] {
        let balance: AccountBalance = read(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&balance).unwrap(), text);
    }
}

#[test]
fn content_parts_are_joined_into_a_text() {
    let mut value = chunk();
    let parts = json!([{ "type": "thinking", "thinking": "hm" }, { "type": "text", "text": "He" }, { "type": "text", "text": "llo" }]);
    value["choices"][0]["delta"]["content"] = parts.clone();
    let decoded = decode(&value);
    let delta = decoded.choices[0].delta.as_ref().unwrap();
    assert_eq!(delta.content.as_deref(), Some("Hello"));
    assert_eq!(delta.extra().get("content"), Some(&parts));
    assert_eq!(serde_json::to_value(&decoded).unwrap(), value);
}

#[test]
fn lists_skip_entries_that_cannot_be_read() {
    let mut value = chunk();
    value["choices"] = json!([7, value["choices"][0], null, "x"]);
    let decoded = decode(&value);
    assert_eq!(decoded.choices.len(), 1);
    assert_eq!(serde_json::to_value(&decoded).unwrap(), value);
    let models: Vec<ModelInfo> = read(br#"[{ "name": "a" }, 5, { "name": 7 }]"#).unwrap();
    assert_eq!(models.iter().map(|model| model.name.as_str()).collect::<Vec<_>>(), ["a", "7"]);
}

/// A list with an entry that cannot be read is sent back as it was received, unless the program changes something in it.
#[test]
fn a_mismatch_is_sent_back_until_the_program_changes_the_field() {
    let mut value = chunk();
    value["choices"] = json!([{ "index": "0", "delta": { "content": 5, "tool_calls": [{ "index": 0 }, 7] } }, 7]);
    let mut decoded = decode(&value);
    assert_eq!(serde_json::to_value(&decoded).unwrap(), value);
    // The same value again is no change.
    let same = decoded.choices.clone();
    decoded.choices = same;
    assert_eq!(serde_json::to_value(&decoded).unwrap(), value);
    decoded.choices[0].delta.as_mut().unwrap().content = Some("six".to_owned());
    let expected = json!([{ "index": "0", "delta": { "content": "six", "tool_calls": [{ "index": 0 }, 7] } }]);
    assert_eq!(serde_json::to_value(&decoded).unwrap()["choices"], expected);
    decoded.choices.clear();
    assert_eq!(serde_json::to_value(&decoded).unwrap().get("choices"), None, "an optional list that is empty");
}

#[test]
fn unknown_fields_are_kept_and_sent_back() {
    let call = json!({
        "id": "1", "type": "function", "function": { "name": "f", "arguments": "{}" },
        "extra_content": { "google": { "thought_signature": "abc" } }, "cache_mark": { "kept": "yes" }
    });
    let value = json!({ "role": "assistant", "tool_calls": [call] });
    let message: AssistantMessage = serde_json::from_value(value.clone()).unwrap();
    let call = &message.tool_calls[0];
    assert_eq!(call.extra_content.as_ref().unwrap()["google"]["thought_signature"], "abc");
    assert_eq!(call.extra().get("cache_mark").unwrap()["kept"], "yes");
    assert_eq!(serde_json::to_value(ChatMessage::from(message)).unwrap(), value);
}

#[test]
fn programs_can_add_fields() {
    let mut message = UserMessage::new("Hello".to_owned());
    message.extra_mut().insert("mood", 3);
    // A value with the name of a field replaces the field.
    message.extra_mut().insert("name", json!({ "first": "Ada" }));
    let expected = json!({ "role": "user", "content": "Hello", "mood": 3, "name": { "first": "Ada" } });
    assert_eq!(serde_json::to_value(&message).unwrap(), expected);
    assert_eq!(message.extra_mut().remove("mood"), Some(json!(3)));
}

#[test]
fn a_repeated_field_has_its_last_valid_value() {
    let text = br#"{ "id": "a", "id": null, "model": "x", "model": "y", "usage": { "total_tokens": 3 }, "usage": 7 }"#;
    let chunk: ChatCompletionChunk = read(text).unwrap();
    assert_eq!((chunk.id.as_deref(), chunk.model.as_deref()), (Some("a"), Some("y")));
    assert_eq!(chunk.usage.unwrap().total_tokens, 3);
    // A value that is worse than the one before changes nothing, not even how that one is written.
    let text = br#"{ "messages": [], "tools": [{ "type": "google_search", "x": "y" }], "tools": 7, "tools": [[]] }"#;
    let request: types::ChatCompletionRequest = read(text).unwrap();
    assert_eq!(
        serde_json::to_value(&request).unwrap(),
        json!({ "messages": [], "tools": [{ "type": "google_search", "x": "y" }] })
    );
}

#[test]
fn unknown_enum_values_and_missing_fields_are_accepted() {
    let mut value = chunk();
    for (reason, read) in
        [(json!(""), Some("")), (json!("done"), Some("done")), (json!(7), Some("7")), (json!({}), None)]
    {
        value["choices"][0]["finish_reason"] = reason;
        let decoded = decode(&value);
        assert_eq!(decoded.choices[0].finish_reason.as_ref().map(FinishReason::as_str), read);
        assert_eq!(serde_json::to_value(&decoded).unwrap(), value);
    }
    let empty: ChatCompletion = read(br#"{"choices":[]}"#).unwrap();
    assert_eq!(serde_json::to_value(&empty).unwrap(), json!({ "choices": [] }));
    let error = read::<ChatCompletion>(b"{}").unwrap_err().to_string();
    assert!(error.contains("`choices`"), "{error}");
    assert!(read::<ChatCompletion>(b"[]").is_err());
}

#[test]
fn a_request_with_a_missing_field_is_an_error() {
    let error = serde_json::from_str::<ChatMessage>(r#"{ "role": "user" }"#).unwrap_err().to_string();
    assert!(error.contains("missing field `content`"), "{error}");
}

#[test]
fn debug_output_hides_secrets() {
    let created = json!({ "id": "key_1", "key": "sk_0123456789", "name": "x", "again": "sk_0123456789" });
    let created: types::CreatedKey = serde_json::from_value(created).unwrap();
    assert_eq!(created.key, "sk_0123456789");
    let odd: types::CreatedKey =
        serde_json::from_value(json!({ "id": "key_1", "key": "", "name": { "a": "sk_0123456789" } })).unwrap();
    let model = json!({ "name": "x", "title": "x", "bearerToken": "0123456789", "api": "responses", "url": "https://a.example" });
    let model: types::NewMyModel = serde_json::from_value(model).unwrap();
    let builder = types::NewTextModel::builder().bearer_token("0123456789");
    let shown = format!("{created:?} {created:#?} {odd:?} {model:?} {builder:?}");
    assert!(shown.contains("[hidden]") && shown.contains("key_1"), "{shown}");
    assert!(!shown.contains("0123456789"), "{shown}");
}
