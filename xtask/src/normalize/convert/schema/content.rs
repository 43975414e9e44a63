//! Rewrites the keywords of 3.1 for encoded strings as formats of 3.0.
//!
//! Before: `{"type": "string", "contentEncoding": "base64"}`, `{"contentMediaType": "image/png"}`
//! After: `{"type": "string", "format": "byte"}`, `{"type": "string", "format": "binary"}`

use serde_json::{Value, json};

use crate::normalize::{Warnings, walk::Place};

pub(in crate::normalize::convert) fn run(place: &Place<'_>, value: &mut Value, warnings: &mut Warnings) {
    let Some(schema) = value.as_object_mut() else { return };
    let encoding = schema.shift_remove("contentEncoding");
    let media_type = schema.shift_remove("contentMediaType");
    let decoded = schema.shift_remove("contentSchema");
    let format = match (encoding.as_ref().and_then(Value::as_str), &media_type) {
        (Some(encoding @ ("base64" | "base64url")), inside) => {
            if let Some(inside) = inside {
                warnings.add(
                    &place.pointer(),
                    format!("`contentMediaType: {inside}`: a format cannot say what is encoded"),
                );
            }
            Some(if encoding == "base64" { "byte" } else { encoding })
        }
        (Some(other), _) => {
            warnings.add(&place.pointer(), format!("`contentEncoding: {other}` has no format in OpenAPI 3.0"));
            None
        }
        // Text with a media type is still a string.
        (None, Some(kind)) if kind.as_str().is_none_or(is_text) => {
            warnings.add(&place.pointer(), format!("`contentMediaType: {kind}` has no counterpart in OpenAPI 3.0"));
            schema.entry("type").or_insert(json!("string"));
            None
        }
        (None, Some(_)) => Some("binary"),
        (None, None) => None,
    };
    if let Some(format) = format {
        schema.entry("type").or_insert(json!("string"));
        schema.entry("format").or_insert(json!(format));
    }
    if decoded.is_some() {
        warnings.add(&place.pointer(), "`contentSchema`: OpenAPI 3.0 cannot describe what is inside a string");
    }
}

fn is_text(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.starts_with("text/") || ["json", "xml", "yaml"].iter().any(|kind| essence.ends_with(kind))
}
