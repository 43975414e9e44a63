//! The committed `openapi.json`: its contents, and that it is the output of the pipeline.

use std::{collections::BTreeSet, fs, path::Path};

use pollinations_tests::upstream;
use serde_json::Value;
use xtask::{
    normalize::{
        self,
        walk::{self, Kind},
    },
    operations,
    overlay::Unmatched,
    sync,
};

fn committed() -> (Vec<u8>, Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.json");
    let bytes = fs::read(path).unwrap();
    let document = serde_json::from_slice(&bytes).unwrap();
    (bytes, document)
}

#[test]
fn operations_table() {
    insta::assert_snapshot!(operations::table(&committed().1));
}

#[test]
fn schema_names_and_properties() {
    let document = committed().1;
    let mut text = String::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let properties = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        let properties: Vec<&str> = properties.collect();
        text += &format!("{name}: {}\n", properties.join(", "));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn other_parsers_read_the_document_as_openapi_3_0_3() {
    let (bytes, document) = committed();
    assert_eq!(document["openapi"], "3.0.3");
    let parsed: openapiv3::OpenAPI = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(parsed.operations().count(), parsed.operations().filter(|(_, _, o)| o.operation_id.is_some()).count());
}

#[test]
fn normalizing_the_document_again_changes_nothing() {
    let (bytes, document) = committed();
    assert_eq!(normalize::to_bytes(&normalize::normalize(document).unwrap().document), bytes);
}

#[test]
fn the_document_is_the_output_of_the_pipeline_for_the_upstream_document() {
    let Some(upstream) = upstream() else { return };
    let mut built = sync::build(upstream.clone(), Unmatched::Refuse).unwrap();
    // The parts of the upstream document that OpenAPI 3.0 cannot express.
    let lost: Vec<String> = built.warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!("warnings", lost.join("\n"));
    assert!(built.undescribed.is_empty(), "without a description in xtask/overlay: {}", built.undescribed);
    assert_eq!(built.stale, [""; 0], "documentation in xtask/overlay for items that do not exist");
    let (committed, old) = committed();
    let origin = old["x-source"].clone();
    sync::record_source(&mut built.document, Some(&old), origin.clone());
    let bytes = normalize::to_bytes(&built.document);
    assert!(bytes == committed, "openapi.json is out of date: run `cargo xtask sync`");
    let mut again = sync::build(upstream, Unmatched::Refuse).unwrap().document;
    sync::record_source(&mut again, None, origin);
    assert!(bytes == normalize::to_bytes(&again), "two runs differ");
}

/// The parts of an operation that both documents must have: parameters, media types of the body, statuses with media
/// types.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    parameters: BTreeSet<String>,
    body: BTreeSet<String>,
    responses: BTreeSet<String>,
}

fn shapes(document: &Value) -> Vec<(String, Shape)> {
    let mut document = document.clone();
    let mut found = Vec::new();
    walk::each_operation(&mut document, |method, path, operation| {
        let text = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
        let kinds = |holder: &Value| -> BTreeSet<String> {
            holder["content"].as_object().into_iter().flatten().map(|(kind, _)| kind.clone()).collect()
        };
        let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
        let shape = Shape {
            parameters: parameters.map(|it| format!("{} {}", text(it, "in"), text(it, "name"))).collect(),
            body: operation.get("requestBody").map(kinds).unwrap_or_default(),
            responses: operation["responses"]
                .as_object()
                .unwrap()
                .iter()
                .flat_map(|(status, response)| {
                    let success = status.starts_with('2');
                    // The pipeline unifies error bodies. Another test checks them.
                    let kinds = if success { kinds(response) } else { BTreeSet::from([String::new()]) };
                    kinds.into_iter().map(move |kind| format!("{status} {kind}"))
                })
                .collect(),
        };
        found.push((format!("{method} {path}"), shape));
    });
    found.sort_by(|left, right| left.0.cmp(&right.0));
    found
}

#[test]
fn no_operation_parameter_body_or_response_is_lost() {
    let Some(upstream) = upstream() else { return };
    let ours = shapes(&committed().1);
    for (place, theirs) in shapes(&upstream) {
        let (_, ours) = ours.iter().find(|(other, _)| *other == place).unwrap_or_else(|| panic!("{place} is missing"));
        // Our document has the key as a security scheme, not as a parameter.
        let parameters: BTreeSet<String> =
            theirs.parameters.iter().filter(|name| *name != "query key").cloned().collect();
        // Our document keeps parameters that upstream removed but still accepts.
        assert!(ours.parameters.is_superset(&parameters), "{place}: {ours:?} lacks some of {theirs:?}");
        assert!(ours.body.is_superset(&theirs.body), "{place}: {ours:?} lacks some of {theirs:?}");
        assert!(ours.responses.is_superset(&theirs.responses), "{place}: {ours:?} lacks some of {theirs:?}");
    }
}

#[test]
fn every_error_has_the_one_error_type_of_its_service() {
    let mut document = committed().1;
    let mut without = Vec::new();
    walk::each_operation(&mut document, |method, path, operation| {
        let mut count = 0;
        for (status, response) in operation["responses"].as_object().unwrap() {
            if !status.starts_with('2') {
                let media = operation["tags"][0] == "Media Storage";
                let expected = match method {
                    "head" => None,
                    // A rejected WebSocket handshake has no body.
                    _ if path.ends_with("/realtime") && response["content"].is_null() => None,
                    _ if path == "/v1/messages" => Some("#/components/schemas/MessageError"),
                    _ if media => Some("#/components/schemas/MediaError"),
                    _ => Some("#/components/schemas/ApiError"),
                };
                let schema = response.pointer("/content/application~1json/schema/$ref");
                assert_eq!(schema.and_then(Value::as_str), expected, "{method} {path} {status}");
                count += 1;
            }
        }
        if count == 0 {
            without.push(format!("{method} {path}"));
        }
    });
    // Upstream documents no errors for these operations.
    insta::assert_snapshot!("operations_without_errors", without.join("\n"));
}

#[test]
fn everything_has_a_description() {
    let mut document = committed().1;
    let mut missing = Vec::new();
    let has =
        |value: &Value, key: &str| value[key].as_str().is_some_and(|text| text.ends_with('.') || key == "summary");
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        if !has(schema, "description") {
            missing.push(name.clone());
        }
        for (property, schema) in schema["properties"].as_object().into_iter().flatten() {
            if !has(schema, "description") {
                missing.push(format!("{name}.{property}"));
            }
        }
    }
    walk::visit(&mut document, &mut |place, value| match place.kind {
        Kind::Operation if !has(value, "description") || !has(value, "summary") => missing.push(place.pointer()),
        Kind::Parameter if !has(value, "description") => missing.push(place.pointer()),
        _ => {}
    });
    assert!(missing.is_empty(), "without a description in xtask/overlay/words: {missing:#?}");
}

#[test]
fn schema_names_are_short_and_not_generated() {
    for name in committed().1["components"]["schemas"].as_object().unwrap().keys() {
        assert!(name.len() <= 32, "{name} is too long");
        let numbered = name.split("Variant").skip(1).any(|rest| rest.starts_with(|next: char| next.is_ascii_digit()));
        assert!(!numbered && !name.ends_with("Item") && !name.starts_with("Object"), "{name}");
        assert!(!name.ends_with(|last: char| last.is_ascii_digit()), "{name}");
    }
}

#[test]
fn no_type_has_two_names() {
    let mut document = committed().1;
    walk::each_schema(&mut document, &mut |_, schema| {
        schema.shift_remove("description");
        schema.shift_remove("title");
        // Treat a reference with documentation like one without.
        if let Some([only]) = schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
            let target = only["$ref"].clone();
            schema.shift_remove("allOf");
            schema.insert("$ref".to_owned(), target);
        }
    });
    let mut seen = std::collections::BTreeMap::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let mut schema = schema.clone();
        schema.sort_all_objects();
        if let Some(other) = seen.insert(schema.to_string(), name) {
            panic!("{other} and {name} are the same type");
        }
    }
}
