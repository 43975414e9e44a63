//! Makes unions as simple as what they say.
//!
//! Before: `{"anyOf": [{"anyOf": [{"type": "string"}, {"type": "integer"}]}, {"type": "integer"}]}`
//! After: `{"anyOf": [{"type": "string"}, {"type": "integer"}]}`
//!
//! Nested unions are flattened, equal members are merged, and a union of one is its member.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::merge;
use crate::normalize::{Warnings, walk::Place};

pub(in crate::normalize::convert) fn run(_: &Place<'_>, value: &mut Value, _: &mut Warnings) {
    let Some(schema) = value.as_object_mut() else { return };
    flatten(schema);
    for keyword in ["anyOf", "oneOf"] {
        let Some(Value::Array(members)) = schema.get_mut(keyword) else { continue };
        if keyword == "anyOf" {
            let mut seen = HashSet::with_capacity(members.len());
            members.retain(|member| seen.insert(member.to_string()));
        }
        if members.len() == 1
            && let Some(Value::Object(member)) = members.pop()
        {
            schema.shift_remove(keyword);
            // What tells one member from the others tells nothing any more, but the property stays.
            schema.shift_remove("discriminator");
            merge::both(schema, member);
        }
    }
}

/// Lifts the members of a nested union that says nothing else, and what is nullable in it.
fn flatten(schema: &mut Map<String, Value>) {
    let typed = schema.contains_key("type") && schema.get("nullable") != Some(&json!(true));
    let mut nullable = false;
    for keyword in ["anyOf", "oneOf"] {
        let Some(Value::Array(members)) = schema.get_mut(keyword) else { continue };
        let mut flat = Vec::with_capacity(members.len());
        for member in members.drain(..) {
            match member {
                Value::Object(mut inner)
                    if keyword == "anyOf"
                        && inner.contains_key("anyOf")
                        && inner.keys().all(|key| key == "anyOf" || key == "nullable") =>
                {
                    nullable |= inner.get("nullable") == Some(&json!(true));
                    if let Some(Value::Array(inner)) = inner.remove("anyOf") {
                        flat.extend(inner);
                    }
                }
                // One nullable member makes the union nullable.
                Value::Object(mut inner)
                    if inner.get("nullable") == Some(&json!(true)) && inner.get("enum") != Some(&json!([null])) =>
                {
                    nullable = true;
                    inner.shift_remove("nullable");
                    let bare = inner.get("allOf").and_then(Value::as_array).filter(|_| inner.len() == 1);
                    let only = bare.filter(|all| all.len() == 1).and_then(|all| all.first()).cloned();
                    flat.push(only.unwrap_or(Value::Object(inner)));
                }
                other => flat.push(other),
            }
        }
        *members = flat;
    }
    if nullable && !typed {
        schema.insert("nullable".to_owned(), json!(true));
    }
}
