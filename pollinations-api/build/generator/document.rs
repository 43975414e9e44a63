//! Reads an OpenAPI 3.0 document.

use serde_json::{Map, Value};

pub(crate) const SCHEMAS: &str = "#/components/schemas/";
pub(crate) const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Resolves a reference, including chains of references. Any other value is returned unchanged.
pub(crate) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let mut value = value;
    for _ in 0..32 {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else { break };
        match reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer)) {
            Some(target) => value = target,
            None => break,
        }
    }
    value
}

/// The name of the component that a schema refers to.
pub(crate) fn component(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(SCHEMAS)
}

pub(crate) fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

pub(crate) fn object<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value.get(key).and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

pub(crate) fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// An operation, with its path and method.
pub(crate) struct Place<'a> {
    pub(crate) path: &'a str,
    pub(crate) method: &'static str,
    pub(crate) item: &'a Value,
    pub(crate) operation: &'a Value,
}

pub(crate) fn operations(document: &Value) -> impl Iterator<Item = Place<'_>> {
    object(document, "paths").flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| {
            let operation = item.get(*method).filter(|operation| operation.is_object())?;
            Some(Place { path, method, item, operation })
        })
    })
}
