//! Every public item of `pollinations-ext` has an example. Whether the examples run is for the doc tests.

use std::{fs, path::Path};

/// The `.rs` files below a folder.
fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// What is public in a source, and whether its documentation has a block of code.
fn items(source: &str) -> Vec<(String, bool)> {
    let mut documentation = String::new();
    let mut items = Vec::new();
    for line in source.lines().map(str::trim) {
        if line.starts_with("///") || line.starts_with("#[doc") {
            documentation += line;
        } else if !line.starts_with("#[") {
            let kinds = ["pub fn ", "pub async fn ", "pub struct ", "pub enum ", "pub trait "];
            if kinds.iter().any(|kind| line.starts_with(kind)) {
                items.push((line.to_owned(), documentation.contains("```")));
            }
            documentation.clear();
        }
    }
    items
}

#[test]
fn every_public_item_has_an_example() {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../pollinations-ext/src"), &mut found);
    let all: Vec<(String, bool)> = found
        .iter()
        .flat_map(|(path, source)| {
            items(source).into_iter().map(move |(item, example)| (format!("{path}: {item}"), example))
        })
        .collect();
    assert!(all.len() > 250, "only {} items were found", all.len());
    let missing: Vec<&String> =
        all.iter().filter(|(item, example)| !example && !item.contains("MaybeSend")).map(|(item, _)| item).collect();
    assert!(missing.is_empty(), "no example: {missing:#?}");
}

#[test]
fn an_item_without_an_example_is_found() {
    let source =
        "/// Words.\npub fn without() {}\n/// ```\n/// ```\n#[must_use]\npub async fn with() {}\npub struct Bare;\n";
    let found: Vec<bool> = items(source).into_iter().map(|(_, example)| example).collect();
    assert_eq!(found, [false, true, false]);
}
