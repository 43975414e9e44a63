//! Makes every reference point to a component: 3.0 tools know no `$defs`, no anchors, and no schemas anywhere else.
//!
//! Before: `{"Tree": {"$defs": {"Leaf": {…}}, "properties": {"leaf": {"$ref": "#/components/schemas/Tree/$defs/Leaf"}}}}`
//! After: `{"Tree": {"properties": {"leaf": {"$ref": "#/components/schemas/Leaf"}}}, "Leaf": {…}}`
//!
//! References to path items are replaced by what they point to. A reference that leads nowhere, or out of the document,
//! is left out with a warning: whatever it meant, it then means any value.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::{
    Warnings, naming,
    shapes::{self, SCHEMAS},
    walk::{self, Kind, push},
};

pub(super) fn run(document: &mut Value, warnings: &mut Warnings) {
    path_items(document, warnings);
    rings(document, warnings);
    let components: HashSet<String> = document
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::keys)
        .map(|name| to_component(name))
        .collect();
    let targets = targets(document, &components);
    let names = move_to_components(document, &targets);
    walk::visit(document, &mut |place, value| {
        let Some(object) = value.as_object_mut().filter(|_| place.kind == Kind::Schema) else { return };
        let Some(reference) = object.get("$ref").and_then(Value::as_str) else { return };
        if components.contains(reference) {
            return;
        }
        // What was moved left a reference to its old place behind.
        let pointer = targets.get(reference).map_or_else(|| reference.trim_start_matches('#'), String::as_str);
        match names.get(pointer) {
            Some(name) => {
                object.insert("$ref".to_owned(), json!(to_component(name)));
            }
            None => {
                warnings
                    .add(&place.pointer(), format!("the reference `{reference}` leads to no schema of this document"));
                object.shift_remove("$ref");
            }
        }
    });
    walk::each_schema(document, &mut |_, schema| {
        schema.shift_remove("$defs");
        schema.shift_remove("definitions");
        let mapping = schema.get_mut("discriminator").and_then(|discriminator| discriminator.get_mut("mapping"));
        for target in mapping.and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
            let name = target.as_str().and_then(|target| names.get(targets.get(target)?));
            if let Some(name) = name {
                *target = json!(to_component(name));
            }
        }
    });
}

fn to_component(name: &str) -> String {
    format!("{SCHEMAS}{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Puts the path items that others refer to in their places.
fn path_items(document: &mut Value, warnings: &mut Warnings) {
    let paths = document.get("paths").and_then(Value::as_object);
    if !paths.into_iter().flat_map(Map::values).any(|item| item.get("$ref").is_some()) {
        return;
    }
    let original = document.clone();
    let mut used = BTreeSet::new();
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    paths.retain(|path, item| {
        let Some(reference) = item.get("$ref").and_then(Value::as_str).map(str::to_owned) else { return true };
        let pointer = reference.strip_prefix('#').map(decode);
        let target =
            pointer.as_deref().and_then(|pointer| original.pointer(pointer)).filter(|target| target.is_object());
        let Some(target) = target.filter(|target| target.get("$ref").is_none()) else {
            let mut pointer = "/paths".to_owned();
            push(&mut pointer, path);
            warnings.add(&pointer, format!("the reference `{reference}` leads to no path item of this document"));
            return false;
        };
        *item = target.clone();
        used.extend(reference.strip_prefix("#/components/pathItems/").map(str::to_owned));
        true
    });
    if let Some(items) = document.pointer_mut("/components/pathItems").and_then(Value::as_object_mut) {
        items.retain(|name, _| !used.contains(name));
    }
}

/// Breaks components that are nothing but references to each other.
fn rings(document: &mut Value, warnings: &mut Warnings) {
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else { return };
    let alias = |schemas: &Map<String, Value>, name: &str| -> Option<String> {
        let target = schemas.get(name)?.get("$ref")?.as_str()?.strip_prefix(SCHEMAS)?.to_owned();
        Some(decode(&target).replace("~1", "/").replace("~0", "~"))
    };
    let names: Vec<String> = schemas.keys().cloned().collect();
    for name in names {
        let mut seen = BTreeSet::from([name.clone()]);
        let mut at = name.clone();
        while let Some(next) = alias(schemas, &at) {
            if next == name {
                let mut pointer = "/components/schemas".to_owned();
                push(&mut pointer, &name);
                warnings.add(&pointer, "the schema is nothing but a reference to itself");
                schemas.insert(name.clone(), json!({}));
                break;
            }
            if !seen.insert(next.clone()) {
                // A ring further on, which is broken when its turn comes.
                break;
            }
            at = next;
        }
    }
}

fn decode(fragment: &str) -> String {
    percent_decode_str(fragment).decode_utf8_lossy().into_owned()
}

/// The JSON pointers that the schemas' references lead to, by the references as they are written, without those that
/// lead to components already.
fn targets(document: &mut Value, components: &HashSet<String>) -> BTreeMap<String, String> {
    let mut references = BTreeSet::new();
    let mut anchors: BTreeMap<String, String> = BTreeMap::new();
    walk::visit(document, &mut |place, value| {
        if place.kind != Kind::Schema {
            return;
        }
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        references.extend(text("$ref").filter(|it| !components.contains(*it)).map(str::to_owned));
        anchors.extend(text("$anchor").map(|anchor| (anchor.to_owned(), place.pointer())));
        let mapping = value.get("discriminator").and_then(|it| it.get("mapping")?.as_object());
        references.extend(mapping.into_iter().flat_map(Map::values).filter_map(Value::as_str).map(str::to_owned));
    });
    let mut found = BTreeMap::new();
    for reference in references {
        let Some(fragment) = reference.strip_prefix('#') else { continue };
        let fragment = decode(fragment);
        let pointer = if fragment.starts_with('/') { Some(fragment) } else { anchors.get(&fragment).cloned() };
        let schema = |pointer: &String| document.pointer(pointer).is_some_and(|it| it.is_object() || it.is_boolean());
        let pointer = pointer.filter(schema);
        found.extend(pointer.map(|pointer| (reference, pointer)));
    }
    found
}

/// Moves what is referred to and no component into the components; returns the name of every target.
fn move_to_components(document: &mut Value, targets: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let components = document.pointer("/components/schemas").and_then(Value::as_object);
    let mut taken: BTreeSet<String> = components.into_iter().flat_map(Map::keys).cloned().collect();
    let mut names = BTreeMap::new();
    let mut moved = Vec::new();
    for pointer in targets.values().collect::<BTreeSet<_>>() {
        let name = pointer.strip_prefix("/components/schemas/").filter(|name| !name.contains('/'));
        match name {
            Some(name) => {
                names.insert(pointer.clone(), name.replace("~1", "/").replace("~0", "~"));
            }
            None => {
                let mut name = naming::from_pointer(pointer);
                while !taken.insert(name.clone()) {
                    name.push_str("Other");
                }
                names.insert(pointer.clone(), name);
                moved.push(pointer.clone());
            }
        }
    }
    // From the inside out, so that an outer schema takes along a reference to the inner one.
    moved.sort_by_key(|pointer| std::cmp::Reverse(pointer.len()));
    let mut schemas = Map::new();
    for pointer in &moved {
        if let (Some(place), Some(name)) = (document.pointer_mut(pointer), names.get(pointer)) {
            let reference = json!({ "$ref": format!("#{pointer}") });
            schemas.insert(name.clone(), std::mem::replace(place, reference));
        }
    }
    shapes::put_schemas(document, schemas);
    names
}
