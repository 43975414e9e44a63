//! Parses bytes that are almost JSON.

use std::{borrow::Cow, cell::Cell};

use serde::de::{DeserializeOwned, DeserializeSeed};
use serde_json::Value;

use super::{Read, erased::Erased, object::accept, whole::Whole};

/// Parses a body or an event leniently.
///
/// A list keeps the entries that can be parsed; an object is parsed field by field. Invalid JSON is repaired if
/// possible: a byte order mark is skipped, and invalid UTF-8 and lone surrogates become U+FFFD. Valid JSON is parsed
/// as fast as without repairs.
///
/// # Errors
///
/// An error if the bytes are not JSON even after repairs, the JSON is nested more than 127 levels deep, it has the
/// wrong type (a list for an object), or a field is missing without which it is useless. The message then has the
/// name of the field.
///
/// # Examples
///
/// ```
/// use pollinations_api::{json, types::ModelInfo};
///
/// let models: Vec<ModelInfo> = json::read(br#"[{ "name": "openai" }, 7]"#)?;
/// assert_eq!(models.len(), 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn read<T: Read>(bytes: &[u8]) -> serde_json::Result<T> {
    with_repairs(bytes, |text| {
        let mut value = T::absent();
        read_in_place(&mut value, text)?;
        Ok(value)
    })
}

/// Parses a [`Value`] leniently. Most of its code is part of this crate, so it adds less to your program than
/// `serde_json::from_value`.
///
/// # Errors
///
/// An error if the JSON has the wrong type (a list for an object), or a field is missing without which it is useless.
///
/// # Examples
///
/// ```
/// use pollinations_api::{json, types::ModelInfo};
///
/// let model: ModelInfo = json::read_value(&serde_json::json!({ "name": "openai" }))?;
/// assert_eq!(model.name, "openai");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn read_value<T: Read>(value: &Value) -> serde_json::Result<T> {
    let mut slot = T::absent();
    accept(slot.read_value(value))?;
    Ok(slot)
}

/// Parses a text in place, without repairs. `slot` must be [`Read::absent`]. This is faster for large types that are
/// parsed often, because it avoids moving the value.
///
/// # Errors
///
/// Same as [`read`]. After an error, do not use the value.
#[doc(hidden)]
#[inline]
pub fn read_in_place<T: Read>(slot: &mut T, text: &str) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    accept(slot.read(&mut deserializer)?)?;
    deserializer.end()
}

/// Does the same as [`read`] with less code: it parses the JSON first, with code that all types share. This takes
/// about twice the time.
///
/// # Errors
///
/// Same as [`read`].
#[doc(hidden)]
pub fn read_compactly<T: Read>(bytes: &[u8]) -> serde_json::Result<T> {
    let mut value = T::absent();
    compactly(&mut value, bytes)?;
    Ok(value)
}

fn compactly(slot: &mut dyn Erased, bytes: &[u8]) -> serde_json::Result<()> {
    with_repairs(bytes, |text| {
        let twice = Cell::new(false);
        let last = parsed(text, Whole { first: false, twice: &twice })?;
        if !twice.get() {
            return parse_afresh(slot, &last);
        }
        // If an earlier value of the field matches the document better, it counts.
        let first = parsed(text, Whole { first: true, twice: &twice })?;
        let weight = parse_afresh(slot, &first).map(|()| slot.weight());
        match (parse_afresh(slot, &last), weight) {
            (Ok(()), Ok(weight)) if weight < slot.weight() => parse_afresh(slot, &first),
            (Err(_), Ok(_)) => parse_afresh(slot, &first),
            (result, _) => result,
        }
    })
}

fn parsed(text: &str, whole: Whole<'_>) -> serde_json::Result<Value> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = whole.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

fn parse_afresh(slot: &mut dyn Erased, value: &Value) -> serde_json::Result<()> {
    slot.reset();
    accept(slot.parse(value))
}

/// Parses a body or an event into your own type, with the repairs of [`read`].
///
/// # Errors
///
/// An error if the bytes are not JSON, or do not match the type.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    with_repairs(bytes, |text| serde_json::from_str(text))
}

fn with_repairs<T>(bytes: &[u8], mut parse: impl FnMut(&str) -> serde_json::Result<T>) -> serde_json::Result<T> {
    // Checking all bytes at once is faster than checking each string.
    let first = str::from_utf8(bytes).map(&mut parse);
    match first {
        Ok(Err(error)) if error.is_syntax() => match repaired(bytes) {
            // If parsing fails twice, the first error is about the original bytes.
            Some(text) => parse(&text).map_err(|second| if second.is_syntax() { error } else { second }),
            None => Err(error),
        },
        Ok(result) => result,
        Err(_) => parse(&repaired(bytes).unwrap_or_default()),
    }
}

/// The bytes as text, if they had to be repaired.
#[cold]
fn repaired(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let changed = matches!(text, Cow::Owned(_));
    let whole = text.strip_prefix('\u{feff}').unwrap_or(&text);
    match whole_pairs(whole) {
        Some(text) => Some(text),
        None => (changed || whole.len() != text.len()).then(|| whole.to_owned()),
    }
}

/// The text with lone surrogates replaced, if there are any.
fn whole_pairs(text: &str) -> Option<String> {
    let mut repaired = String::new();
    let mut copied = 0;
    let mut skip_to = 0;
    for (at, _) in text.match_indices('\\') {
        if at < skip_to {
            continue;
        }
        let Some(unit) = escape(text, at) else {
            // An escaped backslash, quotation mark or similar: two bytes.
            skip_to = at + 2;
            continue;
        };
        skip_to = at + 6;
        if (0xD800..0xDC00).contains(&unit) && escape(text, at + 6).is_some_and(|next| (0xDC00..0xE000).contains(&next))
        {
            skip_to = at + 12;
        } else if (0xD800..0xE000).contains(&unit) {
            repaired += text.get(copied..at)?;
            repaired += "\\ufffd";
            copied = at + 6;
        }
    }
    (copied > 0).then(|| repaired + text.get(copied..).unwrap_or_default())
}

/// The code unit of the escape sequence at this position: `\u` and four hexadecimal digits.
fn escape(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> serde_json::Result<Vec<String>> {
        read(bytes)
    }

    #[test]
    fn invalid_utf8_a_byte_order_mark_and_lone_surrogates_are_repaired() {
        assert_eq!(text("\u{feff}[\"\u{fc}\"]".as_bytes()).unwrap(), ["\u{fc}"]);
        assert_eq!(text(b"[\"a\xfcb\"]").unwrap(), ["a\u{fffd}b"]);
        assert_eq!(
            text(br#"["\ud83d", "\ud83d\ude00", "\\ud83d", "\udc00x", "\ud83dx\ud83d\ude00"]"#).unwrap(),
            ["\u{fffd}", "\u{1f600}", "\\ud83d", "\u{fffd}x", "\u{fffd}x\u{1f600}"]
        );
    }

    #[test]
    fn other_invalid_json_is_an_error() {
        for bytes in [&b""[..], b"<html>", b"[\"a\"", b"[\"\\ud83d\" x]", b"\xff"] {
            assert!(text(bytes).is_err(), "{bytes:?}");
        }
        let deep = "[".repeat(100_000);
        assert!(read::<serde_json::Value>(deep.as_bytes()).is_err());
        assert!(text(br#"{"a": 1}"#).unwrap_err().to_string().contains("map"));
    }
}
