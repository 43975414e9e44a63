//! Parses objects in a single pass over their fields, in place. Values that do not match go to the [`Extra`].

use std::fmt;

use serde::{
    Serializer,
    de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor, value},
    ser::SerializeMap,
};
use serde_json::Value;

use super::{
    Extra, Misfit, Note, Read,
    list::{Slot, refuse},
    report,
    text::gather,
};

/// A generated object. The build script writes the implementations.
#[doc(hidden)]
pub trait Object: Read {
    /// The name of the type.
    const NAME: &'static str;
    /// The names of the fields in JSON, by index.
    const FIELDS: &'static [&'static str];
    /// The required fields.
    const REQUIRED: &'static [usize];
    /// The fields with a constant value that may be missing.
    const OPTIONAL_CONSTANTS: &'static [usize];
    /// The fields without which the object is useless.
    const ESSENTIAL: &'static [usize];
    /// The fields that a builder requires.
    const BUILDER_REQUIRED: &'static [&'static str];
    /// Whether only programs write the object, so that it is parsed strictly.
    const STRICT: bool;
    /// The bits of `REQUIRED` and `OPTIONAL_CONSTANTS` among the first 64 fields.
    const MASK: u64;

    fn field(name: &str) -> Option<usize>;
    /// Parses a field. `again` is true if the field occurred before.
    fn read_field<'de, S: Source<'de>>(&mut self, index: usize, source: S, again: bool) -> Result<Note, S::Error>;
    /// Sets a field to its constant value, if it has one.
    fn fill(&mut self, index: usize);
    fn write_fields<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
    fn extra_ref(&self) -> &Extra;
    fn extra_slot(&mut self) -> &mut Extra;
}

/// Indices as bits.
#[doc(hidden)]
pub const fn required_mask(required: &[usize], constants: &[usize]) -> u64 {
    const fn bits(indices: &[usize]) -> u64 {
        let mut mask = 0;
        let mut at = 0;
        while at < indices.len() {
            if indices[at] < 64 {
                mask |= 1 << indices[at];
            }
            at += 1;
        }
        mask
    }
    bits(required) | bits(constants)
}

/// The source of a field's value.
#[doc(hidden)]
pub trait Source<'de> {
    type Error: Error;
    fn read<T: Read>(self, slot: &mut T) -> Result<Note, Self::Error>;
    /// Parses a text that should be this constant.
    fn constant(self, expected: &'static str) -> Result<Note, Self::Error>;
}

struct FromMap<'a, A>(&'a mut A);

impl<'de, A: MapAccess<'de>> Source<'de> for FromMap<'_, A> {
    type Error = A::Error;

    #[inline]
    fn read<T: Read>(self, slot: &mut T) -> Result<Note, A::Error> {
        self.0.next_value_seed(Slot(slot))
    }

    fn constant(self, expected: &'static str) -> Result<Note, A::Error> {
        self.0.next_value_seed(Constant(expected))
    }
}

struct FromValue(Value);

impl<'de> Source<'de> for FromValue {
    type Error = serde_json::Error;

    fn read<T: Read>(self, slot: &mut T) -> Result<Note, serde_json::Error> {
        slot.read(self.0)
    }

    fn constant(self, expected: &'static str) -> Result<Note, serde_json::Error> {
        Constant(expected).deserialize(self.0)
    }
}

#[derive(Clone, Copy)]
struct Constant(&'static str);

impl<'de> DeserializeSeed<'de> for Constant {
    type Value = Note;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Note, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Constant {
    type Value = Note;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Note, E> {
        Ok(if text == self.0 { Note::Fine } else { Note::bad(text.into()) })
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Note, E> {
        Ok(Note::bad(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Note, E> {
        Ok(Note::bad(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Note, E> {
        Ok(Note::bad(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Note, E> {
        Ok(Note::bad(value.into()))
    }

    fn visit_unit<E: Error>(self) -> Result<Note, E> {
        Ok(Note::bad(Value::Null))
    }

    fn visit_none<E: Error>(self) -> Result<Note, E> {
        Ok(Note::bad(Value::Null))
    }

    refuse!(lists);
    refuse!(objects);
}

/// The fields that have been parsed.
#[derive(Default)]
struct Seen {
    first: u64,
    /// The fields from the 65th on.
    rest: Vec<usize>,
}

impl Seen {
    /// Adds a field. Returns whether it was already there.
    #[inline]
    fn add(&mut self, index: usize) -> bool {
        if index < 64 {
            let before = self.first >> index & 1 == 1;
            self.first |= 1 << index;
            return before;
        }
        let before = self.rest.contains(&index);
        if !before {
            self.rest.push(index);
        }
        before
    }

    fn has(&self, index: usize) -> bool {
        if index < 64 { self.first >> index & 1 == 1 } else { self.rest.contains(&index) }
    }
}

enum Key {
    Known(usize),
    Unknown(String),
}

struct KeySeed<T>(std::marker::PhantomData<T>);

impl<'de, T: Object> DeserializeSeed<'de> for KeySeed<T> {
    type Value = Key;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<T: Object> Visitor<'_> for KeySeed<T> {
    type Value = Key;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a field")
    }

    #[inline]
    fn visit_str<E: Error>(self, name: &str) -> Result<Key, E> {
        Ok(match T::field(name) {
            Some(index) => Key::Known(index),
            None => Key::Unknown(name.to_owned()),
        })
    }
}

struct ObjectVisitor<'a, T>(&'a mut T);

impl<'de, T: Object> Visitor<'de> for ObjectVisitor<'_, T> {
    type Value = Note;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Note, A::Error> {
        read_rest(self.0, Seen::default(), None, &mut map)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Note, D::Error> {
        deserializer.deserialize_any(self)
    }

    refuse!(scalars);
    refuse!(lists);
}

/// An object with only its constants set.
#[doc(hidden)]
pub fn start<T: Object>() -> T {
    let mut object = T::absent();
    (0..T::FIELDS.len()).for_each(|index| object.fill(index));
    object
}

/// Parses an object in place.
#[doc(hidden)]
pub fn read_object<'de, T: Object, D: Deserializer<'de>>(slot: &mut T, deserializer: D) -> Result<Note, D::Error> {
    deserializer.deserialize_any(ObjectVisitor(slot))
}

/// Parses the fields in `before`, which were read earlier, and then the others.
pub(super) fn read_map<'de, T: Object, A: MapAccess<'de>>(
    slot: &mut T,
    before: Vec<(String, Value)>,
    map: &mut A,
) -> Result<Note, A::Error> {
    let mut seen = Seen::default();
    // The first field of a strict object that does not match.
    let mut broken = None;
    for (name, value) in before {
        let Some(index) = T::field(&name) else {
            slot.extra_slot().keep_unknown(name, value);
            continue;
        };
        if seen.add(index) {
            read_again(slot, index, value);
        } else {
            let note = slot.read_field(index, FromValue(value), false).map_err(A::Error::custom)?;
            keep(slot, index, note, &mut broken);
        }
    }
    read_rest(slot, seen, broken, map)
}

/// Reads the fields that have not been `seen`. `broken` is the first field of a strict object that is not as promised.
fn read_rest<'de, T: Object, A: MapAccess<'de>>(
    slot: &mut T,
    mut seen: Seen,
    mut broken: Option<&'static str>,
    map: &mut A,
) -> Result<Note, A::Error> {
    while let Some(key) = map.next_key_seed(KeySeed::<T>(std::marker::PhantomData))? {
        match key {
            Key::Known(index) => {
                if seen.add(index) {
                    let value = map.next_value()?;
                    read_again(slot, index, value);
                    continue;
                }
                match slot.read_field(index, FromMap(map), false)? {
                    Note::Fine => {}
                    Note::Marked => slot.extra_slot().mark(index),
                    note => keep(slot, index, note, &mut broken),
                }
            }
            Key::Unknown(name) => {
                let value = map.next_value()?;
                slot.extra_slot().keep_unknown(name, value);
            }
        }
    }
    if broken.is_none() && seen.first & T::MASK == T::MASK && T::FIELDS.len() <= 64 {
        return Ok(Note::Fine);
    }
    Ok(finish(slot, &seen, broken))
}

/// Keeps a value that does not match.
fn keep<T: Object>(slot: &mut T, index: usize, note: Note, broken: &mut Option<&'static str>) {
    let name = T::FIELDS.get(index).copied().unwrap_or_default();
    let essential = T::STRICT || T::ESSENTIAL.contains(&index);
    match note {
        Note::Fine => {}
        Note::Marked => slot.extra_slot().mark(index),
        Note::Other(misfit) => match *misfit {
            Misfit::Odd(value) => {
                report(T::NAME, name, "is of another type than promised");
                slot.extra_slot().keep_raw(name, Some(value));
                if T::STRICT {
                    broken.get_or_insert(name);
                }
            }
            Misfit::Bad(value) => {
                report(T::NAME, name, "cannot be read");
                slot.fill(index);
                slot.extra_slot().keep_raw(name, Some(value));
                if essential {
                    broken.get_or_insert(name);
                }
            }
            Misfit::Lacking(inner) => {
                report(T::NAME, name, "lacks an essential field");
                if essential {
                    broken.get_or_insert(inner);
                }
            }
        },
    }
}

/// Parses a field that occurred before. The last value that is not empty counts.
#[cold]
fn read_again<T: Object>(slot: &mut T, index: usize, value: Value) {
    let name = T::FIELDS.get(index).copied().unwrap_or_default();
    report(T::NAME, name, "is there twice");
    if value.is_null() {
        return;
    }
    let before = slot.clone();
    slot.extra_slot().forget(index, name);
    match slot.read_field(index, FromValue(value), true) {
        Ok(Note::Other(misfit)) if !matches!(*misfit, Misfit::Odd(_)) => *slot = before,
        Ok(note) => keep(slot, index, note, &mut None),
        Err(_) => *slot = before,
    }
}

/// Finds missing fields.
#[cold]
fn finish<T: Object>(slot: &mut T, seen: &Seen, mut broken: Option<&'static str>) -> Note {
    for index in T::OPTIONAL_CONSTANTS.iter().filter(|index| !seen.has(**index)) {
        slot.fill(*index);
        slot.extra_slot().mark(*index);
    }
    for index in T::REQUIRED.iter().filter(|index| !seen.has(**index)) {
        let name = T::FIELDS.get(*index).copied().unwrap_or_default();
        report(T::NAME, name, "is missing");
        slot.fill(*index);
        slot.extra_slot().keep_raw(name, None);
        if T::STRICT || T::ESSENTIAL.contains(index) {
            broken.get_or_insert(name);
        }
    }
    broken.map_or(Note::Fine, Note::lacking)
}

/// `Deserialize` for a generated object.
#[doc(hidden)]
pub fn deserialize<'de, T: Object, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let mut object = T::absent();
    accept(object.read(deserializer)?)?;
    Ok(object)
}

/// The error for a value that cannot be used.
pub(super) fn accept<E: Error>(note: Note) -> Result<(), E> {
    match note {
        Note::Fine | Note::Marked => Ok(()),
        Note::Other(misfit) => match *misfit {
            Misfit::Odd(_) => Ok(()),
            Misfit::Bad(value) => Err(E::invalid_type(unexpected(&value), &"another JSON type")),
            Misfit::Lacking(name) => Err(E::missing_field(name)),
        },
    }
}

fn unexpected(value: &Value) -> Unexpected<'_> {
    match value {
        Value::Null => Unexpected::Unit,
        Value::Bool(value) => Unexpected::Bool(*value),
        Value::Number(_) => Unexpected::Other("number"),
        Value::String(_) => Unexpected::Other("string"),
        Value::Array(_) => Unexpected::Seq,
        Value::Object(_) => Unexpected::Map,
    }
}

/// `Serialize` for a generated object: its fields in order, then unknown fields.
#[doc(hidden)]
pub fn serialize<T: Object, S: Serializer>(object: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    object.write_fields(&mut map)?;
    if let Some(kept) = object.extra_ref().kept() {
        for (name, value) in kept.unknown().iter().filter(|(name, _)| T::field(name).is_none()) {
            map.serialize_entry(name, value)?;
        }
    }
    map.end()
}

/// Writes a field.
#[doc(hidden)]
#[inline]
pub fn write_field<M: SerializeMap, T: Read>(
    map: &mut M,
    extra: &Extra,
    (index, name, required): (usize, &'static str, bool),
    value: &T,
    absent: impl Fn() -> T,
) -> Result<(), M::Error> {
    // Most optional fields are missing.
    if !required && extra.is_unmarked() && value.is_blank() {
        return Ok(());
    }
    if extra.kept().is_some() {
        return write_kept(map, extra, (index, name, required), value, absent);
    }
    write_plain(map, extra, (index, name, required), value, absent)
}

#[inline]
fn write_plain<M: SerializeMap, T: Read>(
    map: &mut M,
    extra: &Extra,
    (index, name, required): (usize, &'static str, bool),
    value: &T,
    absent: impl Fn() -> T,
) -> Result<(), M::Error> {
    let marked = extra.marked(index);
    let left_out =
        if T::MARK_IS_ABSENCE { marked && *value == absent() } else { !required && !marked && value.is_blank() };
    if left_out { Ok(()) } else { value.write(map, name, marked) }
}

/// Writes a field of an object that has kept values.
#[cold]
fn write_kept<M: SerializeMap, T: Read>(
    map: &mut M,
    extra: &Extra,
    (index, name, required): (usize, &'static str, bool),
    value: &T,
    absent: impl Fn() -> T,
) -> Result<(), M::Error> {
    let kept = extra.kept();
    if let Some(instead) = kept.and_then(|kept| kept.unknown().get(name)) {
        return map.serialize_entry(name, instead);
    }
    if let Some(came) = kept.and_then(|kept| kept.raw(name)) {
        // Unless the program has changed the field in the meantime.
        let mut then = absent();
        if let Some(came) = came {
            let is_partial = match then.read(came) {
                Ok(Note::Other(misfit)) => match *misfit {
                    Misfit::Odd(_) => false,
                    // The value of a missing field, whatever has been parsed so far.
                    Misfit::Bad(_) => {
                        then = absent();
                        false
                    }
                    Misfit::Lacking(_) => true,
                },
                Ok(_) => false,
                Err(_) => true,
            };
            if is_partial || then == *value {
                return map.serialize_entry(name, came);
            }
        } else if then == *value {
            return Ok(());
        }
    }
    write_plain(map, extra, (index, name, required), value, absent)
}

/// Writes a field of constant value.
#[doc(hidden)]
pub fn write_constant<M: SerializeMap>(
    map: &mut M,
    extra: &Extra,
    (index, name): (usize, &'static str),
    value: &'static str,
) -> Result<(), M::Error> {
    if let Some(kept) = extra.kept() {
        if let Some(instead) = kept.unknown().get(name) {
            return map.serialize_entry(name, instead);
        }
        match kept.raw(name) {
            Some(Some(came)) => return map.serialize_entry(name, came),
            Some(None) => return Ok(()),
            None => {}
        }
    }
    if extra.marked(index) { Ok(()) } else { map.serialize_entry(name, value) }
}
