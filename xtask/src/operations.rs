//! A table of a document's operations, for people and for snapshots.

use std::fmt::Write as _;

use serde_json::Value;

use crate::normalize::walk;

/// One block per operation: ID, method and path, then parameters, body and responses with their types.
///
/// A trailing `?` marks optional values, `|null` values that may be null, `[]` lists.
pub fn table(document: &Value) -> String {
    let mut document = document.clone();
    let mut text = String::new();
    walk::each_operation(&mut document, |method, path, operation| {
        let id = operation.get("operationId").and_then(Value::as_str).unwrap_or("?");
        let _ = writeln!(text, "{id}: {} {path}", method.to_uppercase());
        for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
            let field = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or("?");
            let optional = if parameter.get("required") == Some(&Value::Bool(true)) { "" } else { "?" };
            let kind = parameter.get("schema").map(type_of).unwrap_or_default();
            let _ = writeln!(text, "  {} {}{optional}: {kind}", field("in"), field("name"));
        }
        for (media, value) in content(operation.get("requestBody")) {
            let _ = writeln!(text, "  body {media}: {}", value.get("schema").map(type_of).unwrap_or_default());
        }
        for (status, response) in operation.get("responses").and_then(Value::as_object).into_iter().flatten() {
            let mut any = false;
            for (media, value) in content(Some(response)) {
                let _ = writeln!(text, "  {status} {media}: {}", value.get("schema").map(type_of).unwrap_or_default());
                any = true;
            }
            if !any {
                let _ = writeln!(text, "  {status}");
            }
        }
        text.push('\n');
    });
    text
}

fn content(holder: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    holder.and_then(|holder| holder.get("content")?.as_object()).into_iter().flatten()
}

fn type_of(schema: &Value) -> String {
    let nullable = if schema.get("nullable") == Some(&Value::Bool(true)) { "|null" } else { "" };
    if let Some(target) = schema.get("$ref").or_else(|| schema.pointer("/allOf/0/$ref")).and_then(Value::as_str) {
        return format!("{}{nullable}", target.rsplit('/').next().unwrap_or(target));
    }
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or("any");
    let mut text = match kind {
        "array" => format!("{}[]", schema.get("items").map(type_of).unwrap_or_default()),
        _ => kind.to_owned(),
    };
    if let Some(format) = schema.get("format").and_then(Value::as_str) {
        let _ = write!(text, "/{format}");
    }
    if let (minimum, maximum) = (schema.get("minimum"), schema.get("maximum"))
        && (minimum.is_some() || maximum.is_some())
    {
        let show = |bound: Option<&Value>| bound.map(Value::to_string).unwrap_or_default();
        let _ = write!(text, " {}..{}", show(minimum), show(maximum));
    }
    text + nullable
}
