//! Prepares two documents for the walker: handles the differences that it cannot.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Change, Class};
use crate::normalize::walk::{METHODS, each_operation, each_schema, push};

pub(super) const SCHEMAS: &str = "#/components/schemas/";

/// The path under which the walker sees a component, because it only looks at operations.
const VIRTUAL: &str = "/x-components/";

/// Two documents with the same operations, media types and components, and the users of each component.
pub(super) struct Pair {
    pub(super) old: Value,
    pub(super) new: Value,
    users: BTreeMap<String, BTreeSet<String>>,
    routes: BTreeMap<String, String>,
}

impl Pair {
    /// Reports everything that only one of the documents has in `changes`, and removes it from that document.
    pub(super) fn new(old: &Value, new: &Value, changes: &mut Vec<Change>) -> Self {
        let mut users = uses(old, None);
        for (name, operations) in uses(new, None) {
            users.entry(name).or_default().extend(operations);
        }
        let routes = [old, new].into_iter().flat_map(ids);
        let routes =
            routes.map(|(place, id)| (id, format!("{} {}", place.method.to_uppercase(), place.path))).collect();
        let mut pair = Self { old: old.clone(), new: new.clone(), users, routes };
        pair.operations(changes);
        pair.media_types(changes);
        pair.security(changes);
        pair.features(changes);
        pair.components(old, new);
        for document in [&mut pair.old, &mut pair.new] {
            each_schema(document, &mut |_, schema| {
                // Descriptions are compared elsewhere.
                for key in ["description", "title", "example", "externalDocs"] {
                    schema.shift_remove(key);
                }
                // The walker compares extensions, but not this keyword.
                if let Some(nullable) = schema.shift_remove("nullable") {
                    // The values of a nullable enumeration include null, so this change would be reported twice.
                    if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut).filter(|it| it.len() > 1)
                    {
                        values.retain(|value| !value.is_null());
                    }
                    schema.insert("x-nullable".to_owned(), nullable);
                }
            });
        }
        pair
    }

    /// The operations that a place belongs to.
    pub(super) fn operations_at(&self, location: &str) -> Vec<String> {
        if let Some(rest) = location.strip_prefix(SCHEMAS) {
            let name = rest.split('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
            return self.users.get(&name).into_iter().flatten().cloned().collect();
        }
        let mut tokens = location.trim_start_matches("#/").split('/').skip(1);
        let path = tokens.next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
        let method = tokens.next().unwrap_or_default();
        let id = [&self.new, &self.old].into_iter().find_map(|document| {
            let operation = document.get("paths")?.get(&path)?.get(method)?;
            operation.get("operationId")?.as_str().map(str::to_owned)
        });
        id.into_iter().collect()
    }

    /// The place for human readers: the type and its property, or the part of the operation.
    pub(super) fn place(&self, location: &str) -> String {
        if let Some(rest) = location.strip_prefix(SCHEMAS) {
            let mut tokens = rest.split('/');
            let mut place = unescaped(tokens.next().unwrap_or_default());
            steps(&mut place, tokens);
            return place;
        }
        let mut tokens = location.trim_start_matches("#/").split('/').skip(1);
        let path = unescaped(tokens.next().unwrap_or_default());
        let method = tokens.next().unwrap_or_default();
        let rest: Vec<&str> = tokens.collect();
        match rest.as_slice() {
            ["parameters", index, inner @ ..] => {
                let parameter = [&self.new, &self.old].into_iter().find_map(|document| {
                    let operation = document.get("paths")?.get(&path)?.get(method)?;
                    operation.get("parameters")?.get(index.parse::<usize>().ok()?)
                });
                let field = |key: &str| parameter.and_then(|it| it.get(key)?.as_str()).unwrap_or("?");
                let mut place = format!("{} parameter `{}`", field("in"), field("name"));
                steps(&mut place, inner.iter().copied().filter(|token| *token != "schema"));
                place
            }
            ["requestBody", ..] => "request body".to_owned(),
            ["responses", status, ..] => format!("response {status}"),
            [other, ..] => (*other).to_owned(),
            [] => String::new(),
        }
    }

    /// The method and path of each operation in either document, by its ID.
    pub(super) fn routes(&self) -> BTreeMap<String, String> {
        self.routes.clone()
    }

    /// Compares operations by method and path. A new ID at the same place is a new name, not a new operation.
    fn operations(&mut self, changes: &mut Vec<Change>) {
        let (old, new) = (ids(&self.old), ids(&self.new));
        let mut change = |place: &Place, class, message: String, before: Option<&str>, after: Option<&str>| {
            changes.push(Change {
                class,
                operations: after.or(before).map(str::to_owned).into_iter().collect(),
                location: place.pointer(),
                place: String::new(),
                methods: Vec::new(),
                message,
                before: json!(before),
                after: json!(after),
            });
        };
        for (place, id) in &old {
            match new.get(place) {
                None => change(place, Class::Breaking, format!("operation `{id}` was removed"), Some(id), None),
                Some(other) if other != id => {
                    change(
                        place,
                        Class::Breaking,
                        format!("operation `{id}` is now named `{other}`"),
                        Some(id),
                        Some(other),
                    );
                }
                Some(_) => {}
            }
        }
        for (place, id) in new.iter().filter(|(place, _)| !old.contains_key(*place)) {
            change(place, Class::Additive, format!("operation `{id}` is new"), None, Some(id));
        }
        for document in [&mut self.old, &mut self.new] {
            each_path_item(document, |path, item| {
                item.retain(|key, _| {
                    let place = Place { path: path.to_owned(), method: key.clone() };
                    !METHODS.contains(&key.as_str()) || (old.contains_key(&place) && new.contains_key(&place))
                });
            });
        }
    }

    /// Compares the authentication of each operation, which the walker does not.
    fn security(&self, changes: &mut Vec<Change>) {
        let (old, new) = (ids(&self.old), ids(&self.new));
        for (place, id) in old.iter().filter(|(place, _)| new.contains_key(*place)) {
            let (before, after) = (accepted(&self.old, place), accepted(&self.new, place));
            if before == after {
                continue;
            }
            let list = |ways: &BTreeSet<String>| ways.iter().cloned().collect::<Vec<_>>().join(" or ");
            // If no authentication is needed, sending some does no harm.
            let harmless = after.contains(NOTHING) || before.is_subset(&after);
            let message = format!("it was authenticated with {}, and is with {}", list(&before), list(&after));
            changes.push(changed(place, id, "security", harmless, message, [json!(before), json!(after)]));
        }
    }

    /// Compares the Cargo features of each operation. Without its feature, the client does not have the operation.
    fn features(&self, changes: &mut Vec<Change>) {
        let (old, new) = (ids(&self.old), ids(&self.new));
        for (place, id) in old.iter().filter(|(place, _)| new.contains_key(*place)) {
            let (before, after) = (feature(&self.old, place), feature(&self.new, place));
            if before == after {
                continue;
            }
            let message = match &after {
                Some(after) => format!("it needs the Cargo feature `{after}`"),
                None => "it needs no Cargo feature any more".to_owned(),
            };
            changes.push(changed(place, id, "x-feature", after.is_none(), message, [json!(before), json!(after)]));
        }
    }

    /// Compares the media types of bodies and responses in both documents.
    fn media_types(&mut self, changes: &mut Vec<Change>) {
        let contents = |document: &mut Value| {
            let mut found: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
            each_content(document, |pointer, content| {
                found.insert(pointer.to_owned(), content.clone());
            });
            found
        };
        let (old, new) = (contents(&mut self.old), contents(&mut self.new));
        for (pointer, before) in &old {
            let Some(after) = new.get(pointer) else { continue };
            let request = pointer.contains("/requestBody");
            let mut change = |kind: &String, class, what: &str, before: Value, after: Value| {
                let location = format!("#{pointer}");
                let operations = self.operations_at(&location);
                let message = format!("media type `{kind}` {what}");
                changes.push(Change {
                    class,
                    operations,
                    location,
                    place: String::new(),
                    methods: Vec::new(),
                    message,
                    before,
                    after,
                });
            };
            for (kind, media) in before.iter().filter(|(kind, _)| !after.contains_key(*kind)) {
                change(kind, Class::Breaking, "was removed", media.clone(), Value::Null);
            }
            for (kind, media) in after.iter().filter(|(kind, _)| !before.contains_key(*kind)) {
                // A body that is only JSON is a struct. With a second media type, it becomes bytes.
                let class = if request { Class::Breaking } else { Class::Additive };
                change(kind, class, "is new", Value::Null, media.clone());
            }
        }
        for (document, other) in [(&mut self.old, &new), (&mut self.new, &old)] {
            each_content(document, |pointer, content| {
                let other = other.get(pointer);
                content.retain(|kind, media| {
                    media.get("schema").is_some()
                        && other.is_some_and(|other| other.get(kind).is_some_and(|media| media.get("schema").is_some()))
                });
            });
        }
    }

    /// Shows the walker every component that both documents have, as part of a request or response, depending on its
    /// use. The walker does not look inside unions on its own.
    fn components(&mut self, old: &Value, new: &Value) {
        let names = |document: &Value| -> BTreeSet<String> {
            let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
            schemas.into_iter().flat_map(Map::keys).cloned().collect()
        };
        let (requests, responses) = (side(old, new, true), side(old, new, false));
        for name in names(old).intersection(&names(new)) {
            let reference = json!({ "$ref": format!("{SCHEMAS}{}", name.replace('~', "~0").replace('/', "~1")) });
            let content = json!({ "application/json": { "schema": reference } });
            let neither = !requests.contains(name) && !responses.contains(name);
            let mut operation = json!({ "responses": { "200": { "description": "" } } });
            if requests.contains(name) || neither {
                operation["requestBody"] = json!({ "content": content });
            }
            if responses.contains(name) || neither {
                operation["responses"]["200"]["content"] = content;
            }
            for document in [&mut self.old, &mut self.new] {
                if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
                    paths.insert(format!("{VIRTUAL}{name}"), json!({ "post": operation }));
                }
            }
        }
    }
}

/// Decodes a token of a JSON pointer (RFC 6901).
pub(super) fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// Appends the path into a schema: `.name` for a property, `[]` for the items of a list, `{}` for the values of a
/// map.
fn steps<'a>(place: &mut String, tokens: impl Iterator<Item = &'a str>) {
    let mut tokens = tokens;
    while let Some(token) = tokens.next() {
        match token {
            "properties" => {
                place.push('.');
                place.push_str(&unescaped(tokens.next().unwrap_or_default()));
            }
            "items" => place.push_str("[]"),
            "additionalProperties" => place.push_str("{}"),
            _ => {}
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    path: String,
    method: String,
}

impl Place {
    fn pointer(&self) -> String {
        let mut pointer = "#/paths".to_owned();
        push(&mut pointer, &self.path);
        push(&mut pointer, &self.method);
        pointer
    }
}

/// The name for no authentication.
const NOTHING: &str = "nothing";

/// The ways to authenticate an operation (OpenAPI 3.0.3, "Security Requirement Object").
fn accepted(document: &Value, place: &Place) -> BTreeSet<String> {
    let operation = document.get("paths").and_then(|paths| paths.get(&place.path)?.get(&place.method));
    let own = operation.and_then(|operation| operation.get("security"));
    let ways = own.or_else(|| document.get("security")).and_then(Value::as_array);
    let ways = ways.map(Vec::as_slice).unwrap_or_default().iter().filter_map(Value::as_object).map(|schemes| {
        let names: Vec<&str> = schemes.keys().map(String::as_str).collect();
        if names.is_empty() { NOTHING.to_owned() } else { names.join(" and ") }
    });
    let mut accepted: BTreeSet<String> = ways.collect();
    if accepted.is_empty() {
        accepted.insert(NOTHING.to_owned());
    }
    accepted
}

/// A change to a property of an operation.
fn changed(place: &Place, id: &str, key: &str, harmless: bool, message: String, [before, after]: [Value; 2]) -> Change {
    Change {
        class: if harmless { Class::Additive } else { Class::Breaking },
        operations: vec![id.to_owned()],
        location: format!("{}/{key}", place.pointer()),
        place: String::new(),
        methods: Vec::new(),
        message,
        before,
        after,
    }
}

fn feature(document: &Value, place: &Place) -> Option<String> {
    let operation = document.get("paths")?.get(&place.path)?.get(&place.method)?;
    operation.get("x-feature").and_then(Value::as_str).map(str::to_owned)
}

fn ids(document: &Value) -> BTreeMap<Place, String> {
    let mut found = BTreeMap::new();
    each_operation(&mut document.clone(), |method, path, operation| {
        let id = operation.get("operationId").and_then(Value::as_str).unwrap_or("unnamed").to_owned();
        found.insert(Place { path: path.to_owned(), method: method.to_owned() }, id);
    });
    found
}

fn each_path_item(document: &mut Value, mut visit: impl FnMut(&str, &mut Map<String, Value>)) {
    for (path, item) in document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten() {
        if let Some(item) = item.as_object_mut() {
            visit(path, item);
        }
    }
}

/// Calls `visit` with the JSON pointer and the media types of every body and response.
fn each_content(document: &mut Value, mut visit: impl FnMut(&str, &mut Map<String, Value>)) {
    each_operation(document, |method, path, operation| {
        let mut pointer = "/paths".to_owned();
        push(&mut pointer, path);
        push(&mut pointer, method);
        if let Some(body) = operation.get_mut("requestBody").and_then(Value::as_object_mut) {
            let content = body.entry("content").or_insert_with(|| json!({}));
            content
                .as_object_mut()
                .into_iter()
                .for_each(|content| visit(&format!("{pointer}/requestBody/content"), content));
        }
        for (status, response) in operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten() {
            let Some(response) = response.as_object_mut().filter(|response| !response.contains_key("$ref")) else {
                continue;
            };
            let content = response.entry("content").or_insert_with(|| json!({}));
            let pointer = format!("{pointer}/responses/{status}/content");
            content.as_object_mut().into_iter().for_each(|content| visit(&pointer, content));
        }
    });
}

/// The components that are used in requests, or in responses, in either document.
fn side(old: &Value, new: &Value, requests: bool) -> BTreeSet<String> {
    [old, new].into_iter().flat_map(|document| uses(document, Some(requests)).into_keys()).collect()
}

/// The operations that use each component, directly or through others. Optionally only in requests or only in
/// responses.
fn uses(document: &Value, requests: Option<bool>) -> BTreeMap<String, BTreeSet<String>> {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    each_operation(&mut document.clone(), |_, _, operation| {
        let id = operation.get("operationId").and_then(Value::as_str).unwrap_or("unnamed").to_owned();
        for (key, value) in operation.iter() {
            if requests.is_none_or(|requests| requests == (key != "responses")) {
                for name in reach(value, schemas) {
                    users.entry(name).or_default().insert(id.clone());
                }
            }
        }
    });
    users
}

/// The components that a value refers to, directly or through others.
pub(super) fn reach(value: &Value, schemas: Option<&Map<String, Value>>) -> BTreeSet<String> {
    let mut open = BTreeSet::new();
    collect(value, &mut open);
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop_first() {
        if let Some(schema) = schemas.and_then(|schemas| schemas.get(&name)).filter(|_| !seen.contains(&name)) {
            collect(schema, &mut open);
        }
        seen.insert(name);
    }
    seen
}

/// The components that a value refers to.
pub(super) fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match value.as_str().and_then(|target| target.strip_prefix(SCHEMAS)) {
                    Some(name) if key == "$ref" => {
                        found.insert(name.replace("~1", "/").replace("~0", "~"));
                    }
                    _ => collect(value, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}
