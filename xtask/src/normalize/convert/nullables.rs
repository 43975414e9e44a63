//! Moves `nullable` from a component to where the component is used.
//!
//! Before: `{"Name": {"type": "string", "nullable": true}}`, used as `{"$ref": "#/components/schemas/Name"}`
//! After: `{"Name": {"type": "string"}}`, used as `{"nullable": true, "allOf": [{"$ref": "#/components/schemas/Name"}]}`
//!
//! In most languages, a named type cannot be null, but a property can. In `allOf` with other schemas, a component is
//! only nullable if the others are.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value, json};

use crate::normalize::{
    Warnings, pointers,
    shapes::SCHEMAS,
    walk::{self, Kind},
};

/// Keywords that may stand beside a reference without restricting it.
const WORDS: [&str; 9] =
    ["title", "description", "default", "example", "deprecated", "readOnly", "writeOnly", "externalDocs", "xml"];

pub(super) fn run(document: &mut Value, _: &mut Warnings) {
    // A component that is only a nullable reference is nullable too, so this repeats. Each component is handled once,
    // because unions that are members of each other would pass `nullable` on without end.
    let mut done: HashSet<String> = HashSet::new();
    loop {
        let nullable: HashSet<String> = nullable_components(document).difference(&done).cloned().collect();
        if nullable.is_empty() {
            return;
        }
        done.extend(nullable.iter().cloned());
        let is_nullable = |value: &Value| {
            let target = value.get("$ref").and_then(Value::as_str);
            target.is_some_and(|target| nullable.contains(target))
        };
        walk::visit(document, &mut |place, value| {
            let Some(schema) = value.as_object_mut().filter(|_| place.kind == Kind::Schema) else {
                hold(place.kind, value, &is_nullable);
                return;
            };
            for keyword in ["properties", "items", "additionalProperties", "anyOf", "oneOf", "allOf"] {
                let Some(child) = schema.get_mut(keyword) else { continue };
                match (keyword, child) {
                    ("properties", Value::Object(properties)) => {
                        properties.values_mut().for_each(|property| at_use(property, &is_nullable));
                    }
                    ("items" | "additionalProperties", child) => at_use(child, &is_nullable),
                    ("anyOf" | "oneOf", Value::Array(members)) => {
                        let nullable = members.iter().any(&is_nullable) && !schema.contains_key("type");
                        schema.extend(nullable.then(|| ("nullable".to_owned(), json!(true))));
                    }
                    ("allOf", Value::Array(members)) => {
                        let one = members.len() == 1 && members.iter().all(&is_nullable);
                        let nullable = one && schema.keys().all(|key| key == "allOf" || is_word(key));
                        schema.extend(nullable.then(|| ("nullable".to_owned(), json!(true))));
                    }
                    _ => {}
                }
            }
        });
        let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else { return };
        for (name, schema) in schemas.iter_mut() {
            if done.contains(&pointers::reference("schemas", name)) {
                schema.as_object_mut().into_iter().for_each(|schema| {
                    schema.shift_remove("nullable");
                });
            }
            // The alias of a nullable component.
            at_use(schema, &is_nullable);
        }
    }
}

fn is_word(key: &str) -> bool {
    WORDS.contains(&key) || key.starts_with("x-")
}

/// The references to the components that are nullable, and used.
fn nullable_components(document: &mut Value) -> HashSet<String> {
    let mut used = BTreeSet::new();
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let is_nullable =
        |schema: &Value| schema.get("nullable") == Some(&json!(true)) && schema.get("enum") != Some(&json!([null]));
    let found: HashSet<String> = schemas
        .into_iter()
        .flatten()
        .filter(|(_, schema)| is_nullable(schema))
        .map(|(name, _)| pointers::reference("schemas", name))
        .collect();
    if !found.is_empty() {
        walk::each_schema(document, &mut |_, schema| {
            let target = schema.get("$ref").and_then(Value::as_str).filter(|target| target.starts_with(SCHEMAS));
            used.extend(target.map(str::to_owned));
        });
    }
    found.into_iter().filter(|name| used.contains(name)).collect()
}

/// Handles the schemas of parameters, headers and media types.
fn hold(kind: Kind, value: &mut Value, is_nullable: &impl Fn(&Value) -> bool) {
    if matches!(kind, Kind::Parameter | Kind::Header | Kind::MediaType)
        && let Some(schema) = value.get_mut("schema")
    {
        at_use(schema, is_nullable);
    }
}

/// Writes a reference to a nullable component as a nullable reference.
fn at_use(schema: &mut Value, is_nullable: &impl Fn(&Value) -> bool) {
    if is_nullable(schema) {
        let reference = std::mem::take(schema);
        let mut wrapped = Map::new();
        wrapped.insert("allOf".to_owned(), json!([reference]));
        wrapped.insert("nullable".to_owned(), json!(true));
        *schema = Value::Object(wrapped);
    }
}
