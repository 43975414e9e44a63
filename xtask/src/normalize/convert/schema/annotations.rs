//! Turns keywords that only identify or annotate a schema into extensions.
//!
//! Before: `{"$id": "https://example.com/tree", "$comment": "see the paper", "type": "object"}`
//! After: `{"x-id": "https://example.com/tree", "x-comment": "see the paper", "type": "object"}`
//!
//! References by `$id` and anchor have already been resolved, so nothing depends on these keywords any more.

use serde_json::Value;

use crate::normalize::{Warnings, walk::Place};

const KEYWORDS: [(&str, &str); 6] = [
    ("$id", "x-id"),
    ("$anchor", "x-anchor"),
    ("$dynamicAnchor", "x-dynamicAnchor"),
    ("$comment", "x-comment"),
    ("$vocabulary", "x-vocabulary"),
    ("$schema", "x-schema"),
];

/// The dialect that applies by default.
const USUAL: [&str; 2] =
    ["https://json-schema.org/draft/2020-12/schema", "https://spec.openapis.org/oas/3.1/dialect/base"];

pub(in crate::normalize::convert) fn run(place: &Place<'_>, value: &mut Value, warnings: &mut Warnings) {
    let Some(schema) = value.as_object_mut() else { return };
    for (keyword, extension) in KEYWORDS {
        let Some(value) = schema.shift_remove(keyword) else { continue };
        if keyword == "$schema" {
            if value.as_str().is_some_and(|dialect| USUAL.contains(&dialect)) {
                continue;
            }
            warnings.add(&place.pointer(), format!("the schema is read as JSON Schema 2020-12, not as {value}"));
        }
        schema.entry(extension).or_insert(value);
    }
}
