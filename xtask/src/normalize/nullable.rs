//! Rewrites the null type of 3.1 as `nullable`, and lists of types as unions.
//!
//! Before: `{"anyOf": [{"type": "string"}, {"type": "null"}]}`, `{"type": ["integer", "null"]}`
//! After: `{"type": "string", "nullable": true}`, `{"type": "integer", "nullable": true}`
//!
//! A nullable reference becomes `{"nullable": true, "allOf": [{"$ref": "…"}]}`, which is how 3.0 tools write it.

use serde_json::{Map, Value, json};

use super::{Warnings, walk::Place};

pub(super) fn run(_: &Place<'_>, value: &mut Value, _: &mut Warnings) {
    let Some(schema) = value.as_object_mut() else { return };
    types(schema);
    enumeration(schema);
    union(schema, "anyOf");
    union(schema, "oneOf");
}

fn types(schema: &mut Map<String, Value>) {
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
            match <[Value; 1]>::try_from(names) {
                Ok([name]) => {
                    schema.insert("type".to_owned(), name);
                }
                Err(names) => {
                    schema.shift_remove("type");
                    if !names.is_empty() {
                        let members: Vec<Value> = names.iter().map(|name| restrict(schema, name)).collect();
                        schema.retain(|key, _| !is_typed(key));
                        schema.insert("anyOf".to_owned(), json!(members));
                    }
                }
            }
        }
        _ => {}
    }
}

/// Keywords that speak of values of certain types only, and so move into the member of that type.
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
    !keyword_types(keyword).is_empty()
}

fn restrict(schema: &Map<String, Value>, name: &Value) -> Value {
    let mut member = Map::new();
    member.insert("type".to_owned(), name.clone());
    for (key, value) in schema {
        if keyword_types(key).iter().any(|typed| name == typed) {
            member.insert(key.clone(), value.clone());
        }
    }
    Value::Object(member)
}

/// `null` among the values of an enumeration says what `nullable` says.
fn enumeration(schema: &mut Map<String, Value>) {
    let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) else { return };
    if values.len() > 1 && values.contains(&Value::Null) {
        values.retain(|value| !value.is_null());
        schema.insert("nullable".to_owned(), json!(true));
    }
}

fn union(schema: &mut Map<String, Value>, keyword: &str) {
    let Some(members) = schema.get_mut(keyword).and_then(Value::as_array_mut) else { return };
    let count = members.len();
    members.retain(|member| !is_null(member));
    if members.len() == count {
        return;
    }
    let only = if members.len() == 1 { members.pop() } else { None };
    let empty = members.is_empty();
    if only.is_some() || empty {
        schema.shift_remove(keyword);
    }
    schema.insert("nullable".to_owned(), json!(true));
    match only {
        Some(Value::Object(member)) if member.contains_key("$ref") => {
            schema.insert("allOf".to_owned(), json!([member]));
        }
        Some(Value::Object(member)) => {
            // What the union itself says of the value stands; the member fills in the rest.
            for (key, value) in member {
                schema.entry(key).or_insert(value);
            }
        }
        _ if empty => {
            schema.insert("enum".to_owned(), json!([null]));
        }
        _ => {}
    }
}

/// The schema of null alone, as the member visit before this one left it.
fn is_null(member: &Value) -> bool {
    *member == json!({ "type": "null" }) || *member == json!({ "nullable": true, "enum": [null] })
}
