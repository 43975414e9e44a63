//! Simplifies unions.
//!
//! Before: `{"anyOf": [{"anyOf": [{"type": "string"}, {"type": "integer"}]}, {"type": "integer"}]}`
//! After: `{"anyOf": [{"type": "string"}, {"type": "integer"}]}`
//!
//! Before: `{"oneOf": [{"const": "fast", "description": "At once."}, {"const": "slow"}, {"type": "object"}]}`
//! After: `{"oneOf": [{"enum": ["fast", "slow"], "x-enumDescriptions": {"fast": "At once."}}, {"type": "object"}]}`
//!
//! Nested unions are flattened, equal members are merged, and a union with one member is replaced by that member.
//! Constants and lists of strings are merged into one enumeration. Generators for Rust and Python describe the values
//! of an enumeration one by one.

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
        enumerate(members);
        if members.len() == 1
            && let Some(Value::Object(member)) = members.pop()
        {
            schema.shift_remove(keyword);
            // With one member left, a discriminator has no purpose. The property itself stays.
            schema.shift_remove("discriminator");
            merge::both(schema, member);
        }
    }
}

/// The descriptions of the values of a string enumeration, by value. Redocly's tools use this extension.
const DESCRIPTIONS: &str = "x-enumDescriptions";

/// Merges all members that list string values into one enumeration.
fn enumerate(members: &mut Vec<Value>) {
    let mut values: Vec<Value> = Vec::new();
    let mut words = Map::new();
    let mut indices = Vec::new();
    for (index, member) in members.iter().enumerate() {
        let Some((listed, said)) = listed(member) else { continue };
        // With `oneOf`, a value that two members list is not valid. It would also have two descriptions.
        if listed.iter().any(|value| values.contains(value)) {
            return;
        }
        for value in listed.iter().filter_map(Value::as_str) {
            words.extend(said.clone().map(|said| (value.to_owned(), said.into())));
        }
        values.extend(listed.iter().cloned());
        indices.push(index);
    }
    let [first, _, ..] = indices[..] else { return };
    let mut index = 0;
    members.retain(|_| {
        index += 1;
        index - 1 == first || !indices.contains(&(index - 1))
    });
    let mut all = json!({ "type": "string", "enum": values });
    if !words.is_empty() {
        words.sort_keys();
        all[DESCRIPTIONS] = Value::Object(words);
    }
    if let Some(member) = members.get_mut(first) {
        *member = all;
    }
}

/// The values of a member that only lists strings, and its title or description.
fn listed(member: &Value) -> Option<(&[Value], Option<String>)> {
    let member = member.as_object()?;
    let plain = member.keys().all(|key| matches!(key.as_str(), "type" | "enum" | "title" | "description"));
    let text = |key: &str| member.get(key).and_then(Value::as_str).map(str::to_owned);
    let values = member.get("enum")?.as_array().filter(|values| plain && values.iter().all(Value::is_string))?;
    let said = match (text("title"), text("description")) {
        (Some(title), Some(description)) => Some(format!("{title}: {description}")),
        (title, description) => description.or(title),
    };
    (member.get("type")? == "string").then_some((values, said))
}

/// Inserts the members of a nested union that has no other keywords, and keeps whether it is nullable.
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
