//! Reads and writes JSON that does not match the API document.
//!
//! Every generated type reads leniently: a field that is missing, `null`, of another JSON type, or a number in another
//! form never fails the whole reply. A value that could not be read is kept as JSON in the [`Extra`] of its object, next to
//! unknown fields, and is written back unchanged.
//!
//! Reading is strict in two places. A property that the document marks as essential must be there, because the reply is
//! useless without it. And a type that only ever goes *to* the server must be complete, because a mistake in it is the
//! program's own.

mod builder;
mod extra;
mod joined;
mod list;
mod macros;
mod object;
mod parameter;
mod repair;
mod text;
mod union;
mod value;

pub use extra::Extra;
pub use joined::{Joined, Piped, Spaced};
pub use parameter::Encoded;
pub use repair::{parse, read};

#[doc(hidden)]
pub use serde;

/// What the generated code calls.
#[doc(hidden)]
pub mod support {
    pub use super::{
        builder::Builder,
        object::{
            Object, Source, deserialize, read_object, required_mask, serialize, start, write_constant, write_field,
        },
        parameter::{Deep, add_cookie},
        repair::read_in_place,
        text::{Text, read_text},
        union::{Before, Rest, Tagged, Untagged, choose, deserialize_any, picked, read_tagged, read_untagged},
        {Note, Read, kind},
    };
    pub use serde_json::Value;

    /// Any JSON object.
    pub type Map = serde_json::Map<String, Value>;

    /// How much of an object is not as promised.
    pub fn misfit(extra: &super::Extra) -> usize {
        extra.misfit()
    }
}

use serde::{Serialize, de::Deserializer, ser::SerializeMap};
use serde_json::Value;

/// What came of reading a value.
///
/// This is how a value tells the object that holds it what to keep. Programs do not need it.
#[doc(hidden)]
#[derive(Debug)]
pub enum Note {
    /// As promised.
    Fine,
    /// As promised, in the less usual of two forms: a `null`, an empty list, a number without a fraction.
    Marked,
    /// Not as promised. In a box, so that a note fits into a register.
    Other(Box<Misfit>),
}

/// In which way a value is not as promised.
#[doc(hidden)]
#[derive(Debug)]
pub enum Misfit {
    /// Read, but from something else. The JSON is kept, so that it goes back as it came.
    Odd(Value),
    /// Unreadable. The JSON is kept.
    Bad(Value),
    /// An object that lacks this essential field.
    Lacking(&'static str),
}

impl Note {
    #[cold]
    fn odd(value: Value) -> Self {
        Self::Other(Box::new(Misfit::Odd(value)))
    }

    #[cold]
    fn bad(value: Value) -> Self {
        Self::Other(Box::new(Misfit::Bad(value)))
    }

    #[cold]
    fn lacking(name: &'static str) -> Self {
        Self::Other(Box::new(Misfit::Lacking(name)))
    }
}

/// The JSON types that a Rust type is read from, as bits.
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

/// A type that can be read leniently: every generated type, and scalars, lists, maps and options of them.
///
/// You only need it as a bound, for your own function that calls [`read`].
pub trait Read: Sized + Clone + PartialEq + Serialize {
    /// The JSON types that this is read from.
    #[doc(hidden)]
    const KIND: u8;

    /// Whether the mark of a field says that it was missing, and its value a constant that filled itself in.
    #[doc(hidden)]
    const MARK_IS_ABSENCE: bool = false;

    /// The value of a field that is not there: 0, `false`, an empty text or list, `None`.
    #[doc(hidden)]
    fn absent() -> Self;

    /// Reads a value in place. `self` is the absent value before.
    #[doc(hidden)]
    fn read<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<Note, D::Error>;

    /// Whether an optional field of this value is left out.
    #[doc(hidden)]
    fn is_blank(&self) -> bool {
        false
    }

    /// How badly the value fits its type; to choose between the members of a union.
    #[doc(hidden)]
    fn misfit(&self) -> usize {
        0
    }

    /// Writes a field; `marked` is what [`Note::Marked`] said of it.
    #[doc(hidden)]
    fn write<M: SerializeMap>(&self, map: &mut M, name: &str, _marked: bool) -> Result<(), M::Error> {
        map.serialize_entry(name, self)
    }
}

/// Says at debug level that a field was not as promised; never what it held.
#[cold]
fn report(object: &'static str, field: &str, what: &'static str) {
    tracing::debug!(target: "pollinations_api::json", "{object}.{field} {what}");
}
