//! Rewrites numeric exclusive bounds as the boolean ones of 3.0.
//!
//! Before: `{"type": "number", "exclusiveMinimum": 0}`
//! After: `{"type": "number", "minimum": 0, "exclusiveMinimum": true}`

use serde_json::{Map, Value, json};

use crate::normalize::{Warnings, walk::Place};

pub(in crate::normalize::convert) fn run(_: &Place<'_>, value: &mut Value, _: &mut Warnings) {
    let Some(schema) = value.as_object_mut() else { return };
    rewrite(schema, "exclusiveMinimum", "minimum", |exclusive, inclusive| exclusive >= inclusive);
    rewrite(schema, "exclusiveMaximum", "maximum", |exclusive, inclusive| exclusive <= inclusive);
}

/// The exclusive bound is used if it is the tighter one.
fn rewrite(schema: &mut Map<String, Value>, exclusive: &str, inclusive: &str, tighter: fn(f64, f64) -> bool) {
    let Some(bound @ Value::Number(_)) = schema.get(exclusive).cloned() else { return };
    let wins = match (bound.as_f64(), schema.get(inclusive).and_then(Value::as_f64)) {
        (Some(bound), Some(other)) => tighter(bound, other),
        _ => true,
    };
    if wins {
        schema.insert(inclusive.to_owned(), bound);
        schema.insert(exclusive.to_owned(), json!(true));
    } else {
        schema.shift_remove(exclusive);
    }
}
