//! Documents that the passes were not written for: every construct of OpenAPI 3.1, and invalid documents.

use std::{collections::BTreeSet, fs, panic, path::Path};

use serde_json::{Map, Value, json};
use xtask::{
    drift,
    normalize::{Normalized, normalize, walk},
};

const DOCUMENTS: [&str; 6] = ["constructs", "recursive", "collisions", "names", "references", "garbage"];

fn document(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/documents/{name}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn normal(document: &Value) -> Normalized {
    normalize(document.clone()).unwrap()
}

#[test]
fn normalizing_a_second_time_changes_nothing() {
    for name in DOCUMENTS {
        let once = normal(&document(name));
        let twice = normal(&once.document);
        assert_eq!(once.document, twice.document, "{name}");
        assert_eq!(twice.warnings, [], "{name}");
    }
}

#[test]
fn parts_that_openapi_3_0_cannot_express_are_reported() {
    let mut text = String::new();
    for name in DOCUMENTS {
        text += &format!("# {name}\n");
        for warning in normal(&document(name)).warnings {
            text += &format!("{warning}\n");
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn the_output_has_only_keywords_of_openapi_3_0() {
    const REMOVED: &[&str] = &[
        "const",
        "examples",
        "prefixItems",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
        "propertyNames",
        "patternProperties",
        "if",
        "then",
        "else",
        "contains",
        "minContains",
        "maxContains",
        "dependentRequired",
        "dependentSchemas",
        "unevaluatedItems",
        "unevaluatedProperties",
        "$defs",
        "$comment",
        "$anchor",
        "$id",
        "$schema",
    ];
    for name in &DOCUMENTS[..5] {
        let mut normalized = normal(&document(name)).document;
        assert_eq!(normalized["openapi"], "3.0.3");
        assert!(normalized.get("webhooks").is_none() && normalized.get("jsonSchemaDialect").is_none());
        walk::each_schema(&mut normalized, &mut |place, schema| {
            for key in REMOVED {
                assert!(!schema.contains_key(*key), "{name}{}: {key}", place.pointer());
            }
            assert!(schema.get("type").is_none_or(Value::is_string), "{name}{}", place.pointer());
            assert!(schema.get("exclusiveMinimum").is_none_or(Value::is_boolean), "{name}{}", place.pointer());
            assert!(
                schema.len() == 1 || !schema.contains_key("$ref"),
                "{name}{}: keywords beside a reference",
                place.pointer()
            );
        });
        serde_json::from_value::<openapiv3::OpenAPI>(normalized).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn extensions_are_kept() {
    let normalized = normal(&document("constructs")).document;
    assert_eq!(normalized["x-owner"]["team"], "tests");
    assert_eq!(normalized["components"]["schemas"]["Order"]["x-table"], "orders");
}

#[test]
fn names_are_unique_and_do_not_depend_on_the_order_of_the_document() {
    for name in DOCUMENTS {
        let names = |document: &Value| -> BTreeSet<String> {
            let normalized = normal(document).document;
            let schemas = normalized.pointer("/components/schemas").and_then(Value::as_object).cloned();
            let mut names: BTreeSet<String> = schemas.unwrap_or_default().into_iter().map(|(name, _)| name).collect();
            walk::each_operation(&mut normalized.clone(), |method, path, operation| {
                names.insert(format!("{method} {path}: {}", operation["operationId"]));
            });
            names
        };
        let forwards = document(name);
        assert_eq!(names(&forwards), names(&reversed(&forwards)), "{name}");
    }
    let mut text = String::new();
    for name in ["collisions", "names", "recursive"] {
        let normalized = normal(&document(name)).document;
        text += &format!("# {name}\n");
        for (name, schema) in normalized["components"]["schemas"].as_object().unwrap() {
            let properties: Vec<&String> = schema["properties"].as_object().into_iter().flat_map(Map::keys).collect();
            text += &format!("{name}: {properties:?}\n");
        }
    }
    insta::assert_snapshot!(text);
}

/// The same document with the keys of every object in reverse order.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            Value::Object(object.iter().rev().map(|(key, value)| (key.clone(), reversed(value))).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(reversed).collect()),
        other => other.clone(),
    }
}

/// Replaces random parts of a document with random values. Nothing may panic, and the output must be normalized.
#[test]
fn no_document_makes_normalization_panic() {
    let mut random = fastrand::Rng::with_seed(3);
    let originals: Vec<Value> = DOCUMENTS.iter().map(|name| document(name)).collect();
    for round in 0..1500 {
        let mut changed = random.choice(&originals).unwrap().clone();
        for _ in 0..random.usize(1..4) {
            let mut pointers = Vec::new();
            collect(&changed, &mut String::new(), &mut pointers);
            let from = changed.pointer(random.choice(&pointers).unwrap()).unwrap().clone();
            let with = match random.u8(0..8) {
                0 => json!(null),
                1 => json!([]),
                2 => json!({}),
                3 => json!("#/components/schemas/Order"),
                4 => json!(-1),
                _ => from,
            };
            *changed.pointer_mut(random.choice(&pointers).unwrap()).unwrap() = with;
        }
        let shown = changed.to_string();
        let outcome = panic::catch_unwind(|| {
            if let Ok(once) = normalize(changed.clone()) {
                let twice = normalize(once.document.clone()).unwrap();
                assert_eq!(once.document, twice.document, "the output is not normalized");
            }
        });
        assert!(outcome.is_ok(), "round {round}: {shown}");
    }
}

fn collect(value: &Value, pointer: &mut String, found: &mut Vec<String>) {
    found.push(pointer.clone());
    let children: Vec<(String, &Value)> = match value {
        Value::Object(object) => object.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => return,
    };
    for (key, value) in children {
        let depth = walk::push(pointer, &key);
        collect(value, pointer, found);
        pointer.truncate(depth);
    }
}

#[test]
fn drift_compares_any_two_documents() {
    for old in &DOCUMENTS[..5] {
        for new in &DOCUMENTS[..5] {
            let report =
                drift::compare(&document(old), &document(new)).unwrap_or_else(|error| panic!("{old} {new}: {error}"));
            assert_eq!(report.bump.is_none(), old == new, "{old} {new}");
        }
    }
}

/// A document with `count` operations with inline schemas, about 900 bytes each.
fn large(count: usize) -> Value {
    let mut paths = Map::new();
    for index in 0..count {
        let schema = json!({ "type": "object", "properties": {
            "kind": { "const": format!("kind{index}") },
            format!("field{index}"): { "anyOf": [{ "type": "string" }, { "type": "null" }] },
            "state": { "type": "string", "enum": ["a", "b", format!("c{}", index % 50)] },
            "inner": { "type": "object", "properties": { format!("x{}", index % 100): { "type": ["integer", "null"] } } },
            "rows": { "type": "array", "items": { "type": "object", "properties": { format!("y{index}"): { "type": "number" } } } },
        } });
        let error = json!({ "description": "d", "content": { "application/json": { "schema": { "type": "object", "properties": {
            "code": { "const": format!("E{index}") }, "message": { "type": "string" },
        } } } } });
        let content = json!({ "application/json": { "schema": schema } });
        paths.insert(
            format!("/things/{index}"),
            json!({ "post": {
            "operationId": format!("postThing{index}"),
            "requestBody": { "content": content },
            "responses": { "200": { "description": "d", "content": content }, "400": error },
        } }),
        );
    }
    json!({ "openapi": "3.1.0", "info": { "title": "Large", "version": "1" }, "paths": paths })
}

/// Compares a small and a large document in the same run, so that the speed of the machine does not matter.
#[test]
fn the_time_to_normalize_grows_linearly_with_the_size() {
    let time = |document: &Value| {
        (0..3)
            .map(|_| {
                let document = document.clone();
                let start = std::time::Instant::now();
                let normalized = normalize(document).unwrap();
                let elapsed = start.elapsed();
                assert!(normalized.document["components"]["schemas"].as_object().unwrap().len() > 50);
                elapsed
            })
            .min()
            .unwrap()
    };
    let (small, big) = (large(100), large(800));
    let size = |document: &Value| document.to_string().len() as f64;
    let growth = size(&big) / size(&small);
    let slowdown = time(&big).as_secs_f64() / time(&small).as_secs_f64();
    assert!(slowdown < growth * 2.0, "{growth:.1} times the document took {slowdown:.1} times as long");
}

/// With `LARGE_DOCUMENT` set, writes a document of 5 MB to that path, to measure `cargo xtask normalize`.
#[test]
fn a_large_document_can_be_written_for_measurements() {
    if let Some(path) = std::env::var_os("LARGE_DOCUMENT") {
        fs::write(path, large(5000).to_string()).unwrap();
    }
    assert!(large(10).to_string().len() > 8_000);
}
