//! Declares the document as OpenAPI 3.0.3 and drops what only the 3.1 document object has.
//!
//! Before: `{"openapi": "3.1.0", "jsonSchemaDialect": "…", "webhooks": {…}}`
//! After: `{"openapi": "3.0.3"}`, with a warning for the webhooks.

use serde_json::{Value, json};

use super::{NotOpenApi, Warnings};

/// The dialects that the passes read.
const DIALECTS: [&str; 2] =
    ["https://spec.openapis.org/oas/3.1/dialect/base", "https://json-schema.org/draft/2020-12/schema"];

/// Refuses what is not an OpenAPI 3.0 or 3.1 document.
pub(super) fn check(document: &Value) -> Result<(), NotOpenApi> {
    let fail = |reason: &str| Err(NotOpenApi(reason.to_owned()));
    let Some(object) = document.as_object() else { return fail("the document is not a JSON object") };
    if object.contains_key("swagger") {
        return fail("it is OpenAPI 2.0 (Swagger); convert it to 3.x first");
    }
    match object.get("openapi").and_then(Value::as_str) {
        None => return fail("there is no `openapi` field with a version"),
        Some(version) if version.starts_with("3.0.") || version.starts_with("3.1.") => {}
        Some(version) => return fail(&format!("version {version} is neither 3.0 nor 3.1")),
    }
    let info = object.get("info");
    if !["title", "version"].iter().all(|key| info.and_then(|info| info.get(key)).is_some_and(Value::is_string)) {
        return fail("`info` needs a `title` and a `version`");
    }
    match object.get("paths") {
        Some(Value::Object(_)) | None => Ok(()),
        Some(_) => fail("`paths` is not an object"),
    }
}

pub(super) fn run(document: &mut Value, warnings: &mut Warnings) {
    let Some(object) = document.as_object_mut() else { return };
    object.insert("openapi".to_owned(), json!("3.0.3"));
    if let Some(dialect) = object.shift_remove("jsonSchemaDialect")
        && !dialect.as_str().is_some_and(|dialect| DIALECTS.contains(&dialect))
    {
        warnings.add("/jsonSchemaDialect", format!("the schemas are read as JSON Schema 2020-12, not as {dialect}"));
    }
    if object.shift_remove("webhooks").is_some_and(|webhooks| webhooks != json!({})) {
        warnings.add("/webhooks", "OpenAPI 3.0 has no webhooks; they are left out");
    }
    if let Some(info) = object.get_mut("info").and_then(Value::as_object_mut) {
        info.shift_remove("summary");
        if let Some(license) = info.get_mut("license").and_then(Value::as_object_mut) {
            // An SPDX identifier has an address, which is what 3.0 knows.
            if let Some(Value::String(identifier)) = license.shift_remove("identifier") {
                license.entry("url").or_insert_with(|| json!(format!("https://spdx.org/licenses/{identifier}.html")));
            }
        }
    }
    if let Some(components) = object.get_mut("components").and_then(Value::as_object_mut)
        && components.shift_remove("pathItems").is_some_and(|items| items != json!({}))
    {
        warnings.add("/components/pathItems", "OpenAPI 3.0 has no reusable path items; they are left out");
    }
    object.entry("paths").or_insert_with(|| json!({}));
}
