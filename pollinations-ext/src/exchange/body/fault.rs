//! Detects errors in responses with a success status, and in the events of a stream.

use http::StatusCode;
use serde_json::{Map, Value};

use super::{
    code::code,
    words::{plain_name, reason},
};

/// Whether the body of a successful response is an error. If so, returns the status in the body, if there is one.
pub(crate) fn under_success(value: &Value) -> Option<Option<StatusCode>> {
    is_fault(value).then(|| status(value))
}

/// Whether an event of a stream of chunks is an error.
pub(crate) fn in_event(value: &Value) -> bool {
    is_fault(value)
}

fn is_fault(value: &Value) -> bool {
    match value {
        Value::Object(object) => is_fault_object(object),
        // Some servers stream a list whose first entry is the error.
        Value::Array(entries) => {
            entries.len() == 1 && entries.first().is_some_and(|entry| entry.get("error").is_some_and(says_something))
        }
        _ => false,
    }
}

fn is_fault_object(object: &Map<String, Value>) -> bool {
    let get = |name: &str| object.get(name);
    if get("error").is_some_and(says_something) {
        return true;
    }
    if ["type", "object", "event"].iter().any(|name| get(name).is_some_and(|kind| kind == "error")) {
        return true;
    }
    let base = get("base_resp").and_then(|base| base.get("status_code")).and_then(Value::as_f64);
    if base.is_some_and(|code| code != 0.0) {
        return true;
    }
    let choices = get("choices").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !choices.is_empty() {
        return choices.iter().any(|choice| choice.get("error").is_some_and(says_something));
    }
    get("errors").is_some_and(says_something)
        || get("success").is_some_and(|success| *success == Value::Bool(false))
        || is_flat(object)
}

/// Whether an object is just a code and a message.
fn is_flat(object: &Map<String, Value>) -> bool {
    if has_result(object) {
        return false;
    }
    let says_why = |(name, value): (&String, &Value)| match plain_name(name).as_str() {
        "code" | "errorcode" | "errcode" | "statuscode" => {
            let is_success = value.as_u64().is_some_and(|code| (200..300).contains(&code));
            says_something(value) && !is_success
        }
        // Names that only errors have.
        "detail" | "err" | "errordescription" | "errormessage" | "errormsg" | "errmsg" | "exception"
        | "failurereason" | "fault" | "faultstring" => says_something(value),
        "ok" => *value == Value::Bool(false),
        "status" => {
            let status = value.as_str().unwrap_or_default();
            ["error", "fail", "failed", "failure"].iter().any(|word| status.eq_ignore_ascii_case(word))
        }
        "type" => {
            let kind = value.as_str().unwrap_or_default().to_lowercase();
            kind.contains("error") || kind.contains("exception")
        }
        // AWS uses such names for error events.
        name => name.ends_with("exception") && says_something(value),
    };
    object.iter().any(says_why) && !reason(&Value::Object(object.clone())).is_empty()
}

/// Whether an object has the fields of a result.
fn has_result(object: &Map<String, Value>) -> bool {
    const RESULTS: &[&str] = &["choices", "data", "id", "output", "result", "success", "text", "url", "usage"];
    RESULTS.iter().any(|name| object.get(*name).is_some_and(says_something))
}

/// The message in a body that is not a result, even if it does not describe an error. Empty if there is no message.
pub(super) fn remark(value: &Value) -> String {
    let object = value.as_object().filter(|object| !has_result(object));
    object.map(|_| reason(value)).unwrap_or_default()
}

/// Whether the value of `error` describes an error. `null`, `false`, 0 and empty values do not.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(entries) => !entries.is_empty(),
        Value::Object(object) => !object.is_empty(),
    }
}

/// The status in a body: a number, or the status of a known code.
fn status(value: &Value) -> Option<StatusCode> {
    let error = value.get("error").unwrap_or(&Value::Null);
    let places = [error, value];
    let numbers = places
        .into_iter()
        .flat_map(|place| ["status", "statusCode", "status_code", "code"].iter().filter_map(|name| place.get(*name)));
    let number = numbers
        .into_iter()
        .filter_map(|number| number.as_u64().or_else(|| number.as_str()?.trim().parse().ok()))
        .find(|number| (400..600).contains(number));
    let by_number = number.and_then(|number| StatusCode::from_u16(u16::try_from(number).ok()?).ok());
    by_number.or_else(|| {
        Some(match code(value)?.as_str() {
            "BAD_REQUEST" => StatusCode::BAD_REQUEST,
            "UNAUTHORIZED" => StatusCode::UNAUTHORIZED,
            "PAYMENT_REQUIRED" | "KEY_BUDGET_EXHAUSTED" | "INSUFFICIENT_BALANCE" | "QUEST_POLLEN_ONLY" => {
                StatusCode::PAYMENT_REQUIRED
            }
            "FORBIDDEN" => StatusCode::FORBIDDEN,
            "NOT_FOUND" => StatusCode::NOT_FOUND,
            "RATE_LIMITED" => StatusCode::TOO_MANY_REQUESTS,
            "INTERNAL_ERROR" => StatusCode::INTERNAL_SERVER_ERROR,
            "BAD_GATEWAY" => StatusCode::BAD_GATEWAY,
            "SERVICE_UNAVAILABLE" => StatusCode::SERVICE_UNAVAILABLE,
            "GATEWAY_TIMEOUT" => StatusCode::GATEWAY_TIMEOUT,
            _ => return None,
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn errors_are_recognized_in_every_format() {
        for body in [
            json!({ "error": { "message": "x" } }),
            json!({ "error": "x" }),
            json!({ "error": true, "message": "x" }),
            json!({ "error": { "message": "x" }, "choices": [{ "message": { "content": "y" } }] }),
            json!({ "choices": [{ "error": { "message": "x" } }] }),
            json!({ "choices": null, "base_resp": { "status_code": 1008, "status_msg": "x" } }),
            json!({ "code": "x", "message": "y" }),
            json!({ "code": 429, "message": "y", "details": "z" }),
            json!({ "message": "Overloaded", "type": "overloaded_error" }),
            json!({ "type": "error", "error": {} }),
            json!({ "object": "error", "message": "x", "code": 400 }),
            json!({ "success": false, "errors": [{ "message": "x" }] }),
            json!({ "errors": [{ "message": "x" }] }),
            json!({ "detail": "Not Found" }),
            json!([{ "error": { "message": "x" } }]),
            json!({ "fault": { "faultstring": "x" } }),
            json!({ "errorMessage": "x", "errorType": "T" }),
            json!({ "err": "x" }),
            json!({ "status": "error", "message": "x" }),
            json!({ "event": "error", "data": { "message": "x" } }),
            json!({ "internalServerException": { "message": "x" } }),
        ] {
            assert!(is_fault(&body), "{body}");
        }
    }

    #[test]
    fn other_bodies_are_not_errors() {
        for body in [
            json!({ "choices": [], "error": null }),
            json!({ "choices": [{ "message": { "content": "x" }, "error": null }], "error": false, "errors": [] }),
            json!({ "error": {} }),
            json!({ "base_resp": { "status_code": 0, "status_msg": "success" } }),
            json!({ "success": true, "message": "done" }),
            json!({ "message": "done" }),
            json!({ "status": "processing", "message": "wait" }),
            json!({ "id": "x", "exception": null, "fault": false }),
            json!({ "id": "x", "code": "y", "message": "z" }),
            json!({ "choices": [{ "delta": { "content": "error" } }], "code": 0, "message": "" }),
            json!({ "code": 200, "message": "ok" }),
            json!({ "status": "ok", "type": "info", "message": "connected" }),
            json!({}),
            json!([]),
            json!([{ "name": "flux" }]),
            json!("error"),
            json!(null),
        ] {
            assert!(!is_fault(&body), "{body}");
        }
    }

    #[test]
    fn the_status_is_read_from_the_body_of_a_success() {
        for (body, expected) in [
            (json!({ "status": 402, "error": { "code": "X" } }), Some(402)),
            (json!({ "error": { "code": 429 } }), Some(429)),
            (json!({ "error": { "code": "503" } }), Some(503)),
            (json!({ "error": { "code": "PAYMENT_REQUIRED" } }), Some(402)),
            (json!({ "error": { "code": 1008 } }), None),
            (json!({ "error": "x" }), None),
        ] {
            assert_eq!(under_success(&body).unwrap().map(|status| status.as_u16()), expected, "{body}");
        }
    }
}
