//! Drops upstream's sentences: ours come from the overlay.
//!
//! Before: `{"description": "User's display name", "type": "string", "example": "Ada"}`
//! After: `{"type": "string"}`
//!
//! A response keeps a description, because OpenAPI requires one: the reason phrase of its status. The marker
//! `x-normalized` on the document says that this pass has run, so that our own sentences survive a second run.

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    Warnings,
    walk::{self, Kind},
};

const MARKER: &str = "x-normalized";

pub(super) fn run(document: &mut Value, _: &mut Warnings) {
    if document.get(MARKER) == Some(&Value::Bool(true)) {
        return;
    }
    walk::visit(document, &mut |place, value| {
        let Some(object) = value.as_object_mut() else { return };
        for key in ["description", "summary", "externalDocs", "example", "examples"] {
            object.shift_remove(key);
        }
        if place.kind == Kind::Response && !object.contains_key("$ref") {
            let status = place.key();
            object.insert("description".to_owned(), json!(reason_phrase(status)));
        }
    });
    if let Some(info) = document.get_mut("info").and_then(Value::as_object_mut) {
        info.shift_remove("description");
    }
    for tag in document.get_mut("tags").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(tag) = tag.as_object_mut() {
            tag.shift_remove("description");
            tag.shift_remove("externalDocs");
        }
    }
    let schemes = document.pointer_mut("/components/securitySchemes").and_then(Value::as_object_mut);
    for scheme in schemes.into_iter().flat_map(|schemes| schemes.values_mut()) {
        if let Some(scheme) = scheme.as_object_mut() {
            scheme.shift_remove("description");
        }
    }
    if let Some(object) = document.as_object_mut() {
        object.shift_remove("externalDocs");
        object.insert(MARKER.to_owned(), Value::Bool(true));
    }
}

fn reason_phrase(status: &str) -> &'static str {
    match status.parse::<StatusCode>().ok().and_then(|status| status.canonical_reason()) {
        Some(phrase) => phrase,
        None if status.starts_with('2') => "Success",
        None => "Response",
    }
}
