//! Declares the document as OpenAPI 3.0.3, and moves or removes fields that only the 3.1 document object has.
//!
//! Before: `{"openapi": "3.1.0", "info": {"summary": "…", "license": {"identifier": "MIT"}}, "webhooks": {…}}`
//! After: `{"openapi": "3.0.3", "info": {"x-summary": "…", "license": {"url": "https://spdx.org/licenses/MIT.html", …}}}`,
//! with a warning for the summary and the webhooks.

use serde_json::{Map, Value, json};

use crate::normalize::{NotOpenApi, Warnings};

/// The dialects that the passes support.
const DIALECTS: [&str; 2] =
    ["https://spec.openapis.org/oas/3.1/dialect/base", "https://json-schema.org/draft/2020-12/schema"];

/// Rejects documents other than OpenAPI 3.0 and 3.1.
pub(in crate::normalize) fn check(document: &Value) -> Result<(), NotOpenApi> {
    let fail = |reason: &str| Err(NotOpenApi(reason.to_owned()));
    let Some(object) = document.as_object() else { return fail("the document is not a JSON object") };
    if object.contains_key("swagger") {
        return fail("it is OpenAPI 2.0 (Swagger); convert it to 3.x first");
    }
    let version = match object.get("openapi") {
        Some(Value::String(version)) => version.clone(),
        // YAML reads `openapi: 3.1` as a number.
        Some(Value::Number(version)) => version.to_string(),
        _ => return fail("there is no `openapi` field with a version"),
    };
    if !["3.0", "3.1"]
        .iter()
        .any(|known| version.strip_prefix(known).is_some_and(|it| it.is_empty() || it.starts_with('.')))
    {
        return fail(&format!("version {version} is neither 3.0 nor 3.1"));
    }
    let info = object.get("info");
    let named = |key: &&str| info.and_then(|info| info.get(key)).is_some_and(|it| it.is_string() || it.is_number());
    if !["title", "version"].iter().all(named) {
        return fail("`info` needs a `title` and a `version`");
    }
    match object.get("paths") {
        // YAML reads `paths:` without a value as null.
        Some(Value::Object(_) | Value::Null) | None => Ok(()),
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
    if let Some(webhooks) = object.shift_remove("webhooks") {
        for name in webhooks.as_object().into_iter().flat_map(Map::keys) {
            warnings.add("/webhooks", format!("OpenAPI 3.0 has no webhooks; `{name}` is left out"));
        }
    }
    if let Some(info) = object.get_mut("info").and_then(Value::as_object_mut) {
        if let Some(summary) = info.shift_remove("summary") {
            warnings.add("/info/summary", "OpenAPI 3.0 has no summary of the API; it is kept as `x-summary`");
            info.entry("x-summary").or_insert(summary);
        }
        if let Some(license) = info.get_mut("license").and_then(Value::as_object_mut)
            && let Some(identifier) = license.shift_remove("identifier")
        {
            // 3.0 has no license identifiers, but the identifier of a single license has a URL.
            let simple =
                |text: &&str| text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-.+".contains(letter));
            if let Some(text) = identifier.as_str().filter(simple) {
                license.entry("url").or_insert_with(|| json!(format!("https://spdx.org/licenses/{text}.html")));
            }
            license.entry("x-identifier").or_insert(identifier);
        }
    }
    if object.get("paths").is_none_or(Value::is_null) {
        object.insert("paths".to_owned(), json!({}));
    }
}
