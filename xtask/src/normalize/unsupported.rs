//! Leaves out the keywords of JSON Schema 2020-12 that 3.0 has no counterpart for, and says so.
//!
//! Before: `{"type": "object", "propertyNames": {"pattern": "^x-"}, "additionalProperties": true}`
//! After: `{"type": "object", "additionalProperties": true}`, with a warning.
//!
//! Boolean schemas become `{}` and `{"not": {}}`. `propertyNames` that only asks for strings says nothing and goes
//! without a warning.

use serde_json::{Value, json};

use super::{
    Warnings,
    walk::{self, Kind},
};

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

pub(super) fn run(document: &mut Value, warnings: &mut Warnings) {
    walk::visit(document, &mut |place, value| {
        if place.kind != Kind::Schema {
            return;
        }
        match value {
            // `additionalProperties` is the one place where 3.0 knows boolean schemas.
            Value::Bool(_) if place.pointer.ends_with("/additionalProperties") => {}
            Value::Bool(true) => *value = json!({}),
            Value::Bool(false) => *value = json!({ "not": {} }),
            Value::Object(schema) => {
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
                        warnings.add(&place.pointer, format!("`{keyword}` has no counterpart in OpenAPI 3.0"));
                    }
                }
                // A property's value may be anything: 3.0 writes that as `true`.
                if schema.get("additionalProperties") == Some(&json!({})) {
                    schema.insert("additionalProperties".to_owned(), json!(true));
                }
            }
            _ => {}
        }
    });
}

fn is_vacuous(keyword: &str, value: &Value) -> bool {
    match keyword {
        "propertyNames" => *value == json!({ "type": "string" }) || *value == json!({}),
        "unevaluatedItems" | "unevaluatedProperties" => *value == json!({}) || *value == json!(true),
        _ => false,
    }
}
