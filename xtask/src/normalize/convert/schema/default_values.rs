//! Removes a default that its own schema does not allow.
//!
//! Before: `{"type": "string", "enum": ["a", "b"], "default": "c"}`, `{"nullable": true, "allOf": […], "default": null}`
//! After: `{"type": "string", "enum": ["a", "b"]}` with a warning, `{"nullable": true, "allOf": […], "x-default": null}`
//!
//! If a schema has `allOf` or an enumeration, 3.0 does not count null among its values, even if it is nullable.

use serde_json::{Map, Value, json};

use super::constants::type_of;
use crate::normalize::{Warnings, walk::Place};

const MADE_OF_OTHERS: [&str; 5] = ["allOf", "anyOf", "oneOf", "not", "enum"];

pub(in crate::normalize::convert) fn run(place: &Place<'_>, value: &mut Value, warnings: &mut Warnings) {
    let Some(schema) = value.as_object_mut() else { return };
    let Some(default) = schema.get("default") else { return };
    if default.is_null()
        && schema.get("nullable") == Some(&json!(true))
        && MADE_OF_OTHERS.iter().any(|keyword| schema.contains_key(*keyword))
        && schema.get("enum") != Some(&json!([null]))
    {
        schema.shift_remove("default");
        schema.insert("x-default".to_owned(), Value::Null);
        return;
    }
    // In JSON Schema `1.0` is an integer, but some validators disagree.
    if let Some(whole) = whole_number(default).filter(|_| schema.get("type") == Some(&json!("integer"))) {
        schema.insert("default".to_owned(), whole);
        return;
    }
    if !allows(schema, default) {
        warnings.add(&place.pointer(), format!("the schema does not allow the default `{default}`; it is left out"));
        schema.shift_remove("default");
    }
}

/// A number such as `1.0` without its fraction.
fn whole_number(value: &Value) -> Option<Value> {
    let number = value.as_f64().filter(|_| value.is_f64())?;
    let whole = number as i64;
    (whole as f64 == number).then(|| json!(whole))
}

/// Whether the types and the enumerations of a schema allow a value, including values inside lists and objects.
fn allows(schema: &Map<String, Value>, value: &Value) -> bool {
    if value.is_null() && schema.get("nullable") == Some(&json!(true)) {
        return true;
    }
    let kind = type_of(value);
    let whole = value.as_f64().is_some_and(|number| number.fract() == 0.0);
    let typed = match schema.get("type").and_then(Value::as_str) {
        None => true,
        Some("number") => value.is_number(),
        Some("integer") => whole,
        Some(name) => name == kind,
    };
    let listed = schema.get("enum").and_then(Value::as_array).is_none_or(|values| values.contains(value));
    let inside = match value {
        Value::Object(object) => object.iter().all(|(name, value)| {
            let property = schema.get("properties").and_then(|properties| properties.get(name)?.as_object());
            property.is_none_or(|property| allows(property, value))
        }),
        Value::Array(list) => {
            let items = schema.get("items").and_then(Value::as_object);
            items.is_none_or(|items| list.iter().all(|value| allows(items, value)))
        }
        _ => true,
    };
    typed && listed && inside
}
