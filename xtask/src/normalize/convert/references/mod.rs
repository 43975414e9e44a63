//! Makes every reference to a schema refer to a component, because 3.0 has no `$defs`, no anchors, no `$id`, and no
//! references to schemas in other places.
//!
//! Before: `{"Tree": {"$defs": {"Leaf": {…}}, "properties": {"leaf": {"$ref": "#/components/schemas/Tree/$defs/Leaf"}}}}`
//! After: `{"Tree": {"properties": {"leaf": {"$ref": "#/components/schemas/Leaf"}}}, "Leaf": {…}}`
//!
//! Definitions become components, and so do the targets of references. A reference without a target, or to another
//! document, is removed with a warning. The schema then allows any value.

pub(super) mod components;
pub(super) mod paths;
mod targets;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use crate::normalize::{
    Warnings, naming, pointers, shapes,
    walk::{self, Kind, unescape},
};
use targets::Targets;

pub(super) fn run(document: &mut Value, warnings: &mut Warnings) {
    dynamic(document, warnings);
    let targets = Targets::of(document);
    let names = move_to_components(document, &targets);
    let component = |place: &str, reference: &str| -> Option<String> {
        let pointer = targets.pointer(place, reference)?;
        names.get(pointer).map(|name| pointers::reference("schemas", name))
    };
    walk::visit(document, &mut |place, value| {
        let Some(object) = value.as_object_mut().filter(|_| place.kind == Kind::Schema) else { return };
        if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
            if let Some(name) = reference.strip_prefix(MOVED) {
                object.insert("$ref".to_owned(), json!(pointers::reference("schemas", name)));
            } else if !targets.is_component(reference) {
                let reference = reference.to_owned();
                match component(&targets.place(place), &reference) {
                    Some(target) => {
                        object.insert("$ref".to_owned(), json!(target));
                    }
                    None => {
                        let reason = format!("the reference `{reference}` leads to no schema of this document");
                        warnings.add(&place.pointer(), reason);
                        object.shift_remove("$ref");
                    }
                }
            }
        }
        object.shift_remove("$defs");
        object.shift_remove("definitions");
        let mapping = object.get_mut("discriminator").and_then(|discriminator| discriminator.get_mut("mapping"));
        if let Some(mapping) = mapping.and_then(Value::as_object_mut) {
            mapping.retain(|value, target| {
                let text = target.as_str().unwrap_or_default().to_owned();
                if targets.is_component(&text) {
                    return true;
                }
                let bare = pointers::reference("schemas", &text);
                let found = if targets.is_component(&bare) { Some(bare) } else { component("", &text) };
                if found.is_none() {
                    let reason =
                        format!("the discriminator maps `{value}` to `{text}`, which is no schema of this document");
                    warnings.add(&place.pointer(), reason);
                }
                *target = json!(found.as_deref().unwrap_or_default());
                found.is_some()
            });
        }
    });
    if let Some(object) = document.as_object_mut() {
        object.shift_remove("definitions");
        object.shift_remove("$defs");
    }
    targets::rings(document, warnings);
}

/// The prefix of the mark that replaces a moved schema, before the name of its component.
const MOVED: &str = "#moved:";

/// Reads dynamic references as plain ones. They are equivalent unless a schema redefines the anchor.
fn dynamic(document: &mut Value, warnings: &mut Warnings) {
    let mut anchors: HashMap<String, usize> = HashMap::new();
    let mut any = false;
    walk::each_schema(document, &mut |_, schema| {
        any |= schema.contains_key("$dynamicRef");
        if let Some(anchor) = schema.get("$dynamicAnchor").and_then(Value::as_str) {
            *anchors.entry(anchor.to_owned()).or_default() += 1;
        }
    });
    if !any {
        return;
    }
    walk::each_schema(document, &mut |place, schema| {
        let Some(Value::String(reference)) = schema.shift_remove("$dynamicRef") else { return };
        let anchor = reference.rsplit('#').next().unwrap_or_default();
        if anchors.get(anchor).is_some_and(|count| *count > 1) {
            let reason = format!("OpenAPI 3.0 has no dynamic references; `{reference}` is read as a plain one");
            warnings.add(&place.pointer(), reason);
        }
        schema.entry("$ref").or_insert(Value::String(reference));
    });
}

/// Moves all targets of references and all definitions into the components. Returns the name of every target.
fn move_to_components(document: &mut Value, targets: &Targets) -> HashMap<String, String> {
    let components = document.pointer("/components/schemas").and_then(Value::as_object);
    let mut taken: BTreeSet<String> = components.into_iter().flat_map(Map::keys).cloned().collect();
    let mut names: BTreeMap<&str, String> = BTreeMap::new();
    let mut moved = Vec::new();
    for pointer in targets.all() {
        match pointer.strip_prefix("/components/schemas/").filter(|name| !name.contains('/')) {
            Some(name) => {
                names.insert(pointer, unescape(name));
            }
            None => {
                let title = document.pointer(pointer).and_then(|schema| schema.get("title")).and_then(Value::as_str);
                let candidates = naming::from_pointer(pointer, title);
                let free = candidates.iter().find(|name| !taken.contains(*name)).cloned();
                let mut name = free.or_else(|| candidates.last().cloned()).unwrap_or_default();
                while !taken.insert(name.clone()) {
                    name.push_str("Schema");
                }
                names.insert(pointer, name);
                moved.push(pointer);
            }
        }
    }
    // Inner schemas first, so that an outer schema already contains the reference to the inner one when it is moved.
    moved.sort_by_key(|pointer| std::cmp::Reverse(pointer.len()));
    let mut schemas = Map::new();
    for pointer in moved {
        if let (Some(place), Some(name)) = (document.pointer_mut(pointer), names.get(pointer)) {
            let reference = json!({ "$ref": format!("{MOVED}{name}") });
            schemas.insert(name.clone(), std::mem::replace(place, reference));
        }
    }
    shapes::put_schemas(document, schemas);
    names.into_iter().map(|(pointer, name)| (pointer.to_owned(), name)).collect()
}
