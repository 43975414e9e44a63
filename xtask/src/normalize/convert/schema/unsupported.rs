//! Expresses constraints that only JSON Schema 2020-12 has with the keywords of 3.0 as far as possible, and warns about
//! the rest.
//!
//! Before: `{"type": "object", "patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": false}`
//! After: `{"type": "object", "additionalProperties": {"type": "string"}}`, with a warning.
//!
//! Boolean schemas become `{}` and `{"not": {}}`. `propertyNames` that only requires strings has no effect, and is
//! removed without a warning.

use serde_json::{Map, Value, json};

use crate::normalize::{Warnings, walk::Place};

/// Keywords that constrain values, so that removing them loses information.
const CONSTRAINTS: [&str; 12] = [
    "if",
    "then",
    "else",
    "contains",
    "minContains",
    "maxContains",
    "dependentRequired",
    "dependentSchemas",
    "patternProperties",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Keywords that `unevaluatedProperties` depends on. Without them, it is the same as `additionalProperties`.
const EVALUATING: [&str; 7] = ["$ref", "allOf", "anyOf", "oneOf", "if", "dependentSchemas", "not"];

pub(in crate::normalize::convert) fn run(place: &Place<'_>, value: &mut Value, warnings: &mut Warnings) {
    match value {
        // 3.0 only allows boolean schemas in `additionalProperties`. `items` and `unevaluatedItems` are handled with
        // the array, because `false` may end a tuple.
        Value::Bool(_) if matches!(place.key(), "additionalProperties" | "items" | "unevaluatedItems") => {}
        Value::Bool(_) if place.key() == "unevaluatedProperties" => {}
        Value::Bool(_) => object(value),
        Value::Object(schema) => {
            unevaluated(schema);
            items(schema);
            contains(schema);
            patterns(schema);
            for keyword in CONSTRAINTS {
                let Some(dropped) = schema.shift_remove(keyword) else { continue };
                if !is_vacuous(keyword, &dropped, schema) {
                    warnings.add(&place.pointer(), format!("`{keyword}` has no counterpart in OpenAPI 3.0"));
                }
            }
            // If a property may have any value, the usual form in 3.0 is `true`.
            if schema.get("additionalProperties") == Some(&json!({})) {
                schema.insert("additionalProperties".to_owned(), json!(true));
            }
        }
        _ => {}
    }
}

/// Writes a boolean schema as an object.
fn object(schema: &mut Value) {
    match schema {
        Value::Bool(true) => *schema = json!({}),
        Value::Bool(false) => *schema = json!({ "not": {} }),
        _ => {}
    }
}

fn unevaluated(schema: &mut Map<String, Value>) {
    let alone = |schema: &Map<String, Value>| !EVALUATING.iter().any(|keyword| schema.contains_key(*keyword));
    for (keyword, counterpart) in [("unevaluatedProperties", "additionalProperties"), ("unevaluatedItems", "items")] {
        if !schema.contains_key(counterpart)
            && alone(schema)
            && !(keyword == "unevaluatedItems" && schema.contains_key("contains"))
            && let Some(value) = schema.shift_remove(keyword)
        {
            schema.insert(counterpart.to_owned(), value);
        }
    }
}

/// Gives every list `items`, which 3.0 requires, and replaces boolean ones, which 3.0 does not allow.
fn items(schema: &mut Map<String, Value>) {
    match schema.get_mut("items") {
        Some(Value::Bool(false)) => {
            schema.insert("items".to_owned(), json!({}));
            schema.insert("maxItems".to_owned(), json!(0));
        }
        Some(items) => object(items),
        None => {
            let list = match schema.get("type") {
                Some(Value::Array(names)) => names.iter().any(|name| name == "array"),
                name => name.is_some_and(|name| name == "array"),
            };
            if list {
                schema.insert("items".to_owned(), json!({}));
            }
        }
    }
}

/// Replaces `contains` with a minimum length, because a list that contains an item is not empty.
fn contains(schema: &mut Map<String, Value>) {
    if !schema.contains_key("contains") {
        // Without `contains`, its bounds have no effect.
        schema.shift_remove("minContains");
        schema.shift_remove("maxContains");
        return;
    }
    let least = schema.get("minContains").and_then(Value::as_u64).unwrap_or(1);
    let known = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
    if least > known {
        schema.insert("minItems".to_owned(), json!(least));
    }
}

/// Allows the values of properties that match a pattern for all additional properties.
fn patterns(schema: &mut Map<String, Value>) {
    let Some(patterns) = schema.get("patternProperties").and_then(Value::as_object) else { return };
    let mut kinds: Vec<Value> = Vec::new();
    let rest = schema.get("additionalProperties");
    for kind in patterns.values().chain(rest.filter(|rest| rest.is_object())) {
        if !kinds.contains(kind) {
            kinds.push(kind.clone());
        }
    }
    if rest.is_none() || rest == Some(&json!(true)) || kinds.contains(&json!({})) {
        // If any property is allowed, the pattern cannot be expressed at all.
        return;
    }
    let values = if kinds.len() == 1 { kinds.pop().unwrap_or_default() } else { json!({ "anyOf": kinds }) };
    if values != json!({ "anyOf": [] }) {
        schema.insert("additionalProperties".to_owned(), values);
    }
}

fn is_vacuous(keyword: &str, value: &Value, schema: &Map<String, Value>) -> bool {
    match keyword {
        "propertyNames" => *value == json!({ "type": "string" }) || *value == json!({}),
        "unevaluatedItems" | "unevaluatedProperties" => *value == json!({}) || *value == json!(true),
        "patternProperties" | "dependentRequired" | "dependentSchemas" => *value == json!({}),
        "then" | "else" => !schema.contains_key("if") && *value == json!({}),
        "minContains" => true,
        _ => false,
    }
}
