//! Removes bounds that only mean "a safe integer in JavaScript" (ECMA-262 `Number.MAX_SAFE_INTEGER`).
//!
//! Before: `{"type": "integer", "minimum": 0, "maximum": 9007199254740991}`
//! After: `{"type": "integer", "minimum": 0}`

use serde_json::Value;

use crate::normalize::{Warnings, walk::Place};

const MAX_SAFE_INTEGER: i64 = 9_007_199_254_740_991;

pub(super) fn run(_: &Place<'_>, value: &mut Value, _: &mut Warnings) {
    let Some(schema) = value.as_object_mut() else { return };
    let bound = |schema: &serde_json::Map<String, Value>, key: &str| schema.get(key).and_then(Value::as_i64);
    if bound(schema, "maximum") == Some(MAX_SAFE_INTEGER) {
        schema.shift_remove("maximum");
    }
    if bound(schema, "minimum") == Some(-MAX_SAFE_INTEGER) {
        schema.shift_remove("minimum");
    }
}
