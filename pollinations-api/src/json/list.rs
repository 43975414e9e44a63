//! Parses lists, maps, options and boxes.

use std::{collections::BTreeMap, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor, value};
use serde_json::{Map, Value};

use super::{
    Misfit, Node, Note, Read,
    erased::Erased,
    extra::MISFIT,
    kind,
    whole::{gather, gather_next},
};

/// The place to parse a value into.
pub(super) struct Slot<'a, T>(pub(super) &'a mut T);

impl<'de, T: Read> DeserializeSeed<'de> for Slot<'_, T> {
    type Value = Note;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Note, D::Error> {
        self.0.read(deserializer)
    }
}

/// The JSON of a value.
fn raw<T: Read>(value: &T) -> Value {
    value.node().to_value()
}

/// The visitor methods for all kinds of JSON except one: their values are not parsed, but kept as JSON.
macro_rules! refuse {
    ($($method:ident $type:ty),*) => {
        $(
            fn $method<E: Error>(self, value: $type) -> Result<Note, E> {
                Ok(Note::bad(value.into()))
            }
        )*
    };
    (scalars) => {
        $crate::json::list::refuse!(visit_bool bool, visit_i64 i64, visit_u64 u64, visit_f64 f64, visit_str &str);

        fn visit_unit<E: Error>(self) -> Result<Note, E> {
            Ok(Note::bad(Value::Null))
        }

        fn visit_none<E: Error>(self) -> Result<Note, E> {
            Ok(Note::bad(Value::Null))
        }
    };
    (lists) => {
        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Note, A::Error> {
            gather(value::SeqAccessDeserializer::new(list)).map(Note::bad)
        }
    };
    (objects) => {
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Note, A::Error> {
            gather(value::MapAccessDeserializer::new(map)).map(Note::bad)
        }
    };
}
pub(super) use refuse;

/// A list keeps the entries that can be parsed. If there are others, the whole list is also kept as JSON. An object
/// in place of a list becomes its only entry, if most of it matches.
impl<T: Read> Read for Vec<T> {
    const KIND: u8 = kind::LIST;

    fn absent() -> Self {
        Self::new()
    }

    fn read<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<Note, D::Error> {
        deserializer.deserialize_any(ListVisitor(self))
    }

    fn read_value(&mut self, value: &Value) -> Note {
        let items = match value {
            Value::Array(items) => items,
            Value::Object(_) => return only(self, value.clone()),
            _ => return Note::bad(value.clone()),
        };
        let mut is_odd = false;
        for value in items {
            let mut item = T::absent();
            let note = item.read_value(value);
            is_odd |= matches!(note, Note::Other(_));
            if note.is_usable() {
                self.push(item);
            }
        }
        ended(self.is_empty(), is_odd.then(|| items.clone()))
    }

    fn is_blank(&self) -> bool {
        self.is_empty()
    }

    // Loops, because iterators would be compiled again for each type.

    fn misfit(&self) -> usize {
        let mut sum = 0;
        for item in self {
            sum += item.misfit();
        }
        sum
    }

    fn node(&self) -> Node<'_> {
        let mut nodes = Vec::with_capacity(self.len());
        for item in self {
            nodes.push(item.node());
        }
        Node::List(nodes)
    }
}

struct ListVisitor<'a, T>(&'a mut Vec<T>);

impl<'de, T: Read> Visitor<'de> for ListVisitor<'_, T> {
    type Value = Note;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Note, A::Error> {
        let mut kept = None;
        loop {
            let mut item = T::absent();
            match list.next_element_seed(Slot(&mut item))? {
                None => return Ok(ended(self.0.is_empty(), kept)),
                Some(Note::Fine | Note::Marked) if kept.is_none() => self.0.push(item),
                Some(note) => add(self.0, &mut kept, item, note),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Note, A::Error> {
        gather(value::MapAccessDeserializer::new(map)).map(|value| only(self.0, value))
    }

    refuse!(scalars);
}

/// Adds an entry to a list. `kept` is the list as JSON, if an entry could not be parsed.
#[cold]
fn add<T: Read>(list: &mut Vec<T>, kept: &mut Option<Vec<Value>>, item: T, note: Note) {
    let (value, item) = match note {
        Note::Fine | Note::Marked => {
            if let Some(kept) = kept {
                kept.push(raw(&item));
            }
            list.push(item);
            return;
        }
        Note::Other(misfit) => match *misfit {
            Misfit::Odd(value) => (value, Some(item)),
            Misfit::Bad(value) => (value, None),
            Misfit::Lacking(_) => (raw(&item), None),
        },
    };
    kept.get_or_insert_with(|| list.iter().map(raw).collect()).push(value);
    list.extend(item);
}

/// The note for a whole list.
fn ended(is_empty: bool, kept: Option<Vec<Value>>) -> Note {
    match kept {
        Some(kept) => Note::odd(Value::Array(kept)),
        None if is_empty => Note::Marked,
        None => Note::Fine,
    }
}

/// Parses an object in place of a list as its only entry, if most of it matches.
#[cold]
fn only<T: Read>(list: &mut Vec<T>, value: Value) -> Note {
    let mut item = T::absent();
    let matches = mostly_matches(&mut item, &value);
    if matches {
        list.push(item);
    }
    Note::odd_or_bad(value, matches)
}

/// Parses an object. Returns whether most of it matches.
fn mostly_matches(item: &mut dyn Erased, value: &Value) -> bool {
    let fields = value.as_object().map_or(0, Map::len);
    matches!(item.parse(value), Note::Fine | Note::Marked) && 2 * item.weight() < fields
}

/// A map keeps the entries that can be parsed. If there are others, the whole map is also kept as JSON.
impl<T: Read> Read for BTreeMap<String, T> {
    const KIND: u8 = kind::OBJECT;

    fn absent() -> Self {
        Self::new()
    }

    fn read<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<Note, D::Error> {
        deserializer.deserialize_any(MapVisitor(self))
    }

    fn read_value(&mut self, value: &Value) -> Note {
        let Value::Object(map) = value else { return Note::bad(value.clone()) };
        let mut is_odd = false;
        for (key, value) in map {
            let mut item = T::absent();
            let note = item.read_value(value);
            is_odd |= matches!(note, Note::Other(_));
            if note.is_usable() {
                self.insert(key.clone(), item);
            }
        }
        match is_odd {
            true => Note::odd(value.clone()),
            false if self.is_empty() => Note::Marked,
            false => Note::Fine,
        }
    }

    fn is_blank(&self) -> bool {
        self.is_empty()
    }

    fn misfit(&self) -> usize {
        let mut sum = 0;
        for item in self.values() {
            sum += item.misfit();
        }
        sum
    }

    fn node(&self) -> Node<'_> {
        let mut nodes = Vec::with_capacity(self.len());
        for (key, item) in self {
            nodes.push((key.as_str(), item.node()));
        }
        Node::Object(nodes)
    }
}

struct MapVisitor<'a, T>(&'a mut BTreeMap<String, T>);

impl<'de, T: Read> Visitor<'de> for MapVisitor<'_, T> {
    type Value = Note;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Note, A::Error> {
        let mut kept = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if self.0.contains_key(&key) || kept.contains_key(&key) {
                read_again(self.0, &mut kept, key, &gather_next(&mut map)?);
                continue;
            }
            let mut item = T::absent();
            let note = map.next_value_seed(Slot(&mut item))?;
            insert(self.0, &mut kept, key, item, note);
        }
        Ok(whole(self.0, kept))
    }

    refuse!(scalars);
    refuse!(lists);
}

/// Adds an entry to a map. `kept` has the entries that could not be parsed.
fn insert<T>(map: &mut BTreeMap<String, T>, kept: &mut Map<String, Value>, key: String, item: T, note: Note)
where
    T: Read,
{
    let value = match note {
        Note::Fine | Note::Marked => {
            map.insert(key, item);
            return;
        }
        Note::Other(misfit) => match *misfit {
            Misfit::Odd(value) => {
                map.insert(key.clone(), item);
                value
            }
            Misfit::Bad(value) => value,
            Misfit::Lacking(_) => raw(&item),
        },
    };
    kept.insert(key, value);
}

/// Parses an entry that occurred before, as objects do it with a field.
#[cold]
fn read_again<T>(map: &mut BTreeMap<String, T>, kept: &mut Map<String, Value>, key: String, value: &Value)
where
    T: Read,
{
    let misfit = if kept.contains_key(&key) { MISFIT } else { 0 };
    let before = map.remove(&key);
    let existed = before.is_some();
    let mut item = before.unwrap_or_else(T::absent);
    let note = if value.is_null() { None } else { item.replace(value, misfit) };
    match note {
        Some(note) => {
            kept.remove(&key);
            insert(map, kept, key, item, note);
        }
        None if existed => {
            map.insert(key, item);
        }
        None => {}
    }
}

/// The note for a whole map.
fn whole<T: Read>(map: &BTreeMap<String, T>, mut kept: Map<String, Value>) -> Note {
    if kept.is_empty() {
        return if map.is_empty() { Note::Marked } else { Note::Fine };
    }
    for (key, item) in map {
        kept.entry(key.as_str()).or_insert_with(|| raw(item));
    }
    Note::odd(Value::Object(kept))
}

impl<T: Read> Read for Option<T> {
    const KIND: u8 = T::KIND | kind::NULL;

    fn absent() -> Self {
        None
    }

    fn read<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<Note, D::Error> {
        deserializer.deserialize_option(OptionVisitor(self))
    }

    fn read_value(&mut self, value: &Value) -> Note {
        if value.is_null() {
            return Note::Marked;
        }
        let note = self.insert(T::absent()).read_value(value).usable_or_bad(value);
        if !note.is_usable() {
            *self = None;
        }
        note
    }

    fn is_blank(&self) -> bool {
        self.is_none()
    }

    fn misfit(&self) -> usize {
        self.as_ref().map_or(0, Read::misfit)
    }

    fn node(&self) -> Node<'_> {
        self.node_of(false)
    }

    fn node_of(&self, marked: bool) -> Node<'_> {
        match self {
            Some(value) => value.node_of(marked),
            None => Node::Null,
        }
    }
}

struct OptionVisitor<'a, T>(&'a mut Option<T>);

impl<'de, T: Read> Visitor<'de> for OptionVisitor<'_, T> {
    type Value = Note;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Note, E> {
        Ok(Note::Marked)
    }

    fn visit_none<E: Error>(self) -> Result<Note, E> {
        Ok(Note::Marked)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Note, D::Error> {
        match self.0.insert(T::absent()).read(deserializer)? {
            Note::Other(misfit) => Ok(lost(self.0, *misfit)),
            note => Ok(note),
        }
    }
}

/// Drops a value that does not match, unless it can be used.
#[cold]
fn lost<T: Read>(slot: &mut Option<T>, misfit: Misfit) -> Note {
    match misfit {
        Misfit::Odd(value) => Note::odd(value),
        Misfit::Bad(value) => {
            *slot = None;
            Note::bad(value)
        }
        Misfit::Lacking(_) => Note::bad(slot.take().map_or(Value::Null, |value| raw(&value))),
    }
}

impl<T: Read> Read for Box<T> {
    const KIND: u8 = T::KIND;

    fn absent() -> Self {
        Self::new(T::absent())
    }

    fn read<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<Note, D::Error> {
        T::read(self, deserializer)
    }

    fn read_value(&mut self, value: &Value) -> Note {
        T::read_value(self, value)
    }

    fn is_blank(&self) -> bool {
        T::is_blank(self)
    }

    fn misfit(&self) -> usize {
        T::misfit(self)
    }

    fn node(&self) -> Node<'_> {
        T::node(self)
    }

    fn node_of(&self, marked: bool) -> Node<'_> {
        T::node_of(self, marked)
    }
}
