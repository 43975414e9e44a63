//! Parses texts and open enumerations from any value that contains a text.

use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor, value};
use serde_json::Value;

use super::{Node, Note, Read, kind, whole::gather};

/// A type created from a text: a `String` or an open enumeration.
#[doc(hidden)]
pub trait Text: Sized {
    /// From a borrowed text.
    fn borrowed(text: &str) -> Self;
    /// From an owned text.
    fn owned(text: String) -> Self;
}

impl Text for String {
    fn borrowed(text: &str) -> Self {
        text.to_owned()
    }

    fn owned(text: String) -> Self {
        text
    }
}

impl Read for String {
    const KIND: u8 = kind::STRING;
    const MARK_IS_ABSENCE: bool = true;

    fn absent() -> Self {
        Self::new()
    }

    fn read<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<Note, D::Error> {
        read_text(self, deserializer)
    }

    fn read_value(&mut self, value: &Value) -> Note {
        read_text_value(self, value)
    }

    fn node(&self) -> Node<'_> {
        Node::Text(self)
    }
}

/// Parses a text.
#[doc(hidden)]
pub fn read_text<'de, T: Text, D: Deserializer<'de>>(slot: &mut T, deserializer: D) -> Result<Note, D::Error> {
    deserializer.deserialize_any(TextVisitor(slot))
}

/// The same for JSON that has been parsed.
#[doc(hidden)]
pub fn read_text_value<T: Text>(slot: &mut T, value: &Value) -> Note {
    match value {
        Value::String(text) => {
            *slot = T::borrowed(text);
            Note::Fine
        }
        _ => other(slot, value.clone()),
    }
}

/// Parses a value that is not a text but may contain one.
#[cold]
fn other<T: Text>(slot: &mut T, value: Value) -> Note {
    let text = text_in(&value);
    let is_odd = text.is_some();
    if let Some(text) = text {
        *slot = T::owned(text);
    }
    Note::odd_or_bad(value, is_odd)
}

/// The text of a value that is not a text.
fn text_in(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts.iter().filter_map(part_text).collect();
            (!texts.is_empty()).then(|| texts.concat())
        }
        Value::Object(_) => part_text(value).map(str::to_owned),
        _ => None,
    }
}

struct TextVisitor<'a, T>(&'a mut T);

/// The text of a content part: `{"type": "text", "text": "…"}`, or a string. Parts of another type, such as thinking,
/// do not count.
fn part_text(part: &Value) -> Option<&str> {
    if let Value::String(text) = part {
        return Some(text);
    }
    let kind = part.get("type").and_then(Value::as_str);
    if !matches!(kind, None | Some("text" | "output_text" | "input_text")) {
        return None;
    }
    let text = part.get("text")?;
    // OpenAI's assistants use `{"text": {"value": "…"}}`.
    text.as_str().or_else(|| text.get("value")?.as_str())
}

impl<'de, T: Text> Visitor<'de> for TextVisitor<'_, T> {
    type Value = Note;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Note, E> {
        *self.0 = T::borrowed(text);
        Ok(Note::Fine)
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Note, E> {
        *self.0 = T::owned(text);
        Ok(Note::Fine)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Note, E> {
        Ok(other(self.0, value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Note, E> {
        Ok(other(self.0, value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Note, E> {
        Ok(other(self.0, value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Note, E> {
        Ok(other(self.0, value.into()))
    }

    fn visit_unit<E: Error>(self) -> Result<Note, E> {
        Ok(Note::bad(Value::Null))
    }

    fn visit_none<E: Error>(self) -> Result<Note, E> {
        Ok(Note::bad(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Note, D::Error> {
        read_text(self.0, deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Note, A::Error> {
        Ok(other(self.0, gather(value::SeqAccessDeserializer::new(list))?))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Note, A::Error> {
        Ok(other(self.0, gather(value::MapAccessDeserializer::new(map))?))
    }
}
