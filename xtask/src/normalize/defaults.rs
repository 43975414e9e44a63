//! Drops defaults, so that a request carries what its caller set and nothing else.
//!
//! Before: `{"type": "number", "minimum": 0, "maximum": 2, "default": 1}`
//! After: `{"type": "number", "minimum": 0, "maximum": 2}`
//!
//! An enumeration keeps its default: it becomes the `Default` of a Rust type and is never sent unasked.

use serde_json::Value;

use super::{Warnings, shapes, walk};

pub(super) fn run(document: &mut Value, _: &mut Warnings) {
    walk::each_schema(document, &mut |_, schema| {
        if !shapes::is_string_enum(schema) {
            schema.shift_remove("default");
        }
    });
}
