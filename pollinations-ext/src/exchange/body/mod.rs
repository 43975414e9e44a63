//! Parses the body of an error response, in any format.

mod code;
mod cut;
mod fault;
mod page;
mod signs;
mod words;

use bytes::Bytes;
use http::StatusCode;
use pollinations_api::{json, types::ErrorCode};
use serde_json::Value;

pub(crate) use fault::{in_event, under_success};
pub(crate) use signs::may_be_fault;

use crate::{
    base::{
        error::{Error, ErrorKind},
        sse::Decoder,
    },
    key::{Keyring, MAX_KEY_LENGTH},
};

/// The maximum length in bytes of the body excerpt in an error.
pub(crate) const EXCERPT: usize = 1024;

/// The maximum length of a plain-text message, in characters.
const MAX_LINE: usize = 300;

/// A parsed error body.
#[derive(Debug, Default)]
pub(crate) struct ErrorBody {
    pub(crate) message: String,
    pub(crate) code: Option<ErrorCode>,
    pub(crate) request_id: Option<String>,
    pub(crate) details: Option<Value>,
    pub(crate) excerpt: Option<String>,
}

impl ErrorBody {
    /// Parses a body in any format: the service's envelope, errors of providers and gateways, truncated JSON, an
    /// event of a stream, an HTML page, plain text, or nothing.
    ///
    /// `fallback` is the message if the body has none.
    pub(crate) fn parse(bytes: &[u8], fallback: &str, keys: &Keyring) -> Self {
        let text = keys.redact(&String::from_utf8_lossy(bytes));
        let mut body = match value(&text) {
            Some(value) => Self::from_json(&value),
            None => Self { message: spoken(&text), ..Self::default() },
        };
        if body.message.is_empty() {
            body.message = fallback.to_owned();
        }
        body.excerpt = excerpt(text.trim_start_matches('\u{feff}'));
        body
    }

    /// The reason for a 402, if the body has one.
    pub(crate) fn reason(&self) -> Option<String> {
        self.details.as_ref()?.get("reason")?.as_str().map(str::to_owned)
    }

    fn from_json(value: &Value) -> Self {
        let error = value.get("error").filter(|error| error.is_object());
        let layers = [error, Some(value)];
        let find = |names: &[&str]| {
            let values =
                layers.into_iter().flatten().flat_map(|layer| names.iter().filter_map(|name| layer.get(*name)));
            values.into_iter().find(|value| !value.is_null()).cloned()
        };
        let request_id = find(&["requestId", "request_id", "x-request-id"]);
        let code = code::code(value);
        let reason = words::reason(value);
        Self {
            message: if reason.is_empty() { words::any_sentence(value) } else { reason },
            code: code.map(ErrorCode::from),
            request_id: request_id.and_then(|id| id.as_str().map(str::to_owned)).filter(|id| !id.is_empty()),
            details: find(&["details", "innererror", "metadata"]),
            excerpt: None,
        }
    }
}

/// The JSON of a body, even if it was truncated or is the data of an event.
fn value(text: &str) -> Option<Value> {
    let text = text.trim_start_matches('\u{feff}').trim();
    match text.chars().next()? {
        '{' | '[' | '"' => json::parse(text.as_bytes()).ok().or_else(|| cut::completed(text)),
        _ if text.starts_with("data:") || text.starts_with("event:") => {
            let mut input = Bytes::from(format!("{text}\n\n"));
            let mut decoder = Decoder::new();
            while decoder.advance(&mut input).ok()? {
                if let Ok(value @ Value::Object(_)) = json::parse(decoder.data()) {
                    return Some(value);
                }
            }
            None
        }
        _ => None,
    }
}

/// The message in a body that is not JSON: the title of a page, or the first line.
fn spoken(text: &str) -> String {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('<') {
        return words::one_line(&page::title(text), MAX_LINE);
    }
    // Binary data, such as an image, is not a message. Escape sequences are allowed, because they are removed later.
    let is_binary = |character: char| {
        let is_control = character.is_control() && !character.is_whitespace() && character != '\u{1b}';
        character == char::REPLACEMENT_CHARACTER || is_control
    };
    if text.chars().take(MAX_LINE).any(is_binary) {
        return String::new();
    }
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    // If the first line ends with a colon, it is a heading, and the message is on the next line.
    match lines.next().filter(|_| first.trim_end().ends_with(':')) {
        Some(second) => words::one_line(&format!("{first} {second}"), MAX_LINE),
        None => words::one_line(first, MAX_LINE),
    }
}

impl Error {
    /// The error for an error response.
    pub(crate) fn api(status: StatusCode, request_id: Option<String>, body: ErrorBody) -> Self {
        let error = Self::new(ErrorKind::Api, body.message).with_status(status).with_code(body.code);
        let error = error.with_request_id(body.request_id.or(request_id));
        error.with_details(body.details).with_body(body.excerpt)
    }

    /// The error for an error event in a stream.
    pub(crate) fn stream(body: ErrorBody) -> Self {
        let error = Self::new(ErrorKind::Stream, body.message).with_code(body.code);
        error.with_request_id(body.request_id).with_details(body.details).with_body(body.excerpt)
    }
}

impl Keyring {
    /// The error for a body or an event that does not match the type in the document. Serde's error quotes the
    /// unexpected value, which may be an API key. So the value is removed from the message, and Serde's error is not
    /// kept as the source.
    pub(crate) fn undecodable(&self, what: &str, error: &serde_json::Error, body: &[u8]) -> Error {
        // The part after this is not in the excerpt.
        let beginning = body.get(..body.len().min(2 * EXCERPT + MAX_KEY_LENGTH)).unwrap_or_default();
        let shown = excerpt(&self.redact(&String::from_utf8_lossy(beginning)));
        // For a page or plain text, the text itself is more helpful than the position of the syntax error.
        let is_json = matches!(beginning.trim_ascii_start().first(), Some(b'{' | b'[' | b'"'));
        let said = match is_json {
            true => value(&self.redact(&String::from_utf8_lossy(beginning))).map(|value| fault::remark(&value)),
            false => Some(ErrorBody::parse(beginning, "", self).message),
        };
        let cause = match said.filter(|said| !said.is_empty()) {
            Some(said) if is_json => format!("{}; it says: {said}", self.redact(&error.to_string())),
            Some(said) => format!("it is no JSON: {said}"),
            None => self.redact(&error.to_string()),
        };
        let cause = excerpt(&cause).unwrap_or_default();
        Error::new(ErrorKind::Decode, format!("{what}: {cause}")).with_body(shown)
    }
}

/// The beginning of a text, cut at a character boundary.
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
    fn the_error_envelope_of_the_service_is_read() {
        let body = parse(
            r#"{"status":402,"success":false,"error":{"code":"PAYMENT_REQUIRED","message":"No pollen","timestamp":"t","requestId":"r1","details":{"reason":"key_budget"}}}"#,
        );
        assert_eq!(body.message, "No pollen");
        assert_eq!(body.code, Some(ErrorCode::PaymentRequired));
        assert_eq!(body.request_id.as_deref(), Some("r1"));
        assert_eq!(body.reason().as_deref(), Some("key_budget"));
    }

    #[test]
    fn errors_in_flat_and_openai_formats_are_read() {
        assert_eq!(parse(r#"{"error":"File too large"}"#).message, "File too large");
        let body = parse(r#"{"error":{"message":"Slow down","type":"rate_limit","code":null}}"#);
        assert_eq!(body.message, "Slow down");
        assert_eq!(body.code.unwrap(), "rate_limit");
    }

    #[test]
    fn the_message_of_a_body_that_is_not_json_is_its_first_line_or_title() {
        for (body, message) in [
            ("upstream connect error", "upstream connect error"),
            ("\n\n  first  line\nsecond", "first line"),
            ("<html><title>502 Bad Gateway</title>", "502 Bad Gateway"),
            ("<html>", "fallback"),
            ("event: error\ndata: {\"error\":{\"message\":\"busy\"}}", "busy"),
            ("{\"error\":{\"message\":\"Insufficient bal", "Insufficient bal"),
            ("\u{feff}{\"error\":\"Bad key\"}", "Bad key"),
            ("\u{89}PNG\u{1a}", "fallback"),
            ("", "fallback"),
            ("[1,2]", "fallback"),
        ] {
            assert_eq!(parse(body).message, message, "{body}");
        }
        assert_eq!(parse(&"x".repeat(1000)).message.chars().count(), MAX_LINE + 1);
    }

    #[test]
    fn an_excerpt_of_the_body_is_kept() {
        assert_eq!(parse(r#"{"error":"text"}"#).excerpt.as_deref(), Some(r#"{"error":"text"}"#));
        assert_eq!(parse("").excerpt, None);
        assert_eq!(parse(&"ü".repeat(2000)).excerpt.unwrap().len(), EXCERPT);
    }

    #[test]
    fn details_and_request_id_are_found_outside_the_error_object() {
        let body = parse(r#"{"error":"Internal Server Error","requestId":"r1","details":{"a":1}}"#);
        assert_eq!(body.request_id.as_deref(), Some("r1"));
        assert_eq!(body.details, Some(serde_json::json!({ "a": 1 })));
    }

    #[test]
    fn the_key_is_removed() {
        let keys = Keyring::new(Some("sk_secret123".parse().unwrap()), []);
        let body = ErrorBody::parse(br#"{"error":"unknown key sk_secret123"}"#, "", &keys);
        assert_eq!(body.message, "unknown key [key]");
    }
}
