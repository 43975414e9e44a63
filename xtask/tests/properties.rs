//! Properties of normalization that hold for every document: the output is valid OpenAPI 3.0.3, normalizing it again
//! changes nothing, the order of keys does not matter, and nothing is lost without a warning.

#![recursion_limit = "256"]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use proptest::prelude::*;
use serde_json::Value;
use support::{documents, openapi, permuted, random::Maker, upstream};
use xtask::normalize::{
    Normalized, Prose, normalize, shaped, to_bytes,
    walk::{self, Kind},
};

fn every_document() -> Vec<(String, Value)> {
    let mut found = documents();
    found.extend(upstream());
    found
}

/// Normalizes a document, and checks the properties that hold for every document.
fn check(name: &str, document: &Value, seed: u64) -> Normalized {
    let once = normalize(document.clone()).unwrap();
    assert_eq!(openapi::faults(&once.document), [""; 0], "{name}: the output is invalid");
    let twice = normalize(once.document.clone()).unwrap();
    assert_eq!(to_bytes(&twice.document), to_bytes(&once.document), "{name}: a second run changed the output");
    assert_eq!(twice.warnings, [], "{name}: a second run gave warnings");
    let mut random = fastrand::Rng::with_seed(seed);
    let other = normalize(permuted(document, &mut random)).unwrap();
    assert_eq!(to_bytes(&other.document), to_bytes(&once.document), "{name}: the output depends on the order of keys");
    let sorted = |normalized: &Normalized| normalized.warnings.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    assert_eq!(sorted(&other), sorted(&once), "{name}: the warnings depend on the order of keys");
    for name in openapi::schemas(&once.document).keys() {
        assert!(name.len() <= 40, "{name} is too long");
    }
    once
}

/// The default number of random documents. `PROPTEST_CASES` overrides it.
const CASES: u32 = 12;

#[test]
fn the_output_is_valid_and_normalized_whatever_the_order_of_keys() {
    for (name, document) in every_document() {
        for seed in 0..3 {
            check(&name, &document, seed);
        }
    }
}

#[test]
fn shaped_documents_are_valid_and_normalized() {
    for (name, document) in every_document() {
        let once = shaped(document.clone(), Prose::Drop).unwrap();
        assert_eq!(openapi::faults(&once.document), [""; 0], "{name}");
        let twice = shaped(once.document.clone(), Prose::Drop).unwrap();
        assert_eq!(to_bytes(&twice.document), to_bytes(&once.document), "{name}");
        let converted = normalize(once.document.clone()).unwrap();
        assert_eq!(
            to_bytes(&converted.document),
            to_bytes(&once.document),
            "{name}: normalizing the output changed it"
        );
        let other = shaped(permuted(&document, &mut fastrand::Rng::with_seed(5)), Prose::Drop).unwrap();
        assert_eq!(
            to_bytes(&other.document),
            to_bytes(&once.document),
            "{name}: the output depends on the order of keys"
        );
    }
}

/// The parts of a document that must not be lost: operations, their parameters and statuses, and properties.
fn contents(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let shared: BTreeMap<String, Value> = document
        .pointer("/components/parameters")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let mut document = document.clone();
    walk::each_operation(&mut document, |method, path, operation| {
        found.insert(format!("{method} {path}"));
        for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
            let target = parameter["$ref"].as_str().and_then(|it| shared.get(it.rsplit('/').next()?));
            let parameter = target.unwrap_or(parameter);
            found.insert(format!("{method} {path} {} {}", parameter["in"], parameter["name"]));
        }
        for (status, response) in operation["responses"].as_object().into_iter().flatten() {
            let body = if response.get("content").is_some() { "with a body" } else { "" };
            found.insert(format!("{method} {path} {status} {body}"));
        }
        if let Some(body) = operation.get("requestBody") {
            let kinds: Vec<&String> = body["content"].as_object().into_iter().flatten().map(|(kind, _)| kind).collect();
            found.insert(format!("{method} {path} {kinds:?}"));
        }
    });
    walk::visit(&mut document, &mut |place, value| {
        if place.kind == Kind::Schema {
            for property in value.get("properties").and_then(Value::as_object).into_iter().flatten() {
                found.insert(format!("property {}", property.0));
            }
        }
    });
    found
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn random_documents_are_normalized_without_loss(seed in any::<u64>(), size in 1_usize..12) {
        let document = Maker::document(seed, size);
        let normalized = check("random", &document, seed);
        let lost: Vec<String> =
            contents(&document).difference(&contents(&normalized.document)).cloned().collect();
        prop_assert!(lost.is_empty(), "lost {lost:?}");
    }
}

/// Runs the Python package openapi-spec-validator. `.ci/run` installs it.
#[test]
fn openapi_spec_validator_accepts_every_output() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let python = root.join("target/validator/bin/python");
    if !python.exists() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs openapi-spec-validator");
        println!("SKIPPED: openapi-spec-validator is not installed in target/validator");
        return;
    }
    // The folder is kept, so that you can look at rejected documents.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("validator");
    fs::create_dir_all(&folder).unwrap();
    let random = (0..40_u64).map(|seed| (format!("random-{seed}"), Maker::document(seed, 4)));
    for (name, document) in every_document().into_iter().chain(random) {
        fs::write(folder.join(format!("{name}.in")), to_bytes(&document)).unwrap();
        let normalized = normalize(document).unwrap();
        fs::write(folder.join(format!("{name}.out")), to_bytes(&normalized.document)).unwrap();
    }
    let judge = "
import json, pathlib, sys
from openapi_spec_validator import validate
def fault(path):
    try:
        # The validator rejects non-ASCII names, which are not tested here.
        validate(json.loads(path.read_text().replace('größer', 'larger')))
    except BaseException as error:
        return f'{type(error).__name__}: {str(error)[:300]}'
bad = 0
for path in sorted(pathlib.Path(sys.argv[1]).glob('*.out')):
    found = fault(path)
    # The validator recurses without end in some recursive schemas, in OpenAPI 3.1 too.
    if found and not ('Recursion' in found and 'Recursion' in (fault(path.with_suffix('.in')) or '')):
        bad += 1
        print(path.name, found)
sys.exit(bad > 0)
";
    let outcome = Command::new(python).args(["-c", judge]).arg(&folder).output().unwrap();
    assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stdout));
}
