//! Writes out the values that a discriminator implies: the original names of the components.
//!
//! Before: `{"oneOf": [{"$ref": "#/components/schemas/cat"}], "discriminator": {"propertyName": "kind"}}`
//! After: `{"oneOf": […], "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/cat"}}}`
//!
//! If a member lists the values of the property itself, these values are used instead of its name. Components may be
//! renamed later, but the values stay as they were written. A schema with a discriminator and no union is the base of
//! those that name it in `allOf` (OpenAPI 3.0.3, "Composition and Inheritance").

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::normalize::{
    Warnings, pointers,
    walk::{self, Kind},
};

pub(super) fn run(document: &mut Value, _: &mut Warnings) {
    let mut heirs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut any = false;
    walk::each_schema(document, &mut |_, schema| any |= schema.contains_key("discriminator"));
    if !any {
        return;
    }
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let mut values: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for (name, schema) in schemas.into_iter().flatten() {
        for (property, listed) in listed(schema) {
            values.insert((name.clone(), property), listed);
        }
    }
    for (name, schema) in schemas.into_iter().flatten() {
        for base in targets(schema.get("allOf")) {
            heirs.entry(base).or_default().insert(pointers::reference("schemas", name));
        }
    }
    walk::visit(document, &mut |place, value| {
        let Some(schema) = value.as_object_mut().filter(|_| place.kind == Kind::Schema) else { return };
        if !schema.contains_key("discriminator") {
            return;
        }
        let mut members: BTreeSet<String> =
            ["oneOf", "anyOf"].iter().flat_map(|keyword| targets(schema.get(*keyword))).collect();
        if members.is_empty() {
            let own = pointers::reference("schemas", place.key());
            members.extend(heirs.get(&own).into_iter().flatten().cloned());
        }
        let property = schema.get("discriminator").and_then(|it| it.get("propertyName")?.as_str()).map(str::to_owned);
        let Some(discriminator) = schema.get_mut("discriminator").and_then(Value::as_object_mut) else { return };
        let mapping = discriminator.entry("mapping").or_insert_with(|| json!({}));
        let Some(mapping) = mapping.as_object_mut() else { return };
        members.retain(|member| !mapping.values().any(|target| target == member));
        for member in members {
            let Some(name) = pointers::component(&member, "schemas") else { continue };
            let listed = property.as_ref().and_then(|property| values.get(&(name.clone(), property.clone())));
            // If the member lists values and its name is not among them, use the listed values.
            let implied = match listed {
                Some(listed) if !listed.contains(&name) => listed.clone(),
                _ => vec![name],
            };
            for value in implied {
                mapping.entry(value).or_insert_with(|| Value::String(member.clone()));
            }
        }
        mapping.sort_keys();
        if mapping.is_empty() {
            discriminator.shift_remove("mapping");
        }
    });
}

/// The references in a list of schemas.
fn targets(list: Option<&Value>) -> Vec<String> {
    let schemas = list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
    let reference = |schema: &Map<String, Value>| schema.get("$ref").and_then(Value::as_str).map(str::to_owned);
    schemas.filter_map(reference).collect()
}

/// The properties of a schema that list their values, with these values.
fn listed(schema: &Value) -> Vec<(String, Vec<String>)> {
    let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    let properties = parts.chain([schema]).filter_map(|part| part.get("properties")?.as_object()).flatten();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let values = |property: &Value| match property.get("const") {
        Some(value) => text(value).map(|value| vec![value]),
        None => property.get("enum")?.as_array()?.iter().map(text).collect(),
    };
    properties.filter_map(|(name, property)| Some((name.clone(), values(property)?))).collect()
}
