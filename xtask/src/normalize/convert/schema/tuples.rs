//! Turns tuples (`prefixItems`), which 3.0 does not have, into lists of any of their members.
//!
//! Before: `{"type": "array", "prefixItems": [{"type": "number"}, {"type": "number"}], "items": false}`
//! After: `{"type": "array", "items": {"type": "number"}, "maxItems": 2}`
//!
//! If the members have the same type, nothing is lost. Otherwise their order is lost, which is a warning.

use serde_json::{Value, json};

use crate::normalize::{Warnings, walk::Place};

pub(in crate::normalize::convert) fn run(place: &Place<'_>, value: &mut Value, warnings: &mut Warnings) {
    let Some(schema) = value.as_object_mut() else { return };
    let Some(Value::Array(mut members)) = schema.shift_remove("prefixItems") else { return };
    // The schema of the items after the members. Either keyword can have it.
    let rest = match schema.get("items") {
        Some(rest) => Some(rest.clone()),
        None => schema.shift_remove("unevaluatedItems"),
    };
    let length = members.len() as u64;
    let bound = schema.get("maxItems").and_then(Value::as_u64);
    let closed = rest == Some(json!(false)) || rest == Some(json!({ "not": {} }));
    if closed && bound.is_none_or(|bound| bound > length) {
        schema.insert("maxItems".to_owned(), json!(length));
    } else if !closed && bound.is_none_or(|bound| bound > length) {
        members.push(rest.filter(|rest| *rest != json!(true)).unwrap_or_else(|| json!({})));
    }
    let mut kinds: Vec<Value> = Vec::new();
    for member in members {
        if !kinds.contains(&member) {
            kinds.push(member);
        }
    }
    let one = kinds.len() == 1;
    let items = if one { kinds.pop().unwrap_or_default() } else { json!({ "anyOf": kinds }) };
    schema.insert("items".to_owned(), items);
    if !one {
        warnings.add(&place.pointer(), "`prefixItems`: OpenAPI 3.0 has no tuples; the order of the members is lost");
    }
}
