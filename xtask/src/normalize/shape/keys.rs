//! Turns the query parameter for the API key into a security scheme.
//!
//! Before: `{"parameters": [{"in": "query", "name": "key", "description": "API key (…)", "schema": {"type": "string"}}]}`
//! After: no such parameter, and in addition to the document's own schemes
//! `{"queryKey": {"type": "apiKey", "in": "query", "name": "key"}}`
//!
//! This only applies to an optional parameter whose description says that it is an API key, because other parameters
//! may be named `key` too. As a parameter, the key would be in the generated builder, and its `Debug` would show it.

use serde_json::{Value, json};

use crate::normalize::{Warnings, walk};

const PARAMETER: &str = "key";
const SCHEME: &str = "queryKey";

pub(super) fn run(document: &mut Value, _: &mut Warnings) {
    let secured = document.get("security").and_then(Value::as_array).is_some_and(|security| !security.is_empty());
    if !secured {
        return;
    }
    let mut found = false;
    walk::each_operation(document, |_, _, operation| {
        let Some(Value::Array(parameters)) = operation.get_mut("parameters") else { return };
        let count = parameters.len();
        parameters.retain(|parameter| !is_key(parameter));
        found |= parameters.len() < count;
        if parameters.is_empty() {
            operation.shift_remove("parameters");
        }
    });
    if !found {
        return;
    }
    if let Some(security) = document.get_mut("security").and_then(Value::as_array_mut) {
        security.push(json!({ SCHEME: [] }));
    }
    if let Some(Value::Object(components)) = document.get_mut("components")
        && let Some(schemes) = components.entry("securitySchemes").or_insert_with(|| json!({})).as_object_mut()
    {
        schemes.insert(SCHEME.to_owned(), json!({ "type": "apiKey", "in": "query", "name": PARAMETER }));
    }
}

fn is_key(parameter: &Value) -> bool {
    let field = |name: &str| parameter.get(name).and_then(Value::as_str);
    let described = field("description").is_some_and(|text| text.to_lowercase().contains("api key"));
    let required = parameter.get("required") == Some(&Value::Bool(true));
    field("in") == Some("query") && field("name") == Some(PARAMETER) && described && !required
}
