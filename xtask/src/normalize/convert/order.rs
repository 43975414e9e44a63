//! Sorts everything, so that the output does not depend on the order in the upstream document.
//!
//! Before: `{"components": {…}, "paths": {"/b": {"post": …, "get": …}, "/a": …}}`
//! After: `{"paths": {"/a": …, "/b": {"get": …, "post": …}}, "components": {…}}`
//!
//! Keys are sorted alphabetically, except for those of the document itself and the methods of a path. Lists keep their
//! order.

use serde_json::{Map, Value};

use crate::normalize::{Warnings, walk::METHODS};

const DOCUMENT: &[&str] = &["openapi", "info", "servers", "security", "tags", "paths", "components"];

pub(in crate::normalize) fn run(document: &mut Value, _: &mut Warnings) {
    document.sort_all_objects();
    let Some(object) = document.as_object_mut() else { return };
    reorder(object, DOCUMENT);
    if let Some(paths) = object.get_mut("paths").and_then(Value::as_object_mut) {
        for item in paths.values_mut().filter_map(Value::as_object_mut) {
            reorder(item, &METHODS);
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
