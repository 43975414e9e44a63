//! Rules out, without parsing, that the body of a successful response is an error.

use memchr::{memchr, memchr2, memmem};

/// The longest name or value that is looked at, in bytes. Errors have short ones.
const MAX_WORD: usize = 128;

/// Whether a body may be one that [`under_success`](super::under_success) takes for an error. It says so of some bodies that
/// are not: those have to be parsed.
pub(crate) fn may_be_fault(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii_start();
    match body.first() {
        Some(b'{') => has_sign(body),
        Some(b'[') => memmem::find(body, b"\"error\"").is_some(),
        _ => false,
    }
}

/// Whether an object has a name that errors have, or a type or status of an error. Lists do not count as levels, so the
/// second level includes the entries of a list, such as `choices`.
fn has_sign(object: &[u8]) -> bool {
    let mut depth = 0_u32;
    // Whether the name before says what kind of object this is.
    let mut tells_kind = false;
    let mut bytes = object.iter();
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
                    1 if is_value && !tells_kind => {}
                    1 if is_sign(word) => return true,
                    1 => tells_kind = !is_value && is_kind(word),
                    2 if word == b"error" => return true,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    false
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

/// Whether a name or a text occurs in errors, in any case.
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
    let is_code =
        || word.len().checked_sub(4).and_then(|at| word.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(b"code"));
    word.len() <= MAX_WORD
        && (is_inside || is_code() || is(b"ok") || is(b"detail") || is(b"base_resp") || is(b"success"))
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
        for round in 0..200_000 {
            let value = if round % 10 == 0 { Value::Array(vec![object(2)]) } else { object(3) };
            let body = if round % 2 == 0 { value.to_string() } else { format!("\u{feff} {value:#}") };
            if under_success(&value).is_some() {
                errors += 1;
                assert!(may_be_fault(body.as_bytes()), "{body}");
            }
        }
        assert!(errors > 10_000, "{errors}");
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
        for text in ["", " ", "{", "{\"", "{\"a\\", "{\"a", "}}}", "<html>error</html>"] {
            assert!(!may_be_fault(text.as_bytes()), "{text}");
        }
        let long = format!("{{\"{}\": 1}}", "error".repeat(1000));
        assert!(!may_be_fault(long.as_bytes()));
    }
}
