//! A snapshot for each pass: a small document before and after the pass, and the warnings.

use serde_json::{Value, json};
use xtask::normalize::{Prose, normalize, passes, run_pass, shaped};

/// The name of each pass, and a small document for it.
fn examples() -> Vec<(&'static str, Value)> {
    let mut examples = of_documents();
    examples.extend(of_schemas());
    examples.extend(of_names());
    examples.extend(of_shape());
    examples
}

/// A document that has only schemas.
fn schemas(schemas: Value) -> Value {
    json!({ "components": { "schemas": schemas } })
}

fn of_documents() -> Vec<(&'static str, Value)> {
    vec![
        (
            "version",
            json!({
                "openapi": "3.1.0",
                "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
                "info": { "title": "t", "summary": "s", "version": "1", "license": { "name": "MIT", "identifier": "MIT" } },
                "webhooks": { "paid": { "post": { "responses": {} } } },
                "x-kept": { "by": "every pass" },
            }),
        ),
        (
            "structure",
            json!({
                "info": { "title": "t", "version": 1.0, "mood": "good" },
                "tags": [{ "name": "a" }, { "name": "a" }, { "description": "nameless" }],
                "paths": { "a/{id}": { "get": {
                    "operationId": "getA",
                    "parameters": [
                        { "in": "path", "name": "id", "schema": { "type": "string" } },
                        { "in": "query", "name": "q", "style": "label" },
                        { "in": "query", "name": "r", "style": "form", "content": { "text/plain": {}, "application/json": {} } },
                        { "in": "body", "name": "b", "schema": {} },
                        { "in": "query", "name": "q", "schema": {} },
                        { "in": "query", "schema": {} },
                    ],
                    "requestBody": { "description": "no content" },
                    "responses": { "2xx": { "content": [] }, "404": "gone", "teapot": {} },
                }, "put": {}, "x-kept": 1 } },
                "components": {
                    "securitySchemes": {
                        "odd": { "type": "magic" }, "bare": { "type": "apiKey", "name": "k" },
                        "basic": { "type": "http", "scheme": "basic", "bearerFormat": "JWT", "name": "n" },
                        "flows": { "type": "oauth2", "flows": { "implicit": { "tokenUrl": "/t", "authorizationUrl": "/a" }, "password": {} } },
                    },
                    "schemas": {
                        "Kept": { "type": "string", "widget": "slider", "x-kept": 1 },
                        "Lists": { "required": [], "enum": [], "anyOf": [], "type": ["string", "text", "string"] },
                        "Twice": { "required": ["a", "a", 1] },
                        "Wrong": { "type": "file", "maxLength": "ten", "minLength": 5.0, "deprecated": "yes", "properties": [] },
                        "NoSchema": 7, "Old": { "dependencies": { "a": ["b"] } },
                    },
                },
            }),
        ),
        (
            "components",
            json!({
                "paths": { "/a": { "get": {
                    "parameters": [
                        { "$ref": "#/components/parameters/page%20size" },
                        { "$ref": "#/components/parameters/Plain", "description": "Ours" },
                        { "$ref": "#/components/parameters/Nowhere" },
                        { "$ref": "#/paths/~1a/get/parameters/4" },
                        { "in": "query", "name": "own", "schema": {} },
                    ],
                    "requestBody": { "$ref": "other.yaml#/body" },
                    "responses": { "200": { "$ref": "#/components/responses/Nowhere" }, "404": { "$ref": "#/components/responses/Gone" } },
                } } },
                "components": {
                    "parameters": {
                        "page size": { "in": "query", "name": "size", "schema": {} },
                        "Plain": { "in": "query", "name": "plain", "description": "Theirs", "schema": {} },
                    },
                    "responses": { "Gone": { "description": "gone" } },
                },
            }),
        ),
        (
            "paths",
            json!({
                "paths": {
                    "/shared": { "$ref": "#/components/pathItems/Shared", "summary": "ours" },
                    "/away": { "$ref": "other.json" },
                    "/a/{id}": { "get": { "parameters": [
                        { "in": "path", "name": "other", "required": true, "schema": {} },
                        { "in": "query", "name": "id", "schema": {} },
                    ] } },
                    "/open{": {},
                },
                "components": { "pathItems": { "Shared": { "get": {}, "summary": "theirs" }, "Unused": {} } },
            }),
        ),
        (
            "security",
            json!({
                "security": [{ "tls": [] }, { "tls": [], "token": [] }],
                "components": { "securitySchemes": {
                    "tls": { "type": "mutualTLS" }, "token": { "type": "http", "scheme": "bearer" },
                } },
            }),
        ),
        (
            "references",
            json!({
                "paths": { "/a": { "get": { "responses": { "200": { "content": { "application/json": { "schema": {
                    "properties": {
                        "next": { "$ref": "#/paths/~1a/get/responses/200/content/application~1json/schema" },
                        "leaf": { "$ref": "#/components/schemas/Tree/$defs/Leaf" },
                        "through": { "$ref": "#/components/schemas/Tree/properties/leaf/properties/tree" },
                        "anchor": { "$ref": "#twig" },
                        "address": { "$ref": "https://example.com/bush#/properties/height" },
                        "dynamic": { "$dynamicRef": "#node" },
                        "far": { "$ref": "https://example.com/other.json#/Leaf" },
                        "lost": { "$ref": "#/components/schemas/Nowhere" },
                    },
                } } } } } } } },
                "components": { "schemas": {
                    "Ring": { "$ref": "#/components/schemas/Ring" },
                    "Self": { "allOf": [{ "$ref": "#/components/schemas/Self" }, { "type": "object" }] },
                    "Tree": {
                        "$defs": { "Leaf": { "type": "object", "properties": { "tree": { "$ref": "#/components/schemas/Tree" } } } },
                        "properties": { "leaf": { "$ref": "#/components/schemas/Tree/$defs/Leaf" } },
                    },
                    "Bush": { "$id": "https://example.com/bush", "properties": {
                        "height": { "type": "number" }, "twig": { "$anchor": "twig", "type": "string" },
                    } },
                    "Node": { "$dynamicAnchor": "node", "type": "object" },
                    "Pet": { "oneOf": [{ "$ref": "#/components/schemas/Tree" }], "discriminator": { "propertyName": "kind",
                        "mapping": { "bare": "Tree", "lost": "Nowhere" } } },
                } },
            }),
        ),
        (
            "discriminators",
            schemas(json!({
                "Pet": {
                    "oneOf": [{ "$ref": "#/components/schemas/cat" }, { "$ref": "#/components/schemas/dog" }],
                    "discriminator": { "propertyName": "kind", "mapping": { "d": "#/components/schemas/dog" } },
                },
                "cat": {}, "dog": {},
                "Base": { "properties": { "kind": {} }, "discriminator": { "propertyName": "kind" } },
                "heir": { "allOf": [{ "$ref": "#/components/schemas/Base" }, {}] },
            })),
        ),
    ]
}

fn of_schemas() -> Vec<(&'static str, Value)> {
    vec![
        (
            "annotations",
            schemas(json!({
                "Known": { "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "a", "$comment": "c" },
                "Other": { "$schema": "https://json-schema.org/draft-07/schema", "$anchor": "d", "$dynamicAnchor": "e" },
            })),
        ),
        (
            "constants",
            schemas(json!({
                "Text": { "const": "a" }, "Whole": { "const": 1 }, "Half": { "const": 0.5 }, "Yes": { "const": true },
                "Nothing": { "const": null }, "Typed": { "type": "string", "const": "b" }, "Thing": { "const": { "a": 1 } },
                "Several": { "type": ["string", "null"], "const": "c" }, "Wrong": { "type": "string", "const": 1 },
            })),
        ),
        (
            "siblings",
            schemas(json!({
                "Bare": { "$ref": "#/components/schemas/A" },
                "Described": { "$ref": "#/components/schemas/A", "description": "d" },
                "Composed": { "$ref": "#/components/schemas/A", "allOf": [{ "type": "object" }] },
                "One": { "allOf": [{ "$ref": "#/components/schemas/A" }] },
            })),
        ),
        (
            "tuples",
            schemas(json!({
                "Point": { "type": "array", "prefixItems": [{ "type": "number" }, { "type": "number" }], "minItems": 2, "maxItems": 2 },
                "Closed": { "type": "array", "prefixItems": [{ "type": "string" }, { "type": "integer" }], "items": false },
                "Ended": { "type": "array", "prefixItems": [{ "type": "string" }], "unevaluatedItems": false },
                "Open": { "type": "array", "prefixItems": [{ "type": "string" }] },
                "Rest": { "type": "array", "prefixItems": [{ "type": "string" }], "items": { "type": "string" } },
            })),
        ),
        (
            "content",
            schemas(json!({
                "Base64": { "type": "string", "contentEncoding": "base64", "contentMediaType": "image/png" },
                "Address": { "type": "string", "contentEncoding": "base64url" },
                "Bytes": { "contentMediaType": "application/octet-stream" },
                "Quoted": { "type": "string", "contentEncoding": "quoted-printable" },
                "Nested": { "type": "string", "contentMediaType": "application/json", "contentSchema": { "type": "object" } },
                "Text": { "contentMediaType": "text/html; charset=utf-8" },
            })),
        ),
        (
            "bounds",
            schemas(json!({
                "Positive": { "type": "number", "exclusiveMinimum": 0 },
                "Both": { "type": "number", "minimum": 5, "exclusiveMinimum": 1, "maximum": 9, "exclusiveMaximum": 7 },
                "Already": { "type": "number", "minimum": 0, "exclusiveMinimum": true },
            })),
        ),
        (
            "examples",
            schemas(json!({
                "Some": { "examples": ["a", "b"] }, "None": { "examples": [] }, "Kept": { "example": "x", "examples": ["a"] },
            })),
        ),
        (
            "unsupported",
            schemas(json!({
                "Anything": true, "Nothing": false, "List": { "type": "array" }, "Empty": { "type": "array", "items": false },
                "Conditional": { "if": { "required": ["a"] }, "then": { "required": ["b"] }, "else": {}, "x-kept": 1 },
                "Names": { "type": "object", "propertyNames": { "pattern": "^x-" }, "additionalProperties": {} },
                "AnyNames": { "type": "object", "propertyNames": { "type": "string" }, "additionalProperties": false },
                "OpenPatterns": { "type": "object", "patternProperties": { "^n": { "type": "number" } } },
                "ClosedPatterns": { "type": "object", "patternProperties": { "^n": { "type": "number" } }, "additionalProperties": false },
                "Patterns": { "type": "object", "patternProperties": { "^n": { "type": "number" } }, "additionalProperties": { "type": "string" } },
                "Property": { "type": "object", "properties": { "if": { "type": "string" }, "any": true } },
                "Contains": { "type": "array", "items": {}, "contains": { "type": "string" }, "minContains": 2 },
                "Unevaluated": { "type": "object", "unevaluatedProperties": false },
                "Composed": { "allOf": [{}], "unevaluatedProperties": false },
                "Dependent": { "type": "object", "dependentRequired": { "a": ["b"] } },
            })),
        ),
        (
            "nullable",
            schemas(json!({
                "Listed": { "type": ["string", "null"] },
                "Several": { "type": ["string", "integer", "null"], "maxLength": 3, "minimum": 1, "description": "d" },
                "Values": { "type": ["string", "integer"], "enum": ["a", 1] },
                "All": { "type": ["array", "boolean", "integer", "number", "object", "string", "null"], "maxLength": 3 },
                "Beside": { "type": ["string", "integer"], "anyOf": [{ "minLength": 1 }, { "minimum": 1 }] },
                "Only": { "type": "null" },
                "Member": { "description": "d", "anyOf": [{ "type": "string", "maxLength": 3 }, { "type": "null" }] },
                "Reference": { "oneOf": [{ "$ref": "#/components/schemas/Only" }, { "type": "null" }] },
                "Choice": { "anyOf": [{ "type": "string" }, { "type": "integer" }, { "type": "null" }] },
                "Listing": { "type": ["string", "null"], "enum": ["a", "b", null] },
                "Excluded": { "type": "object", "properties": { "a": {} }, "oneOf": [
                    { "type": "object", "required": ["b"], "properties": { "b": {} } }, { "type": "null" },
                ] },
                "Clash": { "properties": { "a": { "type": "string" } }, "anyOf": [
                    { "properties": { "a": { "type": "integer" } } }, { "type": "null" },
                ] },
            })),
        ),
        (
            "unions",
            schemas(json!({
                "Nested": { "anyOf": [{ "anyOf": [{ "type": "string" }, { "type": "integer" }] }, { "type": "integer" }] },
                "Null": { "anyOf": [{ "type": "string", "nullable": true }, { "type": "integer" }] },
                "Open": { "anyOf": [{ "type": "string", "enum": ["a"] }, { "type": "string" }] },
                "One": { "oneOf": [{ "type": "string", "maxLength": 3 }], "description": "d" },
                "Wrapped": { "anyOf": [{ "$ref": "#/components/schemas/One" }], "nullable": true },
                "Required": { "required": ["a"], "properties": { "a": {}, "b": {} }, "anyOf": [{ "required": ["b"] }] },
            })),
        ),
        (
            "default_values",
            schemas(json!({
                "Good": { "type": "integer", "default": 1.0 }, "Null": { "type": "string", "nullable": true, "default": null },
                "Wrong": { "type": "integer", "default": "1" }, "Unlisted": { "type": "string", "enum": ["a"], "default": "b" },
            })),
        ),
        (
            "nullables",
            schemas(json!({
                "Name": { "type": "string", "nullable": true }, "Alias": { "$ref": "#/components/schemas/Name" },
                "Unused": { "type": "string", "nullable": true },
                "Person": { "properties": {
                    "name": { "$ref": "#/components/schemas/Name" }, "alias": { "$ref": "#/components/schemas/Alias" },
                    "either": { "anyOf": [{ "$ref": "#/components/schemas/Name" }, { "type": "integer" }] },
                    "narrowed": { "allOf": [{ "$ref": "#/components/schemas/Name" }, { "maxLength": 3 }] },
                    "described": { "allOf": [{ "$ref": "#/components/schemas/Name" }], "description": "d" },
                } },
            })),
        ),
        (
            "loops",
            schemas(json!({
                "Json": { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "$ref": "#/components/schemas/Json" } }] },
                "Holder": { "properties": { "json": { "nullable": true, "allOf": [{ "$ref": "#/components/schemas/Json" }] } } },
                "Base": { "properties": { "a": {} } },
                "Heir": { "allOf": [{ "$ref": "#/components/schemas/Base" }], "required": ["a", "b"] },
            })),
        ),
    ]
}

fn of_names() -> Vec<(&'static str, Value)> {
    vec![
        (
            "operations",
            json!({ "paths": {
                "/image/{prompt}": { "get": { "operationId": "getGenerateImage:prompt{[\\s\\S]+}" } },
                "/tiers": { "get": { "operationId": "getAccountTiers", "responses": { "200": { "links": {
                    "next": { "operationId": "listAll" }, "lost": { "operationId": "nowhere" },
                } } } } },
                "/nameless/{id}": { "delete": {} },
                "/odd": { "get": { "operationId": "¿qué?" } },
                "/all": { "get": { "operationId": "listAll" } },
                "/twice": { "get": { "operationId": "twice" }, "post": { "operationId": "Twice" } },
            } }),
        ),
        ("types", types()),
        (
            "null_values",
            schemas(json!({
                "Off": { "type": "boolean", "enum": [false], "nullable": true },
                "Listed": { "type": "string", "enum": ["a", null], "nullable": true },
                "Both": { "allOf": [{ "$ref": "#/components/schemas/Off" }], "enum": [true], "nullable": true },
                "Strict": { "type": "string", "enum": ["a"] },
            })),
        ),
        (
            "order",
            json!({
                "components": { "schemas": { "B": { "type": "object", "properties": { "b": {}, "a": {} } }, "A": {} }, "responses": {} }, "x-last": 1,
                "paths": { "/b": { "post": { "responses": { "500": {}, "200": {} } }, "get": {} }, "/a": {} },
                "info": {}, "openapi": "3.0.3",
            }),
        ),
    ]
}

fn of_shape() -> Vec<(&'static str, Value)> {
    vec![
        (
            "empty_paths",
            json!({ "paths": {
                "/empty": {}, "/only-parameters": { "parameters": [] }, "/used": { "get": {} },
                "/elsewhere": { "$ref": "other.json" }, "x-kept": 1,
            } }),
        ),
        (
            "keys",
            json!({
                "security": [{ "bearerAuth": [] }],
                "paths": { "/a": { "get": { "parameters": [
                    { "in": "query", "name": "key", "description": "API key", "schema": { "type": "string" } },
                    { "in": "query", "name": "keys", "schema": { "type": "string" } },
                ] }, "post": { "parameters": [{ "in": "query", "name": "key", "description": "of a map", "schema": { "type": "string" } }] },
                "put": { "parameters": [{ "in": "query", "name": "key", "required": true, "description": "Id of the API key", "schema": { "type": "string" } }] } } },
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
                    "properties": { "description": { "type": "string", "example": "e", "x-examples": ["f"] } },
                } } },
            }),
        ),
        (
            "integers",
            schemas(json!({
                "Count": { "type": "integer", "minimum": 0, "maximum": 9_007_199_254_740_991_i64 },
                "Any": { "type": "integer", "minimum": -9_007_199_254_740_991_i64, "maximum": 9_007_199_254_740_991_i64 },
                "Real": { "type": "integer", "minimum": 1, "maximum": 5 },
            })),
        ),
        (
            "defaults",
            schemas(json!({
                "Plain": { "type": "number", "default": 1 },
                "Null": { "type": "string", "nullable": true, "default": null },
                "Choice": { "type": "string", "enum": ["a", "b"], "default": "a" },
            })),
        ),
        (
            "absorb",
            schemas(json!({
                "Absorbed": { "anyOf": [{ "type": "string", "enum": ["a"] }, { "type": "string" }] },
                "Open": { "anyOf": [{ "type": "string", "enum": ["a", "b"] }, { "type": "string" }] },
            })),
        ),
        (
            "subsets",
            schemas(json!({
                "WithUsage": { "anyOf": [
                    { "type": "object", "required": ["id", "usage"], "properties": { "id": { "type": "string" }, "usage": { "type": "integer" } } },
                    { "type": "object", "required": ["id"], "properties": { "id": { "type": "string" } } },
                ] },
                "Null": { "anyOf": [
                    { "$ref": "#/components/schemas/Count" },
                    { "type": "object", "required": ["count"], "properties": { "count": { "enum": [null], "nullable": true } } },
                ] },
                "Count": { "type": "object", "required": ["count"], "properties": { "count": { "type": "integer" } } },
                "Different": { "anyOf": [
                    { "type": "object", "properties": { "id": { "type": "string" }, "url": { "type": "string" } } },
                    { "type": "object", "properties": { "id": { "type": "integer" } } },
                ] },
            })),
        ),
        ("errors", errors()),
        (
            "our_operations",
            json!({ "paths": {
                "/image/{prompt}": { "get": { "operationId": "getImagePrompt" } },
                "/tiers": { "get": { "operationId": "getAccountTiers" } },
                "/things": { "get": { "operationId": "getThings" }, "post": { "operationId": "postThings" } },
            } }),
        ),
        (
            "our_types",
            json!({ "paths": { "/account/balance": { "get": { "operationId": "account_balance", "responses": { "200": {
                "content": { "application/json": { "schema": { "type": "object", "properties": { "balance": { "type": "number" } } } } },
            } } } } } }),
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

fn types() -> Value {
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
fn every_pass_changes_its_example_as_in_the_snapshot() {
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
    let passes: Vec<&str> = passes().map(|pass| pass.name).collect();
    assert_eq!(examples, passes);
}

#[test]
fn normalizing_an_example_a_second_time_changes_nothing() {
    for (name, example) in examples() {
        let mut document = example;
        let object = document.as_object_mut().unwrap();
        object.insert("openapi".to_owned(), json!("3.1.0"));
        object.insert("info".to_owned(), json!({ "title": "t", "version": "1" }));
        for run in [normalize, |document| shaped(document, Prose::Drop)] {
            let once = run(document.clone()).unwrap().document;
            let twice = run(once.clone()).unwrap();
            assert_eq!(once, twice.document, "{name}");
            assert_eq!(twice.warnings, [], "{name}");
        }
    }
}
