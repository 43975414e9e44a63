//! Rewrites the null type of 3.1 as `nullable`, and lists of types as unions.
//!
//! Before: `{"anyOf": [{"type": "string"}, {"type": "null"}]}`, `{"type": ["integer", "null"]}`
//! After: `{"type": "string", "nullable": true}`, `{"type": "integer", "nullable": true}`
//!
//! A nullable reference becomes `{"nullable": true, "allOf": [{"$ref": "…"}]}`, the usual form in 3.0.

use serde_json::{Map, Value, json};

use super::{constants::type_of, merge};
use crate::normalize::{Warnings, walk::Place};

pub(in crate::normalize::convert) fn run(place: &Place<'_>, value: &mut Value, warnings: &mut Warnings) {
    let Some(schema) = value.as_object_mut() else { return };
    types(place, schema, warnings);
    enumeration(schema);
    for keyword in ["anyOf", "oneOf"] {
        if union(schema, keyword) {
            warnings.add(&place.pointer(), "the union allows null, but the type beside it does not; null is left out");
        }
    }
}

fn types(place: &Place<'_>, schema: &mut Map<String, Value>, warnings: &mut Warnings) {
    match schema.get("type").cloned() {
        Some(Value::String(name)) if name == "null" => {
            schema.shift_remove("type");
            schema.insert("nullable".to_owned(), json!(true));
            schema.insert("enum".to_owned(), json!([null]));
        }
        Some(Value::Array(mut names)) => {
            let count = names.len();
            names.retain(|name| name != "null");
            if names.len() < count {
                schema.insert("nullable".to_owned(), json!(true));
            }
            if names.iter().any(|name| name == "number") {
                names.retain(|name| name != "integer");
            }
            let all = ["array", "boolean", "number", "object", "string"];
            match names.as_slice() {
                [] => {
                    schema.shift_remove("type");
                    schema.insert("enum".to_owned(), json!([null]));
                }
                [name] => {
                    let name = name.clone();
                    schema.insert("type".to_owned(), name);
                }
                names if all.iter().all(|kind| names.iter().any(|name| name == kind)) => {
                    // Any type is allowed, so keywords for single types keep their meaning.
                    schema.shift_remove("type");
                }
                names => several(place, schema, names, warnings),
            }
        }
        _ => {}
    }
}

/// Makes a union with a member for each type.
fn several(place: &Place<'_>, schema: &mut Map<String, Value>, names: &[Value], warnings: &mut Warnings) {
    let mut members: Vec<Value> = Vec::new();
    for name in names {
        match restrict(schema, name) {
            Some(member) => members.push(member),
            None => warnings.add(&place.pointer(), format!("no value of the enumeration has the type {name}")),
        }
    }
    schema.shift_remove("type");
    let nulls = schema.get("enum").and_then(Value::as_array).is_some_and(|values| values.contains(&Value::Null));
    if nulls {
        schema.insert("nullable".to_owned(), json!(true));
    }
    schema.retain(|key, _| !is_typed(key));
    if schema.contains_key("anyOf") {
        merge::both(schema, Map::from_iter([("anyOf".to_owned(), json!(members))]));
    } else {
        schema.insert("anyOf".to_owned(), json!(members));
    }
}

/// Keywords that only apply to values of certain types, and so move into the member of that type.
fn keyword_types(keyword: &str) -> &'static [&'static str] {
    match keyword {
        "minLength" | "maxLength" | "pattern" => &["string"],
        "format" => &["string", "number", "integer"],
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => &["number", "integer"],
        "items" | "minItems" | "maxItems" | "uniqueItems" => &["array"],
        "properties" | "required" | "additionalProperties" | "minProperties" | "maxProperties" => &["object"],
        _ => &[],
    }
}

fn is_typed(keyword: &str) -> bool {
    keyword == "enum" || !keyword_types(keyword).is_empty()
}

/// The part of a schema that applies to values of one type. `None` if it allows no values of that type.
fn restrict(schema: &Map<String, Value>, name: &Value) -> Option<Value> {
    let mut member = Map::new();
    member.insert("type".to_owned(), name.clone());
    for (key, value) in schema {
        if keyword_types(key).iter().any(|typed| name == typed) {
            member.insert(key.clone(), value.clone());
        }
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let of_type = |value: &&Value| {
            let kind = type_of(value);
            name == kind || (name == "number" && kind == "integer")
        };
        let values: Vec<&Value> = values.iter().filter(of_type).collect();
        if values.is_empty() {
            return None;
        }
        member.insert("enum".to_owned(), json!(values));
    }
    Some(Value::Object(member))
}

/// Replaces null in an enumeration with `nullable`.
fn enumeration(schema: &mut Map<String, Value>) {
    let typed = schema.get("type").is_some() && schema.get("nullable") != Some(&json!(true));
    let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) else { return };
    if values.len() > 1 && values.contains(&Value::Null) {
        values.retain(|value| !value.is_null());
        // A type without null excludes null, even if the enumeration lists it.
        if !typed {
            schema.insert("nullable".to_owned(), json!(true));
        }
    } else if *values == [Value::Null] && !typed {
        schema.insert("nullable".to_owned(), json!(true));
    }
}

/// Replaces the null member of a union with `nullable`. Returns whether a type next to the union excludes null.
fn union(schema: &mut Map<String, Value>, keyword: &str) -> bool {
    // A type next to the union may exclude null.
    let excluded = schema.contains_key("type") && schema.get("nullable") != Some(&json!(true));
    let Some(members) = schema.get_mut(keyword).and_then(Value::as_array_mut) else { return false };
    let count = members.len();
    members.retain(|member| !is_null(member));
    if members.len() == count {
        return false;
    }
    let only = if members.len() == 1 { members.pop() } else { None };
    let empty = members.is_empty();
    if only.is_some() || empty {
        schema.shift_remove(keyword);
    }
    if !excluded {
        schema.insert("nullable".to_owned(), json!(true));
    }
    match only {
        Some(Value::Object(member)) => merge::both(schema, member),
        _ if empty => {
            schema.insert("enum".to_owned(), json!([null]));
        }
        _ => {}
    }
    excluded
}

/// Whether a member only allows null. The member has already been visited, so null may be an enumeration by now.
fn is_null(member: &Value) -> bool {
    let Some(member) = member.as_object() else { return false };
    let null = member.get("enum") == Some(&json!([null])) || member.get("type") == Some(&json!("null"));
    let words = ["title", "description", "nullable", "enum", "type"];
    null && member.keys().all(|key| words.contains(&key.as_str()))
}
