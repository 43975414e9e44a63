//! Keeps the first of a schema's `examples`, as the `example` of 3.0.
//!
//! Before: `{"type": "string", "examples": ["nova", "echo"]}`
//! After: `{"type": "string", "example": "nova"}`

use serde_json::Value;

use super::{Warnings, walk::Place};

pub(super) fn run(_: &Place<'_>, value: &mut Value, _: &mut Warnings) {
    let Some(schema) = value.as_object_mut() else { return };
    if let Some(Value::Array(mut examples)) = schema.shift_remove("examples")
        && !examples.is_empty()
        && !schema.contains_key("example")
    {
        schema.insert("example".to_owned(), examples.swap_remove(0));
    }
}
