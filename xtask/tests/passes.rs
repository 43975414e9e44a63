//! Each pass by itself: a small document before and after, and what it warns of.

use serde_json::{Value, json};
use xtask::normalize::{PASSES, normalize, run_pass};

/// A small document for every pass, by the pass's name.
fn examples() -> Vec<(&'static str, Value)> {
    vec![
        (
            "definitions",
            json!({
                "paths": { "/shared": { "$ref": "#/components/pathItems/Shared" }, "/away": { "$ref": "other.json" },
                "/a": { "get": { "responses": { "200": { "content": { "application/json": { "schema": {
                    "properties": {
                        "next": { "$ref": "#/paths/~1a/get/responses/200/content/application~1json/schema" },
                        "leaf": { "$ref": "#/components/schemas/Tree/$defs/Leaf" },
                        "far": { "$ref": "https://example.com/other.json#/Leaf" },
                        "lost": { "$ref": "#/components/schemas/Nowhere" },
                    },
                } } } } } } } },
                "components": { "pathItems": { "Shared": { "get": {} }, "Unused": {} }, "schemas": { "Ring": { "$ref": "#/components/schemas/Ring" }, "Tree": {
                    "$defs": { "Leaf": { "type": "object", "properties": { "tree": { "$ref": "#/components/schemas/Tree" } } } },
                    "properties": { "leaf": { "$ref": "#/components/schemas/Tree/$defs/Leaf" } },
                } } },
            }),
        ),
        (
            "version",
            json!({
                "openapi": "3.1.0",
                "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
                "info": { "title": "t", "summary": "s", "version": "1", "license": { "name": "MIT", "identifier": "MIT" } },
                "webhooks": { "paid": { "post": { "responses": {} } } },
                "components": { "pathItems": { "shared": {} } },
                "x-kept": { "by": "every pass" },
            }),
        ),
        (
            "security",
            json!({
                "security": [{ "bearerAuth": [] }],
                "paths": { "/a": { "get": { "parameters": [
                    { "in": "query", "name": "key", "description": "API key", "schema": { "type": "string" } },
                    { "in": "query", "name": "keys", "schema": { "type": "string" } },
                ] }, "post": { "parameters": [{ "in": "query", "name": "key", "description": "of a map", "schema": { "type": "string" } }] } } },
                "components": { "securitySchemes": { "bearerAuth": { "type": "http", "scheme": "bearer" } } },
            }),
        ),
        (
            "prose",
            json!({
                "info": { "title": "t", "description": "long", "version": "1" },
                "tags": [{ "name": "a", "description": "long" }],
                "paths": { "/a": { "get": {
                    "summary": "short", "description": "long", "x-kept": true,
                    "responses": { "404": { "description": "ours is better" }, "2XX": { "description": "long" } },
                } } },
                "components": { "schemas": { "A": {
                    "description": "long",
                    "properties": { "description": { "type": "string", "example": "e" } },
                } } },
            }),
        ),
        (
            "empty_paths",
            json!({ "paths": {
                "/empty": {}, "/only-parameters": { "parameters": [] }, "/used": { "get": {} },
                "/elsewhere": { "$ref": "other.json" }, "x-kept": 1,
            } }),
        ),
        (
            "constants",
            json!({ "components": { "schemas": {
                "Text": { "const": "a" }, "Whole": { "const": 1 }, "Half": { "const": 0.5 }, "Yes": { "const": true },
                "Nothing": { "const": null }, "Typed": { "type": "string", "const": "b" }, "Thing": { "const": { "a": 1 } },
            } } }),
        ),
        (
            "references",
            json!({ "components": { "schemas": {
                "Bare": { "$ref": "#/components/schemas/A" },
                "Described": { "$ref": "#/components/schemas/A", "description": "d" },
                "Composed": { "$ref": "#/components/schemas/A", "allOf": [{ "type": "object" }] },
            } } }),
        ),
        (
            "tuples",
            json!({ "components": { "schemas": {
                "Closed": { "type": "array", "prefixItems": [{ "type": "string" }, { "type": "integer" }], "items": false },
                "Open": { "type": "array", "prefixItems": [{ "type": "string" }] },
                "Rest": { "type": "array", "prefixItems": [{ "type": "string" }], "items": { "type": "number" } },
            } } }),
        ),
        (
            "content",
            json!({ "components": { "schemas": {
                "Base64": { "type": "string", "contentEncoding": "base64", "contentMediaType": "image/png" },
                "Bytes": { "contentMediaType": "application/octet-stream" },
                "Quoted": { "type": "string", "contentEncoding": "quoted-printable" },
                "Nested": { "type": "string", "contentMediaType": "application/json", "contentSchema": { "type": "object" } },
                "Text": { "contentMediaType": "text/html; charset=utf-8" },
            } } }),
        ),
        (
            "bounds",
            json!({ "components": { "schemas": {
                "Positive": { "type": "number", "exclusiveMinimum": 0 },
                "Both": { "type": "number", "minimum": 5, "exclusiveMinimum": 1, "maximum": 9, "exclusiveMaximum": 7 },
                "Already": { "type": "number", "minimum": 0, "exclusiveMinimum": true },
            } } }),
        ),
        (
            "examples",
            json!({ "components": { "schemas": {
                "Some": { "examples": ["a", "b"] }, "None": { "examples": [] }, "Kept": { "example": "x", "examples": ["a"] },
            } } }),
        ),
        (
            "unsupported",
            json!({ "components": { "schemas": {
                "Anything": true, "Nothing": false,
                "Conditional": { "if": { "required": ["a"] }, "then": { "required": ["b"] }, "else": {}, "x-kept": 1 },
                "Names": { "type": "object", "propertyNames": { "pattern": "^x-" }, "additionalProperties": {} },
                "AnyNames": { "type": "object", "propertyNames": { "type": "string" }, "additionalProperties": false },
                "Patterns": { "type": "object", "patternProperties": { "^n": { "type": "number" } } },
                "Property": { "type": "object", "properties": { "if": { "type": "string" }, "any": true } },
                "Annotated": { "$id": "a", "$comment": "c", "$anchor": "d", "unevaluatedProperties": false },
            } } }),
        ),
        (
            "nullable",
            json!({ "components": { "schemas": {
                "Listed": { "type": ["string", "null"] },
                "Several": { "type": ["string", "integer", "null"], "maxLength": 3, "minimum": 1, "description": "d" },
                "Only": { "type": "null" },
                "Member": { "description": "d", "anyOf": [{ "type": "string", "maxLength": 3 }, { "type": "null" }] },
                "Reference": { "oneOf": [{ "$ref": "#/components/schemas/Only" }, { "type": "null" }] },
                "Choice": { "anyOf": [{ "type": "string" }, { "type": "integer" }, { "type": "null" }] },
                "Values": { "type": "string", "enum": ["a", "b", null] },
            } } }),
        ),
        (
            "unions",
            json!({ "components": { "schemas": {
                "Nested": { "anyOf": [{ "anyOf": [{ "type": "string" }, { "type": "integer" }] }, { "type": "integer" }] },
                "Null": { "anyOf": [{ "type": "string", "nullable": true }, { "type": "integer" }] },
                "Absorbed": { "anyOf": [{ "type": "string", "enum": ["a"] }, { "type": "string" }] },
                "Open": { "anyOf": [{ "type": "string", "enum": ["a", "b"] }, { "type": "string" }] },
                "One": { "oneOf": [{ "type": "string", "maxLength": 3 }], "description": "d" },
                "Wrapped": { "anyOf": [{ "$ref": "#/components/schemas/One" }], "nullable": true },
            } } }),
        ),
        (
            "integers",
            json!({ "components": { "schemas": {
                "Count": { "type": "integer", "minimum": 0, "maximum": 9_007_199_254_740_991_i64 },
                "Any": { "type": "integer", "minimum": -9_007_199_254_740_991_i64, "maximum": 9_007_199_254_740_991_i64 },
                "Real": { "type": "integer", "minimum": 1, "maximum": 5 },
            } } }),
        ),
        (
            "defaults",
            json!({ "components": { "schemas": {
                "Plain": { "type": "number", "default": 1 },
                "Null": { "type": "string", "nullable": true, "default": null },
                "Choice": { "type": "string", "enum": ["a", "b"], "default": "a" },
            } } }),
        ),
        ("errors", errors()),
        (
            "operations",
            json!({ "paths": {
                "/image/{prompt}": { "get": { "operationId": "getGenerateImage:prompt{[\\s\\S]+}" } },
                "/tiers": { "get": { "operationId": "getAccountTiers" } },
                "/nameless/{id}": { "delete": {} },
                "/odd": { "get": { "operationId": "¿qué?" } },
                "/twice": { "get": { "operationId": "getTwice" }, "post": { "operationId": "postTwice" } },
            } }),
        ),
        ("hoist", hoist()),
        (
            "order",
            json!({
                "components": { "schemas": { "B": {}, "A": {} }, "responses": {} }, "x-last": 1,
                "paths": { "/b": { "post": { "responses": { "500": {}, "200": {} } }, "get": {} }, "/a": {} },
                "info": {}, "openapi": "3.0.3",
            }),
        ),
    ]
}

fn errors() -> Value {
    let error = |status: u16, code: &str, details: Value| {
        json!({ "content": { "application/json": { "schema": {
            "type": "object",
            "properties": {
                "status": { "type": "number", "enum": [status] },
                "error": {
                    "type": "object",
                    "properties": { "code": { "type": "string", "enum": [code] }, "details": details },
                    "required": ["code", "details"],
                },
            },
            "required": ["status", "error"],
        } } } })
    };
    let plain = json!({ "$ref": "#/components/schemas/PlainDetails" });
    let form = json!({ "$ref": "#/components/schemas/FormDetails" });
    json!({
        "paths": { "/a": {
            "get": { "responses": { "200": {}, "401": {}, "402": error(402, "POOR", plain.clone()), "500": error(500, "BROKEN", plain) } },
            "post": { "responses": { "400": error(400, "WRONG", form), "413": { "content": { "application/json": { "schema": {
                "type": "object", "properties": { "error": { "type": "string" } },
            } } } } } },
            "head": { "responses": { "404": {} } },
        } },
        "components": { "schemas": {
            "PlainDetails": { "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] },
            "FormDetails": {
                "type": "object",
                "properties": { "name": { "type": "string" }, "fields": { "type": "object" } },
                "required": ["name", "fields"],
            },
        } },
    })
}

fn hoist() -> Value {
    let tag = |value: &str| json!({ "type": "string", "enum": [value] });
    let address = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    let optional_address =
        json!({ "type": "object", "nullable": true, "properties": { "city": { "type": "string" } } });
    json!({
        "paths": { "/people": { "post": {
            "operationId": "add_person",
            "parameters": [{ "in": "query", "name": "order", "schema": { "type": "string", "enum": ["up", "down"], "default": "up" } }],
            "requestBody": { "content": { "application/json": { "schema": {
                "type": "object",
                "properties": { "home": address, "work": optional_address, "pets": { "type": "array", "items": {
                    "anyOf": [
                        { "type": "object", "properties": { "kind": tag("cat"), "lives": { "type": "integer" } }, "required": ["kind"] },
                        { "type": "object", "properties": { "kind": tag("dog") }, "required": ["kind"] },
                        { "type": "object", "properties": { "kind": { "type": "string" } }, "required": ["kind"] },
                    ],
                } } },
            } } } },
            "responses": { "200": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/person-id" } } } } },
        } } },
        "components": { "schemas": {
            "person-id": { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] },
        } },
    })
}

#[test]
fn before_and_after() {
    for (name, before) in examples() {
        let after = run_pass(name, before.clone()).unwrap_or_else(|| panic!("there is no pass {name}"));
        let mut text = format!("# before\n{before:#}\n\n# after\n{:#}\n", after.document);
        if !after.warnings.is_empty() {
            text += "\n# warnings\n";
        }
        for warning in after.warnings {
            text += &format!("{warning}\n");
        }
        insta::with_settings!({ snapshot_path => "passes", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, text);
        });
    }
}

#[test]
fn every_pass_has_an_example() {
    let examples: Vec<&str> = examples().into_iter().map(|(name, _)| name).collect();
    let passes: Vec<&str> = PASSES.iter().map(|pass| pass.name).collect();
    assert_eq!(examples, passes);
}

#[test]
fn every_example_is_normal_after_one_run() {
    for (name, example) in examples() {
        let mut document = example;
        let object = document.as_object_mut().unwrap();
        object.insert("openapi".to_owned(), json!("3.1.0"));
        object.insert("info".to_owned(), json!({ "title": "t", "version": "1" }));
        let once = normalize(document).unwrap().document;
        let twice = normalize(once.clone()).unwrap();
        assert_eq!(once, twice.document, "{name}");
        assert_eq!(twice.warnings, [], "{name}");
    }
}
