//! Makes unions as simple as what they say.
//!
//! Before: `{"anyOf": [{"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "string"}]}, {"type": "integer"}]}`
//! After: `{"anyOf": [{"type": "string"}, {"type": "integer"}]}`
//!
//! Nested unions are flattened, a constant beside the type that already admits it goes, equal members are merged, and
//! a union of one is its member.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{Warnings, walk::Place};

pub(super) fn run(_: &Place<'_>, value: &mut Value, _: &mut Warnings) {
    let Some(schema) = value.as_object_mut() else { return };
    flatten(schema);
    for keyword in ["anyOf", "oneOf"] {
        let Some(Value::Array(members)) = schema.get_mut(keyword) else { continue };
        absorb(members);
        if members.len() == 1
            && let Some(Value::Object(member)) = members.pop()
        {
            schema.shift_remove(keyword);
            if member.contains_key("$ref") && !schema.is_empty() {
                schema.insert("allOf".to_owned(), json!([member]));
            } else {
                for (key, value) in member {
                    schema.entry(key).or_insert(value);
                }
            }
        }
    }
}

/// Lifts the members of a nested `anyOf` that says nothing else, and its `nullable` with them.
fn flatten(schema: &mut Map<String, Value>) {
    let Some(Value::Array(members)) = schema.get_mut("anyOf") else { return };
    let mut flat = Vec::with_capacity(members.len());
    let mut nullable = false;
    for member in members.drain(..) {
        match member {
            Value::Object(mut inner)
                if inner.contains_key("anyOf") && inner.keys().all(|key| key == "anyOf" || key == "nullable") =>
            {
                nullable |= inner.get("nullable") == Some(&json!(true));
                if let Some(Value::Array(inner)) = inner.remove("anyOf") {
                    flat.extend(inner);
                }
            }
            // One nullable member makes the union nullable.
            Value::Object(mut inner) if inner.get("nullable") == Some(&json!(true)) => {
                nullable = true;
                inner.shift_remove("nullable");
                flat.push(Value::Object(inner));
            }
            other => flat.push(other),
        }
    }
    *members = flat;
    if nullable {
        schema.insert("nullable".to_owned(), json!(true));
    }
}

fn absorb(members: &mut Vec<Value>) {
    let plain: Vec<String> = members
        .iter()
        .filter_map(|member| member.as_object().filter(|member| member.len() == 1))
        .filter_map(|member| member.get("type")?.as_str().map(str::to_owned))
        .collect();
    members.retain(|member| !is_constant_of(member, &plain));
    let mut seen = HashSet::with_capacity(members.len());
    members.retain(|member| seen.insert(member.to_string()));
}

/// A single constant of a type that stands in the union as a whole. Longer enumerations stay: they name the known
/// values of an open set.
fn is_constant_of(member: &Value, plain: &[String]) -> bool {
    let one = member.get("enum").and_then(Value::as_array).is_some_and(|values| values.len() == 1);
    let kind = member.get("type").and_then(Value::as_str);
    one && kind.is_some_and(|kind| plain.iter().any(|plain| plain == kind))
}
