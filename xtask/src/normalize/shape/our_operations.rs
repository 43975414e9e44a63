//! Gives operations the ids in our table, and removes the method that generators put in front of other ids.
//!
//! Before: `{"/image/{prompt}": {"get": {"operationId": "getImagePrompt"}}}`
//! After: `{"/image/{prompt}": {"get": {"operationId": "generate_image"}}}`

use serde_json::Value;

use crate::normalize::{Warnings, convert::operations, naming};

pub(super) fn run(document: &mut Value, warnings: &mut Warnings) {
    operations::rename(document, warnings, |method, path, upstream| {
        vec![
            naming::our_operation(method, path)
                .map(str::to_owned)
                .or_else(|| naming::identifier_without_method(method, upstream?)),
            upstream.and_then(naming::identifier),
        ]
    });
}
