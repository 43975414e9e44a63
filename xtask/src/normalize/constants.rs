//! Rewrites `const`, which 3.0 does not have, as an enumeration of one.
//!
//! Before: `{"const": "function"}`
//! After: `{"type": "string", "enum": ["function"]}`

use serde_json::{Value, json};

use super::{Warnings, walk::Place};

pub(super) fn run(_: &Place<'_>, value: &mut Value, _: &mut Warnings) {
    let Some(schema) = value.as_object_mut() else { return };
    if let Some(constant) = schema.shift_remove("const") {
        if !schema.contains_key("type") {
            schema.insert("type".to_owned(), json!(type_of(&constant)));
        }
        schema.insert("enum".to_owned(), json!([constant]));
    }
}

/// The JSON Schema type of a value.
fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
