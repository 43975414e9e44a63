//! The upstream documents of February and October 2026: the pipeline accepts both, and reports the drift between them.

use std::{collections::BTreeSet, env, fs, path::Path, sync::OnceLock};

use serde_json::Value;
use xtask::{drift, normalize::walk, overlay::Unmatched, sync};

/// The upstream document of one date. Without the file, returns `None`, or fails if `CI` is set.
fn state(name: &str) -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/upstream").join(format!("openapi-{name}.json"));
    match fs::read(&path) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap()),
        Err(error) if env::var_os("CI").is_some() => panic!("{}: {error}", path.display()),
        Err(_) => {
            eprintln!("skipped: {} does not exist", path.display());
            None
        }
    }
}

fn states() -> Option<[Value; 2]> {
    Some([state("2026-02-25")?, state("2026-10")?])
}

/// The output of the pipeline for both documents, built once.
fn built() -> Option<&'static [Value; 2]> {
    static BUILT: OnceLock<Option<[Value; 2]>> = OnceLock::new();
    let build = |upstream| sync::build(upstream, Unmatched::Refuse).unwrap().document;
    BUILT.get_or_init(|| Some(states()?.map(build))).as_ref()
}

/// The operations of a document: the method and path, and the ID.
fn operations(document: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk::each_operation(&mut document.clone(), |method, path, operation| {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        found.push((format!("{method} {path}"), id));
    });
    found
}

#[test]
fn every_fact_in_the_overlay_matches_both_documents() {
    // The build fails if a fact of the overlay matches nothing.
    let Some(built) = built() else { return };
    assert_eq!(built.each_ref().map(|document| operations(document).len()), [19, 75]);
}

/// The parameters of an operation, and the properties of its bodies.
fn inputs(document: &Value, id: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    walk::each_operation(&mut document.clone(), |_, _, operation| {
        if operation["operationId"] != id {
            return;
        }
        let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
        found.extend(parameters.filter_map(|parameter| parameter["name"].as_str()).map(str::to_owned));
        let bodies = operation.get("requestBody").and_then(|body| body["content"].as_object()).into_iter().flatten();
        for name in bodies.filter_map(|(_, media)| media["schema"]["$ref"].as_str()?.rsplit('/').next()) {
            let properties = document["components"]["schemas"][name]["properties"].as_object();
            found.extend(properties.into_iter().flat_map(|properties| properties.keys().cloned()));
        }
    });
    found
}

#[test]
fn no_parameter_or_body_field_of_february_is_lost() {
    let Some([old, new]) = built() else { return };
    for (_, id) in operations(old) {
        let lost: Vec<String> = inputs(old, &id).difference(&inputs(new, &id)).cloned().collect();
        assert!(lost.is_empty(), "{id} took {lost:?}");
    }
    assert!(inputs(new, "upload_media").contains("file"));
}

#[test]
fn no_operation_of_february_is_lost() {
    let Some([old, new]) = built() else { return };
    let new = operations(new);
    for (route, id) in operations(old) {
        assert!(new.iter().any(|(_, other)| *other == id), "{route} was `{id}` and is gone");
    }
}

/// Parameters and fields from the February document or from the service's documentation that October leaves out.
#[test]
fn parameters_and_fields_that_upstream_removed_are_kept_as_deprecated() {
    let Some([_, document]) = built() else { return };
    let parameters = document["paths"]["/image/{prompt}"]["get"]["parameters"].as_array().unwrap();
    for name in ["enhance", "negative_prompt", "duration", "aspectRatio", "audio", "nologo", "private"] {
        let parameter =
            parameters.iter().find(|parameter| parameter["name"] == name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(parameter["deprecated"], true, "{name}");
    }
    let schemas = &document["components"]["schemas"];
    for (kind, name) in [
        ("ChatCompletionRequest", "thinking"),
        ("ChatCompletionRequest", "thinking_budget"),
        ("ChatCompletionRequest", "json"),
        ("SpeechRequest", "speed"),
        ("AccountProfile", "createdAt"),
    ] {
        assert_eq!(schemas[kind]["properties"][name]["deprecated"], true, "{kind}.{name}");
    }
    assert_eq!(document["paths"]["/text/{prompt}"]["post"]["deprecated"], true);
}

#[test]
fn drift_report_from_february_to_october() {
    let Some([old, new]) = states() else { return };
    // Use the coverage table of February, so that the report names the methods of that time.
    let coverage = include_str!("../../tests/src/coverage-2026-02.md");
    let report = drift::compare(&old, &new).unwrap().with_methods(&drift::Methods::parse(coverage));
    insta::assert_snapshot!("from_february_to_october", report.to_text());
}
