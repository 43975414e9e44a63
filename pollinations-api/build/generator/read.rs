//! Reads the types of a document.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    document::{component, flag, list, object, resolve, text},
    model::{Definition, Enum, Field, Member, Shape, Struct, Type, Union},
    names::{Taken, pascal, snake},
};

/// Names of the generated types and modules themselves, in addition to the methods of a struct.
const TYPE_NAMES: [&str; 1] = ["Self"];
const FIELD_NAMES: [&str; 2] = ["build", "__extra"];

/// All types of a document.
pub(crate) struct Types<'a> {
    document: &'a Value,
    pub(crate) definitions: BTreeMap<String, Definition>,
    /// The Rust name of each component that has its own definition.
    components: BTreeMap<String, String>,
    taken: Taken,
    /// The tags of each component, and their values in unions.
    tags: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    /// The components being resolved, to detect those that only refer to themselves.
    open: Vec<String>,
}

/// A schema, without its nullability.
struct Seen {
    ty: Type,
    nullable: bool,
}

impl<'a> Types<'a> {
    pub(crate) fn read(document: &'a Value) -> Self {
        let mut types = Self {
            document,
            definitions: BTreeMap::new(),
            components: BTreeMap::new(),
            taken: Taken::new(&TYPE_NAMES),
            tags: BTreeMap::new(),
            open: Vec::new(),
        };
        let schemas: Vec<(&String, &Value)> = object(&document["components"], "schemas").collect();
        for (_, schema) in &schemas {
            types.note_tags(schema);
        }
        // Names come first: a component keeps its name, whatever inline types are called. Their alphabetical order,
        // and not the order in the document, decides which of two equal names gets an underscore.
        let mut named: Vec<&String> =
            schemas.iter().filter(|(_, schema)| types.is_definition(schema)).map(|(name, _)| *name).collect();
        named.sort();
        for name in named {
            let rust = types.taken.take(pascal(name));
            types.components.insert(name.clone(), rust);
        }
        for (name, schema) in schemas {
            if let Some(rust) = types.components.get(name).cloned() {
                types.define(rust, schema);
            }
        }
        types
    }

    /// The Rust name of each component that has its own type.
    pub(crate) fn components(&self) -> BTreeMap<String, String> {
        self.components.clone()
    }

    /// Reads the type of any schema. `hint` is its name, if it needs one.
    pub(crate) fn of(&mut self, schema: &Value, hint: &str) -> (Type, bool) {
        let seen = self.look(schema, hint);
        (seen.ty, seen.nullable)
    }

    /// Whether a component has its own type, instead of being an alias for a list, a string and so on.
    fn is_definition(&self, schema: &Value) -> bool {
        match self.sort(schema) {
            Sort::Struct | Sort::Enum | Sort::Union => true,
            Sort::Same(_) | Sort::Plain => false,
        }
    }

    fn note_tags(&mut self, schema: &Value) {
        let Some(tag) = schema.pointer("/discriminator/propertyName").and_then(Value::as_str) else { return };
        for (value, member) in tagged_members(schema) {
            let tags = self.tags.entry(member).or_default();
            tags.entry(tag.to_owned()).or_default().insert(value);
        }
    }

    fn sort(&self, schema: &Value) -> Sort {
        if component(schema).is_some() {
            return Sort::Same(schema.clone());
        }
        let members = union_members(schema);
        if !members.is_empty() {
            let has_properties = schema.get("properties").is_some();
            let told = members.iter().any(|member| says_a_type(resolve(self.document, member)));
            let nulls: Vec<&Value> = members.iter().filter(|member| !is_null(member)).copied().collect();
            if !told {
                // The union only says which properties belong together.
            } else if has_properties {
                return Sort::Struct;
            } else if let [only] = nulls.as_slice() {
                let mut only = (*only).clone();
                if members.len() > 1 {
                    only = json!({ "allOf": [only], "nullable": true });
                }
                return Sort::Same(only);
            } else if self.known_strings(schema).is_some() {
                return Sort::Enum;
            } else {
                return Sort::Union;
            }
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array).filter(|parts| !parts.is_empty()) {
            let telling: Vec<&Value> = parts.iter().filter(|part| says_a_type(resolve(self.document, part))).collect();
            if let [only] = telling.as_slice()
                && schema.get("properties").is_none()
            {
                return Sort::Same((*only).clone());
            }
            if self.properties(schema, &mut Vec::new()).is_empty() {
                return telling.first().map_or(Sort::Plain, |first| Sort::Same((*first).clone()));
            }
            return Sort::Struct;
        }
        let strings = list(schema, "enum").iter().filter(|value| !value.is_null());
        if strings.clone().count() > 1 && strings.clone().all(Value::is_string) {
            return Sort::Enum;
        }
        if object(schema, "properties").next().is_some() {
            return Sort::Struct;
        }
        Sort::Plain
    }

    fn look(&mut self, schema: &Value, hint: &str) -> Seen {
        let nullable = flag(schema, "nullable")
            || list(schema, "type").iter().any(|kind| kind == "null")
            || list(schema, "enum").iter().any(Value::is_null)
            || union_members(schema).iter().any(is_null);
        if let Some(name) = component(schema) {
            let Some(target) = self.document["components"]["schemas"].get(name) else {
                return Seen { ty: Type::Any, nullable };
            };
            if let Some(rust) = self.components.get(name) {
                let nullable = nullable || self.may_be_null(target);
                return Seen { ty: Type::Named(rust.clone()), nullable };
            }
            if self.open.iter().any(|open| open == name) {
                return Seen { ty: Type::Any, nullable };
            }
            self.open.push(name.to_owned());
            let seen = self.look(target, name);
            self.open.pop();
            return Seen { nullable: nullable || seen.nullable, ..seen };
        }
        let ty = match self.sort(schema) {
            Sort::Same(other) => {
                let seen = self.look(&other, hint);
                return Seen { nullable: nullable || seen.nullable, ..seen };
            }
            Sort::Plain => self.plain(schema, hint),
            Sort::Struct | Sort::Enum | Sort::Union => {
                let wanted = schema.get("title").and_then(Value::as_str).unwrap_or(hint);
                let rust = self.taken.take(pascal(wanted));
                self.define(rust.clone(), schema);
                Type::Named(rust)
            }
        };
        Seen { ty, nullable }
    }

    /// Whether a component itself allows null.
    fn may_be_null(&self, schema: &Value) -> bool {
        flag(schema, "nullable")
            || list(schema, "type").iter().any(|kind| kind == "null")
            || list(schema, "enum").iter().any(Value::is_null)
            || union_members(schema).iter().any(is_null)
    }

    fn plain(&mut self, schema: &Value, hint: &str) -> Type {
        let kind = match schema.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            Some(Value::Array(kinds)) => {
                let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect();
                if kinds.len() > 1 {
                    return Type::Any;
                }
                kinds.first().copied().unwrap_or_default()
            }
            _ if schema.get("items").is_some() => "array",
            _ if schema.get("additionalProperties").is_some_and(Value::is_object) => "object",
            _ if list(schema, "enum").iter().any(Value::is_string) => "string",
            _ => "",
        };
        match kind {
            "string" => Type::String,
            "boolean" => Type::Bool,
            "number" => Type::Float,
            "integer" => {
                let least = schema.get("minimum").and_then(Value::as_f64);
                if least.is_some_and(|least| least >= 0.0) { Type::Unsigned } else { Type::Signed }
            }
            "array" => match schema.get("items") {
                Some(items) => {
                    let seen = self.look(items, &format!("{hint}-item"));
                    Type::List(Box::new(if seen.nullable { Type::Nullable(Box::new(seen.ty)) } else { seen.ty }))
                }
                None => Type::List(Box::new(Type::Any)),
            },
            "object" => match schema.get("additionalProperties") {
                Some(values) if values.as_object().is_some_and(|values| !values.is_empty()) => {
                    let seen = self.look(values, &format!("{hint}-value"));
                    match seen.ty {
                        Type::Any => Type::Object,
                        ty if seen.nullable => Type::Map(Box::new(Type::Nullable(Box::new(ty)))),
                        ty => Type::Map(Box::new(ty)),
                    }
                }
                _ => Type::Object,
            },
            _ => Type::Any,
        }
    }

    fn define(&mut self, name: String, schema: &Value) {
        let doc = text(schema, "description");
        let (doc, shape) = match self.sort(schema) {
            Sort::Enum => {
                let known = self.known_strings(schema).unwrap_or(schema);
                let values: Vec<String> = strings(known);
                let default = schema.get("default").or_else(|| known.get("default")).and_then(Value::as_str);
                let default = default.filter(|default| values.iter().any(|value| value == default)).map(str::to_owned);
                let doc = if doc.is_empty() { text(known, "description") } else { doc };
                let doc =
                    if doc.is_empty() { format!("One of `{}`, or something newer.", values.join("`, `")) } else { doc };
                (doc, Shape::Enum(Enum { values, default }))
            }
            Sort::Union => {
                let union = self.union(&name, schema);
                (if doc.is_empty() { "One of several types.".to_owned() } else { doc }, Shape::Union(union))
            }
            Sort::Struct | Sort::Same(_) | Sort::Plain => {
                let object = self.structure(&name, schema);
                (if doc.is_empty() { format!("`{name}`") } else { doc }, Shape::Struct(object))
            }
        };
        self.definitions.insert(name.clone(), Definition { name, doc, shape });
    }

    /// A union of known strings and any string is an enumeration, because ours are open.
    fn known_strings<'b>(&'b self, schema: &'b Value) -> Option<&'b Value> {
        if schema.get("enum").is_some() {
            return Some(schema);
        }
        let members: Vec<&Value> = union_members(schema)
            .into_iter()
            .filter(|member| !is_null(member))
            .map(|member| resolve(self.document, member))
            .collect();
        let is_string = |member: &&Value| member.get("type").is_some_and(|kind| kind == "string");
        if !members.iter().all(is_string) {
            return None;
        }
        let known: Vec<&&Value> = members.iter().filter(|member| member.get("enum").is_some()).collect();
        match known.as_slice() {
            [known] if members.len() > 1 => Some(known),
            _ => None,
        }
    }

    fn union(&mut self, name: &str, schema: &Value) -> Union {
        let tag = schema.pointer("/discriminator/propertyName").and_then(Value::as_str);
        if let Some(tag) = tag {
            let members = tagged_members(schema);
            let structs = members.iter().all(|(_, member)| {
                let schema = &self.document["components"]["schemas"][member];
                self.components.contains_key(member) && matches!(self.sort(schema), Sort::Struct)
            });
            if structs && !members.is_empty() {
                let members = members
                    .into_iter()
                    .filter_map(|(label, member)| {
                        let ty = Type::Named(self.components.get(&member)?.clone());
                        Some(Member { label, ty, boxed: false })
                    })
                    .collect();
                return Union { tag: Some(tag.to_owned()), members };
            }
        }
        let mut members: Vec<Member> = Vec::new();
        for member in union_members(schema).into_iter().filter(|member| !is_null(member)) {
            let seen = self.look(&member.clone(), &format!("{name}-{}", kind_of(member)));
            // A union that is a member of itself adds no values.
            let is_itself = matches!(&seen.ty, Type::Named(other) if other == name);
            if is_itself || members.iter().any(|other| other.ty == seen.ty) || seen.ty == Type::Any {
                continue;
            }
            let label = match member.get("title").and_then(Value::as_str) {
                Some(title) => title.to_owned(),
                None => match &seen.ty {
                    Type::Named(other) => {
                        other.strip_prefix(name).filter(|rest| !rest.is_empty()).unwrap_or(other).to_owned()
                    }
                    _ => component(member).map_or_else(|| kind_of(member).to_owned(), str::to_owned),
                },
            };
            members.push(Member { label, ty: seen.ty, boxed: false });
        }
        Union { tag: None, members }
    }

    fn structure(&mut self, name: &str, schema: &Value) -> Struct {
        // Sorted, so that the same value is always serialized to the same bytes, whatever the order in the document.
        let mut properties = self.properties(schema, &mut Vec::new());
        properties.sort_by(|(one, _), (other, _)| one.cmp(other));
        let component = self.components.iter().find(|(_, rust)| *rust == name).map(|(component, _)| component.clone());
        let tags = component.and_then(|component| self.tags.get(&component).cloned()).unwrap_or_default();
        let mut idents = Taken::new(&FIELD_NAMES);
        let mut fields = Vec::new();
        for (wire, property) in properties {
            let ident = idents.take(snake(&wire));
            let Property { schema: property, required, essential } = property;
            let given = tags.get(&wire);
            let mut constant = constant(resolve(self.document, &property));
            let is_tag = match (given.map(|values| values.iter().collect::<Vec<_>>()).as_deref(), &constant) {
                (Some([only]), None) if is_bare_string(&property) => {
                    constant = Some((*only).clone());
                    true
                }
                (Some([only]), Some(value)) => value == *only,
                _ => false,
            };
            let seen = self.look(&property, &format!("{name}-{wire}"));
            let doc = text(&property, "description");
            let doc = if doc.is_empty() { format!("`{wire}` in JSON.") } else { doc };
            // An essential property cannot be null.
            let nullable = seen.nullable && !essential;
            fields.push(Field {
                ident: if is_tag { String::new() } else { ident },
                doc,
                ty: if constant.is_some() { Type::String } else { seen.ty },
                required,
                nullable,
                essential,
                constant: constant.filter(|_| !nullable || is_tag),
                boxed: false,
                secret: text(resolve(self.document, &property), "format") == "password",
                wire,
            });
        }
        Struct { fields, strict: false }
    }

    /// The properties of an object, including those of all its parts.
    fn properties(&self, schema: &Value, open: &mut Vec<String>) -> Vec<(String, Property)> {
        let mut properties: Map<String, Value> = Map::new();
        let mut found: Vec<(String, Property)> = Vec::new();
        if let Some(name) = component(schema) {
            if open.iter().any(|open| open == name) {
                return found;
            }
            open.push(name.to_owned());
            let found = self.properties(resolve(self.document, schema), open);
            open.pop();
            return found;
        }
        let mut add = |name: String, property: Property| match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => {
                known.required |= property.required;
                known.essential |= property.essential;
                // The more specific of two schemas: the one with a type.
                if !says_a_type(&known.schema) || constant(&property.schema).is_some() {
                    known.schema = property.schema;
                }
            }
            None => found.push((name, property)),
        };
        for part in list(schema, "allOf") {
            for (name, property) in self.properties(part, open) {
                add(name, property);
            }
        }
        for (name, property) in object(schema, "properties") {
            properties.insert(name.clone(), property.clone());
        }
        for (name, property) in properties {
            let essential =
                flag(&property, "x-essential") || names(schema, "x-essential").any(|essential| essential == name);
            add(name, Property { schema: property, required: false, essential });
        }
        for member in union_members(schema) {
            // One of these schemas, so that any of their properties may occur.
            for (name, property) in self.properties(member, open) {
                add(name, Property { required: false, ..property });
            }
        }
        for (name, property) in &mut found {
            property.required |= names(schema, "required").any(|required| required == name);
            property.essential |= names(schema, "x-essential").any(|essential| essential == name);
            property.required |= property.essential;
        }
        found
    }
}

enum Sort {
    Struct,
    Enum,
    Union,
    /// Another schema already covers it.
    Same(Value),
    Plain,
}

struct Property {
    schema: Value,
    required: bool,
    essential: bool,
}

fn names<'a>(schema: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    list(schema, key).iter().filter_map(Value::as_str)
}

/// The values of a tag and their components: those that the document lists, otherwise the names of the members.
fn tagged_members(schema: &Value) -> Vec<(String, String)> {
    let mapped: Vec<(String, String)> = object(&schema["discriminator"], "mapping")
        .filter_map(|(value, target)| {
            let target = target.as_str()?;
            Some((value.clone(), target.rsplit('/').next()?.to_owned()))
        })
        .collect();
    let implied = union_members(schema).into_iter().filter_map(component);
    let implied = implied.filter(|name| !mapped.iter().any(|(_, member)| member == name));
    let implied: Vec<(String, String)> = implied.map(|name| (name.to_owned(), name.to_owned())).collect();
    mapped.into_iter().chain(implied).collect()
}

fn union_members(schema: &Value) -> Vec<&Value> {
    ["oneOf", "anyOf"].iter().flat_map(|keyword| list(schema, keyword)).collect()
}

fn is_null(schema: &&Value) -> bool {
    schema.get("type").is_some_and(|kind| kind == "null")
        || matches!(list(schema, "enum"), [Value::Null])
        || schema.get("const").is_some_and(Value::is_null)
}

/// Whether a schema affects the type.
fn says_a_type(schema: &Value) -> bool {
    ["$ref", "type", "properties", "items", "enum", "const", "allOf", "oneOf", "anyOf", "additionalProperties"]
        .iter()
        .any(|keyword| schema.get(*keyword).is_some())
}

fn is_bare_string(schema: &Value) -> bool {
    schema.get("type").is_none_or(|kind| kind == "string")
        && schema.get("enum").is_none()
        && schema.get("$ref").is_none()
        && schema.get("allOf").is_none()
}

/// The only string that a schema allows.
fn constant(schema: &Value) -> Option<String> {
    if let Some(value) = schema.get("const").and_then(Value::as_str) {
        return Some(value.to_owned());
    }
    let mut values = list(schema, "enum").iter().filter(|value| !value.is_null());
    match (values.next(), values.next()) {
        (Some(Value::String(value)), None) => Some(value.clone()),
        _ => None,
    }
}

fn strings(schema: &Value) -> Vec<String> {
    let mut strings: Vec<String> = Vec::new();
    for value in list(schema, "enum").iter().filter_map(Value::as_str) {
        if !strings.iter().any(|known| known == value) {
            strings.push(value.to_owned());
        }
    }
    strings
}

/// A name for a schema without a name.
fn kind_of(schema: &Value) -> &'static str {
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => "Text",
        Some("integer") => "Integer",
        Some("number") => "Number",
        Some("boolean") => "Flag",
        Some("array") => "List",
        Some("object") => "Object",
        _ => "Value",
    }
}
