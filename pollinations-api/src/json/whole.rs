//! Parses JSON of any type. If a field occurs twice, the last value that is not `null` counts.

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Parses JSON of any type.
#[derive(Clone, Copy)]
pub(super) struct Whole<'a> {
    /// Whether the first value of a field counts, and not the last.
    pub(super) first: bool,
    /// Whether a field occurred twice.
    pub(super) twice: &'a Cell<bool>,
}

/// Parses JSON of any type. Not inlined, because it is called in many places but rarely runs.
#[cold]
#[inline(never)]
pub(super) fn gather<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Whole { first: false, twice: &Cell::new(false) }.deserialize(deserializer)
}

/// Parses the value of a field as JSON of any type.
#[cold]
#[inline(never)]
pub(super) fn gather_next<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Value, A::Error> {
    map.next_value_seed(Whole { first: false, twice: &Cell::new(false) })
}

/// Adds a field to an object. If the field occurred before, the last value that is not `null` counts.
pub(super) fn add_last(object: &mut Map<String, Value>, name: String, value: Value) {
    if !(value.is_null() && object.contains_key(&name)) {
        object.insert(name, value);
    }
}

impl<'de> DeserializeSeed<'de> for Whole<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Whole<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(self)?;
            let before = fields.get(&name);
            if before.is_some() {
                self.twice.set(true);
            }
            if !(self.first && before.is_some_and(|before| !before.is_null())) {
                add_last(&mut fields, name, value);
            }
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Deserializer, json};

    use super::*;

    fn whole(text: &str, first: bool) -> (Value, bool) {
        let twice = Cell::new(false);
        let value = Whole { first, twice: &twice }.deserialize(&mut Deserializer::from_str(text)).unwrap();
        (value, twice.get())
    }

    #[test]
    fn one_of_the_values_that_are_not_null_counts() {
        let text =
            r#"{ "a": 1, "b": [-2, 2.5, "x", true, null], "a": 3, "c": { "d": null, "d": {}, "d": null }, "a": null }"#;
        let rest = json!([-2, 2.5, "x", true, null]);
        assert_eq!(whole(text, false), (json!({ "a": 3, "b": rest, "c": { "d": {} } }), true));
        assert_eq!(whole(text, true), (json!({ "a": 1, "b": rest, "c": { "d": {} } }), true));
        assert_eq!(whole(r#"[{ "a": 1 }, { "a": 2 }]"#, false), (json!([{ "a": 1 }, { "a": 2 }]), false));
    }
}
