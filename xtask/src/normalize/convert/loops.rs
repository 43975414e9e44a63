//! Rewrites two constructs that some validators of 3.0 cannot handle.
//!
//! Before: `{"nullable": true, "allOf": [{"$ref": "#/components/schemas/Json"}]}`, where `Json` is a list of `Json`;
//! `{"allOf": [{"$ref": "#/components/schemas/Base"}], "required": ["b"]}`, where nothing describes `b`
//! After: `{"nullable": true, "anyOf": [{"$ref": "#/components/schemas/Json"}]}`;
//! `{"allOf": […], "required": ["b"], "properties": {"b": {}}}`
//!
//! Some validators collect the properties of `allOf`, and never finish if schemas refer to each other in a cycle. Some
//! require a description of every required property. Neither change affects what the schema allows.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Map, Value, json};

use crate::normalize::{Warnings, pointers, walk};

pub(super) fn run(document: &mut Value, _: &mut Warnings) {
    let endless = endless(document);
    required(document);
    if endless.is_empty() {
        return;
    }
    walk::each_schema(document, &mut |_, schema| {
        let only =
            schema.get("allOf").and_then(Value::as_array).filter(|all| all.len() == 1).and_then(|all| all.first());
        let loops = only.and_then(target).is_some_and(|name| endless.contains(&name));
        if loops
            && !schema.contains_key("anyOf")
            && let Some(all) = schema.shift_remove("allOf")
        {
            schema.insert("anyOf".to_owned(), all);
        }
    });
}

fn target(schema: &Value) -> Option<String> {
    pointers::component(schema.get("$ref")?.as_str()?, "schemas")
}

/// The components whose members, items or parts lead back to themselves.
fn endless(document: &Value) -> BTreeSet<String> {
    fn below(schema: &Value, found: &mut BTreeSet<String>) {
        found.extend(target(schema));
        for keyword in ["items", "not"] {
            schema.get(keyword).into_iter().for_each(|schema| below(schema, found));
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            schema.get(keyword).and_then(Value::as_array).into_iter().flatten().for_each(|member| below(member, found));
        }
    }
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    for (name, schema) in schemas.into_iter().flatten() {
        let mut found = BTreeSet::new();
        below(schema, &mut found);
        edges.insert(name.clone(), found);
    }
    // A component ends if all components that it refers to end. The others are part of a cycle, or lead to one.
    let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, targets) in &edges {
        let known = targets.iter().filter(|target| edges.contains_key(*target));
        waiting.insert(name, known.clone().count());
        known.for_each(|target| users.entry(target).or_default().push(name));
    }
    let mut ready: Vec<&str> = waiting.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
    let mut ends: HashSet<&str> = HashSet::new();
    while let Some(name) = ready.pop() {
        ends.insert(name);
        for user in users.get(name).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(user) {
                *count -= 1;
                if *count == 0 {
                    ready.push(user);
                }
            }
        }
    }
    edges.keys().filter(|name| !ends.contains(name.as_str())).cloned().collect()
}

/// Adds an empty schema for required properties that are described neither in `allOf` nor beside it.
fn required(document: &mut Value) {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object).cloned().unwrap_or_default();
    walk::each_schema(document, &mut |_, schema| {
        if !schema.contains_key("allOf") {
            return;
        }
        let Some(names) = schema.get("required").and_then(Value::as_array).cloned() else { return };
        let mut described = BTreeSet::new();
        collect(schema, &schemas, &mut HashSet::new(), &mut described);
        let missing: Vec<String> = names
            .iter()
            .filter_map(Value::as_str)
            .filter(|name| !described.contains(*name))
            .map(str::to_owned)
            .collect();
        if missing.is_empty() {
            return;
        }
        if let Some(properties) = schema.entry("properties").or_insert_with(|| json!({})).as_object_mut() {
            properties.extend(missing.into_iter().map(|name| (name, json!({}))));
            properties.sort_keys();
        }
    });
}

fn collect(
    schema: &Map<String, Value>,
    schemas: &Map<String, Value>,
    seen: &mut HashSet<String>,
    found: &mut BTreeSet<String>,
) {
    found.extend(schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned());
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|it| pointers::component(it, "schemas"))
        && seen.insert(name.clone())
        && let Some(target) = schemas.get(&name).and_then(Value::as_object)
    {
        collect(target, schemas, seen, found);
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let members = schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
        members.filter_map(Value::as_object).for_each(|member| collect(member, schemas, seen, found));
    }
}
