//! Documents to normalize.

use serde_json::{Value, json};

/// The upstream OpenAPI 3.1 document if it is next to the checkout, or else the normalized one.
///
/// # Panics
///
/// If there is no document.
pub fn real() -> Value {
    let upstream = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/upstream/openapi-2026-10.json");
    let made = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi.json");
    let text = std::fs::read_to_string(upstream).or_else(|_| std::fs::read_to_string(made)).expect("a document");
    serde_json::from_str(&text).expect("JSON")
}

/// The number of operations in 3.3 MB of the large document.
pub const OPERATIONS: usize = 288;

/// A document like those of large APIs: `times` times 288 operations in 3.3 MB. Each operation has inline types and
/// references to shared ones.
pub fn large(times: usize) -> Value {
    let mut paths = serde_json::Map::new();
    let mut schemas = serde_json::Map::new();
    for number in 0..times * OPERATIONS {
        let words =
            "What this does, for whom, what it returns, and what a program has to look out for when it calls it. ";
        let reference = |name: String| json!({ "$ref": format!("#/components/schemas/{name}") });
        let property = |index: usize| match index % 8 {
            0 => json!({ "type": ["string", "null"], "description": words, "examples": ["one", "two"] }),
            1 => json!({ "type": "string", "enum": ["open", "closed", format!("state{}", number % 40)] }),
            2 => json!({ "type": "array", "items": { "type": "object", "properties": {
                "id": { "type": "integer" }, "label": { "type": "string", "maxLength": 10 + index + number % 7 } } } }),
            3 => {
                json!({ "anyOf": [{ "type": "string" }, { "type": "integer", "exclusiveMinimum": 0 }, { "type": "null" }] })
            }
            4 => json!({ "oneOf": [
                { "type": "object", "properties": { "kind": { "const": "a" }, "x": { "type": "number" } }, "required": ["kind"] },
                { "type": "object", "properties": { "kind": { "const": "b" }, "y": { "type": "boolean" } }, "required": ["kind"] },
            ] }),
            5 => {
                json!({ "$ref": format!("#/components/schemas/Shared{}", (number + index) % 50), "description": words })
            }
            6 => json!({ "type": "object", "additionalProperties": reference(format!("Own{number}")) }),
            _ => json!({ "type": "number", "minimum": 0, "description": words.repeat(2) }),
        };
        let object = |from: usize, count: usize| {
            let properties: serde_json::Map<String, Value> =
                (from..from + count).map(|index| (format!("property_{index}"), property(index))).collect();
            json!({ "type": "object", "title": format!("Thing {}", number % 97), "properties": properties, "required": [format!("property_{from}")] })
        };
        let content = |schema: Value| json!({ "application/json": { "schema": schema } });
        let parameter = |index: usize| json!({ "in": "query", "name": format!("filter_{index}"), "description": words, "schema": property(index) });
        let parameters: Vec<Value> = (0..4).filter(|index| *index != 2).map(parameter).collect();
        let error = json!({ "description": "An error", "content": content(reference("Shared0".to_owned())) });
        let operation = json!({
            "operationId": format!("updateThing{number}"),
            "summary": format!("Changes thing {number}"),
            "description": words.repeat(4),
            "parameters": parameters,
            "requestBody": { "required": true, "content": content(object(0, 28)) },
            "responses": { "200": { "description": "Changed", "content": content(object(28, 28)) }, "400": error, "404": error },
        });
        paths.insert(format!("/things{number}"), json!({ "put": operation }));
        schemas.insert(format!("Own{number}"), object(56, 6));
    }
    for number in 0..50 {
        let next = json!({ "$ref": format!("#/components/schemas/Shared{}", (number + 1) % 50) });
        let properties =
            json!({ "id": { "type": "string", "format": "uuid" }, "next": next, "number": { "const": number } });
        schemas.insert(format!("Shared{number}"), json!({ "type": "object", "properties": properties }));
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Large", "version": "1" },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_large_document_has_the_documented_size() {
        let bytes = super::large(1).to_string().len();
        assert!((3_200_000..3_600_000).contains(&bytes), "{bytes}");
    }
}
