//! Helpers that several tests use to check normalized documents.

#![allow(dead_code, reason = "each test uses a part of this")]

pub(crate) mod openapi;
pub(crate) mod random;

use std::{fs, path::Path};

use serde_json::{Map, Value};
use xtask::yaml;

/// The documents in `tests/documents` and in the workspace's `tests/documents`, with their names.
pub(crate) fn documents() -> Vec<(String, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents");
    let mut found: Vec<(String, Value)> = Vec::new();
    for folder in [root.clone(), root.join("faults"), root.join("../../../tests/documents")] {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let text = fs::read_to_string(&path).unwrap();
                let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
                if found.iter().all(|(known, _)| *known != name) {
                    found.push((name, yaml::parse(&text).unwrap()));
                }
            }
        }
    }
    found.sort_by(|left, right| left.0.cmp(&right.0));
    assert!(found.len() > 40, "the documents are missing");
    found
}

/// The upstream documents, if they are beside this checkout.
pub(crate) fn upstream() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/upstream");
    let names = ["openapi-2026-02-25", "openapi-2026-10"];
    let found: Vec<(String, Value)> = names
        .iter()
        .filter_map(|name| {
            let text = fs::read_to_string(folder.join(format!("{name}.json"))).ok()?;
            Some(((*name).to_owned(), serde_json::from_str(&text).unwrap()))
        })
        .collect();
    if found.len() < names.len() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs the upstream documents");
        println!("SKIPPED: the upstream documents are not beside this checkout");
    }
    found
}

/// The same document with the keys of every object in a random order.
pub(crate) fn permuted(value: &Value, random: &mut fastrand::Rng) -> Value {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<(String, Value)> =
                object.iter().map(|(key, value)| (key.clone(), permuted(value, random))).collect();
            random.shuffle(&mut entries);
            Value::Object(Map::from_iter(entries))
        }
        Value::Array(list) => Value::Array(list.iter().map(|value| permuted(value, random)).collect()),
        other => other.clone(),
    }
}
