//! Gives every operation an id that is an identifier, unique, and what a person would call it.
//!
//! Before: `{"/image/{prompt}": {"get": {"operationId": "getGenerateImage:prompt{[\\s\\S]+}"}}}`
//! After: `{"/image/{prompt}": {"get": {"operationId": "generate_image"}}}`
//!
//! Known operations are named by the table in `naming.rs`. A new one keeps its own id, in snake case and without the
//! method in front; where that is no identifier, or two are the same, method and path make the id.

use std::collections::BTreeMap;

use heck::ToSnakeCase;
use serde_json::{Value, json};

use super::{Warnings, naming, walk};

pub(super) fn run(document: &mut Value, _: &mut Warnings) {
    let mut wanted: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    walk::each_operation(document, |method, path, operation| {
        let upstream = operation.get("operationId").and_then(Value::as_str);
        let id = naming::operation(method, path)
            .map(str::to_owned)
            .or_else(|| readable(method, upstream?))
            .unwrap_or_else(|| from_path(method, path));
        wanted.entry(id).or_default().push((method.to_owned(), path.to_owned()));
    });

    let mut ids: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut clashes = Vec::new();
    for (id, mut places) in wanted {
        if places.len() == 1 {
            ids.extend(places.pop().map(|place| (place, id)));
        } else {
            clashes.extend(places);
        }
    }
    // In the order of method and path, so that upstream's order does not matter.
    clashes.sort();
    for (method, path) in clashes {
        let base = from_path(&method, &path);
        let taken = |id: &String| ids.values().any(|other| other == id);
        let mut id = base.clone();
        let mut suffix = 'b';
        while taken(&id) {
            id = format!("{base}_{suffix}");
            suffix = char::from_u32(u32::from(suffix) + 1).unwrap_or('b');
        }
        ids.insert((method, path), id);
    }

    walk::each_operation(document, |method, path, operation| {
        if let Some(id) = ids.get(&(method.to_owned(), path.to_owned())) {
            operation.insert("operationId".to_owned(), json!(id));
        }
    });
}

/// Upstream's id in snake case and without the method, if that is an identifier.
fn readable(method: &str, id: &str) -> Option<String> {
    if !id.chars().all(|character| character.is_ascii_alphanumeric() || "_-. ".contains(character)) {
        return None;
    }
    let machine_made = id.contains(|character: char| character.is_ascii_uppercase());
    let mut id = id.to_snake_case();
    // An id in snake case was chosen, by a person or by this pass.
    if machine_made && let Some(rest) = id.strip_prefix(method).and_then(|rest| rest.strip_prefix('_')) {
        id = rest.to_owned();
    }
    id.starts_with(|first: char| first.is_ascii_alphabetic()).then_some(id)
}

fn from_path(method: &str, path: &str) -> String {
    let mut words = vec![method.to_owned()];
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        let name = segment.to_snake_case();
        let name: String =
            name.chars().filter(|character| character.is_ascii_alphanumeric() || *character == '_').collect();
        words.extend(segment.starts_with('{').then(|| "by".to_owned()));
        words.push(name);
    }
    words.retain(|word| !word.is_empty());
    words.join("_")
}
