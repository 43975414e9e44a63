//! Rewrites `const`, which 3.0 does not have, as an enumeration with one value.
//!
//! Before: `{"const": "function"}`
//! After: `{"type": "string", "enum": ["function"]}`

use serde_json::{Value, json};

use crate::normalize::{Warnings, walk::Place};

pub(in crate::normalize::convert) fn run(place: &Place<'_>, value: &mut Value, warnings: &mut Warnings) {
    let Some(schema) = value.as_object_mut() else { return };
    let Some(constant) = schema.shift_remove("const") else { return };
    let kind = type_of(&constant);
    let allowed = match schema.get("type") {
        None => true,
        Some(Value::Array(names)) => names.iter().any(|name| admits(name, kind)),
        Some(name) => admits(name, kind),
    };
    if !allowed {
        warnings.add(&place.pointer(), format!("the constant `{constant}` is not of the type of its schema"));
        return;
    }
    if !schema.get("type").is_some_and(Value::is_string) {
        schema.insert("type".to_owned(), json!(kind));
    }
    schema.insert("enum".to_owned(), json!([constant]));
}

fn admits(name: &Value, kind: &str) -> bool {
    name == kind || (name == "number" && kind == "integer")
}

/// The JSON Schema type of a value.
pub(super) fn type_of(value: &Value) -> &'static str {
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
