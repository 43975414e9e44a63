//! Finds the targets of references to schemas: by JSON pointer, by anchor, and by `$id` (JSON Schema 2020-12, section
//! 8.2).

use std::collections::{BTreeSet, HashMap, HashSet};

use percent_encoding::percent_decode_str;
use reqwest::Url;
use serde_json::{Map, Value, json};

use crate::normalize::{
    Warnings, pointers,
    walk::{self, Kind, Place, push},
};

/// The base URL of a document that does not state its own.
const BASE: &str = "https://document.invalid/openapi.json";

/// The maximum number of references to follow to find a target.
const MAX_JUMPS: usize = 16;

pub(super) struct Targets {
    /// References to components, which need no change.
    components: HashSet<String>,
    /// The JSON pointers of targets, by the base of the reference and its text.
    found: HashMap<(String, String), String>,
    definitions: BTreeSet<String>,
    resources: Resources,
}

impl Targets {
    pub(super) fn of(document: &mut Value) -> Self {
        let names = document.pointer("/components/schemas").and_then(Value::as_object).into_iter().flat_map(Map::keys);
        let components: HashSet<String> = names.map(|name| pointers::reference("schemas", name)).collect();
        let resources = Resources::of(document);
        let mut references = BTreeSet::new();
        let mut definitions = BTreeSet::new();
        walk::visit(document, &mut |place, value| {
            let Some(object) = value.as_object() else { return };
            if matches!(place.kind, Kind::Schema | Kind::Document) {
                for keyword in ["$defs", "definitions"] {
                    for name in object.get(keyword).and_then(Value::as_object).into_iter().flat_map(Map::keys) {
                        let mut pointer = place.pointer();
                        push(&mut pointer, keyword);
                        push(&mut pointer, name);
                        definitions.insert(pointer);
                    }
                }
            }
            if place.kind != Kind::Schema {
                return;
            }
            let reference = object.get("$ref").and_then(Value::as_str).filter(|it| !components.contains(*it));
            references.extend(reference.map(|it| (resources.place(place), it.to_owned())));
            let mapping = object.get("discriminator").and_then(|it| it.get("mapping")?.as_object());
            let mapped = mapping.into_iter().flat_map(Map::values).filter_map(Value::as_str);
            references.extend(mapped.map(|it| (String::new(), it.to_owned())));
        });
        let mut found = HashMap::new();
        for (place, reference) in references {
            let target = resources.resolve(document, &place, &reference);
            found.extend(target.map(|pointer| ((place, reference), pointer)));
        }
        Self { components, found, definitions, resources }
    }

    pub(super) fn is_component(&self, reference: &str) -> bool {
        self.components.contains(reference)
    }

    /// The resource that references at this place are relative to.
    pub(super) fn place(&self, place: &Place<'_>) -> String {
        self.resources.place(place)
    }

    pub(super) fn pointer(&self, place: &str, reference: &str) -> Option<&str> {
        self.found.get(&(place.to_owned(), reference.to_owned())).map(String::as_str)
    }

    /// The JSON pointers of everything that has to become a component.
    pub(super) fn all(&self) -> BTreeSet<&str> {
        self.found.values().chain(&self.definitions).map(String::as_str).collect()
    }
}

/// The schemas with their own `$id`, and the anchors.
struct Resources {
    /// The JSON pointer and URL of each, the document itself first.
    list: Vec<(String, Url)>,
    /// The JSON pointers of anchors, by the pointer of their resource.
    anchors: HashMap<(String, String), String>,
}

impl Resources {
    fn of(document: &mut Value) -> Self {
        let mut ids = Vec::new();
        let mut anchors = Vec::new();
        walk::each_schema(document, &mut |place, schema| {
            let text = |key: &str| schema.get(key).and_then(Value::as_str);
            ids.extend(text("$id").map(|id| (place.pointer(), id.to_owned())));
            for key in ["$anchor", "$dynamicAnchor"] {
                anchors.extend(text(key).map(|anchor| (place.pointer(), anchor.to_owned())));
            }
        });
        let mut resources = Self { list: Vec::new(), anchors: HashMap::new() };
        resources.list.extend(Url::parse(BASE).ok().map(|base| (String::new(), base)));
        // An outer `$id` is the base URL of those inside it.
        ids.sort_by_key(|(pointer, _)| pointer.len());
        for (pointer, id) in ids {
            let base = resources.resource(&pointer).and_then(|(_, base)| base.join(&id).ok());
            resources.list.extend(base.map(|url| (pointer, without_fragment(url))));
        }
        for (pointer, anchor) in anchors {
            let resource = resources.resource(&pointer).map(|(pointer, _)| pointer.clone()).unwrap_or_default();
            resources.anchors.entry((resource, anchor)).or_insert(pointer);
        }
        resources
    }

    /// The innermost resource that contains this place.
    fn resource(&self, pointer: &str) -> Option<&(String, Url)> {
        let holds =
            |outer: &str| pointer.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.list.iter().filter(|(outer, _)| holds(outer)).max_by_key(|(outer, _)| outer.len())
    }

    fn place(&self, place: &Place<'_>) -> String {
        // Most documents have no `$id` inside, and creating a pointer takes time.
        if self.list.len() < 2 {
            return String::new();
        }
        self.resource(&place.pointer()).map(|(pointer, _)| pointer.clone()).unwrap_or_default()
    }

    /// The JSON pointer of the schema that a reference refers to.
    fn resolve(&self, document: &Value, place: &str, reference: &str) -> Option<String> {
        let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let resource = if address.is_empty() {
            place
        } else {
            let base = &self.resource(place)?.1;
            let url = without_fragment(base.join(address).ok()?);
            &self.list.iter().find(|(_, known)| *known == url)?.0
        };
        let fragment = percent_decode_str(fragment).decode_utf8_lossy();
        if !fragment.is_empty() && !fragment.starts_with('/') {
            let key = |resource: &str| (resource.to_owned(), fragment.clone().into_owned());
            return self.anchors.get(&key(resource)).or_else(|| self.anchors.get(&key(""))).cloned();
        }
        // In documents with an `$id` inside, references are often relative to the whole document anyway.
        let found = locate(document, &format!("{resource}{fragment}"))
            .or_else(|| locate(document, &fragment).filter(|_| address.is_empty()))?;
        matches!(walk::kind_at(&found), Some(Kind::Schema) | None).then_some(found)
    }
}

fn without_fragment(mut url: Url) -> Url {
    url.set_fragment(None);
    url
}

/// The JSON pointer of a schema, after following the references along the path.
fn locate(document: &Value, pointer: &str) -> Option<String> {
    let mut at = String::new();
    let mut rest: Vec<String> = pointer.split('/').skip(1).map(str::to_owned).collect();
    rest.reverse();
    let mut jumps = 0;
    while let Some(token) = rest.pop() {
        let here = document.pointer(&at)?;
        let next = format!("{at}/{token}");
        if document.pointer(&next).is_some() {
            at = next;
        } else if let Some(reference) = here.get("$ref").and_then(Value::as_str).filter(|_| jumps < MAX_JUMPS) {
            jumps += 1;
            rest.push(token);
            let target = pointers::pointer(reference)?.into_owned();
            at = String::new();
            rest.extend(target.split('/').skip(1).map(str::to_owned).collect::<Vec<_>>().into_iter().rev());
        } else {
            return None;
        }
    }
    document.pointer(&at).is_some_and(|it| it.is_object() || it.is_boolean()).then_some(at)
}

/// Breaks cycles of components that only consist of references to each other, directly or in `allOf`. Such schemas do
/// not describe any value.
pub(super) fn rings(document: &mut Value, warnings: &mut Warnings) {
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else { return };
    let names: Vec<String> = schemas.keys().cloned().collect();
    let mut done = HashSet::new();
    for name in names {
        let mut way = Vec::new();
        while let Some(reference) = ring(schemas, &name, &mut way, &mut done) {
            let mut pointer = "/components/schemas".to_owned();
            push(&mut pointer, &reference.0);
            warnings.add(&pointer, "the schema refers to itself; the reference is left out");
            if let Some(schema) = schemas.get_mut(&reference.0) {
                cut(schema, &reference.1);
            }
            way.clear();
        }
    }
}

/// Looks for a cycle that starts at a component. Returns the component with the last reference of the cycle, and the
/// target of that reference.
fn ring(
    schemas: &Map<String, Value>,
    name: &str,
    way: &mut Vec<String>,
    done: &mut HashSet<String>,
) -> Option<(String, String)> {
    if done.contains(name) {
        return None;
    }
    way.push(name.to_owned());
    for part in schemas.get(name).map(parts).unwrap_or_default() {
        if way.contains(&part) {
            return Some((name.to_owned(), part));
        }
        let found = ring(schemas, &part, way, done);
        if found.is_some() {
            return found;
        }
    }
    way.pop();
    done.insert(name.to_owned());
    None
}

/// The components that a schema refers to directly or in `allOf`.
fn parts(schema: &Value) -> Vec<String> {
    let own = schema.get("$ref").and_then(Value::as_str).and_then(|it| pointers::component(it, "schemas"));
    let all = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    own.into_iter().chain(all.flat_map(parts)).collect()
}

/// Removes the reference to a component from a schema or its `allOf`.
fn cut(schema: &mut Value, name: &str) {
    let is_it = |value: &Value| {
        let reference = value.get("$ref").and_then(Value::as_str);
        reference.and_then(|it| pointers::component(it, "schemas")).as_deref() == Some(name)
    };
    if is_it(schema) {
        schema.as_object_mut().into_iter().for_each(|schema| {
            schema.shift_remove("$ref");
        });
    }
    if let Some(all) = schema.get_mut("allOf").and_then(Value::as_array_mut) {
        all.iter_mut().for_each(|member| cut(member, name));
        all.retain(|member| *member != json!({}));
        if all.is_empty() {
            schema.as_object_mut().into_iter().for_each(|schema| {
                schema.shift_remove("allOf");
            });
        }
    }
}
