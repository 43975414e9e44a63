//! Writes objects: their fields in order, then unknown fields. Values that did not match are written unchanged.

use serde::{Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

use super::{
    Extra, Misfit, Note, Read,
    extra::Received,
    object::{Object, Shape},
};

/// `Serialize` for a generated object.
#[doc(hidden)]
pub fn serialize<T: Object, S: Serializer>(object: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    object.write_fields(&mut map)?;
    if let Some(kept) = object.extra_ref().kept() {
        write_unknown(&mut map, kept.unknown(), T::SHAPE)?;
    }
    map.end()
}

#[cold]
#[inline(never)]
fn write_unknown<M: SerializeMap>(map: &mut M, unknown: &Map<String, Value>, shape: &Shape) -> Result<(), M::Error> {
    for (name, value) in unknown.iter().filter(|(name, _)| (shape.index)(name).is_none()) {
        map.serialize_entry(name, value)?;
    }
    Ok(())
}

/// A field, as its object writes it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub index: usize,
    /// The name in JSON.
    pub name: &'static str,
    pub required: bool,
    /// The constant value, if the program can change it.
    pub constant: Option<&'static str>,
}

/// What is written of a field.
enum Written<'a> {
    Nothing,
    Field,
    /// What was received, unchanged.
    Received(&'a Value),
}

/// Writes a field.
#[doc(hidden)]
#[inline]
pub fn write_field<M: SerializeMap, T: Read>(
    map: &mut M,
    extra: &Extra,
    field: Field,
    value: &T,
) -> Result<(), M::Error> {
    // Most optional fields are missing.
    if !field.required && extra.is_unmarked() && value.is_blank() {
        return Ok(());
    }
    let written = if extra.kept().is_some() { received(extra, field, value) } else { sent(extra, field, value) };
    match written {
        Written::Nothing => Ok(()),
        Written::Field => value.write(map, field.name, extra.marked(field.index)),
        Written::Received(value) => map.serialize_entry(field.name, value),
    }
}

#[inline]
fn sent<'a, T: Read>(extra: &Extra, field: Field, value: &T) -> Written<'a> {
    let marked = extra.marked(field.index);
    let left_out = match T::MARK_IS_ABSENCE {
        true => marked && *value == absent(field),
        false => !field.required && !marked && value.is_blank(),
    };
    if left_out { Written::Nothing } else { Written::Field }
}

/// The value of a field that was missing.
fn absent<T: Read>(field: Field) -> T {
    field.constant.map_or_else(T::absent, T::constant)
}

/// What is written of a field of an object that has kept values.
#[cold]
#[inline(never)]
fn received<'a, T: Read>(extra: &'a Extra, field: Field, value: &T) -> Written<'a> {
    let (received, is_unchanged) = match extra.received(field.name) {
        Received::Set(value) => return Written::Received(value),
        Received::AsDocumented => (Written::Nothing, false),
        Received::Missing => (Written::Nothing, *value == absent(field)),
        Received::Unlike(received) => (Written::Received(received), is_still(received, field, value)),
    };
    if is_unchanged { received } else { sent(extra, field, value) }
}

/// Whether the program has not changed a field whose value could not be parsed.
fn is_still<T: Read>(received: &Value, field: Field, value: &T) -> bool {
    let mut then: T = absent(field);
    match then.read_value(received) {
        Note::Other(misfit) => match *misfit {
            Misfit::Odd(_) => then == *value,
            // The value of a missing field, whatever has been parsed so far.
            Misfit::Bad(_) => *value == absent(field),
            Misfit::Lacking(_) => true,
        },
        Note::Fine | Note::Marked => then == *value,
    }
}

/// Writes a field of constant value.
#[doc(hidden)]
pub fn write_constant<M: SerializeMap>(
    map: &mut M,
    extra: &Extra,
    (index, name): (usize, &'static str),
    value: &'static str,
) -> Result<(), M::Error> {
    match extra.received(name) {
        Received::Set(received) | Received::Unlike(received) => map.serialize_entry(name, received),
        Received::AsDocumented if !extra.marked(index) => map.serialize_entry(name, value),
        Received::AsDocumented | Received::Missing => Ok(()),
    }
}
