//! Tools to read an OpenAPI 3.0 document: they convert its schemas into JSON Schema, which validators know, and match
//! path templates.

use serde_json::{Map, Value, json};

/// The prefix of references to component schemas.
const SCHEMAS: &str = "#/components/schemas/";

/// Converts a schema of OpenAPI 3.0 into JSON Schema: `nullable`, `exclusiveMinimum` and `exclusiveMaximum` are written
/// differently there.
///
/// References such as `#/components/schemas/Error` are kept.
///
/// # Examples
///
/// ```
/// use pollinations_emulator::openapi::json_schema;
/// use serde_json::json;
///
/// let schema = json_schema(&json!({ "type": "string", "nullable": true }));
/// assert_eq!(schema, json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] }));
/// ```
pub fn json_schema(schema: &Value) -> Value {
    let Value::Object(object) = schema else { return schema.clone() };
    let mut converted = Map::new();
    for (key, value) in object {
        let value = match (key.as_str(), value) {
            ("nullable" | "discriminator" | "example", _) => continue,
            ("properties", Value::Object(schemas)) => json_schemas(schemas),
            ("allOf" | "anyOf" | "oneOf", Value::Array(schemas)) => schemas.iter().map(json_schema).collect(),
            ("items" | "additionalProperties" | "not", schema) => json_schema(schema),
            _ => value.clone(),
        };
        converted.insert(key.clone(), value);
    }
    for (flag, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if let Some(Value::Bool(exclusive)) = converted.remove(flag)
            && exclusive
            && let Some(limit) = converted.remove(bound)
        {
            converted.insert(flag.to_owned(), limit);
        }
    }
    let converted = Value::Object(converted);
    match object.get("nullable") {
        Some(Value::Bool(true)) => json!({ "anyOf": [converted, { "type": "null" }] }),
        _ => converted,
    }
}

/// Converts named schemas, such as the `schemas` or the `properties` of an object.
pub fn json_schemas(schemas: &Map<String, Value>) -> Value {
    schemas.iter().map(|(name, schema)| (name.clone(), json_schema(schema))).collect()
}

/// Adds to a JSON Schema all component schemas that it refers to, directly or indirectly, so that a validator can be
/// compiled from it. `schemas` are all component schemas by name, as [`json_schemas`] returns them.
///
/// # Examples
///
/// ```
/// use pollinations_emulator::openapi::self_contained;
/// use serde_json::json;
///
/// let schemas = json!({ "Cat": { "type": "string" }, "Dog": { "type": "integer" } });
/// let whole = self_contained(&json!({ "$ref": "#/components/schemas/Cat" }), &schemas);
/// assert_eq!(whole["components"]["schemas"], json!({ "Cat": { "type": "string" } }));
/// ```
pub fn self_contained(schema: &Value, schemas: &Value) -> Value {
    let mut needed = Map::new();
    let mut waiting = vec![schema];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Object(fields) => {
                let target = fields.get("$ref").and_then(Value::as_str);
                let name = target.and_then(|target| target.strip_prefix(SCHEMAS)?.split('/').next());
                if let Some((name, found)) = name.and_then(|name| Some((name, schemas.get(name)?)))
                    && !needed.contains_key(name)
                {
                    needed.insert(name.to_owned(), found.clone());
                    waiting.push(found);
                }
                waiting.extend(fields.values());
            }
            Value::Array(values) => waiting.extend(values),
            _ => {}
        }
    }
    json!({ "allOf": [schema], "components": { "schemas": needed } })
}

/// Whether a path matches a template such as `/image/{prompt}`. A parameter matches one segment that is not empty.
///
/// # Examples
///
/// ```
/// use pollinations_emulator::openapi::path_fits;
///
/// assert!(path_fits("/image/{prompt}", "/image/a%2Fb"));
/// assert!(!path_fits("/image/{prompt}", "/image/a/b") && !path_fits("/image/{prompt}", "/image/"));
/// ```
pub fn path_fits(template: &str, path: &str) -> bool {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (template.next(), path.next()) {
            (None, None) => return true,
            (Some(part), Some(segment)) if part == segment || (part.starts_with('{') && !segment.is_empty()) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_of_openapi_3_0_are_converted_to_json_schema() {
        let schema = json!({
            "type": "object",
            "properties": {
                "nullable": { "type": "string", "nullable": true },
                "above": { "type": "number", "minimum": 1, "exclusiveMinimum": true },
            },
        });
        let validator = jsonschema::validator_for(&json_schema(&schema)).unwrap();
        assert!(validator.is_valid(&json!({ "nullable": null, "above": 1.5 })));
        assert!(!validator.is_valid(&json!({ "above": 1 })));
        assert!(!validator.is_valid(&json!({ "nullable": 5 })));
    }
}
