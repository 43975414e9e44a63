//! Keeps the first of a schema's `examples` as the `example` of 3.0, and the others in an extension.
//!
//! Before: `{"type": "string", "examples": ["nova", "echo"]}`
//! After: `{"type": "string", "example": "nova", "x-examples": ["echo"]}`

use serde_json::Value;

use crate::normalize::{Warnings, walk::Place};

pub(in crate::normalize::convert) fn run(_: &Place<'_>, value: &mut Value, _: &mut Warnings) {
    let Some(schema) = value.as_object_mut() else { return };
    let Some(Value::Array(mut examples)) = schema.shift_remove("examples") else { return };
    if !examples.is_empty() && !schema.contains_key("example") {
        schema.insert("example".to_owned(), examples.remove(0));
    }
    if !examples.is_empty() {
        schema.entry("x-examples").or_insert(Value::Array(examples));
    }
}
