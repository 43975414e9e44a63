//! Leaves out the keywords of JSON Schema 2020-12 that 3.0 has no counterpart for, and says so.
//!
//! Before: `{"type": "object", "propertyNames": {"pattern": "^x-"}, "additionalProperties": true}`
//! After: `{"type": "object", "additionalProperties": true}`, with a warning.
//!
//! Boolean schemas become `{}` and `{"not": {}}`. `propertyNames` that only asks for strings says nothing and goes
//! without a warning.

use serde_json::{Value, json};

use super::{Warnings, walk::Place};

/// Keywords that constrain values, so that dropping them loses something.
const CONSTRAINTS: &[&str] = &[
    "if",
    "then",
    "else",
    "contains",
    "minContains",
    "maxContains",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "patternProperties",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "$dynamicRef",
    "$recursiveRef",
];

/// Keywords that only annotate or identify.
const ANNOTATIONS: &[&str] =
    &["$schema", "$id", "$comment", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary"];

pub(super) fn run(place: &Place<'_>, value: &mut Value, warnings: &mut Warnings) {
    match value {
        // `additionalProperties` is the one place where 3.0 knows boolean schemas; `items` waits for the array, for
        // which `false` may end a tuple.
        Value::Bool(_) if matches!(place.key(), "additionalProperties" | "items") => {}
        Value::Bool(_) => object(value),
        Value::Object(schema) => {
            schema.get_mut("items").into_iter().for_each(object);
            for keyword in ANNOTATIONS {
                schema.shift_remove(*keyword);
            }
            for keyword in CONSTRAINTS {
                let Some(dropped) = schema.shift_remove(*keyword) else { continue };
                if *keyword == "patternProperties" && !schema.contains_key("additionalProperties") {
                    // At least the kind of the values survives.
                    let values = dropped.as_object().filter(|patterns| patterns.len() == 1);
                    if let Some(values) = values.and_then(|patterns| patterns.values().next()) {
                        schema.insert("additionalProperties".to_owned(), values.clone());
                    }
                }
                if !is_vacuous(keyword, &dropped) {
                    warnings.add(&place.pointer(), format!("`{keyword}` has no counterpart in OpenAPI 3.0"));
                }
            }
            // A property's value may be anything: 3.0 writes that as `true`.
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

fn is_vacuous(keyword: &str, value: &Value) -> bool {
    match keyword {
        "propertyNames" => *value == json!({ "type": "string" }) || *value == json!({}),
        "unevaluatedItems" | "unevaluatedProperties" => *value == json!({}) || *value == json!(true),
        _ => false,
    }
}
