//! Parses objects in a single pass over their fields, in place. Values that do not match go to the [`Extra`].

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor, value};
use serde_json::Value;

use super::{
    Extra, Misfit, Note, Read,
    erased::Erased,
    list::{Slot, refuse},
    report,
    whole::{gather, gather_next},
    written::Writer,
};

/// What is known about a generated object when it is compiled.
#[doc(hidden)]
#[derive(Debug)]
pub struct Shape {
    /// The name of the type.
    pub name: &'static str,
    /// The names of the fields in JSON, by index.
    pub fields: &'static [&'static str],
    /// The required fields.
    pub required: &'static [usize],
    /// The fields with a constant value that may be missing.
    pub optional_constants: &'static [usize],
    /// The fields that always have the same value, which are not stored.
    pub constants: &'static [(usize, &'static str)],
    /// The constant values of fields that a program can change.
    pub filled: &'static [(usize, &'static str)],
    /// The fields without which the object is useless.
    pub essential: &'static [usize],
    /// The fields that a builder requires.
    pub builder_required: &'static [&'static str],
    /// Whether only programs write the object, so that it is parsed strictly.
    pub strict: bool,
    /// The bits of `required` and `optional_constants` among the first 64 fields.
    pub mask: u64,
    /// The index of a field.
    pub index: fn(&str) -> Option<usize>,
}

impl Shape {
    pub(super) fn name_of(&self, index: usize) -> &'static str {
        self.fields.get(index).copied().unwrap_or_default()
    }

    /// The constant value of a field that a program can change.
    pub(super) fn filled(&self, index: usize) -> Option<&'static str> {
        self.filled.iter().find(|(at, _)| *at == index).map(|(_, constant)| *constant)
    }

    /// Whether this is the value of a field that is not stored.
    fn is_constant(&self, index: usize, value: &Value) -> bool {
        self.constants.iter().any(|(at, expected)| *at == index && value == expected)
    }
}

/// The fields of a generated object, by index.
///
/// Code that runs rarely uses this trait as an object, so that it is compiled once and not for every type.
#[doc(hidden)]
pub trait Fields {
    fn shape(&self) -> &'static Shape;
    fn extra_slot(&mut self) -> &mut Extra;
    /// A field. `None` if the type does not store it, because its value is constant.
    fn place(&mut self, index: usize) -> Option<&mut dyn Erased>;
}

/// A generated object. The build script writes the implementations.
#[doc(hidden)]
pub trait Object: Read + Fields {
    const SHAPE: &'static Shape;

    fn field(name: &str) -> Option<usize>;
    /// Parses a field.
    fn read_field<'de, A: MapAccess<'de>>(&mut self, index: usize, map: &mut A) -> Result<Note, A::Error>;
    fn write_fields<'a>(&'a self, writer: &mut Writer<'a>);
}

/// An object without its type.
#[doc(hidden)]
pub fn fields<T: Object>(object: &mut T) -> &mut dyn Fields {
    object
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

/// Parses the value of a field.
#[doc(hidden)]
#[inline]
pub fn read_next<'de, T: Read, A: MapAccess<'de>>(slot: &mut T, map: &mut A) -> Result<Note, A::Error> {
    map.next_value_seed(Slot(slot))
}

/// Parses the value of a field that has a constant value.
#[doc(hidden)]
pub fn read_constant<'de, A: MapAccess<'de>>(expected: &'static str, map: &mut A) -> Result<Note, A::Error> {
    map.next_value_seed(Constant(expected))
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

/// What has been parsed of an object.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Progress {
    /// The first 64 fields that have been parsed, as bits.
    first: u64,
    /// The fields from the 65th on.
    rest: Vec<usize>,
    /// The fields without which the object cannot be used, and the names for the error.
    broken: Vec<(usize, &'static str)>,
}

impl Progress {
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
        read_rest(self.0, Progress::default(), &mut map)
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
    for (index, _) in T::SHAPE.filled {
        fill(&mut object, *index);
    }
    object
}

/// Sets a field to its constant value, if it has one.
fn fill(object: &mut dyn Fields, index: usize) {
    if let Some(constant) = object.shape().filled(index)
        && let Some(place) = object.place(index)
    {
        place.reset();
        place.parse(&Value::from(constant));
    }
}

/// Parses an object in place.
#[doc(hidden)]
pub fn read_object<'de, T: Object, D: Deserializer<'de>>(slot: &mut T, deserializer: D) -> Result<Note, D::Error> {
    deserializer.deserialize_any(ObjectVisitor(slot))
}

/// Parses the fields that are left.
#[doc(hidden)]
pub fn read_rest<'de, T: Object, A: MapAccess<'de>>(
    slot: &mut T,
    mut progress: Progress,
    map: &mut A,
) -> Result<Note, A::Error> {
    while let Some(key) = map.next_key_seed(KeySeed::<T>(std::marker::PhantomData))? {
        match key {
            Key::Known(index) => {
                if progress.add(index) {
                    read_again(slot, index, &gather_next(map)?, &mut progress);
                    continue;
                }
                match slot.read_field(index, map)? {
                    Note::Fine => {}
                    Note::Marked => slot.extra_slot().mark(index),
                    note => keep(slot, index, note, &mut progress.broken),
                }
            }
            Key::Unknown(name) => {
                let value = gather_next(map)?;
                slot.extra_slot().keep_unknown(name, value);
            }
        }
    }
    let shape = T::SHAPE;
    if progress.broken.is_empty() && progress.first & shape.mask == shape.mask && shape.fields.len() <= 64 {
        return Ok(Note::Fine);
    }
    Ok(finish(slot, progress))
}

/// Parses an object from JSON that has been parsed.
#[doc(hidden)]
pub fn read_object_value(slot: &mut dyn Fields, value: &Value) -> Note {
    let Value::Object(map) = value else { return Note::bad(value.clone()) };
    let progress = read_some(slot, map);
    finish(slot, progress)
}

/// Parses some of the fields of an object.
pub(super) fn read_some<'a>(
    slot: &mut dyn Fields,
    some: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> Progress {
    let mut progress = Progress::default();
    for (name, value) in some {
        match (slot.shape().index)(name) {
            Some(index) if progress.add(index) => read_again(slot, index, value, &mut progress),
            Some(index) => {
                let shape = slot.shape();
                let note = match slot.place(index) {
                    Some(place) => place.parse(value),
                    None if shape.is_constant(index, value) => Note::Fine,
                    None => Note::bad(value.clone()),
                };
                keep(slot, index, note, &mut progress.broken);
            }
            None => slot.extra_slot().keep_unknown(name.clone(), value.clone()),
        }
    }
    progress
}

/// Keeps a value that does not match.
fn keep(slot: &mut dyn Fields, index: usize, note: Note, broken: &mut Vec<(usize, &'static str)>) {
    let shape = slot.shape();
    let name = shape.name_of(index);
    let essential = shape.strict || shape.essential.contains(&index);
    match note {
        Note::Fine => {}
        Note::Marked => slot.extra_slot().mark(index),
        Note::Other(misfit) => match *misfit {
            Misfit::Odd(value) => {
                report(shape.name, name, "is of another type than promised");
                keep_mismatch(slot, index, Some(value));
                if shape.strict {
                    broken.push((index, name));
                }
            }
            Misfit::Bad(value) => {
                report(shape.name, name, "cannot be read");
                fill(slot, index);
                keep_mismatch(slot, index, Some(value));
                if essential {
                    broken.push((index, name));
                }
            }
            Misfit::Lacking(inner) => {
                report(shape.name, name, "lacks an essential field");
                if essential {
                    broken.push((index, inner));
                }
            }
        },
    }
}

/// Keeps what was received of a field, and the JSON of the value that the field has instead.
fn keep_mismatch(slot: &mut dyn Fields, index: usize, received: Option<Value>) {
    let name = slot.shape().name_of(index);
    let read = slot.place(index).map_or(Value::Null, |place| place.to_node(false).to_value());
    slot.extra_slot().keep_mismatch(name, received, read);
}

/// Parses a field that occurred before. The new value counts unless it is `null` or the other matches the document
/// better.
#[cold]
fn read_again(slot: &mut dyn Fields, index: usize, value: &Value, progress: &mut Progress) {
    let shape = slot.shape();
    let name = shape.name_of(index);
    report(shape.name, name, "is there twice");
    if value.is_null() {
        return;
    }
    let misfit = slot.extra_slot().misfit_of(name);
    let note = match slot.place(index) {
        Some(place) => place.replace(value, misfit),
        None => shape.is_constant(index, value).then_some(Note::Fine),
    };
    if let Some(note) = note {
        slot.extra_slot().forget(index, name);
        progress.broken.retain(|(field, _)| *field != index);
        keep(slot, index, note, &mut progress.broken);
    }
}

/// Finds missing fields.
#[cold]
fn finish(slot: &mut dyn Fields, progress: Progress) -> Note {
    let shape = slot.shape();
    for index in shape.optional_constants.iter().filter(|index| !progress.has(**index)) {
        fill(slot, *index);
        slot.extra_slot().mark(*index);
    }
    let mut missing = None;
    for index in shape.required.iter().filter(|index| !progress.has(**index)) {
        let name = shape.name_of(*index);
        report(shape.name, name, "is missing");
        fill(slot, *index);
        keep_mismatch(slot, *index, None);
        if shape.strict || shape.essential.contains(index) {
            missing.get_or_insert(name);
        }
    }
    progress.broken.first().map(|(_, name)| *name).or(missing).map_or(Note::Fine, Note::lacking)
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
