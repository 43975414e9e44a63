//! Adds null to the values of a nullable enumeration, because an enumeration only allows the values that it lists.
//!
//! Before: `{"type": "boolean", "enum": [false], "nullable": true}`
//! After: `{"type": "boolean", "enum": [false, null], "nullable": true}`
//!
//! The earlier pass `nullable` removes null from the list, so that the passes in between only see the other values.
//! This pass runs once types have names, and adds null again.

use serde_json::{Value, json};

use crate::normalize::{Warnings, walk::Place};

pub(in crate::normalize) fn run(_: &Place<'_>, value: &mut Value, _: &mut Warnings) {
    let Some(schema) = value.as_object_mut().filter(|schema| schema.get("nullable") == Some(&json!(true))) else {
        return;
    };
    if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut)
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
}
