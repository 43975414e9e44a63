//! Rewrites `const`, which 3.0 does not have, as an enumeration of one.
//!
//! Before: `{"const": "function"}`
//! After: `{"type": "string", "enum": ["function"]}`

use serde_json::{Value, json};

use super::{Warnings, walk};

pub(super) fn run(document: &mut Value, _: &mut Warnings) {
    walk::each_schema(document, &mut |_, schema| {
        if let Some(constant) = schema.shift_remove("const") {
            if !schema.contains_key("type") {
                schema.insert("type".to_owned(), json!(type_of(&constant)));
            }
            schema.insert("enum".to_owned(), json!([constant]));
        }
    });
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
