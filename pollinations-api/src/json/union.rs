//! Unions: the member is chosen by a tag, or by how well a value matches.

use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor, value};
use serde_json::{Map, Value};

use super::{
    Misfit, Note, Read, kind,
    list::refuse,
    object::{Fields, Progress, accept, read_object_value, read_some},
    whole::{add_last, gather, gather_next},
};

/// A union whose members have a tag.
#[doc(hidden)]
pub trait Tagged: Sized {
    /// The name of the tag.
    const TAG: &'static str;

    /// Becomes the variant with this tag, without its fields. Returns `None` if there is no such variant.
    fn select(&mut self, tag: &str) -> Option<&mut dyn Fields>;

    /// Parses the fields of the variant that are left.
    fn rest<'de, A: MapAccess<'de>>(&mut self, progress: Progress, map: &mut A) -> Result<Note, A::Error>;

    fn other(map: Map<String, Value>) -> Self;
}

/// Parses a union with a tag.
#[doc(hidden)]
pub fn read_tagged<'de, T: Tagged, D: Deserializer<'de>>(slot: &mut T, deserializer: D) -> Result<Note, D::Error> {
    deserializer.deserialize_any(TaggedVisitor(slot))
}

/// The same for JSON that has been parsed.
#[doc(hidden)]
pub fn read_tagged_value<T: Tagged>(slot: &mut T, value: &Value) -> Note {
    let Value::Object(map) = value else { return Note::bad(value.clone()) };
    if let Some(fields) = map.get(T::TAG).and_then(Value::as_str).and_then(|tag| slot.select(tag)) {
        return read_object_value(fields, value);
    }
    *slot = T::other(map.clone());
    Note::Fine
}

struct TaggedVisitor<'a, T>(&'a mut T);

impl<'de, T: Tagged> Visitor<'de> for TaggedVisitor<'_, T> {
    type Value = Note;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an object with a field `{}`", T::TAG)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Note, A::Error> {
        let mut before: Vec<(String, Value)> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = gather_next(&mut map)?;
            let is_tag = key == T::TAG && value.is_string();
            before.push((key, value));
            if is_tag {
                break;
            }
        }
        let tag = before.last().filter(|(key, _)| key == T::TAG).and_then(|(_, value)| value.as_str());
        if let Some(fields) = tag.and_then(|tag| self.0.select(tag)) {
            let progress = read_some(fields, before.iter().map(|(key, value)| (key, value)));
            return self.0.rest(progress, &mut map);
        }
        while let Some(key) = map.next_key()? {
            before.push((key, gather_next(&mut map)?));
        }
        let mut object = Map::new();
        for (key, value) in before {
            add_last(&mut object, key, value);
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
    fn pick(&mut self, value: &Value) -> Note;
}

/// Parses a union without a tag.
#[doc(hidden)]
pub fn read_untagged<'de, T: Untagged, D: Deserializer<'de>>(slot: &mut T, deserializer: D) -> Result<Note, D::Error> {
    Ok(slot.pick(&gather(deserializer)?))
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
pub fn picked(value: &Value, best: Option<usize>) -> Note {
    if best.is_some_and(|best| best >= ODD) { Note::odd(value.clone()) } else { Note::Fine }
}

/// Tries a member of a union. `best` is the smallest mismatch so far.
#[doc(hidden)]
pub fn choose<T: Read>(value: &Value, best: &mut Option<usize>) -> Option<T> {
    if *best == Some(0) || !takes::<T>(value) {
        return None;
    }
    let mut member = T::absent();
    let misfit = match member.read_value(value) {
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
