//! What the services write into the body of an error.

use http::StatusCode;
use pollinations_api::types::ErrorCode;
use serde_json::Value;

use crate::{
    base::error::{Error, ErrorKind},
    key::{Keyring, MAX_KEY_LENGTH},
};

/// Bytes of an unknown body that an error keeps.
pub(crate) const EXCERPT: usize = 1024;

/// An error body, in whichever of its forms it came.
#[derive(Debug, Default)]
pub(crate) struct ErrorBody {
    pub(crate) message: String,
    pub(crate) code: Option<ErrorCode>,
    pub(crate) request_id: Option<String>,
    pub(crate) details: Option<Value>,
    pub(crate) excerpt: Option<String>,
}

impl ErrorBody {
    /// Reads the service's envelope, `{"error": "text"}`, OpenAI's form, a page of HTML, or nothing at all.
    ///
    /// `fallback` is the message for a body that has none.
    pub(crate) fn parse(bytes: &[u8], fallback: &str, keys: &Keyring) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let text = keys.redact(&text);
        let mut body = match serde_json::from_str::<Value>(&text) {
            Ok(value) => Self::from_json(&value),
            Err(_) => Self { message: title(&text), ..Self::default() },
        };
        if body.message.is_empty() {
            body.message = fallback.to_owned();
            body.excerpt = excerpt(&text);
        }
        body
    }

    /// Why there is no pollen left, where a 402 says so.
    pub(crate) fn reason(&self) -> Option<String> {
        self.details.as_ref()?.get("reason")?.as_str().map(str::to_owned)
    }

    /// Reads an error object, as a response or as an event of a stream has it.
    pub(crate) fn from_json(value: &Value) -> Self {
        let string = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let error = match value.get("error") {
            Some(Value::String(message)) => return Self { message: message.clone(), ..Self::default() },
            Some(error @ Value::Object(_)) => error,
            _ => value,
        };
        let code = match error.get("code") {
            Some(Value::String(code)) => Some(code.clone()),
            // Some gateways put a number there; the type then says more.
            _ => string(error, "type"),
        };
        Self {
            message: string(error, "message").unwrap_or_default(),
            code: code.map(ErrorCode::from),
            request_id: string(error, "requestId"),
            details: error.get("details").filter(|details| !details.is_null()).cloned(),
            excerpt: None,
        }
    }
}

impl Error {
    /// A response that says what is wrong.
    pub(crate) fn api(status: StatusCode, request_id: Option<String>, body: ErrorBody) -> Self {
        let error = Self::new(ErrorKind::Api, body.message).with_status(status).with_code(body.code);
        let error = error.with_request_id(body.request_id.or(request_id));
        error.with_details(body.details).with_body(body.excerpt)
    }

    /// An event of a stream that says what is wrong.
    pub(crate) fn stream(body: ErrorBody) -> Self {
        let error = Self::new(ErrorKind::Stream, body.message).with_code(body.code);
        error.with_request_id(body.request_id).with_details(body.details)
    }
}

impl Keyring {
    /// A body or an event that is not of the type that the document promises. serde's own error repeats the value that
    /// it did not expect, which may be the key: so it goes into the message without it, and is no source.
    pub(crate) fn undecodable(&self, what: &str, error: &serde_json::Error, body: &[u8]) -> Error {
        // What follows does not get into the excerpt.
        let beginning = body.get(..body.len().min(2 * EXCERPT + MAX_KEY_LENGTH)).unwrap_or_default();
        let shown = excerpt(&self.redact(&String::from_utf8_lossy(beginning)));
        let cause = excerpt(&self.redact(&error.to_string())).unwrap_or_default();
        Error::new(ErrorKind::Decode, format!("{what}: {cause}")).with_body(shown)
    }
}

/// The title of a page, which is all that a page of HTML has to say.
fn title(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let Some(start) = lower.find("<title>").map(|at| at + "<title>".len()) else { return String::new() };
    let end = lower.get(start..).and_then(|rest| rest.find("</title>")).map_or(lower.len(), |at| start + at);
    text.get(start..end).map(|title| title.split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or_default()
}

/// The beginning of a text, cut between characters.
pub(crate) fn excerpt(text: &str) -> Option<String> {
    let end = (0..=text.len().min(EXCERPT)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let start = text.get(..end).unwrap_or_default().trim();
    (!start.is_empty()).then(|| start.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> ErrorBody {
        ErrorBody::parse(text.as_bytes(), "fallback", &Keyring::new(None, []))
    }

    #[test]
    fn the_envelope_of_the_service() {
        let body = parse(
            r#"{"status":402,"success":false,"error":{"code":"PAYMENT_REQUIRED","message":"No pollen","timestamp":"t","requestId":"r1","details":{"reason":"key_budget"}}}"#,
        );
        assert_eq!(body.message, "No pollen");
        assert_eq!(body.code, Some(ErrorCode::PaymentRequired));
        assert_eq!(body.request_id.as_deref(), Some("r1"));
        assert_eq!(body.reason().as_deref(), Some("key_budget"));
    }

    #[test]
    fn flat_and_openai_forms() {
        assert_eq!(parse(r#"{"error":"File too large"}"#).message, "File too large");
        let body = parse(r#"{"error":{"message":"Slow down","type":"rate_limit","code":null}}"#);
        assert_eq!(body.message, "Slow down");
        assert_eq!(body.code.unwrap(), "rate_limit");
    }

    #[test]
    fn a_page_of_html_speaks_through_its_title() {
        assert_eq!(parse("<html><head><TITLE>502\n Bad Gateway</TITLE></head>").message, "502 Bad Gateway");
        assert_eq!(parse("<title>cut off").message, "cut off");
    }

    #[test]
    fn what_is_not_understood_is_kept_in_part() {
        let body = parse("upstream connect error");
        assert_eq!((body.message.as_str(), body.excerpt.as_deref()), ("fallback", Some("upstream connect error")));
        assert_eq!(parse("").excerpt, None);
        assert_eq!(parse(&"ü".repeat(2000)).excerpt.unwrap().len(), EXCERPT);
        // Not an object at all.
        assert_eq!(parse("[1,2]").message, "fallback");
    }

    #[test]
    fn the_key_is_taken_out() {
        let keys = Keyring::new(Some("sk_secret123".parse().unwrap()), []);
        let body = ErrorBody::parse(br#"{"error":"unknown key sk_secret123"}"#, "", &keys);
        assert_eq!(body.message, "unknown key [key]");
    }
}
