//! The kind of Rust type for a schema. Used by all passes that name or rewrite schemas.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

/// The prefix of a reference to a schema component.
pub(super) const SCHEMAS: &str = "#/components/schemas/";

/// Removes the schema components from a document and returns them.
pub(super) fn take_schemas(document: &mut Value) -> Map<String, Value> {
    match document.pointer_mut("/components/schemas") {
        Some(Value::Object(schemas)) => std::mem::take(schemas),
        _ => Map::new(),
    }
}

/// Adds schema components to those of a document.
pub(super) fn put_schemas(document: &mut Value, schemas: Map<String, Value>) {
    if !schemas.is_empty()
        && let Some(root) = document.as_object_mut()
        && let Some(components) = root.entry("components").or_insert_with(|| json!({})).as_object_mut()
        && let Some(existing) = components.entry("schemas").or_insert_with(|| json!({})).as_object_mut()
    {
        existing.extend(schemas);
    }
}

/// Whether this is a string enumeration with at least two values. A single value is a constant, which needs no type.
pub(super) fn is_string_enum(schema: &Map<String, Value>) -> bool {
    schema.get("type").is_none_or(|kind| kind == "string")
        && schema
            .get("enum")
            .and_then(Value::as_array)
            .is_some_and(|values| values.len() > 1 && values.iter().all(Value::is_string))
}

/// Whether this is an object with named properties, or is made of several schemas.
pub(super) fn is_struct(schema: &Map<String, Value>) -> bool {
    schema.get("properties").and_then(Value::as_object).is_some_and(|properties| !properties.is_empty())
        || schema.get("allOf").and_then(Value::as_array).is_some_and(|members| members.len() > 1)
}

/// The members of a union with at least two members.
pub(super) fn union_members(schema: &Map<String, Value>) -> Option<&Vec<Value>> {
    ["anyOf", "oneOf"].iter().filter_map(|keyword| schema.get(*keyword)?.as_array()).find(|members| members.len() > 1)
}

/// Whether a schema becomes a named type.
pub(super) fn is_named(schema: &Map<String, Value>) -> bool {
    is_string_enum(schema) || is_struct(schema) || union_members(schema).is_some()
}

/// The property that distinguishes the members of a union.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tag {
    /// Its name.
    pub(super) property: String,
    /// The values that select each member. Empty for a member that accepts every other value.
    pub(super) values: Vec<Vec<String>>,
}

/// Finds the tag of a union: a required string property with constant values, which are different in every member. The
/// last member may accept any other value.
pub(super) fn union_tag(members: &[Value], components: &Map<String, Value>) -> Option<Tag> {
    let members: Vec<&Map<String, Value>> =
        members.iter().map(|member| resolve(member, components)?.as_object()).collect::<Option<_>>()?;
    let first = members.first()?;
    let mut candidates = parts(first).filter_map(|part| part.get("properties")?.as_object()).flat_map(Map::keys);
    candidates.find_map(|property| {
        let mut seen = HashSet::new();
        let mut values = Vec::with_capacity(members.len());
        for (index, member) in members.iter().enumerate() {
            let constants = tag_values(member, property)?;
            let open = constants.is_empty();
            if (open && index + 1 < members.len()) || constants.iter().any(|value| seen.contains(value)) {
                return None;
            }
            seen.extend(constants.iter().cloned());
            values.push(constants);
        }
        (seen.len() > 1).then(|| Tag { property: property.clone(), values })
    })
}

/// The values of a required string property. Empty if it accepts any string. `None` if there is no such property.
pub(super) fn tag_values(member: &Map<String, Value>, property: &str) -> Option<Vec<String>> {
    let required = |part: &Map<String, Value>| {
        let names = part.get("required").and_then(Value::as_array);
        names.is_some_and(|names| names.iter().any(|name| name == property))
    };
    if !parts(member).any(required) {
        return None;
    }
    let schemas: Vec<&Map<String, Value>> =
        parts(member).filter_map(|part| part.get("properties")?.get(property)?.as_object()).collect();
    // The narrowest schema applies, because a base schema leaves the values to the schemas that extend it.
    let schema = schemas.iter().find(|schema| schema.contains_key("enum")).or_else(|| schemas.first())?;
    match schema.get("enum") {
        Some(values) => values.as_array()?.iter().map(|value| value.as_str().map(str::to_owned)).collect(),
        None => (schema.get("type")? == "string").then(Vec::new),
    }
}

/// A schema, and the inline schemas of its `allOf`.
pub(super) fn parts(schema: &Map<String, Value>) -> impl Iterator<Item = &Map<String, Value>> {
    let all = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    std::iter::once(schema).chain(all.filter_map(Value::as_object))
}

/// Follows one reference to a schema component.
pub(super) fn resolve<'a>(schema: &'a Value, components: &'a Map<String, Value>) -> Option<&'a Value> {
    match schema.get("$ref") {
        Some(reference) => components.get(reference.as_str()?.strip_prefix(SCHEMAS)?),
        None => Some(schema),
    }
}
