//! Puts paths, operations and components into one order, so that the output does not depend on upstream's.
//!
//! Before: `{"components": {…}, "paths": {"/b": {"post": …, "get": …}, "/a": …}}`
//! After: `{"paths": {"/a": …, "/b": {"get": …, "post": …}}, "components": {…}}`

use serde_json::{Map, Value};

use super::{Warnings, walk::METHODS};

const DOCUMENT: &[&str] = &["openapi", "info", "servers", "security", "tags", "paths", "components"];

pub(super) fn run(document: &mut Value, _: &mut Warnings) {
    let Some(object) = document.as_object_mut() else { return };
    reorder(object, DOCUMENT);
    if let Some(paths) = object.get_mut("paths").and_then(Value::as_object_mut) {
        paths.sort_keys();
        for item in paths.values_mut().filter_map(Value::as_object_mut) {
            reorder(item, &METHODS);
            for responses in item.values_mut().filter_map(|operation| operation.get_mut("responses")) {
                if let Some(responses) = responses.as_object_mut() {
                    responses.sort_keys();
                }
            }
        }
    }
    if let Some(components) = object.get_mut("components").and_then(Value::as_object_mut) {
        components.sort_keys();
        for section in components.values_mut().filter_map(Value::as_object_mut) {
            section.sort_keys();
        }
    }
}

/// Moves the given keys to the front, in the given order.
fn reorder(object: &mut Map<String, Value>, first: &[&str]) {
    let mut rest = std::mem::take(object);
    for key in first {
        if let Some(value) = rest.shift_remove(*key) {
            object.insert((*key).to_owned(), value);
        }
    }
    object.extend(rest);
}
