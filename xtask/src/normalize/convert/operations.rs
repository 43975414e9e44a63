//! Gives every operation a unique id that is an identifier and easy to read.
//!
//! Before: `{"/pets/{id}": {"get": {"operationId": "getPet"}, "delete": {}}}`
//! After: `{"/pets/{id}": {"get": {"operationId": "get_pet"}, "delete": {"operationId": "delete_pets_by_id"}}}`
//!
//! An operation keeps its own id, in snake case. If that is not an identifier, or two ids are equal, the id is made
//! from the method and the path. Links are updated.

use std::collections::{BTreeMap, HashSet};

use heck::ToSnakeCase;
use serde_json::{Value, json};

use crate::normalize::{
    Warnings, naming,
    walk::{self, Kind},
};

pub(super) fn run(document: &mut Value, warnings: &mut Warnings) {
    rename(document, warnings, |_, _, upstream| vec![upstream.and_then(naming::identifier)]);
}

/// Renames the operations. `wanted` returns names by method, path and present id, best first. A name is used if no
/// other operation wants it.
pub(in crate::normalize) fn rename(
    document: &mut Value,
    warnings: &mut Warnings,
    wanted: impl Fn(&str, &str, Option<&str>) -> Vec<Option<String>>,
) {
    let mut places: Vec<(String, String, Vec<String>)> = Vec::new();
    walk::each_operation(document, |method, path, operation| {
        let upstream = operation.get("operationId").and_then(Value::as_str);
        let mut names: Vec<String> = wanted(method, path, upstream).into_iter().flatten().collect();
        names.push(from_path(method, path));
        places.push((method.to_owned(), path.to_owned(), names));
    });
    places.sort();
    let ids = choose(&places);

    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    walk::each_operation(document, |method, path, operation| {
        if let Some(id) = ids.get(&(method, path)) {
            let old = operation.insert("operationId".to_owned(), json!(id));
            if let Some(Value::String(old)) = old {
                renamed.entry(old).or_insert_with(|| id.clone());
            }
        }
    });
    let current: HashSet<&String> = ids.values().collect();
    walk::visit(document, &mut |place, value| {
        let Some(link) = value.as_object_mut().filter(|_| place.kind == Kind::Link) else { return };
        let Some(target) = link.get("operationId").and_then(Value::as_str) else { return };
        match renamed.get(target) {
            Some(id) => {
                link.insert("operationId".to_owned(), json!(id));
            }
            None if current.contains(&target.to_owned()) => {}
            None => {
                let reason = format!("the link leads to the operation `{target}`, which is not there");
                warnings.add(&place.pointer(), reason);
                if let Some(target) = link.shift_remove("operationId") {
                    link.insert("x-operationId".to_owned(), target);
                }
            }
        }
    });
}

/// The first name of each operation that no other operation wants as much.
fn choose(places: &[(String, String, Vec<String>)]) -> BTreeMap<(&str, &str), String> {
    let mut ids: BTreeMap<(&str, &str), String> = BTreeMap::new();
    let mut taken: HashSet<String> = HashSet::new();
    let mut open: Vec<usize> = (0..places.len()).collect();
    let longest = places.iter().map(|(_, _, names)| names.len()).max().unwrap_or_default();
    for rank in 0..longest {
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, _, names) in open.iter().filter_map(|index| places.get(*index)) {
            if let Some(name) = names.get(rank) {
                *count.entry(name).or_default() += 1;
            }
        }
        open.retain(|index| {
            let Some((method, path, names)) = places.get(*index) else { return false };
            let name = names.get(rank).filter(|name| count.get(name.as_str()) == Some(&1) && !taken.contains(*name));
            if let Some(name) = name {
                ids.insert((method, path), name.clone());
            }
            name.is_none()
        });
        taken.extend(ids.values().cloned());
    }
    for (method, path, names) in open.iter().filter_map(|index| places.get(*index)) {
        let base = names.last().cloned().unwrap_or_default();
        let letters = ('b'..='z').map(|letter| format!("{base}_{letter}"));
        let more = (27..).map(|count: usize| format!("{base}_{count}"));
        let free = std::iter::once(base.clone()).chain(letters).chain(more).find(|id| !taken.contains(id));
        let id = free.unwrap_or(base);
        taken.insert(id.clone());
        ids.insert((method, path), id);
    }
    ids
}

fn from_path(method: &str, path: &str) -> String {
    let mut words = vec![method.to_owned()];
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        let name = naming::ascii(segment).to_snake_case();
        let name: String =
            name.chars().filter(|character| character.is_ascii_alphanumeric() || *character == '_').collect();
        words.extend(segment.starts_with('{').then(|| "by".to_owned()));
        words.push(name);
    }
    words.retain(|word| !word.is_empty());
    words.join("_")
}
