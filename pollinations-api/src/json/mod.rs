//! Reads and writes JSON that does not match the API document.
//!
//! All generated types are parsed leniently: a field that is missing, `null`, of another JSON type, or a number in
//! another form never makes the whole reply fail. A value that could not be parsed is kept as JSON in the [`Extra`]
//! of its object, next to unknown fields, and is written back unchanged.
//!
//! Parsing is strict in two cases. A property that the document marks as essential must be there, because the reply
//! is useless without it. And a type that is only *sent* to the server must be complete, because a mistake in it is a
//! mistake of the program.

mod builder;
mod erased;
mod extra;
mod joined;
mod list;
mod macros;
mod object;
mod parameter;
mod receive;
mod repair;
mod text;
mod union;
mod value;
mod whole;
mod written;

pub use extra::Extra;
pub use joined::{Joined, Piped, Spaced};
pub use parameter::Encoded;
pub use repair::{parse, read, read_value};

#[doc(hidden)]
pub use serde;

/// The functions that the generated code calls.
#[doc(hidden)]
pub mod support {
    pub use super::{
        builder::Builder,
        erased::Erased,
        object::{
            Fields, Object, Progress, Shape, deserialize, fields, read_constant, read_next, read_object,
            read_object_value, read_rest, required_mask, start,
        },
        parameter::{Deep, add_cookie},
        receive::receive,
        repair::{read_compactly, read_in_place},
        text::{Text, read_text, read_text_value},
        union::{Tagged, Untagged, choose, deserialize_any, picked, read_tagged, read_tagged_value, read_untagged},
        written::{Node, Writer, serialize},
        {Note, Read, kind},
    };
    pub use crate::prepared::{PrepareError, PreparedRequest, prepared, to_send};
    pub use serde_json::Value;

    /// Any JSON object.
    pub type Map = serde_json::Map<String, Value>;

    /// How much of an object does not match the document.
    pub fn misfit(extra: &super::Extra) -> usize {
        extra.misfit()
    }
}

use serde::{Serialize, de::Deserializer};
use serde_json::Value;

use written::Node;

/// The result of parsing a value.
///
/// A value uses it to tell its object what to keep. Programs do not need it.
#[doc(hidden)]
#[derive(Debug)]
pub enum Note {
    /// The value matches the document.
    Fine,
    /// The value matches, in the less common of two forms: a `null`, an empty list, a number without a fraction.
    Marked,
    /// The value does not match. Boxed, so that a note fits into a register.
    Other(Box<Misfit>),
}

/// How a value differs from the document.
#[doc(hidden)]
#[derive(Debug)]
pub enum Misfit {
    /// The value was parsed, but from a different form. Its JSON is kept, so that it is sent back unchanged.
    Odd(Value),
    /// The value could not be parsed. Its JSON is kept.
    Bad(Value),
    /// The object lacks this essential field.
    Lacking(&'static str),
}

impl Note {
    /// How badly the JSON of a value matches its type.
    fn misfit(&self) -> usize {
        if matches!(self, Self::Other(_)) { extra::MISFIT } else { 0 }
    }

    #[cold]
    fn odd(value: Value) -> Self {
        Self::Other(Box::new(Misfit::Odd(value)))
    }

    #[cold]
    fn bad(value: Value) -> Self {
        Self::Other(Box::new(Misfit::Bad(value)))
    }

    /// The note for a value of another form, and whether it could be parsed.
    #[cold]
    fn odd_or_bad(value: Value, is_odd: bool) -> Self {
        if is_odd { Self::odd(value) } else { Self::bad(value) }
    }

    /// Whether the value can be used, at least in part.
    fn is_usable(&self) -> bool {
        match self {
            Self::Fine | Self::Marked => true,
            Self::Other(misfit) => matches!(**misfit, Misfit::Odd(_)),
        }
    }

    /// The same note if the value can be used, or else the note for a value that could not be parsed.
    fn usable_or_bad(self, value: &Value) -> Self {
        if self.is_usable() { self } else { Self::bad(value.clone()) }
    }

    #[cold]
    fn lacking(name: &'static str) -> Self {
        Self::Other(Box::new(Misfit::Lacking(name)))
    }
}

/// The JSON types that a Rust type is parsed from, as bits.
#[doc(hidden)]
pub mod kind {
    pub const NULL: u8 = 1;
    pub const BOOL: u8 = 2;
    pub const NUMBER: u8 = 4;
    pub const STRING: u8 = 8;
    pub const LIST: u8 = 16;
    pub const OBJECT: u8 = 32;
    pub const ANY: u8 = 63;
}

/// A type that can be parsed leniently: every generated type, and scalars, lists, maps and options.
///
/// You only need it as a bound, for your own functions that call [`read`].
pub trait Read: Sized + Clone + PartialEq + Serialize + 'static {
    /// The JSON types that this type is parsed from.
    #[doc(hidden)]
    const KIND: u8;

    /// Whether a marked field was missing, because its value is a constant with a default.
    #[doc(hidden)]
    const MARK_IS_ABSENCE: bool = false;

    /// The value of a missing field: 0, `false`, an empty text or list, `None`.
    #[doc(hidden)]
    fn absent() -> Self;

    /// Parses a value in place. Before that, `self` is the value of a missing field.
    #[doc(hidden)]
    fn read<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<Note, D::Error>;

    /// The same for JSON that has been parsed.
    #[doc(hidden)]
    fn read_value(&mut self, value: &Value) -> Note;

    /// Whether an optional field with this value is left out.
    #[doc(hidden)]
    fn is_blank(&self) -> bool {
        false
    }

    /// How badly the value matches its type, to choose between the members of a union.
    #[doc(hidden)]
    fn misfit(&self) -> usize {
        0
    }

    /// The JSON of the value.
    #[doc(hidden)]
    fn node(&self) -> Node<'_>;

    /// The JSON of the value of a field. `marked` is whether the field had a [`Note::Marked`].
    #[doc(hidden)]
    fn node_of(&self, _marked: bool) -> Node<'_> {
        self.node()
    }
}

/// Logs at debug level that a field did not match. Never logs its value.
#[cold]
fn report(object: &'static str, field: &str, what: &'static str) {
    tracing::debug!(target: "pollinations_api::json", "{object}.{field} {what}");
}
