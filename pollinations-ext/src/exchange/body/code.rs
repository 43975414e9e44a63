//! Finds the error code in an error body.

use serde_json::{Map, Value};

use super::words::plain_name;

/// The field names for codes, most specific first, in the form of [`plain_name`].
const NAMES: &[&str] = &["code", "errorcode", "errcode", "type", "status", "statuscode", "reason"];

/// Codes that only say that this is an error.
const EMPTY: &[&str] = &["error", "errors", "fail", "failed", "failure", "false", "about:blank", "exception"];

/// The code of an error body.
pub(super) fn code(value: &Value) -> Option<String> {
    let mut layers = Vec::new();
    layers_of(value, &mut layers);
    // From the innermost to the outermost object: the one closest to the reason is the most specific.
    let by_name = layers.iter().rev().find_map(|layer| named(layer, false));
    let by_number = || layers.iter().rev().find_map(|layer| named(layer, true));
    by_name.or_else(by_number).or_else(|| layers.iter().find_map(|layer| spoken(layer)))
}

/// The objects around the reason, from the outermost to the innermost.
fn layers_of<'a>(value: &'a Value, layers: &mut Vec<&'a Map<String, Value>>) {
    let object = match value {
        Value::Object(object) => object,
        Value::Array(entries) if layers.len() < 4 => {
            return entries.first().into_iter().for_each(|first| layers_of(first, layers));
        }
        _ => return,
    };
    if layers.len() >= 4 {
        return;
    }
    layers.push(object);
    let next = ["error", "errors", "base_resp", "choices", "Output"]
        .iter()
        .find_map(|name| object.get(*name).filter(|value| value.is_object() || value.is_array()));
    if let Some(next) = next {
        layers_of(next, layers);
    }
}

/// A code in one of the fields for codes. Numbers only count if `numbers` is set. HTTP statuses never count.
fn named(object: &Map<String, Value>, numbers: bool) -> Option<String> {
    let find = |name: &&str| {
        let values = object.iter().filter(|(key, _)| plain_name(key) == **name).map(|(_, value)| value);
        values.into_iter().find_map(|value| match value {
            // Some servers put a sentence into `code`. Elsewhere, a sentence is not a code.
            Value::String(text) if !numbers => {
                let is_name = *name == "code" || !text.trim().contains(' ');
                (is_name && is_code(text)).then(|| text.trim().to_owned())
            }
            Value::Number(number) if numbers => {
                let is_status = number.as_f64().is_some_and(|number| (100.0..600.0).contains(&number));
                let is_zero = number.as_f64() == Some(0.0);
                (!is_status && !is_zero).then(|| number.to_string())
            }
            _ => None,
        })
    };
    NAMES.iter().filter(|name| !(numbers && **name == "type")).find_map(find)
}

fn is_code(text: &str) -> bool {
    let text = text.trim();
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_status = is_number && text.len() == 3;
    !text.is_empty() && text.len() <= 100 && !is_status && !EMPTY.contains(&text.to_lowercase().as_str())
}

/// A code in place of a message: `"error": "invalid_grant"`.
fn spoken(object: &Map<String, Value>) -> Option<String> {
    let text = object.get("error")?.as_str()?;
    let is_name = text.contains('_') && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_error_code_is_found_in_every_format() {
        for (body, expected) in [
            (json!({ "error": { "code": "A", "type": "b" } }), Some("A")),
            (json!({ "error": { "code": null, "type": "b" } }), Some("b")),
            (json!({ "error": { "code": 429, "type": "b" } }), Some("b")),
            (json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED" } }), Some("RESOURCE_EXHAUSTED")),
            (json!({ "error": { "code": 429 } }), None),
            (json!({ "type": "error", "error": { "type": "overloaded_error" } }), Some("overloaded_error")),
            (json!({ "code": "with words", "error": "text" }), Some("with words")),
            (json!({ "code": "InvalidApiKey", "message": "text" }), Some("InvalidApiKey")),
            (json!({ "__type": "ThrottlingException" }), Some("ThrottlingException")),
            (json!({ "errors": [{ "code": 10000 }] }), Some("10000")),
            (json!({ "base_resp": { "status_code": 1008, "status_msg": "x" } }), Some("1008")),
            (json!({ "error": "invalid_grant", "error_description": "x" }), Some("invalid_grant")),
            (json!({ "error": "Not Found" }), None),
            (json!({ "status": "error", "message": "x" }), None),
            (json!({ "status": 500, "code": "500" }), None),
            (json!([{ "error": { "code": "A" } }]), Some("A")),
            (json!("text"), None),
        ] {
            assert_eq!(code(&body).as_deref(), expected, "{body}");
        }
    }
}
