//! Parses lists, maps, options and boxes.

use std::{collections::BTreeMap, fmt};

use serde::{
    Serialize,
    de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor, value},
    ser::SerializeMap,
};
use serde_json::{Map, Value};

use super::{Misfit, Note, Read, kind, text::gather};

/// The place to parse a value into.
pub(super) struct Slot<'a, T>(pub(super) &'a mut T);

impl<'de, T: Read> DeserializeSeed<'de> for Slot<'_, T> {
    type Value = Note;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Note, D::Error> {
        self.0.read(deserializer)
    }
}

/// The JSON of a value.
pub(super) fn raw<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
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

    fn is_blank(&self) -> bool {
        self.is_empty()
    }

    fn misfit(&self) -> usize {
        self.iter().map(Read::misfit).sum()
    }
}

struct ListVisitor<'a, T>(&'a mut Vec<T>);

impl<'de, T: Read> Visitor<'de> for ListVisitor<'_, T> {
    type Value = Note;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Note, A::Error> {
        let slots = self.0;
        let mut kept: Option<Vec<Value>> = None;
        loop {
            let mut item = T::absent();
            let Some(note) = list.next_element_seed(Slot(&mut item))? else { break };
            let odd = match note {
                Note::Fine | Note::Marked => {
                    if let Some(kept) = &mut kept {
                        kept.push(raw(&item));
                    }
                    slots.push(item);
                    continue;
                }
                Note::Other(misfit) => match *misfit {
                    Misfit::Odd(value) => (value, Some(item)),
                    Misfit::Bad(value) => (value, None),
                    Misfit::Lacking(_) => (raw(&item), None),
                },
            };
            kept.get_or_insert_with(|| slots.iter().map(raw).collect()).push(odd.0);
            slots.extend(odd.1);
        }
        Ok(match kept {
            Some(kept) => Note::odd(Value::Array(kept)),
            None if slots.is_empty() => Note::Marked,
            None => Note::Fine,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Note, A::Error> {
        let lone = gather(value::MapAccessDeserializer::new(map))?;
        let fields = lone.as_object().map_or(0, Map::len);
        let mut item = T::absent();
        if let Ok(Note::Fine | Note::Marked) = item.read(&lone)
            && 2 * item.misfit() < fields
        {
            self.0.push(item);
            return Ok(Note::odd(lone));
        }
        Ok(Note::bad(lone))
    }

    refuse!(scalars);
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

    fn is_blank(&self) -> bool {
        self.is_empty()
    }

    fn misfit(&self) -> usize {
        self.values().map(Read::misfit).sum()
    }
}

struct MapVisitor<'a, T>(&'a mut BTreeMap<String, T>);

impl<'de, T: Read> Visitor<'de> for MapVisitor<'_, T> {
    type Value = Note;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Note, A::Error> {
        let slots = self.0;
        let mut kept = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let mut item = T::absent();
            match map.next_value_seed(Slot(&mut item))? {
                Note::Fine | Note::Marked => {
                    slots.insert(key, item);
                }
                Note::Other(misfit) => match *misfit {
                    Misfit::Odd(value) => {
                        kept.insert(key.clone(), value);
                        slots.insert(key, item);
                    }
                    Misfit::Bad(value) => {
                        kept.insert(key, value);
                    }
                    Misfit::Lacking(_) => {
                        kept.insert(key, raw(&item));
                    }
                },
            }
        }
        if kept.is_empty() {
            return Ok(if slots.is_empty() { Note::Marked } else { Note::Fine });
        }
        for (key, item) in slots {
            kept.entry(key.as_str()).or_insert_with(|| raw(item));
        }
        Ok(Note::odd(Value::Object(kept)))
    }

    refuse!(scalars);
    refuse!(lists);
}

impl<T: Read> Read for Option<T> {
    const KIND: u8 = T::KIND | kind::NULL;

    fn absent() -> Self {
        None
    }

    fn read<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<Note, D::Error> {
        deserializer.deserialize_option(OptionVisitor(self))
    }

    fn is_blank(&self) -> bool {
        self.is_none()
    }

    fn misfit(&self) -> usize {
        self.as_ref().map_or(0, Read::misfit)
    }

    fn write<M: SerializeMap>(&self, map: &mut M, name: &str, marked: bool) -> Result<(), M::Error> {
        match self {
            Some(value) => value.write(map, name, marked),
            None => map.serialize_entry(name, &()),
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
        let value = self.0.insert(T::absent());
        let misfit = match value.read(deserializer)? {
            Note::Other(misfit) => misfit,
            note => return Ok(note),
        };
        let raw = match *misfit {
            Misfit::Odd(value) => return Ok(Note::odd(value)),
            Misfit::Bad(value) => value,
            Misfit::Lacking(_) => raw(value),
        };
        *self.0 = None;
        Ok(Note::bad(raw))
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

    fn is_blank(&self) -> bool {
        T::is_blank(self)
    }

    fn misfit(&self) -> usize {
        T::misfit(self)
    }

    fn write<M: SerializeMap>(&self, map: &mut M, name: &str, marked: bool) -> Result<(), M::Error> {
        T::write(self, map, name, marked)
    }
}
