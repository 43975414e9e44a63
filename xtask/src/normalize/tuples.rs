//! Turns tuples (`prefixItems`), which 3.0 does not have, into arrays of any of their members.
//!
//! Before: `{"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false}`
//! After: `{"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}, "maxItems": 2}`

use serde_json::{Value, json};

use super::{Warnings, walk::Place};

pub(super) fn run(place: &Place<'_>, value: &mut Value, warnings: &mut Warnings) {
    let Some(schema) = value.as_object_mut() else { return };
    let Some(Value::Array(mut members)) = schema.shift_remove("prefixItems") else { return };
    let length = members.len();
    match schema.get("items") {
        Some(Value::Bool(false)) => {
            schema.entry("maxItems").or_insert(json!(length));
        }
        Some(rest) => members.push(rest.clone()),
        None => members.push(json!({})),
    }
    schema.insert("items".to_owned(), json!({ "anyOf": members }));
    warnings.add(&place.pointer(), "`prefixItems`: OpenAPI 3.0 has no tuples; the order of the members is lost");
}
