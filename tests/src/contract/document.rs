//! Checks responses against `openapi.json`.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use jsonschema::Validator;
use pollinations_emulator::openapi::{json_schema, json_schemas, path_fits, self_contained};
use serde_json::{Value, json};

use super::tape::Exchange;

/// The API document.
#[derive(Debug)]
pub struct Document {
    value: Value,
    /// Its schemas by name, with open enumerations.
    schemas: Value,
    /// Compiled validators, by the text of the schema.
    validators: Mutex<HashMap<String, Result<Arc<Validator>, String>>>,
    operations: Vec<Operation>,
}

#[derive(Debug)]
struct Operation {
    id: String,
    method: String,
    path: String,
    responses: BTreeMap<String, Value>,
}

/// The result of checking one exchange.
#[derive(Debug, Default)]
pub struct Verdict {
    /// The operation that was called.
    pub operation: Option<String>,
    /// The contract violations.
    pub problems: Vec<String>,
    /// Values that the document does not define.
    pub drift: Vec<String>,
}

impl Document {
    /// Reads an OpenAPI 3.0 document.
    ///
    /// # Errors
    ///
    /// An error if the text is not JSON, or has no operations.
    pub fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("the document is not JSON: {error}"))?;
        let schemas = by_tag(&value["components"]["schemas"]);
        let schemas = schemas.as_object().map(json_schemas);
        let mut operations = Vec::new();
        for (path, item) in value["paths"].as_object().into_iter().flatten() {
            for method in ["get", "post", "head", "put", "patch", "delete"] {
                let Some(operation) = item.get(method) else { continue };
                operations.push(Operation {
                    id: operation["operationId"].as_str().unwrap_or_default().to_owned(),
                    method: method.to_uppercase(),
                    path: path.clone(),
                    responses: operation["responses"]
                        .as_object()
                        .into_iter()
                        .flatten()
                        .map(|(k, v)| (k.clone(), v.clone()))
                        .collect(),
                });
            }
        }
        if operations.is_empty() {
            return Err("the document has no operations".to_owned());
        }
        let schemas = open(&schemas.unwrap_or_default());
        Ok(Self { schemas, value, operations, validators: Mutex::default() })
    }

    /// The IDs of the operations.
    pub fn operations(&self) -> impl Iterator<Item = &str> {
        self.operations.iter().map(|operation| operation.id.as_str())
    }

    /// Whether a successful response of this operation has a body with a defined type.
    pub fn answers_with_content(&self, id: &str) -> bool {
        let operation = self.operations.iter().find(|operation| operation.id == id);
        let responses = operation.into_iter().flat_map(|operation| &operation.responses);
        let successes = responses.filter(|(status, _)| status.starts_with('2'));
        successes
            .into_iter()
            .any(|(_, response)| response["content"].as_object().is_some_and(|kinds| !kinds.is_empty()))
    }

    /// Checks an exchange against the document.
    pub fn judge(&self, exchange: &Exchange) -> Verdict {
        let mut verdict = Verdict::default();
        let Some(operation) = self.operation(&exchange.method, &exchange.path) else { return verdict };
        verdict.operation = Some(operation.id.clone());
        let status = exchange.status.to_string();
        let range = format!("{}XX", exchange.status / 100);
        let response =
            [status.as_str(), range.as_str(), "default"].into_iter().find_map(|key| operation.responses.get(key));
        let Some(response) = response else {
            verdict.drift.push(format!("{}: status {status} is not in the document", operation.id));
            return verdict;
        };
        let content = response["content"].as_object();
        let kind = exchange.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let Some(content) = content.filter(|content| !content.is_empty()) else {
            // An object with only a status is harmless. Any other body was meant to be read.
            let is_object = serde_json::from_slice::<Value>(&exchange.body).is_ok_and(|body| body.is_object());
            if !exchange.body.trim_ascii().is_empty() && !is_object {
                verdict.problems.push(format!("{}: the response has a body, but the document has none", operation.id));
            }
            return verdict;
        };
        if exchange.method == "HEAD" {
            return verdict;
        }
        let schema = content.get(&kind).or_else(|| content.get("*/*"));
        let Some(schema) = schema.map(|media| &media["schema"]) else {
            verdict.problems.push(format!("{}: the content type `{kind}` is not in the document", operation.id));
            return verdict;
        };
        let body = String::from_utf8_lossy(&exchange.body);
        match kind.as_str() {
            "application/json" => match serde_json::from_str::<Value>(&body) {
                Ok(value) => self.check_value(&value, schema, &operation.id, &mut verdict),
                Err(error) => verdict.problems.push(format!("{}: the response is not JSON: {error}", operation.id)),
            },
            "text/event-stream" => self.check_events(&body, schema, &operation.id, &mut verdict),
            _ if exchange.body.is_empty() => verdict.problems.push(format!("{}: the response is empty", operation.id)),
            _ => {}
        }
        verdict
    }

    fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        let candidates =
            self.operations.iter().filter(|operation| operation.method == method && path_fits(&operation.path, path));
        candidates.min_by_key(|operation| operation.path.matches('{').count())
    }

    /// Validates a value, and finds fields that the schema does not have.
    fn check_value(&self, value: &Value, schema: &Value, operation: &str, verdict: &mut Verdict) {
        match self.validator(schema) {
            Ok(validator) => {
                for error in validator.iter_errors(value).take(5) {
                    let place = error.instance_path().to_string();
                    let text: String = error.to_string().chars().take(200).collect();
                    verdict
                        .problems
                        .push(format!("{operation}: the response does not match its schema at `{place}`: {text}"));
                }
            }
            Err(error) => verdict.problems.push(format!("{operation}: the schema in the document is invalid: {error}")),
        }
        self.unknown_fields(value, schema, "", operation, verdict, 0);
    }

    /// The validator of a schema, which is compiled once.
    fn validator(&self, schema: &Value) -> Result<Arc<Validator>, String> {
        let schema = open(&json_schema(&by_tag(schema)));
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let compile = || {
            let whole = self_contained(&schema, &self.schemas);
            jsonschema::validator_for(&whole).map(Arc::new).map_err(|error| error.to_string())
        };
        validators.entry(schema.to_string()).or_insert_with(compile).clone()
    }

    /// Checks every event of a stream against this schema, except the `[DONE]` of a chat.
    fn check_events(&self, body: &str, schema: &Value, operation: &str, verdict: &mut Verdict) {
        let text = body.replace("\r\n", "\n");
        let mut events = 0;
        for data in text.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim) {
            events += 1;
            if data == "[DONE]" {
                continue;
            }
            match serde_json::from_str::<Value>(data) {
                Ok(value) => self.check_value(&value, schema, operation, verdict),
                Err(error) => verdict.problems.push(format!("{operation}: an event is not JSON: {error}")),
            }
        }
        if events == 0 {
            verdict.problems.push(format!("{operation}: the stream has no events"));
        }
    }

    fn unknown_fields(
        &self,
        value: &Value,
        schema: &Value,
        place: &str,
        operation: &str,
        verdict: &mut Verdict,
        depth: usize,
    ) {
        if depth > 20 {
            return;
        }
        let schema = self.member(self.resolve(schema), value);
        match value {
            Value::Object(object) => {
                let Some(properties) = schema["properties"].as_object() else { return };
                for (name, value) in object {
                    let place = format!("{place}/{name}");
                    match properties.get(name) {
                        Some(schema) => self.unknown_fields(value, schema, &place, operation, verdict, depth + 1),
                        None if schema.get("additionalProperties").is_some_and(|rest| *rest != false) => {}
                        None => {
                            let change = format!("{operation}: the field `{place}` is not in the document");
                            if !verdict.drift.contains(&change) {
                                verdict.drift.push(change);
                            }
                        }
                    }
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.unknown_fields(item, &schema["items"], &format!("{place}/*"), operation, verdict, depth + 1);
                }
            }
            Value::String(text) => {
                let known = schema["enum"].as_array();
                if known.is_some_and(|known| !known.contains(value)) {
                    let change = format!("{operation}: the value `{text}` of `{place}` is not in the document");
                    if !verdict.drift.contains(&change) {
                        verdict.drift.push(change);
                    }
                }
            }
            _ => {}
        }
    }

    /// The member of a union for a value, by its tag. For other schemas, the schema itself.
    fn member<'a>(&'a self, schema: &'a Value, value: &Value) -> &'a Value {
        let name = schema["discriminator"]["propertyName"].as_str().and_then(|tag| value.get(tag)?.as_str());
        let reference = name.and_then(|name| schema["discriminator"]["mapping"].get(name)?.as_str());
        reference.and_then(|reference| self.value.pointer(reference.strip_prefix('#')?)).unwrap_or(schema)
    }

    /// Resolves references and wrappers with a single member.
    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        for _ in 0..10 {
            let target = schema["$ref"].as_str().and_then(|reference| self.value.pointer(reference.strip_prefix('#')?));
            let wrapped = schema["allOf"].as_array().filter(|parts| parts.len() == 1).and_then(|parts| parts.first());
            match target.or(wrapped) {
                Some(inner) => schema = inner,
                None => break,
            }
        }
        schema
    }
}

/// A schema whose unions are decided by their tags: an object with a known tag has to match the member with that tag,
/// even if the union accepts any other object too.
fn by_tag(schema: &Value) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(by_tag).collect(),
        Value::Object(object) => {
            let mut strict: serde_json::Map<String, Value> =
                object.iter().map(|(key, value)| (key.clone(), by_tag(value))).collect();
            let tag = schema["discriminator"]["propertyName"].as_str();
            let mapping = schema["discriminator"]["mapping"].as_object();
            let (Some(tag), Some(mapping)) = (tag, mapping) else { return Value::Object(strict) };
            let known = |name: &str| json!({ "properties": { tag: { "const": name } }, "required": [tag] });
            let mut all: Vec<Value> = mapping
                .iter()
                .map(|(name, reference)| json!({ "if": known(name), "then": { "$ref": reference } }))
                .collect();
            // The rest of the union is for other tags, and for values that are not objects.
            let any = mapping.keys().map(|name| known(name)).collect::<Vec<_>>();
            let rest: Vec<(&str, Value)> =
                ["anyOf", "oneOf"].into_iter().filter_map(|kind| Some((kind, strict.remove(kind)?))).collect();
            for (kind, members) in rest {
                let is_known = json!({ "type": "object", "anyOf": any });
                all.push(json!({ "if": is_known, "else": json_schema(&json!({ kind: members })) }));
            }
            strict.insert("allOf".to_owned(), Value::Array(all));
            Value::Object(strict)
        }
        other => other.clone(),
    }
}

/// A schema whose enumerations accept any text, because servers may have new values that a client has to accept. They
/// are drift, not a violation.
fn open(schema: &Value) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(open).collect(),
        Value::Object(object) => object
            .iter()
            // A property may be named `enum`. Then its value is a schema.
            .filter(|(key, value)| !(key.as_str() == "enum" && value.is_array()))
            .map(|(key, value)| (key.clone(), open(value)))
            .collect(),
        other => other.clone(),
    }
}
