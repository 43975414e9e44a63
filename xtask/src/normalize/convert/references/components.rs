//! Resolves references to reusable parameters, responses and so on, so that each refers to a component of the right
//! kind, whose name only has the characters that 3.0 allows.
//!
//! Before: `{"parameters": [{"$ref": "#/components/parameters/page size", "description": "Rows"}]}`
//! After: `{"parameters": [{"in": "query", "name": "page_size", "description": "Rows", …}]}`
//!
//! If a reference has its own description, or refers to something that is not a component, it is replaced by its
//! target. If it has no target, it is removed with a warning. Schemas have their own passes.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use crate::normalize::{
    Warnings,
    convert::structure::reason_phrase,
    naming, pointers,
    walk::{self, Field, Kind},
};

pub(in crate::normalize::convert) fn run(document: &mut Value, warnings: &mut Warnings) {
    names(document);
    references(document, warnings);
}

/// The section of the components that holds this kind of object.
fn section(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Response => "responses",
        Kind::Parameter => "parameters",
        Kind::Header => "headers",
        Kind::RequestBody => "requestBodies",
        Kind::Example => "examples",
        Kind::Link => "links",
        Kind::Callback => "callbacks",
        Kind::SecurityScheme => "securitySchemes",
        _ => return None,
    })
}

fn names(document: &mut Value) {
    let mut renamed = HashMap::new();
    let mut schemes = HashMap::new();
    let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) else { return };
    for (section, objects) in components.iter_mut().filter(|(section, _)| *section != "schemas") {
        let Some(objects) = objects.as_object_mut().filter(|_| !section.starts_with("x-")) else { continue };
        if objects.keys().all(|name| naming::is_component_key(name)) {
            continue;
        }
        let mut taken: HashSet<String> =
            objects.keys().filter(|name| naming::is_component_key(name)).cloned().collect();
        for (old, value) in std::mem::take(objects) {
            let mut name = old.clone();
            if !naming::is_component_key(&old) {
                name = naming::component_key(&old);
                while !taken.insert(name.clone()) {
                    name.push('_');
                }
                renamed.insert(pointers::reference(section, &old), pointers::reference(section, &name));
                if section == "securitySchemes" {
                    schemes.insert(old, name.clone());
                }
            }
            objects.insert(name, value);
        }
    }
    pointers::rewrite(document, &renamed);
    if !schemes.is_empty() {
        walk::visit(document, &mut |place, value| {
            if let Some(object) = value.as_object_mut().filter(|_| place.kind == Kind::SecurityRequirement) {
                *object = std::mem::take(object)
                    .into_iter()
                    .map(|(name, roles)| (schemes.get(&name).cloned().unwrap_or(name), roles))
                    .collect();
            }
        });
    }
}

fn references(document: &mut Value, warnings: &mut Warnings) {
    let mut exact = HashSet::new();
    for (section, objects) in document.get("components").and_then(Value::as_object).into_iter().flatten() {
        let names = objects.as_object().into_iter().flat_map(Map::keys);
        exact.extend(names.map(|name| pointers::reference(section, name)));
    }
    let mut any = false;
    walk::visit(document, &mut |place, value| {
        any |= section(place.kind).is_some() && value.get("$ref").is_some();
    });
    if !any {
        return;
    }
    let original = document.clone();
    walk::visit(document, &mut |place, value| {
        remove_nulls(place.kind, value);
        let Some(object) = value.as_object_mut().filter(|_| section(place.kind).is_some()) else { return };
        let Some(reference) = object.get("$ref").and_then(Value::as_str).map(str::to_owned) else { return };
        let found = pointers::follow(&original, &reference);
        let Some(found) = found.filter(|found| walk::kind_at(&found.pointer) == Some(place.kind)) else {
            warnings.add(&place.pointer(), format!("the reference `{reference}` has no target in this document"));
            // The status stays, even if nothing is known about its body.
            *value = match place.kind {
                Kind::Response => json!({ "description": reason_phrase(place.key()) }),
                _ => Value::Null,
            };
            return;
        };
        let in_section = section(place.kind).is_some_and(|it| found.pointer.starts_with(&format!("/components/{it}/")));
        let words: Vec<(String, Value)> = ["summary", "description"]
            .iter()
            .filter(|key| walk::field(place.kind, key) == Some(Field::Text))
            .filter_map(|key| Some(((*key).to_owned(), object.get(*key).filter(|it| it.is_string())?.clone())))
            .collect();
        if in_section && words.is_empty() && exact.contains(&reference) {
            if object.len() > 1 {
                *object = Map::from_iter([("$ref".to_owned(), json!(reference))]);
            }
            return;
        }
        if in_section && words.is_empty() {
            // The same component, with a different spelling of the reference.
            object.insert("$ref".to_owned(), json!(format!("#{}", found.pointer)));
            return;
        }
        let mut copy = found.value.clone();
        if let Some(copy) = copy.as_object_mut() {
            copy.extend(words);
        }
        *value = copy;
    });
}

/// Removes the nulls that replaced references without a target.
fn remove_nulls(kind: Kind, value: &mut Value) {
    let Some(object) = value.as_object_mut() else { return };
    object.retain(|key, value| match walk::field(kind, key) {
        Some(Field::One(inner)) => !(inner.can_be_reference() && value.is_null()),
        Some(Field::List(inner)) if inner.can_be_reference() => {
            value.as_array_mut().into_iter().for_each(|list| list.retain(|it| !it.is_null()));
            true
        }
        Some(Field::Map(inner)) if inner.can_be_reference() => {
            let extensible = walk::has_extensions(kind, key);
            let keep = |key: &String, it: &mut Value| !it.is_null() || (extensible && key.starts_with("x-"));
            value.as_object_mut().into_iter().for_each(|map| map.retain(keep));
            true
        }
        _ => true,
    });
}
