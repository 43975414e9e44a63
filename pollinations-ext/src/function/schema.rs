//! Creates the JSON schemas for structured output and function arguments.

use pollinations_api::types::JsonSchemaDefinition;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// The response format for a `T`.
pub(crate) fn definition<T: JsonSchema>() -> JsonSchemaDefinition {
    let mut schema = schema::<T>();
    // Providers that enforce a schema do not support maps, and require every property to be listed as required.
    let strict = close(&mut schema);
    let name: String = T::schema_name().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect();
    let name = Some(if name.is_empty() { "reply".to_owned() } else { name });
    let schema = if strict { schema } else { self::schema::<T>() };
    let mut definition = JsonSchemaDefinition::default();
    definition.name = name;
    definition.schema = object(schema);
    definition.strict = strict.then_some(true);
    definition
}

/// The schema of a function's arguments, as the model sees it.
pub(crate) fn parameters<A: JsonSchema>() -> Map<String, Value> {
    let parameters = object(schema::<A>());
    match parameters.get("type") {
        // The function takes no arguments.
        Some(Value::String(kind)) if kind == "null" => object(json!({ "type": "object", "properties": {} })),
        _ => parameters,
    }
}

/// The JSON schema of a type, with references inlined and without keywords that do not help a model.
fn schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    if let Some(root) = schema.as_object_mut() {
        root.remove("title");
    }
    walk(&mut schema, &mut |object| {
        // schemars puts the width of numbers here, which JSON Schema does not define.
        let foreign = object.get("format").and_then(Value::as_str).is_some_and(|format| {
            format.starts_with("int") || format.starts_with("uint") || format == "float" || format == "double"
        });
        if foreign {
            object.remove("format");
        }
    });
    schema
}

/// Makes every property required and forbids others, as strict providers demand. Returns false if this is impossible
/// because the schema has maps.
fn close(schema: &mut Value) -> bool {
    let mut closed = true;
    walk(schema, &mut |object| {
        if let Some(one_of) = object.remove("oneOf") {
            object.insert("anyOf".to_owned(), one_of);
        }
        let is_object = object.get("type").is_some_and(|kind| {
            *kind == "object" || kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| *kind == "object"))
        });
        if !is_object {
            return;
        }
        if object.get("additionalProperties").is_some_and(|additional| *additional != false) {
            closed = false;
        }
        let names: Vec<Value> = match object.get("properties") {
            Some(Value::Object(properties)) => properties.keys().cloned().map(Value::String).collect(),
            _ => {
                closed = false;
                Vec::new()
            }
        };
        object.insert("required".to_owned(), Value::Array(names));
        object.insert("additionalProperties".to_owned(), Value::Bool(false));
    });
    closed
}

/// Visits all schemas within a schema.
fn walk(schema: &mut Value, visit: &mut impl FnMut(&mut Map<String, Value>)) {
    let Value::Object(object) = schema else { return };
    for (key, value) in object.iter_mut() {
        match (key.as_str(), value) {
            ("properties" | "$defs" | "patternProperties", Value::Object(schemas)) => {
                schemas.values_mut().for_each(|schema| walk(schema, visit));
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(schemas)) => {
                schemas.iter_mut().for_each(|schema| walk(schema, visit));
            }
            ("items" | "additionalProperties" | "not", schema) => walk(schema, visit),
            _ => {}
        }
    }
    visit(object);
}

fn object(schema: Value) -> Map<String, Value> {
    match schema {
        Value::Object(object) => object,
        // The schema of a type that accepts anything is `true`.
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    struct Trip {
        /// Where it goes.
        city: String,
        days: Option<u8>,
        stops: Vec<Stop>,
    }

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    enum Stop {
        Museum { name: String },
        Rest,
    }

    #[test]
    fn schemas_are_accepted_by_strict_providers() {
        let definition = definition::<Trip>();
        assert_eq!((definition.name.as_deref(), definition.strict), (Some("Trip"), Some(true)));
        assert_eq!(
            Value::Object(definition.schema),
            json!({
                "type": "object",
                "additionalProperties": false,
                "required": ["city", "days", "stops"],
                "properties": {
                    "city": { "type": "string", "description": "Where it goes." },
                    "days": { "type": ["integer", "null"], "minimum": 0, "maximum": 255 },
                    "stops": {
                        "type": "array",
                        "items": {
                            "anyOf": [
                                {
                                    "type": "object",
                                    "additionalProperties": false,
                                    "required": ["kind", "name"],
                                    "properties": { "kind": { "type": "string", "const": "museum" }, "name": { "type": "string" } },
                                },
                                {
                                    "type": "object",
                                    "additionalProperties": false,
                                    "required": ["kind"],
                                    "properties": { "kind": { "type": "string", "const": "rest" } },
                                },
                            ],
                        },
                    },
                },
            })
        );
    }

    #[test]
    fn schemas_of_maps_are_not_strict() {
        let definition = definition::<BTreeMap<String, f64>>();
        assert_eq!(definition.strict, None);
        assert_eq!(
            Value::Object(definition.schema),
            json!({ "type": "object", "additionalProperties": { "type": "number" } })
        );
    }
}
