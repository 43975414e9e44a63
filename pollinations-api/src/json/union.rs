//! Unions: the member is chosen by a tag, or by how well a value matches.

use std::fmt;

use serde::{
    Deserialize,
    de::{Deserializer, Error, MapAccess, SeqAccess, Visitor, value},
};
use serde_json::{Map, Value};

use super::{
    Misfit, Note, Read, kind,
    list::refuse,
    object::{Object, accept, read_map},
    text::gather,
};

/// The fields before a tag.
#[doc(hidden)]
pub type Before = Vec<(String, Value)>;

/// Parses the object that contains a tag.
#[doc(hidden)]
pub trait Tagged: Sized {
    /// The name of the tag.
    const TAG: &'static str;

    /// Parses the variant with this tag. Returns `before` if there is no such variant.
    fn variant<'de, A: MapAccess<'de>>(
        &mut self,
        tag: &str,
        rest: Rest<'_, A>,
    ) -> Result<Result<Note, Before>, A::Error>;

    fn other(map: Map<String, Value>) -> Self;
}

/// The fields after a tag, and those before it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Rest<'a, A> {
    before: Before,
    map: &'a mut A,
}

impl<'de, A: MapAccess<'de>> Rest<'_, A> {
    /// Parses the object of a variant.
    pub fn read<T: Object>(self, slot: &mut T) -> Result<Result<Note, Before>, A::Error> {
        read_map(slot, self.before, self.map).map(Ok)
    }

    /// There is no such variant.
    pub fn unknown(self) -> Result<Result<Note, Before>, A::Error> {
        Ok(Err(self.before))
    }
}

/// Parses a union with a tag.
#[doc(hidden)]
pub fn read_tagged<'de, T: Tagged, D: Deserializer<'de>>(slot: &mut T, deserializer: D) -> Result<Note, D::Error> {
    deserializer.deserialize_any(TaggedVisitor(slot))
}

struct TaggedVisitor<'a, T>(&'a mut T);

impl<'de, T: Tagged> Visitor<'de> for TaggedVisitor<'_, T> {
    type Value = Note;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an object with a field `{}`", T::TAG)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Note, A::Error> {
        let mut before: Before = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            let value: Value = map.next_value()?;
            if key != T::TAG {
                before.push((key, value));
                continue;
            }
            let Some(tag) = value.as_str().map(str::to_owned) else {
                before.push((key, value));
                break;
            };
            before.push((key, value));
            match self.0.variant(&tag, Rest { before, map: &mut map })? {
                Ok(note) => return Ok(note),
                Err(unused) => {
                    before = unused;
                    break;
                }
            }
        }
        let mut object: Map<String, Value> = before.into_iter().collect();
        while let Some((key, value)) = map.next_entry()? {
            object.insert(key, value);
        }
        *self.0 = T::other(object);
        Ok(Note::Fine)
    }

    refuse!(scalars);
    refuse!(lists);
}

/// A union without a tag. The member that matches best is chosen.
#[doc(hidden)]
pub trait Untagged: Sized {
    /// Parses the member that matches best.
    fn pick(&mut self, value: Value) -> Note;
}

/// Parses a union without a tag.
#[doc(hidden)]
pub fn read_untagged<'de, T: Untagged, D: Deserializer<'de>>(slot: &mut T, deserializer: D) -> Result<Note, D::Error> {
    Ok(slot.pick(gather(deserializer)?))
}

/// Whether a type can be parsed from this kind of value.
fn takes<T: Read>(value: &Value) -> bool {
    let bit = match value {
        Value::Null => kind::NULL,
        Value::Bool(_) => kind::BOOL,
        Value::Number(_) => kind::NUMBER,
        Value::String(_) => kind::STRING,
        Value::Array(_) => kind::LIST,
        Value::Object(_) => kind::OBJECT,
    };
    T::KIND & bit != 0
}

/// If a member's mismatch is at least this large, it does not hold all of the value.
const ODD: usize = 1_000_000;

/// The note for a union whose best member has this mismatch.
#[doc(hidden)]
pub fn picked(value: Value, best: Option<usize>) -> Note {
    if best.is_some_and(|best| best >= ODD) { Note::odd(value) } else { Note::Fine }
}

/// Tries a member of a union. `best` is the smallest mismatch so far.
#[doc(hidden)]
pub fn choose<T: Read>(value: &Value, best: &mut Option<usize>) -> Option<T> {
    if *best == Some(0) || !takes::<T>(value) {
        return None;
    }
    let mut member = T::absent();
    let misfit = match member.read(value).ok()? {
        Note::Fine | Note::Marked => member.misfit(),
        Note::Other(misfit) if matches!(*misfit, Misfit::Odd(_)) => ODD + member.misfit(),
        Note::Other(_) => return None,
    };
    if best.is_some_and(|best| best <= misfit) {
        return None;
    }
    *best = Some(misfit);
    Some(member)
}

/// `Deserialize` for types that are not objects.
#[doc(hidden)]
pub fn deserialize_any<'de, T: Read, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let mut value = T::absent();
    accept(value.read(deserializer)?)?;
    Ok(value)
}

/// A body that is parsed leniently.
pub(super) struct Body<T>(pub(super) T);

impl<'de, T: Read> Deserialize<'de> for Body<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_any(deserializer).map(Self)
    }
}
