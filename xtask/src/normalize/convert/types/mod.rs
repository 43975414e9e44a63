//! Moves every inline schema that needs a type into the components, under a readable name.
//!
//! Before: `{"AssistantMessage": {"properties": {"tool_calls": {"items": {"properties": {"id": …}}}}}}`
//! After: `{"AssistantMessage": {"properties": {"tool_calls": {"items": {"$ref": "#/components/schemas/ToolCall"}}}},
//! "ToolCall": {"properties": {"id": …}}}`
//!
//! Equal inline schemas become one type, but components are never merged. Names come from titles and from where the
//! types are used, and do not depend on the order in the document. If the members of a union differ in a constant
//! property, the union gets a `discriminator`.

mod form;
mod names;
mod unions;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use crate::normalize::{
    Warnings,
    convert::structure::reason_phrase,
    labels, naming, pointers, shapes,
    walk::{self, Kind},
};
use form::form;
use names::rename_components;
use unions::{members, title_members};

/// The prefix of a reference to a shape that has no name yet.
const SHAPE: &str = "#/shape/";

/// Keywords that describe one use of a type instead of the type.
const SITE: &[&str] =
    &["nullable", "deprecated", "readOnly", "writeOnly", "description", "example", "x-examples", "x-default"];

/// Which names the types get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    /// The names that the document suggests.
    Suggested,
    /// The names in this project's tables, if they have one. Equal components become one type.
    Ours,
}

pub(super) fn run(document: &mut Value, _: &mut Warnings) {
    Hoist::new(document, Names::Suggested).run(document);
}

/// The same with the names in this project's tables.
pub(in crate::normalize) fn run_with_tables(document: &mut Value, _: &mut Warnings) {
    // Merging two components can make two others equal. Each round but the last merges at least one pair, so this ends.
    while Hoist::new(document, Names::Ours).run(document) {}
}

/// The user of a shape.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    /// An operation or a reusable response, parameter or body, by its name.
    Root(String),
    /// A shape, by its number.
    Shape(usize),
}

struct Shape {
    schema: Map<String, Value>,
    /// The same text for all schemas of the same type.
    form: String,
    /// The users of the shape, with the place in each.
    uses: BTreeSet<(Owner, String)>,
    /// The names of the components with this shape.
    names: BTreeSet<String>,
    /// Longer names, for example with the status of a response.
    alternatives: BTreeSet<String>,
}

/// Shapes taken out of a schema, before their owner is known.
type Pending = Vec<(usize, String)>;

struct Hoist {
    whose: Names,
    /// The original components that are members of unions, to find the tag of a union.
    members: Map<String, Value>,
    shapes: Vec<Shape>,
    by_form: HashMap<String, usize>,
}

impl Hoist {
    fn new(document: &mut Value, whose: Names) -> Self {
        rename_components(document, whose);
        Self { whose, members: members(document), shapes: Vec::new(), by_form: HashMap::new() }
    }

    /// Returns whether components were merged.
    fn run(mut self, document: &mut Value) -> bool {
        // Components without a type of their own, such as strings, keep their names. Only the types inside them are
        // moved.
        let mut kept = Map::new();
        for (name, mut schema) in shapes::take_schemas(document) {
            let mut pending = Pending::new();
            self.children(&mut schema, "", &mut pending);
            match schema {
                Value::Object(schema) if shapes::is_named(&schema) && !schema.contains_key("$ref") => {
                    let number = match self.whose {
                        Names::Ours => self.intern(schema, pending),
                        Names::Suggested => self.intern_component(schema, pending),
                    };
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
            title_members(name, &mut schema, self.whose);
            schemas.insert(name.clone(), Value::Object(schema));
        }
        shapes::put_schemas(document, schemas);
        let to = |name: &String| pointers::reference("schemas", name);
        let mut targets: HashMap<String, String> =
            renamed.iter().filter(|(old, new)| old != new).map(|(old, new)| (to(old), to(new))).collect();
        targets.extend(names.iter().enumerate().map(|(number, name)| (format!("{SHAPE}{number}"), to(name))));
        pointers::rewrite(document, &targets);
        merged
    }

    /// Moves the schemas of operations and of reusable parameters, bodies and responses.
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
                self.response(&name, status, response);
            }
        });
        // The rest: shared parameters, headers, callbacks.
        walk::visit(document, &mut |place, value| {
            let name = place.key();
            match place.kind {
                Kind::Parameter => self.parameter(name, value),
                Kind::Header => self.header(name, value),
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

    fn header(&mut self, name: &str, header: &mut Value) {
        if let Some(schema) = header.get_mut("schema") {
            let mut pending = Pending::new();
            self.lift(schema, ".header", &mut pending);
            self.own(&Owner::Root(name.to_owned()), pending);
        }
        self.media(name, ".header", header);
    }

    fn media(&mut self, owner: &str, edge: &str, value: &mut Value) {
        self.media_of(owner, edge, None, value);
    }

    /// Moves the schemas of a response. Its status may distinguish them from others of the same operation.
    fn response(&mut self, owner: &str, status: &str, response: &mut Value) {
        let (edge, kind) = match status.as_bytes() {
            [b'1' | b'2', ..] => (".response", "response"),
            _ => (".error", "error"),
        };
        let alternative = naming::of_status(owner, reason_phrase(status), kind);
        self.media_of(owner, edge, Some(&alternative), response);
    }

    fn media_of(&mut self, owner: &str, edge: &str, alternative: Option<&str>, value: &mut Value) {
        for (kind, media) in value.get_mut("content").and_then(Value::as_object_mut).into_iter().flatten() {
            // A form often has other fields than the JSON body of the same operation, so it gets its own name.
            let edge = if edge == ".request" && kind.starts_with("multipart/") { ".form" } else { edge };
            if let Some(schema) = media.get_mut("schema") {
                let mut pending = Pending::new();
                self.lift(schema, edge, &mut pending);
                for (number, place) in &pending {
                    if let Some(shape) = self.shapes.get_mut(*number).filter(|_| place == edge) {
                        shape.alternatives.extend(alternative.map(str::to_owned));
                    }
                }
                self.own(&Owner::Root(owner.to_owned()), pending);
            }
        }
    }

    /// Moves the types inside a schema, then the schema itself if it is a type.
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
        // In this project's document a default belongs to the type. In other documents each use of a type may have its
        // own.
        let default = ["default"].iter().filter(|_| self.whose == Names::Suggested);
        for key in SITE.iter().chain(default) {
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

    /// Moves the types directly inside a schema.
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

    /// Moves the members of a union, and records the property that distinguishes them.
    fn members(&mut self, object: &mut Map<String, Value>, edge: &str, pending: &mut Pending) {
        let tag = shapes::union_members(object).and_then(|members| shapes::union_tag(members, &self.members));
        let told_by = object.get("discriminator").and_then(|it| it.get("propertyName")?.as_str()).map(str::to_owned);
        let mut mapping = Map::new();
        for keyword in ["anyOf", "oneOf"] {
            let Some(members) = object.get_mut(keyword).and_then(Value::as_array_mut) else { continue };
            let labels = labels::labels(members, &self.members);
            for (index, member) in members.iter_mut().enumerate() {
                let values = tag.as_ref().and_then(|tag| tag.values.get(index));
                let label = match values.map(Vec::as_slice) {
                    // The last member is open: it accepts every value that the others do not. It is not a type of its
                    // own.
                    Some([]) => {
                        self.children(member, edge, pending);
                        continue;
                    }
                    Some([value]) => value.clone(),
                    Some(_) => "*".to_owned(),
                    None => labels.get(index).cloned().unwrap_or_default(),
                };
                // An inline member states the values of its tag, even if other members do not.
                let alone =
                    told_by.as_deref().filter(|told_by| tag.as_ref().is_none_or(|tag| tag.property != *told_by));
                let own = alone.and_then(|property| shapes::tag_values(member.as_object()?, property));
                self.lift(member, &format!("{edge}({label})"), pending);
                for value in values.filter(|_| alone.is_none()).or(own.as_ref()).into_iter().flatten() {
                    mapping.extend(member.get("$ref").map(|target| (value.clone(), target.clone())));
                }
            }
        }
        let property = match (told_by, &tag) {
            (Some(told_by), _) => told_by,
            (None, Some(tag)) => tag.property.clone(),
            (None, None) => return,
        };
        match object.get_mut("discriminator").and_then(Value::as_object_mut) {
            Some(known) => {
                if mapping.is_empty() {
                    return;
                }
                if let Some(known) = known.entry("mapping").or_insert_with(|| json!({})).as_object_mut() {
                    for (value, target) in mapping {
                        known.entry(value).or_insert(target);
                    }
                    known.sort_keys();
                }
            }
            None => {
                mapping.sort_keys();
                let discriminator = json!({ "mapping": mapping, "propertyName": property });
                object.insert("discriminator".to_owned(), discriminator);
            }
        }
    }

    /// The number of the shape of this schema, which may be new.
    fn intern(&mut self, schema: Map<String, Value>, children: Pending) -> usize {
        let form = form(&schema);
        let number = match self.by_form.get(&form) {
            Some(number) => {
                // If uses have different defaults, the type has none.
                let known = &mut self.shapes[*number].schema;
                if known.get("default") != schema.get("default") {
                    known.shift_remove("default");
                }
                *number
            }
            None => {
                let number = self.shapes.len();
                self.by_form.insert(form.clone(), number);
                self.add(schema, form);
                number
            }
        };
        self.own(&Owner::Shape(number), children);
        number
    }

    /// The number of a component. Each component has its own type, even if another has the same shape. Inline schemas
    /// with this shape are uses of the first such component.
    fn intern_component(&mut self, schema: Map<String, Value>, children: Pending) -> usize {
        let form = form(&schema);
        let unnamed = |number: &usize| self.shapes.get(*number).is_some_and(|shape| shape.names.is_empty());
        let number = match self.by_form.get(&form).copied() {
            Some(number) if unnamed(&number) => {
                self.shapes[number].schema = schema;
                number
            }
            known => {
                let number = self.shapes.len();
                if known.is_none() {
                    self.by_form.insert(form.clone(), number);
                }
                self.add(schema, form);
                number
            }
        };
        self.own(&Owner::Shape(number), children);
        number
    }

    fn add(&mut self, schema: Map<String, Value>, form: String) {
        let (uses, names, alternatives) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        self.shapes.push(Shape { schema, form, uses, names, alternatives });
    }

    fn own(&mut self, owner: &Owner, children: Pending) {
        for (number, edge) in children {
            self.shapes[number].uses.insert((owner.clone(), edge));
        }
    }
}
