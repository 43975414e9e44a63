//! Inserts path items that are only referred to, and makes the parameters of a path match its template.
//!
//! Before: `{"/a/{id}": {"$ref": "#/components/pathItems/A"}}`, `{"/b/{id}": {"get": {"parameters": []}}}`
//! After: `{"/a/{id}": {"get": …}}`, `{"/b/{id}": {"get": {"parameters": [{"in": "path", "name": "id", …}]}}}`
//!
//! 3.0 has no reusable path items. If nothing refers to one, it is removed with a warning.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::normalize::{
    Warnings, pointers,
    walk::{self, Kind, METHODS, push},
};

const COMPONENTS: &str = "/components/pathItems";

pub(in crate::normalize::convert) fn run(document: &mut Value, warnings: &mut Warnings) {
    braces(document, warnings);
    inline(document, warnings);
    let components = document.get_mut("components").and_then(Value::as_object_mut);
    components.and_then(|components| components.shift_remove("pathItems"));
    parameters(document, warnings);
}

/// Escapes the braces in a path that do not belong to a parameter.
fn braces(document: &mut Value, warnings: &mut Warnings) {
    let balanced = |path: &str| {
        let mut open = false;
        path.chars().all(|letter| match letter {
            '{' => !std::mem::replace(&mut open, true),
            '}' => std::mem::take(&mut open),
            _ => true,
        }) && !open
    };
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    if paths.keys().all(|path| balanced(path) || path.starts_with("x-")) {
        return;
    }
    for (path, item) in std::mem::take(paths) {
        if balanced(&path) || path.starts_with("x-") {
            paths.insert(path, item);
            continue;
        }
        let mut pointer = "/paths".to_owned();
        push(&mut pointer, &path);
        warnings.add(&pointer, "the braces of the path do not match; they are no parameters, and are escaped");
        paths.entry(path.replace('{', "%7B").replace('}', "%7D")).or_insert(item);
    }
}

fn inline(document: &mut Value, warnings: &mut Warnings) {
    let mut unused: BTreeSet<String> = BTreeSet::new();
    unused.extend(document.pointer(COMPONENTS).and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned());
    let mut any = false;
    walk::visit(document, &mut |place, value| {
        any |= place.kind == Kind::PathItem && value.get("$ref").is_some();
    });
    if any {
        let original = document.clone();
        walk::visit(document, &mut |place, value| {
            let Some(item) = value.as_object_mut().filter(|_| place.kind == Kind::PathItem) else { return };
            let Some(reference) = item.shift_remove("$ref") else { return };
            let reference = reference.as_str().unwrap_or_default();
            let found = pointers::follow(&original, reference);
            let Some(target) = found.filter(|found| walk::kind_at(&found.pointer) == Some(Kind::PathItem)) else {
                let reason = format!("the reference `{reference}` leads to no path item of this document");
                warnings.add(&place.pointer(), reason);
                return;
            };
            if let Some(name) = pointers::component(reference, "pathItems") {
                unused.remove(&name);
            }
            for (key, value) in target.value.as_object().into_iter().flatten() {
                item.entry(key.clone()).or_insert_with(|| value.clone());
            }
        });
    }
    for name in unused {
        let mut pointer = COMPONENTS.to_owned();
        push(&mut pointer, &name);
        warnings.add(&pointer, "OpenAPI 3.0 has no reusable path items, and no path uses this one; it is left out");
    }
}

/// Makes a path have exactly the parameters of its template.
fn parameters(document: &mut Value, warnings: &mut Warnings) {
    let components = document.pointer("/components/parameters").cloned().unwrap_or_default();
    let name = |parameter: &Value| -> Option<String> {
        let parameter = match parameter.get("$ref").and_then(Value::as_str) {
            Some(reference) => components.get(pointers::component(reference, "parameters")?)?,
            None => parameter,
        };
        let in_path = parameter.get("in").and_then(Value::as_str) == Some("path");
        parameter.get("name").and_then(Value::as_str).filter(|_| in_path).map(str::to_owned)
    };
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    for (path, item) in paths.iter_mut().filter(|(path, _)| path.starts_with('/')) {
        let Some(item) = item.as_object_mut() else { continue };
        let template = template(path);
        let mut pointer = "/paths".to_owned();
        push(&mut pointer, path);
        let mut fit = |holder: &mut Map<String, Value>, pointer: &str| -> BTreeSet<String> {
            let mut declared = BTreeSet::new();
            let Some(parameters) = holder.get_mut("parameters").and_then(Value::as_array_mut) else { return declared };
            parameters.retain(|parameter| match name(parameter) {
                Some(name) if template.contains(&name) => {
                    declared.insert(name);
                    true
                }
                Some(name) => {
                    warnings.add(pointer, format!("the path has no place for the parameter `{name}`; it is left out"));
                    false
                }
                None => true,
            });
            declared
        };
        let shared = fit(item, &pointer);
        let mut missing = Vec::new();
        for method in METHODS {
            let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) else { continue };
            let depth = push(&mut pointer, method);
            let declared = fit(operation, &pointer);
            for name in template.iter().filter(|name| !shared.contains(*name) && !declared.contains(*name)) {
                let parameter = json!({ "in": "path", "name": name, "required": true, "schema": { "type": "string" } });
                if let Some(list) = operation.entry("parameters").or_insert_with(|| json!([])).as_array_mut() {
                    list.push(parameter);
                }
                missing.push((pointer.clone(), format!("nothing describes the parameter `{name}`; it is a string")));
            }
            pointer.truncate(depth);
        }
        for (pointer, reason) in missing {
            warnings.add(&pointer, reason);
        }
    }
}

/// The names of the parameters in a path, in order.
fn template(path: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in path.split('{').skip(1) {
        let name = part.split('}').next().filter(|name| name.len() < part.len()).unwrap_or_default();
        if !name.is_empty() && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}
