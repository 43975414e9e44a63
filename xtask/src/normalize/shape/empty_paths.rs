//! Removes path items without operations.
//!
//! Before: `{"/customer/balance": {}, "/models": {"get": {…}}}`
//! After: `{"/models": {"get": {…}}}`

use serde_json::Value;

use crate::normalize::{Warnings, walk::METHODS};

pub(super) fn run(document: &mut Value, _: &mut Warnings) {
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        paths.retain(|path, item| {
            path.starts_with("x-")
                || item.as_object().is_some_and(|item| {
                    item.contains_key("$ref") || METHODS.iter().any(|method| item.contains_key(*method))
                })
        });
    }
}
