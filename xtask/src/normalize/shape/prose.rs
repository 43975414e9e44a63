//! Removes upstream's descriptions. Ours come from the overlay.
//!
//! Before: `{"description": "User's display name", "type": "string", "example": "Ada"}`
//! After: `{"type": "string"}`
//!
//! A response keeps a description, because OpenAPI requires one: the reason phrase of its status. The marker
//! `x-normalized` on the document records that this pass has run, so that a second run does not remove our own
//! descriptions.

use serde_json::{Value, json};

use crate::normalize::{
    Warnings,
    convert::structure::reason_phrase,
    walk::{self, Kind},
};

const MARKER: &str = "x-normalized";

/// Descriptions, and extensions with descriptions that other passes have created.
pub(crate) const DROPPED: [&str; 9] = [
    "description",
    "summary",
    "externalDocs",
    "example",
    "examples",
    "x-examples",
    "x-comment",
    "x-summary",
    "x-codeSamples",
];

pub(super) fn run(document: &mut Value, _: &mut Warnings) {
    if document.get(MARKER) == Some(&Value::Bool(true)) {
        return;
    }
    walk::visit(document, &mut |place, value| {
        let Some(object) = value.as_object_mut() else { return };
        for key in DROPPED {
            object.shift_remove(key);
        }
        if place.kind == Kind::Response && !object.contains_key("$ref") {
            let status = place.key();
            object.insert("description".to_owned(), json!(reason_phrase(status)));
        }
    });
    if let Some(object) = document.as_object_mut() {
        object.insert(MARKER.to_owned(), Value::Bool(true));
    }
}
