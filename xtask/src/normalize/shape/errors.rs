//! Replaces the inline copies of the error envelope, one per status and operation, by one schema.
//!
//! Before: `{"400": {"content": {"application/json": {"schema": {"properties": {"code": {"enum": ["BAD_REQUEST"]}, …}}}}}}`
//! After: `{"400": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/ApiError"}}}}}`
//!
//! Properties that all copies have stay required, the others become optional, and constants that differ become an
//! enumeration. An error response without a body gets the envelope too, because the server sends it. This is necessary,
//! because the generator supports only one error type per operation.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::normalize::{
    Warnings,
    naming::ERROR,
    shapes::{self, SCHEMAS, resolve},
    walk,
};

const JSON: &str = "application/json";

pub(super) fn run(document: &mut Value, _: &mut Warnings) {
    let mut components = shapes::take_schemas(document);
    let consumed = unify(document, &mut components);
    shapes::put_schemas(document, components);
    drop_unused(document, &consumed);
}

/// Returns the components that were merged into the envelope, and may be unused now.
fn unify(document: &mut Value, components: &mut Map<String, Value>) -> BTreeSet<String> {
    let reference = json!({ "$ref": format!("{SCHEMAS}{ERROR}") });

    // The envelope is the kind of error body that most responses have. Other kinds keep their own schemas.
    let mut kinds: BTreeMap<Vec<String>, Vec<Value>> = BTreeMap::new();
    each_error(document, |_, response| {
        if let Some(schema) = body(response).and_then(|schema| resolve(schema, components)) {
            kinds.entry(property_names(schema)).or_default().push(schema.clone());
        }
    });
    let Some((envelope, copies)) =
        kinds.into_iter().filter(|(names, _)| !names.is_empty()).max_by_key(|(_, copies)| copies.len())
    else {
        return BTreeSet::new();
    };

    let mut merger = Merger { components, consumed: BTreeSet::new() };
    let merged = match components.get(ERROR) {
        Some(existing) => existing.clone(),
        None => merger.merge(copies),
    };
    let consumed = merger.consumed;

    each_error(document, |method, response| match body(response) {
        Some(schema) => {
            let same = resolve(schema, components).is_some_and(|schema| property_names(schema) == envelope);
            if same && let Some(place) = response.pointer_mut("/content/application~1json/schema") {
                *place = reference.clone();
            }
        }
        None if method != "head" && response.get("$ref").is_none() && response.get("content").is_none() => {
            if let Some(response) = response.as_object_mut() {
                response.insert("content".to_owned(), json!({ JSON: { "schema": reference } }));
            }
        }
        None => {}
    });

    components.insert(ERROR.to_owned(), merged);
    consumed
}

/// Calls `visit` with the method and each response with an error status.
fn each_error(document: &mut Value, mut visit: impl FnMut(&str, &mut Value)) {
    walk::each_operation(document, |method, _, operation| {
        for (status, response) in operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten() {
            if status.starts_with(['4', '5']) || status == "default" {
                visit(method, response);
            }
        }
    });
}

fn body(response: &Value) -> Option<&Value> {
    response.get("content")?.get(JSON)?.get("schema")
}

fn property_names(schema: &Value) -> Vec<String> {
    let mut names: Vec<String> =
        schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned().collect();
    names.sort();
    names
}

struct Merger<'a> {
    components: &'a Map<String, Value>,
    /// The components that were merged into the result, and may be unused now.
    consumed: BTreeSet<String>,
}

impl Merger<'_> {
    /// The narrowest schema that this pass can create that accepts everything the given ones accept.
    fn merge(&mut self, schemas: Vec<Value>) -> Value {
        let mut seen = HashSet::new();
        let mut schemas: Vec<Value> = schemas.into_iter().filter(|schema| seen.insert(schema.to_string())).collect();
        if schemas.len() < 2 {
            return schemas.pop().unwrap_or_default();
        }
        let schemas: Option<Vec<Map<String, Value>>> = schemas
            .into_iter()
            .map(|schema| match self.inline(schema) {
                Value::Object(schema) => Some(schema),
                _ => None,
            })
            .collect();
        let Some((first, rest)) = schemas.as_deref().and_then(<[_]>::split_first) else { return json!({}) };
        if !first.contains_key("type") || rest.iter().any(|other| other.get("type") != first.get("type")) {
            return json!({});
        }
        let mut merged = Map::new();
        for (key, value) in first {
            // Constants are handled below. Any other constraint is only kept if all schemas have it.
            let everywhere = rest.iter().all(|other| other.get(key) == Some(value));
            if everywhere && !matches!(key.as_str(), "enum" | "properties" | "required") {
                merged.insert(key.clone(), value.clone());
            }
        }
        let all = || std::iter::once(first).chain(rest);
        if all().any(|schema| schema.contains_key("properties")) {
            let mut properties: IndexMap<&String, Vec<Value>> = IndexMap::new();
            for (name, schema) in all().filter_map(|schema| schema.get("properties")?.as_object()).flatten() {
                properties.entry(name).or_default().push(schema.clone());
            }
            let properties: Map<String, Value> =
                properties.into_iter().map(|(name, schemas)| (name.clone(), self.merge(schemas))).collect();
            merged.insert("properties".to_owned(), Value::Object(properties));
        }
        let everywhere = |name: &&Value| rest.iter().all(|other| list(other, "required").contains(name));
        let required: Vec<&Value> = list(first, "required").iter().filter(everywhere).collect();
        if !required.is_empty() {
            merged.insert("required".to_owned(), json!(required));
        }
        if first.get("type") == Some(&json!("string")) && all().all(|schema| schema.contains_key("enum")) {
            let values: BTreeSet<&str> =
                all().flat_map(|schema| list(schema, "enum")).filter_map(Value::as_str).collect();
            merged.insert("enum".to_owned(), json!(values));
        }
        Value::Object(merged)
    }

    fn inline(&mut self, schema: Value) -> Value {
        let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix(SCHEMAS)) else {
            return schema;
        };
        match self.components.get(name) {
            Some(target) => {
                self.consumed.insert(name.to_owned());
                target.clone()
            }
            None => schema,
        }
    }
}

fn list<'a>(schema: &'a Map<String, Value>, key: &str) -> &'a [Value] {
    schema.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Removes those of the given components that are not referred to any more.
fn drop_unused(document: &mut Value, candidates: &BTreeSet<String>) {
    if candidates.is_empty() {
        return;
    }
    let mut used = BTreeSet::new();
    walk::each_schema(document, &mut |_, schema| {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix(SCHEMAS)) {
            used.insert(name.to_owned());
        }
    });
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        schemas.retain(|name, _| used.contains(name) || !candidates.contains(name));
    }
}
