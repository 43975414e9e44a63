//! Moves every inline schema that needs a type into the components, once a shape, under a name a person would choose.
//!
//! Before: `{"AssistantMessage": {"properties": {"tool_calls": {"items": {"properties": {"id": …}}}}}}`
//! After: `{"AssistantMessage": {"properties": {"tool_calls": {"items": {"$ref": "#/components/schemas/ToolCall"}}}},
//! "ToolCall": {"properties": {"id": …}}}`
//!
//! Schemas of the same shape become one. Names come from `naming.rs` and depend on the places of use alone, not on the
//! order in which they stand. A union whose members differ in a constant property gets a `discriminator`.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write as _,
};

use serde_json::{Map, Value, json};

use super::{
    Warnings,
    labels::{self, json_type},
    naming,
    shapes::{self, SCHEMAS},
    walk::{self, Kind},
};

/// The prefix of a reference to a shape that has no name yet.
const SHAPE: &str = "#/shape/";

/// What belongs to the use of a type and not to the type.
const SITE: &[&str] = &["nullable", "deprecated", "readOnly", "writeOnly", "description", "example"];

pub(super) fn run(document: &mut Value, _: &mut Warnings) {
    // Merging two components can make two others equal; each round merges at least one pair, or is the last.
    while Hoist::new(document).run(document) {}
}

/// Who uses a shape.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    /// An operation or a reusable response, parameter or body, by its name.
    Root(String),
    /// A shape, by its number.
    Shape(usize),
}

struct Shape {
    schema: Map<String, Value>,
    /// What it has in common with others of the same type.
    form: String,
    /// Where it is used: who uses it, and as what.
    uses: BTreeSet<(Owner, String)>,
    /// The names it had as a component.
    names: BTreeSet<String>,
}

/// A shape that was lifted out of a schema, waiting to learn who owns it.
type Pending = Vec<(usize, String)>;

struct Hoist {
    /// The components that are members of unions, as they were before the pass: to find the tag of a union.
    members: Map<String, Value>,
    shapes: Vec<Shape>,
    by_form: HashMap<String, usize>,
}

impl Hoist {
    fn new(document: &mut Value) -> Self {
        rename_components(document);
        Self { members: members(document), shapes: Vec::new(), by_form: HashMap::new() }
    }

    /// Returns whether components were merged.
    fn run(mut self, document: &mut Value) -> bool {
        // Components that are no types of their own, such as a string, keep their names and are lifted from.
        let mut kept = Map::new();
        for (name, mut schema) in shapes::take_schemas(document) {
            let mut pending = Pending::new();
            self.children(&mut schema, "", &mut pending);
            match schema {
                Value::Object(schema) if shapes::is_named(&schema) && !schema.contains_key("$ref") => {
                    let number = self.intern(schema, pending);
                    self.shapes[number].names.insert(name);
                }
                other => {
                    self.own(&Owner::Root(name.clone()), pending);
                    kept.insert(name, other);
                }
            }
        }
        self.roots(document);

        let names = self.name(&kept);
        let merged = self.shapes.iter().any(|shape| shape.names.len() > 1);
        let mut schemas = kept;
        let mut renamed: BTreeMap<String, String> = BTreeMap::new();
        for (shape, name) in self.shapes.into_iter().zip(&names) {
            renamed.extend(shape.names.into_iter().map(|old| (old, name.clone())));
            let mut schema = shape.schema;
            title_members(name, &mut schema);
            schemas.insert(name.clone(), Value::Object(schema));
        }
        shapes::put_schemas(document, schemas);
        rewrite_references(document, |target| {
            if let Some(number) = target.strip_prefix(SHAPE) {
                return names.get(number.parse::<usize>().ok()?).map(|name| format!("{SCHEMAS}{name}"));
            }
            renamed.get(target.strip_prefix(SCHEMAS)?).map(|name| format!("{SCHEMAS}{name}"))
        });
        merged
    }

    /// Lifts the schemas of operations and of reusable parameters, bodies and responses.
    fn roots(&mut self, document: &mut Value) {
        walk::each_operation(document, |_, _, operation| {
            let name = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
            for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
                self.parameter(&name, parameter);
            }
            if let Some(body) = operation.get_mut("requestBody") {
                self.media(&name, ".request", body);
            }
            for (status, response) in
                operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten()
            {
                let edge = if status.starts_with(['1', '2']) { ".response" } else { ".error" };
                self.media(&name, edge, response);
            }
        });
        // What is left: shared parameters, headers, callbacks.
        walk::visit(document, &mut |place, value| {
            let name = place.key();
            match place.kind {
                Kind::Parameter => self.parameter(name, value),
                Kind::RequestBody => self.media(name, ".request", value),
                Kind::Response => self.media(name, ".response", value),
                _ => {}
            }
        });
    }

    fn parameter(&mut self, owner: &str, parameter: &mut Value) {
        let field = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or("parameter").to_owned();
        let edge = format!(".{}.{}", field("in"), field("name"));
        if let Some(schema) = parameter.get_mut("schema") {
            let mut pending = Pending::new();
            self.lift(schema, &edge, &mut pending);
            self.own(&Owner::Root(owner.to_owned()), pending);
        }
        self.media(owner, &edge, parameter);
    }

    fn media(&mut self, owner: &str, edge: &str, value: &mut Value) {
        for (kind, media) in value.get_mut("content").and_then(Value::as_object_mut).into_iter().flatten() {
            // A form has other fields than the JSON for the same operation, so it gets a name of its own.
            let edge = if edge == ".request" && kind.starts_with("multipart/") { ".form" } else { edge };
            if let Some(schema) = media.get_mut("schema") {
                let mut pending = Pending::new();
                self.lift(schema, edge, &mut pending);
                self.own(&Owner::Root(owner.to_owned()), pending);
            }
        }
    }

    /// Lifts what is inside the schema, then the schema itself if it is a type.
    fn lift(&mut self, schema: &mut Value, edge: &str, pending: &mut Pending) {
        let named = schema.as_object().is_some_and(shapes::is_named);
        if !named {
            self.children(schema, edge, pending);
            return;
        }
        let mut own = Pending::new();
        self.children(schema, "", &mut own);
        let Some(mut inner) = schema.as_object_mut().map(std::mem::take) else { return };
        let mut site = Map::new();
        for key in SITE {
            site.extend(inner.shift_remove(*key).map(|value| ((*key).to_owned(), value)));
        }
        let number = self.intern(inner, own);
        pending.push((number, edge.to_owned()));
        let reference = json!({ "$ref": format!("{SHAPE}{number}") });
        *schema = if site.is_empty() {
            reference
        } else {
            site.insert("allOf".to_owned(), json!([reference]));
            Value::Object(site)
        };
    }

    /// Lifts what is directly inside a schema.
    fn children(&mut self, schema: &mut Value, edge: &str, pending: &mut Pending) {
        let Some(object) = schema.as_object_mut() else { return };
        for (name, property) in object.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
            self.lift(property, &format!("{edge}.{name}"), pending);
        }
        if let Some(items) = object.get_mut("items") {
            self.lift(items, &format!("{edge}[]"), pending);
        }
        if let Some(values) = object.get_mut("additionalProperties") {
            self.lift(values, &format!("{edge}{{}}"), pending);
        }
        for member in object.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
            self.children(member, edge, pending);
        }
        self.members(object, edge, pending);
    }

    /// Lifts the members of a union and writes down what tells them apart.
    fn members(&mut self, object: &mut Map<String, Value>, edge: &str, pending: &mut Pending) {
        let tag = shapes::union_members(object).and_then(|members| shapes::union_tag(members, &self.members));
        for keyword in ["anyOf", "oneOf"] {
            let Some(members) = object.get_mut(keyword).and_then(Value::as_array_mut) else { continue };
            let labels = labels::labels(members, &self.members);
            let mut mapping = Map::new();
            for (index, member) in members.iter_mut().enumerate() {
                let values = tag.as_ref().and_then(|tag| tag.values.get(index));
                let label = match values.map(Vec::as_slice) {
                    // The open last member is no type: it is what the types leave over.
                    Some([]) => {
                        self.children(member, edge, pending);
                        continue;
                    }
                    Some([value]) => value.clone(),
                    Some(_) => "*".to_owned(),
                    None => labels.get(index).cloned().unwrap_or_default(),
                };
                self.lift(member, &format!("{edge}({label})"), pending);
                for value in values.into_iter().flatten() {
                    mapping.extend(member.get("$ref").map(|target| (value.clone(), target.clone())));
                }
            }
            if let Some(tag) = &tag {
                let discriminator = json!({ "propertyName": tag.property, "mapping": mapping });
                object.insert("discriminator".to_owned(), discriminator);
            }
        }
    }

    /// The number of the shape with this form, new or known.
    fn intern(&mut self, schema: Map<String, Value>, children: Pending) -> usize {
        let form = form(&schema);
        let number = match self.by_form.get(&form) {
            Some(number) => {
                // Uses that disagree on the default leave the type without one.
                let known = &mut self.shapes[*number].schema;
                if known.get("default") != schema.get("default") {
                    known.shift_remove("default");
                }
                *number
            }
            None => {
                let number = self.shapes.len();
                self.by_form.insert(form.clone(), number);
                self.shapes.push(Shape { schema, form, uses: BTreeSet::new(), names: BTreeSet::new() });
                number
            }
        };
        self.own(&Owner::Shape(number), children);
        number
    }

    fn own(&mut self, owner: &Owner, children: Pending) {
        for (number, edge) in children {
            self.shapes[number].uses.insert((owner.clone(), edge));
        }
    }

    /// Names every shape, owners before what they own.
    fn name(&self, kept: &Map<String, Value>) -> Vec<String> {
        let mut names: Vec<Option<String>> = vec![None; self.shapes.len()];
        let mut taken: BTreeSet<String> = kept.keys().cloned().collect();
        for (number, shape) in self.shapes.iter().enumerate() {
            // Of several names ours is the best, then the shortest.
            let best = shape.names.iter().min_by_key(|name| (!naming::is_ours(name), name.len(), (*name).clone()));
            if let Some(best) = best {
                taken.insert(best.clone());
                names[number] = Some(best.clone());
            }
        }

        let mut owned: Vec<Vec<usize>> = vec![Vec::new(); self.shapes.len()];
        let mut waiting: Vec<usize> = vec![0; self.shapes.len()];
        for (number, shape) in self.shapes.iter().enumerate() {
            for (owner, _) in &shape.uses {
                if let Owner::Shape(owner) = owner
                    && names[*owner].is_none()
                {
                    owned[*owner].push(number);
                    waiting[number] += 1;
                }
            }
        }
        let mut ready: Vec<usize> =
            (0..self.shapes.len()).filter(|number| names[*number].is_none() && waiting[*number] == 0).collect();
        while !ready.is_empty() {
            let mut round: Vec<(String, &str, usize)> = ready
                .drain(..)
                .map(|number| (self.candidate(number, &names), self.shapes[number].form.as_str(), number))
                .collect();
            round.sort();
            let mut next = Vec::new();
            for (candidate, _, number) in round {
                let name = self.free(number, candidate, &names, &taken);
                taken.insert(name.clone());
                names[number] = Some(name);
                for child in &owned[number] {
                    waiting[*child] -= 1;
                    if waiting[*child] == 0 && names[*child].is_none() {
                        next.push(*child);
                    }
                }
            }
            ready = next;
        }
        names.into_iter().map(Option::unwrap_or_default).collect()
    }

    fn uses<'a>(&'a self, number: usize, names: &'a [Option<String>]) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.shapes[number].uses.iter().map(|(owner, edge)| {
            let owner = match owner {
                Owner::Root(name) => name,
                Owner::Shape(number) => names[*number].as_deref().unwrap_or_default(),
            };
            (owner, edge.as_str())
        })
    }

    /// The best of the names that its uses suggest.
    fn candidate(&self, number: usize, names: &[Option<String>]) -> String {
        let known = self.uses(number, names).filter_map(|(owner, edge)| naming::known(owner, edge)).min();
        known.map(str::to_owned).unwrap_or_else(|| {
            self.uses(number, names)
                .map(|(owner, edge)| naming::fallback(owner, edge))
                .min_by_key(|name| (name.len(), name.clone()))
                .unwrap_or_else(|| "Unnamed".to_owned())
        })
    }

    /// The candidate if nobody has it, else a longer name.
    fn free(&self, number: usize, candidate: String, names: &[Option<String>], taken: &BTreeSet<String>) -> String {
        if !taken.contains(&candidate) {
            return candidate;
        }
        let longer = self.uses(number, names).map(|(owner, edge)| naming::long_fallback(owner, edge)).min();
        longer.filter(|name| !taken.contains(name)).unwrap_or_else(|| {
            let letters = ('B'..='Z').map(|letter| format!("{candidate}{letter}"));
            let more = (1..).map(|count: usize| format!("{candidate}{}", "Other".repeat(count)));
            letters.chain(more).find(|name| !taken.contains(name)).unwrap_or_default()
        })
    }
}

/// The components that unions refer to.
fn members(document: &mut Value) -> Map<String, Value> {
    let mut names = BTreeSet::new();
    walk::each_schema(document, &mut |_, schema| {
        for member in shapes::union_members(schema).into_iter().flatten() {
            let name = member.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix(SCHEMAS));
            names.extend(name.map(str::to_owned));
        }
    });
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let found = names.into_iter().filter_map(|name| Some((name.clone(), schemas?.get(&name)?.clone())));
    found.collect()
}

/// What two schemas have in common when they are the same type: everything but the order and the default.
fn form(schema: &Map<String, Value>) -> String {
    let mut form = String::new();
    write_object(schema.iter().filter(|(key, _)| *key != "default"), &mut form);
    form
}

fn write_object<'a>(entries: impl Iterator<Item = (&'a String, &'a Value)>, form: &mut String) {
    let mut entries: Vec<_> = entries.collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    form.push('{');
    for (key, value) in entries {
        // Writing to a string cannot fail.
        let _ = write!(form, "{key:?}:");
        match value {
            Value::Object(object) => write_object(object.iter(), form),
            Value::Array(list) if key == "required" || key == "enum" => {
                let mut members: Vec<String> = list.iter().map(Value::to_string).collect();
                members.sort_unstable();
                let _ = write!(form, "{members:?}");
            }
            Value::Array(list) => {
                form.push('[');
                for member in list {
                    match member {
                        Value::Object(object) => write_object(object.iter(), form),
                        other => {
                            let _ = write!(form, "{other},");
                        }
                    }
                }
                form.push(']');
            }
            other => {
                let _ = write!(form, "{other},");
            }
        }
    }
    form.push('}');
}

/// Gives the members of a union that are no types of their own a title, which becomes their name in Rust.
fn title_members(union: &str, schema: &mut Map<String, Value>) {
    let tagged = schema.contains_key("discriminator");
    for keyword in ["anyOf", "oneOf"] {
        let Some(members) = schema.get_mut(keyword).and_then(Value::as_array_mut) else { continue };
        for member in members.iter_mut().filter(|member| !tagged && member.get("$ref").is_none()) {
            let title = naming::member(union, json_type(member));
            if let Some(member) = member.as_object_mut() {
                member.entry("title").or_insert(json!(title));
            }
        }
    }
}

/// Gives components the names that `naming.rs` has for them.
fn rename_components(document: &mut Value) {
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else { return };
    let mut originals: Vec<String> = schemas.keys().cloned().collect();
    // Names that stay as they are come first, so that a renamed one gives way to them.
    originals.sort_by_key(|name| (naming::component(name) != *name, name.clone()));
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for original in originals {
        let mut name = naming::component(&original);
        while !taken.insert(name.clone()) {
            name.push_str("Other");
        }
        if name != original {
            renamed.insert(original, name);
        }
    }
    if renamed.is_empty() {
        return;
    }
    *schemas = std::mem::take(schemas)
        .into_iter()
        .map(|(name, schema)| (renamed.get(&name).cloned().unwrap_or(name), schema))
        .collect();
    rewrite_references(document, |target| {
        renamed.get(target.strip_prefix(SCHEMAS)?).map(|name| format!("{SCHEMAS}{name}"))
    });
}

/// Replaces the targets of references, in schemas and in the mappings of discriminators.
fn rewrite_references(document: &mut Value, rename: impl Fn(&str) -> Option<String>) {
    let replace = |target: &mut Value| {
        if let Some(new) = target.as_str().and_then(&rename) {
            *target = Value::String(new);
        }
    };
    walk::each_schema(document, &mut |_, schema| {
        if let Some(target) = schema.get_mut("$ref") {
            replace(target);
        }
        let mapping = schema.get_mut("discriminator").and_then(|discriminator| discriminator.get_mut("mapping"));
        for target in mapping.and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
            replace(target);
        }
    });
}
