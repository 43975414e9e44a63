//! Removes defaults, so that a request only contains what its caller set.
//!
//! Before: `{"type": "number", "minimum": 0, "maximum": 2, "default": 1}`
//! After: `{"type": "number", "minimum": 0, "maximum": 2}`
//!
//! An enumeration keeps its default. It becomes the `Default` of a Rust type, and is never sent unless the caller sets
//! it.

use serde_json::Value;

use crate::normalize::{Warnings, shapes, walk::Place};

pub(super) fn run(_: &Place<'_>, value: &mut Value, _: &mut Warnings) {
    let Some(schema) = value.as_object_mut() else { return };
    if !shapes::is_string_enum(schema) {
        schema.shift_remove("default");
        schema.shift_remove("x-default");
    }
}
