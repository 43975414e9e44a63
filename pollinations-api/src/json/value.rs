//! Parses numbers, booleans and any JSON.

use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor, value};
use serde_json::{Map, Value};

use super::{Node, Note, Read, kind, whole::gather};

/// Up to this number, every integer has an exact `f64`.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A type that is parsed from a scalar.
trait Scalar: Sized {
    fn from_bool(value: bool) -> (Option<Self>, bool);
    fn from_i64(value: i64) -> (Option<Self>, bool);
    fn from_u64(value: u64) -> (Option<Self>, bool);
    fn from_f64(value: f64) -> (Option<Self>, bool);
    fn from_text(text: &str) -> Option<Self>;
    /// Whether an integer is the less common form.
    const MARKS_INTEGERS: bool = false;
}

macro_rules! integer {
    ($name:ident, $node:ident) => {
        impl Scalar for $name {
            fn from_bool(value: bool) -> (Option<Self>, bool) {
                (Some(value.into()), false)
            }

            fn from_i64(value: i64) -> (Option<Self>, bool) {
                (value.try_into().ok(), true)
            }

            fn from_u64(value: u64) -> (Option<Self>, bool) {
                (value.try_into().ok(), true)
            }

            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
            fn from_f64(value: f64) -> (Option<Self>, bool) {
                let fits = value.fract() == 0.0 && value.abs() <= EXACT && (value >= 0.0 || $name::MIN != 0);
                (fits.then_some(value as $name), false)
            }

            fn from_text(text: &str) -> Option<Self> {
                let text = text.trim();
                text.parse().ok().or_else(|| Self::from_f64(text.parse().ok()?).0)
            }
        }

        scalar!($name, kind::NUMBER, 0, $node);
    };
}

macro_rules! scalar {
    ($name:ident, $kind:expr, $absent:expr, $node:ident) => {
        impl Read for $name {
            const KIND: u8 = $kind;

            fn absent() -> Self {
                $absent
            }

            fn read<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<Note, D::Error> {
                deserializer.deserialize_any(ScalarVisitor(self))
            }

            fn read_value(&mut self, value: &Value) -> Note {
                read_scalar(self, value)
            }

            fn node(&self) -> Node<'_> {
                Node::$node(*self)
            }
        }
    };
}

integer!(i64, Signed);
integer!(u64, Unsigned);

impl Scalar for bool {
    fn from_bool(value: bool) -> (Option<Self>, bool) {
        (Some(value), true)
    }

    fn from_i64(value: i64) -> (Option<Self>, bool) {
        (u64::try_from(value).ok().and_then(|value| Self::from_u64(value).0), false)
    }

    fn from_u64(value: u64) -> (Option<Self>, bool) {
        (
            match value {
                0 => Some(false),
                1 => Some(true),
                _ => None,
            },
            false,
        )
    }

    fn from_f64(value: f64) -> (Option<Self>, bool) {
        (
            if value == 0.0 {
                Some(false)
            } else if value == 1.0 {
                Some(true)
            } else {
                None
            },
            false,
        )
    }

    fn from_text(text: &str) -> Option<Self> {
        match text.trim() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }
    }
}

scalar!(bool, kind::BOOL, false, Bool);

impl Scalar for f64 {
    const MARKS_INTEGERS: bool = true;

    fn from_bool(value: bool) -> (Option<Self>, bool) {
        (Some(if value { 1.0 } else { 0.0 }), false)
    }

    #[allow(clippy::cast_precision_loss, reason = "the original JSON is kept if the number does not fit")]
    fn from_i64(value: i64) -> (Option<Self>, bool) {
        (Some(value as Self), value.unsigned_abs() <= EXACT as u64)
    }

    #[allow(clippy::cast_precision_loss, reason = "the original JSON is kept if the number does not fit")]
    fn from_u64(value: u64) -> (Option<Self>, bool) {
        (Some(value as Self), value <= EXACT as u64)
    }

    fn from_f64(value: f64) -> (Option<Self>, bool) {
        (Some(value), true)
    }

    fn from_text(text: &str) -> Option<Self> {
        text.trim().parse().ok().filter(|value: &Self| value.is_finite())
    }
}

impl Read for f64 {
    const KIND: u8 = kind::NUMBER;

    fn absent() -> Self {
        0.0
    }

    fn read<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<Note, D::Error> {
        deserializer.deserialize_any(ScalarVisitor(self))
    }

    fn read_value(&mut self, value: &Value) -> Note {
        read_scalar(self, value)
    }

    fn node(&self) -> Node<'_> {
        Node::Float(*self)
    }

    fn node_of(&self, marked: bool) -> Node<'_> {
        if marked && self.fract() == 0.0 && self.abs() <= EXACT {
            #[allow(clippy::cast_possible_truncation, reason = "checked")]
            return Node::Signed(*self as i64);
        }
        self.node()
    }
}

fn read_scalar<T: Scalar>(slot: &mut T, value: &Value) -> Note {
    let visitor = ScalarVisitor(slot);
    match value {
        Value::Bool(value) => visitor.bool(*value),
        Value::String(text) => visitor.text(text),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(value), _, _) => visitor.u64(value),
            (_, Some(value), _) => visitor.i64(value),
            (_, _, Some(value)) => visitor.f64(value),
            _ => Note::bad(value.clone()),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => Note::bad(value.clone()),
    }
}

struct ScalarVisitor<'a, T>(&'a mut T);

impl<T: Scalar> ScalarVisitor<'_, T> {
    fn bool(self, value: bool) -> Note {
        self.take(T::from_bool(value), value, Note::Fine)
    }

    fn i64(self, value: i64) -> Note {
        self.take(T::from_i64(value), value, Self::INTEGER)
    }

    fn u64(self, value: u64) -> Note {
        self.take(T::from_u64(value), value, Self::INTEGER)
    }

    fn f64(self, value: f64) -> Note {
        self.take(T::from_f64(value), value, Note::Fine)
    }

    fn text(self, text: &str) -> Note {
        self.take((T::from_text(text), false), text, Note::Fine)
    }
}

impl<T: Scalar> ScalarVisitor<'_, T> {
    const INTEGER: Note = if T::MARKS_INTEGERS { Note::Marked } else { Note::Fine };

    fn take(self, (read, usual): (Option<T>, bool), raw: impl Into<Value>, note: Note) -> Note {
        match read {
            Some(value) => {
                *self.0 = value;
                if usual { note } else { Note::odd(raw.into()) }
            }
            None => Note::bad(raw.into()),
        }
    }
}

impl<'de, T: Scalar> Visitor<'de> for ScalarVisitor<'_, T> {
    type Value = Note;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number or a truth value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Note, E> {
        Ok(self.bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Note, E> {
        Ok(self.i64(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Note, E> {
        Ok(self.u64(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Note, E> {
        Ok(self.f64(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Note, E> {
        Ok(self.text(text))
    }

    fn visit_unit<E: Error>(self) -> Result<Note, E> {
        Ok(Note::bad(Value::Null))
    }

    fn visit_none<E: Error>(self) -> Result<Note, E> {
        Ok(Note::bad(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Note, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Note, A::Error> {
        gather(value::SeqAccessDeserializer::new(list)).map(Note::bad)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Note, A::Error> {
        gather(value::MapAccessDeserializer::new(map)).map(Note::bad)
    }
}

/// Any JSON.
impl Read for Value {
    const KIND: u8 = kind::ANY;

    fn absent() -> Self {
        Self::Null
    }

    fn read<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<Note, D::Error> {
        *self = gather(deserializer)?;
        Ok(Note::Fine)
    }

    fn read_value(&mut self, value: &Value) -> Note {
        self.clone_from(value);
        Note::Fine
    }

    fn node(&self) -> Node<'_> {
        Node::Any(self)
    }
}

/// Any JSON object.
impl Read for Map<String, Value> {
    const KIND: u8 = kind::OBJECT;

    fn absent() -> Self {
        Self::new()
    }

    fn read<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<Note, D::Error> {
        Ok(match gather(deserializer)? {
            Value::Object(map) => {
                *self = map;
                if self.is_empty() { Note::Marked } else { Note::Fine }
            }
            other => Note::bad(other),
        })
    }

    fn read_value(&mut self, value: &Value) -> Note {
        let Value::Object(map) = value else { return Note::bad(value.clone()) };
        self.clone_from(map);
        if self.is_empty() { Note::Marked } else { Note::Fine }
    }

    fn is_blank(&self) -> bool {
        self.is_empty()
    }

    fn node(&self) -> Node<'_> {
        Node::AnyObject(self)
    }
}
