//! Lists null among the values of a nullable enumeration, since an enumeration allows nothing that it does not list.
//!
//! Before: `{"type": "boolean", "enum": [false], "nullable": true}`
//! After: `{"type": "boolean", "enum": [false, null], "nullable": true}`
//!
//! The passes before this one look at the other values only, so the pass `nullable` takes null off the list. This pass
//! runs when types have their names, and puts null back.

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
