//! A quick check, without parsing, whether the body of a successful response can be an error.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::words::is_separator;

/// The maximum length of a name to check, in bytes. A body with a longer name is parsed.
const MAX_NAME: usize = 128;

/// Whether a body may be one that [`under_success`](super::under_success) takes for an error. It returns true for some bodies
/// that are not errors; those have to be parsed.
pub(crate) fn may_be_fault(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii_start();
    matches!(body.first(), Some(b'{' | b'[')) && has_sign(body)
}

/// Whether an object has a name that errors have, or a type or status of an error. Lists do not count as levels: the second
/// level of an object includes the entries of its lists, such as `choices`, and the first level of a list its entries.
fn has_sign(body: &[u8]) -> bool {
    let is_list = body.first() == Some(&b'[');
    let mut depth = 0_u32;
    // Whether the last name says what kind of object this is.
    let mut tells_kind = false;
    let mut bytes = body.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' => depth = depth.saturating_add(1),
            b'}' => depth = depth.saturating_sub(1),
            b'"' => {
                let (word, after) = word(bytes.as_slice());
                bytes = after.iter();
                // Some servers write a space before the colon.
                let is_value = matches!(after, [b',' | b'}' | b']', ..]);
                match depth {
                    1 if is_list && is_error(word, is_value) => return true,
                    1 if is_list || (is_value && !tells_kind) => {}
                    1 => {
                        let Some(name) = plain(word) else { return true };
                        if is_sign(&name) {
                            return true;
                        }
                        tells_kind = !is_value && is_kind(&name);
                    }
                    2 if !is_list && is_error(word, is_value) => return true,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    false
}

/// Whether this is the name `error`, or one with escapes, which may be the same.
fn is_error(word: &[u8], is_value: bool) -> bool {
    !is_value && (word == b"error" || word.contains(&b'\\'))
}

/// A name without separators. `None` if the name is not checked: if it is long, or has escapes or non-ASCII letters.
fn plain(name: &[u8]) -> Option<Cow<'_, [u8]>> {
    let (mut is_odd, mut is_separated) = (name.len() > MAX_NAME, false);
    // Without branches, the compiler vectorizes this.
    for byte in name {
        is_odd |= !byte.is_ascii() | (*byte == b'\\');
        is_separated |= is_separator(char::from(*byte));
    }
    match (is_odd, is_separated) {
        (true, _) => None,
        (false, true) => Some(name.iter().copied().filter(|byte| !is_separator(char::from(*byte))).collect()),
        (false, false) => Some(name.into()),
    }
}

/// The bytes up to the end of a string, and those after it.
#[inline]
fn word(string: &[u8]) -> (&[u8], &[u8]) {
    let Some(end) = memchr(b'"', string) else { return (string, &[]) };
    let (word, after) = split(string, end);
    if word.ends_with(b"\\") { escaped(string) } else { (word, after) }
}

/// The same for a string with escapes: the byte after a backslash does not end it.
fn escaped(string: &[u8]) -> (&[u8], &[u8]) {
    let mut end = 0;
    while let Some(at) = memchr2(b'"', b'\\', string.get(end..).unwrap_or_default()) {
        end += at;
        if string.get(end) == Some(&b'"') {
            return split(string, end);
        }
        end += 2;
    }
    (string, &[])
}

fn split(string: &[u8], end: usize) -> (&[u8], &[u8]) {
    (string.get(..end).unwrap_or_default(), string.get(end + 1..).unwrap_or_default())
}

/// Whether a name says what kind of object this is, or how a call went.
fn is_kind(name: &[u8]) -> bool {
    [b"type".as_slice(), b"object", b"event", b"status"].iter().any(|kind| name.eq_ignore_ascii_case(kind))
}

/// Whether a name or a text occurs in errors. It has no separators.
fn is_sign(word: &[u8]) -> bool {
    let is = |sign: &[u8]| word.eq_ignore_ascii_case(sign);
    // `error`, `failed`, `fault`, `exception`.
    let is_inside = word.windows(3).any(|part| {
        matches!(
            part,
            [b'e' | b'E', b'r' | b'R', b'r' | b'R']
                | [b'f' | b'F', b'a' | b'A', b'i' | b'I' | b'u' | b'U']
                | [b'x' | b'X', b'c' | b'C', b'e' | b'E']
        )
    });
    let end = word.len().checked_sub(4).and_then(|at| word.get(at..)).unwrap_or_default();
    is_inside || end.eq_ignore_ascii_case(b"code") || is(b"ok") || is(b"detail") || is(b"baseresp") || is(b"success")
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{super::under_success, *};

    /// A random object with names and values that occur in errors, and others.
    fn object(depth: u32) -> Value {
        const NAMES: &[&str] = &[
            "error",
            "errors",
            "type",
            "object",
            "event",
            "base_resp",
            "choices",
            "success",
            "code",
            "errorCode",
            "error-code",
            "err_code",
            "status_code",
            "statusCode",
            "detail",
            "err",
            "error_description",
            "errorMessage",
            "error_msg",
            "errmsg",
            "exception",
            "failure_reason",
            "failureReason",
            "fault",
            "faultstring",
            "ok",
            "status",
            "message",
            "__type",
            "$type",
            "_status",
            "_detail",
            "o_k",
            "code_",
            "e-r-r",
            "throttlingException",
            "ValidationException",
            "id",
            "data",
            "model",
            "text",
        ];
        const TEXTS: &[&str] = &[
            "",
            "error",
            "Error",
            "x_error_y",
            "fail",
            "FAILED",
            "failure",
            "api_exception",
            "a \"quoted\" }{ text\\",
            "x",
        ];
        let mut object = Map::new();
        for _ in 0..fastrand::usize(1..5) {
            let value = match fastrand::u8(..7) {
                0 => Value::Null,
                1 => fastrand::bool().into(),
                2 => json!(fastrand::u16(..600)),
                3 if depth > 0 => self::object(depth - 1),
                4 if depth > 0 => (0..fastrand::usize(..3)).map(|_| self::object(depth - 1)).collect(),
                _ => TEXTS[fastrand::usize(..TEXTS.len())].into(),
            };
            object.insert(NAMES[fastrand::usize(..NAMES.len())].to_owned(), value);
        }
        object.into()
    }

    #[test]
    fn no_error_is_ruled_out() {
        fastrand::seed(11);
        let mut errors = 0;
        for round in 0..60_000 {
            let value = if round % 10 == 0 { Value::Array(vec![object(2)]) } else { object(3) };
            let body = if round % 2 == 0 { value.to_string() } else { format!("\u{feff} {value:#}") };
            if under_success(&value).is_some() {
                errors += 1;
                assert!(may_be_fault(body.as_bytes()), "{body}");
            }
        }
        assert!(errors > 3_000, "{errors}");
    }

    #[test]
    fn escapes_and_long_names_are_not_ruled_out() {
        let long = "x".repeat(500);
        for body in [
            r#"{"\u0065rror": {"message": "x"}}"#.to_owned(),
            r#"{"type": "\u0065rror"}"#.to_owned(),
            r#"{"choices": [{"err\u006fr": {"message": "x"}}]}"#.to_owned(),
            r#"[{"\u0065rror": {"message": "x"}}]"#.to_owned(),
            "{\"o\u{212a}\": false, \"message\": \"x\"}".to_owned(),
            format!(r#"{{"{long}Exception": {{"message": "x"}}}}"#),
            format!(r#"{{"type": "{long}error", "message": "x"}}"#),
        ] {
            assert!(under_success(&serde_json::from_str(&body).unwrap()).is_some(), "{body}");
            assert!(may_be_fault(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn ordinary_bodies_are_ruled_out() {
        for body in [
            json!({ "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gemini-fast",
                "choices": [{ "index": 0, "finish_reason": "stop",
                    "message": { "role": "assistant", "content": "{\"error\": \"code\"} \\", "error": 1 } }],
                "usage": { "prompt_tokens": 9, "error_tokens": 0 } }),
            json!({ "object": "list", "data": [{ "object": "embedding", "index": 0, "embedding": [0.25, -1e-7] }] }),
            json!({ "balance": 12.5, "name": "an error" }),
            json!(["openai", "mistral"]),
            json!("error"),
            json!({}),
        ] {
            assert!(!may_be_fault(body.to_string().as_bytes()), "{body}");
        }
        for text in ["", " ", "{", "{\"", "{\"a", "}}}", "[", "<html>error</html>"] {
            assert!(!may_be_fault(text.as_bytes()), "{text}");
        }
    }
}
