//! Turns the copies of the error envelope that upstream writes inline, one a status and operation, into one schema.
//!
//! Before: `{"400": {"content": {"application/json": {"schema": {"properties": {"code": {"enum": ["BAD_REQUEST"]}, …}}}}}}`
//! After: `{"400": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/ApiError"}}}}}`
//!
//! What the copies have in common is required, what only some have is optional, and constants that differ become an
//! enumeration. An error response without a body gets the envelope too, since the server sends it. The generator
//! takes one error type an operation, which is why this is more than tidiness.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    Warnings,
    naming::ERROR,
    shapes::{SCHEMAS, resolve},
    walk,
};

const JSON: &str = "application/json";

pub(super) fn run(document: &mut Value, _: &mut Warnings) {
    let components: Map<String, Value> =
        document.pointer("/components/schemas").and_then(Value::as_object).cloned().unwrap_or_default();
    let reference = json!({ "$ref": format!("{SCHEMAS}{ERROR}") });

    // The envelope is the kind of error body that most responses have; other kinds keep their own schemas.
    let mut kinds: BTreeMap<Vec<String>, Vec<Value>> = BTreeMap::new();
    each_error(document, |_, response| {
        if let Some(schema) = body(response).and_then(|schema| resolve(schema, &components)) {
            kinds.entry(property_names(schema)).or_default().push(schema.clone());
        }
    });
    let Some((envelope, copies)) =
        kinds.into_iter().filter(|(names, _)| !names.is_empty()).max_by_key(|(_, copies)| copies.len())
    else {
        return;
    };

    let mut merger = Merger { components: &components, consumed: BTreeSet::new() };
    let merged = match components.get(ERROR) {
        Some(existing) => existing.clone(),
        None => copies.into_iter().reduce(|all, copy| merger.merge(all, copy)).unwrap_or_default(),
    };
    let consumed = merger.consumed;

    each_error(document, |method, response| match body(response) {
        Some(schema) => {
            let same = resolve(schema, &components).is_some_and(|schema| property_names(schema) == envelope);
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

    let Some(root) = document.as_object_mut() else { return };
    let section = root.entry("components").or_insert_with(|| json!({}));
    let Some(section) = section.as_object_mut() else { return };
    let schemas = section.entry("schemas").or_insert_with(|| json!({}));
    let Some(schemas) = schemas.as_object_mut() else { return };
    schemas.insert(ERROR.to_owned(), merged);
    drop_unused(document, &consumed);
}

/// Calls `visit` with the method and every response of a status that means failure.
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
    /// The components that went into the result and may not be needed any more.
    consumed: BTreeSet<String>,
}

impl Merger<'_> {
    /// The narrowest schema this pass can write that admits what either of the two admits.
    fn merge(&mut self, left: Value, right: Value) -> Value {
        if left == right {
            return left;
        }
        let (Value::Object(left), Value::Object(right)) = (self.inline(left), self.inline(right)) else {
            return json!({});
        };
        let kind = left.get("type").cloned();
        if kind.is_none() || kind != right.get("type").cloned() {
            return json!({});
        }
        let mut merged = Map::new();
        for (key, value) in &left {
            // Constants are dealt with below; any other constraint must hold on both sides.
            if right.get(key) == Some(value) && !matches!(key.as_str(), "enum" | "properties" | "required") {
                merged.insert(key.clone(), value.clone());
            }
        }
        if let (Some(Value::Object(left)), Some(Value::Object(right))) =
            (left.get("properties"), right.get("properties"))
        {
            merged.insert("properties".to_owned(), Value::Object(self.properties(left, right)));
        }
        let required: Vec<&Value> =
            list(&left, "required").iter().filter(|name| list(&right, "required").contains(name)).collect();
        if !required.is_empty() {
            merged.insert("required".to_owned(), json!(required));
        }
        if kind == Some(json!("string")) && left.contains_key("enum") && right.contains_key("enum") {
            let mut values: Vec<&Value> = list(&left, "enum").iter().chain(list(&right, "enum")).collect();
            values.sort_by_key(|value| value.as_str());
            values.dedup();
            merged.insert("enum".to_owned(), json!(values));
        }
        Value::Object(merged)
    }

    fn properties(&mut self, left: &Map<String, Value>, right: &Map<String, Value>) -> Map<String, Value> {
        let mut merged = Map::new();
        for (name, schema) in left {
            let schema = match right.get(name) {
                Some(other) => self.merge(schema.clone(), other.clone()),
                None => schema.clone(),
            };
            merged.insert(name.clone(), schema);
        }
        for (name, schema) in right {
            merged.entry(name.clone()).or_insert_with(|| schema.clone());
        }
        merged
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

/// Removes those of the given components that nothing refers to any more.
fn drop_unused(document: &mut Value, candidates: &BTreeSet<String>) {
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
