//! What progenitor cannot know, taken out of the document before it reads it.
//!
//! - Enumerations and unions leave the document for `model.rs`, which makes them open.
//! - Bounds, patterns and formats go: the server judges a value, not the type that carries it.
//! - Constants become plain strings that fill themselves in.
//! - A body that is not JSON becomes a raw body with a content type, multipart included.
//! - An operation keeps one success type and one error type.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

const SCHEMAS: &str = "#/components/schemas/";
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The document for progenitor, and what was taken out of it.
pub(crate) struct Lowered {
    pub(crate) document: Value,
    pub(crate) enums: Vec<Enum>,
    pub(crate) unions: Vec<Union>,
    /// The types of JSON request bodies.
    pub(crate) request_bodies: BTreeSet<String>,
    /// Where the operations are of which the document says nothing else.
    pub(crate) server: String,
    pub(crate) operations: Vec<Operation>,
}

/// What the document says of an operation besides its parameters and types.
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) server: String,
    pub(crate) is_public: bool,
    pub(crate) is_coalesced: bool,
}

/// A set of strings, of which some are known.
pub(crate) struct Enum {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) values: Vec<String>,
    pub(crate) default: Option<String>,
}

/// A choice between types.
pub(crate) struct Union {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) members: Members,
    /// Whether a value can hold another of the same type, so that its members need a box.
    pub(crate) recursive: bool,
}

pub(crate) enum Members {
    /// Told apart by the value of a property; each with the type that holds the other properties, if there are any.
    Tagged { property: String, variants: Vec<(String, Option<String>)> },
    /// Told apart by their JSON type; each with its name and schema.
    Untagged(Vec<(String, Value)>),
}

pub(crate) fn lower(mut document: Value) -> Lowered {
    let server = server(&document).unwrap_or_default();
    let described = describe(&document, &server);
    let mut schemas = take_schemas(&mut document);
    open_enums(&mut schemas);
    let unions = take_unions(&mut schemas);
    let enums = take_enums(&mut schemas);
    for schema in schemas.values_mut() {
        plain(schema);
    }
    let mut request_bodies = BTreeSet::new();
    let mut forms = BTreeSet::new();
    for item in document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        item.as_object_mut().into_iter().for_each(plain_parameters);
    }
    operations(&mut document, |operation| {
        if let Some(form) =
            operation.get("requestBody").and_then(|body| body.pointer("/content/multipart~1form-data/schema"))
        {
            forms.extend(target(form).map(str::to_owned));
        }
        plain_parameters(operation);
        if let Some(name) = body(operation) {
            request_bodies.insert(name);
        }
        responses(operation);
    });
    request_bodies.retain(|name| {
        // A type without required properties has a `Default` of its own.
        schemas.get(name).and_then(|schema| schema.get("required")?.as_array()).is_some_and(|names| !names.is_empty())
    });
    forgive(&document, &mut schemas, &unions);
    let used = references(&document, &schemas, &unions);
    let (enums, unused): (Vec<Enum>, Vec<Enum>) = enums.into_iter().partition(|item| used.contains(&item.name));
    schemas.retain(|name, _| !unused.iter().any(|item| item.name == *name));
    // A form is sent as bytes; a struct of strings would only mislead.
    schemas.retain(|name, _| !forms.contains(name) || used.contains(name));
    document["components"]["schemas"] = Value::Object(schemas);
    Lowered { document, enums, unions, request_bodies, server, operations: described }
}

/// The first server of a document, a path or an operation.
fn server(holder: &Value) -> Option<String> {
    let url = holder.get("servers")?.get(0)?.get("url")?.as_str()?;
    Some(url.trim_end_matches('/').to_owned())
}

fn describe(document: &Value, default: &str) -> Vec<Operation> {
    let mut described = Vec::new();
    for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        for (method, operation) in METHODS.iter().filter_map(|method| Some((*method, item.get(*method)?))) {
            let Some(id) = operation.get("operationId").and_then(Value::as_str) else { continue };
            // Only if it says so: a document that says nothing of keys has forgotten them.
            let is_public = operation.get("security").and_then(Value::as_array).is_some_and(Vec::is_empty);
            let is_coalesced = operation.get("x-coalesced") == Some(&Value::Bool(true));
            described.push(Operation {
                id: id.to_owned(),
                method: method.to_ascii_uppercase(),
                path: path.clone(),
                server: server(operation).or_else(|| server(item)).unwrap_or_else(|| default.to_owned()),
                is_public,
                is_coalesced,
            });
        }
    }
    described.sort_by(|one, other| one.id.cmp(&other.id));
    described
}

fn take_schemas(document: &mut Value) -> Map<String, Value> {
    match document.pointer_mut("/components/schemas").map(Value::take) {
        Some(Value::Object(schemas)) => schemas,
        _ => Map::new(),
    }
}

fn description(schema: &Value) -> Option<String> {
    schema.get("description").and_then(Value::as_str).map(str::to_owned)
}

/// The name of the component that a schema refers to, directly or as the only member of `allOf`.
fn target(schema: &Value) -> Option<&str> {
    let reference = schema.get("$ref").or_else(|| match schema.get("allOf")?.as_array()?.as_slice() {
        [only] => only.get("$ref"),
        _ => None,
    })?;
    reference.as_str()?.strip_prefix(SCHEMAS)
}

/// A union of known strings and any string is an enumeration: ours are open anyway.
fn open_enums(schemas: &mut Map<String, Value>) {
    let originals = schemas.clone();
    for schema in schemas.values_mut() {
        let Some(members) = ["anyOf", "oneOf"].iter().find_map(|keyword| schema.get(*keyword)?.as_array()) else {
            continue;
        };
        let string = |member: &Value| member.get("type").is_some_and(|kind| kind == "string");
        let resolved: Vec<&Value> = members
            .iter()
            .map(|member| target(member).and_then(|name| originals.get(name)).unwrap_or(member))
            .collect();
        let (known, any): (Vec<&Value>, Vec<&Value>) = resolved.iter().partition(|member| member.get("enum").is_some());
        if let [known] = known.as_slice()
            && !any.is_empty()
            && resolved.iter().all(|member| string(member))
        {
            let mut known = (*known).clone();
            if let (Some(text), Some(known)) = (description(schema), known.as_object_mut()) {
                known.insert("description".to_owned(), json!(text));
            }
            *schema = known;
        }
    }
}

fn take_unions(schemas: &mut Map<String, Value>) -> Vec<Union> {
    let mut unions = Vec::new();
    let mut bare = BTreeSet::new();
    let originals = schemas.clone();
    for (name, schema) in &originals {
        let Some(members) = ["anyOf", "oneOf"].iter().find_map(|keyword| schema.get(*keyword)?.as_array()) else {
            continue;
        };
        let members = match schema.get("discriminator") {
            Some(discriminator) => tagged(discriminator, schemas, &originals, &mut bare),
            None => Some(Members::Untagged(
                members.iter().map(|member| (member_name(name, member), member.clone())).collect(),
            )),
        };
        if let Some(members) = members {
            let recursive = holds_itself(name, &originals);
            unions.push(Union { name: name.clone(), description: description(schema), members, recursive });
            schemas.insert(name.clone(), json!({}));
        }
    }
    schemas.retain(|name, _| !bare.contains(name));
    unions
}

/// Whether a type holds itself by value: through properties and members, but not through lists and maps, which are
/// somewhere else in memory.
fn holds_itself(name: &str, schemas: &Map<String, Value>) -> bool {
    fn by_value<'a>(schema: &'a Value, found: &mut Vec<&'a str>) {
        found.extend(target(schema));
        for property in schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::values) {
            by_value(property, found);
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            for member in schema.get(keyword).and_then(Value::as_array).into_iter().flatten() {
                by_value(member, found);
            }
        }
    }
    let mut seen = BTreeSet::new();
    let mut open = vec![name];
    while let Some(next) = open.pop() {
        let mut held = Vec::new();
        schemas.get(next).into_iter().for_each(|schema| by_value(schema, &mut held));
        if held.contains(&name) {
            return true;
        }
        open.extend(held.into_iter().filter(|name| seen.insert(*name)));
    }
    false
}

/// The variants of a tagged union. Its members lose the tag, which serde writes; one that is the tag and nothing else
/// goes into `bare`.
fn tagged(
    discriminator: &Value,
    schemas: &mut Map<String, Value>,
    originals: &Map<String, Value>,
    bare: &mut BTreeSet<String>,
) -> Option<Members> {
    let property = discriminator.get("propertyName")?.as_str()?.to_owned();
    let mut variants = Vec::new();
    for (value, reference) in discriminator.get("mapping")?.as_object()? {
        let member = reference.as_str()?.strip_prefix(SCHEMAS)?.to_owned();
        let properties = originals.get(&member)?.get("properties")?.as_object()?;
        if properties.len() > 1 {
            let schema = schemas.get_mut(&member)?;
            if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
                properties.shift_remove(&property);
            }
            if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
                required.retain(|name| *name != property);
            }
            variants.push((value.clone(), Some(member)));
        } else {
            variants.push((value.clone(), None));
            bare.insert(member);
        }
    }
    Some(Members::Tagged { property, variants })
}

/// A title names the member; otherwise a reference does, without what it shares with the union's name.
fn member_name(union: &str, member: &Value) -> String {
    if let Some(title) = member.get("title").and_then(Value::as_str) {
        return title.to_owned();
    }
    let name = target(member).unwrap_or("Object");
    name.strip_prefix(union).filter(|rest| !rest.is_empty()).unwrap_or(name).to_owned()
}

fn take_enums(schemas: &mut Map<String, Value>) -> Vec<Enum> {
    let mut enums = Vec::new();
    for (name, schema) in schemas.iter_mut() {
        let strings = |key: &str| {
            let values = schema.get(key)?.as_array()?;
            values.iter().map(|value| value.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        };
        let Some(values) = strings("enum").filter(|values| values.len() > 1) else { continue };
        let default =
            schema.get("default").and_then(Value::as_str).filter(|default| values.iter().any(|value| value == default));
        enums.push(Enum {
            name: name.clone(),
            description: description(schema),
            default: default.map(str::to_owned),
            values,
        });
        *schema = json!({});
    }
    enums
}

/// Leaves of a schema what decides its Rust type.
fn plain(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    let at_least_zero = object.get("minimum").and_then(Value::as_f64).is_some_and(|minimum| minimum >= 0.0);
    for keyword in [
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "example",
    ] {
        object.shift_remove(keyword);
    }
    match object.get("type").and_then(Value::as_str) {
        Some("integer") => {
            let format = if at_least_zero { "uint64" } else { "int64" };
            object.insert("format".to_owned(), json!(format));
        }
        Some("string" | "number") => {
            object.shift_remove("format");
        }
        _ => {}
    }
    if object.get("additionalProperties") == Some(&json!(false)) {
        object.shift_remove("additionalProperties");
    }
    let constants = constants(object);
    if let Some(required) = object.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !constants.iter().any(|constant| name == constant));
    }
    // Enumerations of one value; of any other kind than strings, the value does not matter to the type.
    if let Some(values) = object.shift_remove("enum")
        && let [Value::String(value)] = values.as_array().map(Vec::as_slice).unwrap_or_default()
    {
        object.insert("default".to_owned(), json!(value));
    }
    for keyword in ["items", "additionalProperties", "not"] {
        object.get_mut(keyword).into_iter().for_each(plain);
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        object.get_mut(keyword).and_then(Value::as_array_mut).into_iter().flatten().for_each(plain);
    }
    if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(plain);
    }
}

/// The properties that have one possible value, which the type fills in by itself.
fn constants(schema: &Map<String, Value>) -> Vec<String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let constant = |schema: &Value| {
        matches!(schema.get("enum").and_then(Value::as_array).map(Vec::as_slice), Some([Value::String(_)]))
    };
    properties.into_iter().flatten().filter(|(_, schema)| constant(schema)).map(|(name, _)| name.clone()).collect()
}

fn operations(document: &mut Value, mut change: impl FnMut(&mut Map<String, Value>)) {
    for item in document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) {
                change(operation);
            }
        }
    }
}

fn plain_parameters(operation: &mut Map<String, Value>) {
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(schema) = parameter.get_mut("schema") {
            plain(schema);
        }
    }
}

/// Brings the body into a form that progenitor takes; returns the name of its type if it is JSON.
fn body(operation: &mut Map<String, Value>) -> Option<String> {
    let body = operation.get_mut("requestBody")?.as_object_mut()?;
    let content = body.get_mut("content")?.as_object_mut()?;
    if let (1, Some(schema)) =
        (content.len(), content.get_mut("application/json").and_then(|media| media.get_mut("schema")))
    {
        plain(schema);
        return target(schema).map(str::to_owned);
    }
    let kinds: Vec<String> = content.keys().map(|kind| format!("`{kind}`")).collect();
    *content = Map::new();
    content
        .insert("application/octet-stream".to_owned(), json!({ "schema": { "type": "string", "format": "binary" } }));
    let parameter = json!({
        "in": "header",
        "name": "content-type",
        "required": true,
        "description": format!("What the body is: {}.", kinds.join(" or ")),
        "schema": { "type": "string" },
    });
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    parameters.as_array_mut()?.push(parameter);
    None
}

/// Leaves one type of success and one of failure.
fn responses(operation: &mut Map<String, Value>) {
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for response in responses.values_mut() {
        let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) else { continue };
        if let Some(mut json) = content.shift_remove("application/json").filter(|media| media.get("schema").is_some()) {
            json.get_mut("schema").into_iter().for_each(plain);
            *content = Map::new();
            content.insert("application/json".to_owned(), json);
        }
    }
    for success in [true, false] {
        let status = |status: &str| status.starts_with(['4', '5']) != success;
        let mut types: Vec<&Value> = Vec::new();
        for (_, response) in responses.iter().filter(|(code, _)| status(code)) {
            let content = response.get("content").unwrap_or(&Value::Null);
            if !types.contains(&content) {
                types.push(content);
            }
        }
        if types.len() > 1 {
            // Several types: the caller gets the bytes.
            for (_, response) in responses.iter_mut().filter(|(code, _)| status(code)) {
                response["content"] = json!({ "application/octet-stream": {} });
            }
        }
    }
}

/// Lets a server leave out what it may set to null, in types that it alone sends.
fn forgive(document: &Value, schemas: &mut Map<String, Value>, unions: &[Union]) {
    let mut requests = BTreeSet::new();
    for item in document.get("paths").and_then(Value::as_object).into_iter().flat_map(Map::values) {
        for method in METHODS {
            for part in ["parameters", "requestBody"] {
                collect(
                    item.get(method).and_then(|operation| operation.get(part)).unwrap_or(&Value::Null),
                    &mut requests,
                );
            }
        }
    }
    let mut open: Vec<String> = requests.iter().cloned().collect();
    while let Some(name) = open.pop() {
        let mut below = BTreeSet::new();
        collect(schemas.get(&name).unwrap_or(&Value::Null), &mut below);
        if let Some(union) = unions.iter().find(|union| union.name == name) {
            union.references(&mut below);
        }
        open.extend(below.into_iter().filter(|name| requests.insert(name.clone())));
    }
    for (_, schema) in schemas.iter_mut().filter(|(name, _)| !requests.contains(*name)) {
        let nullable = |name: &Value| {
            let property = name.as_str().and_then(|name| schema.get("properties")?.get(name));
            property.and_then(|property| property.get("nullable")) == Some(&json!(true))
        };
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let required: Vec<Value> = required.filter(|name| !nullable(name)).cloned().collect();
        if let Some(object) = schema.as_object_mut().filter(|object| object.contains_key("required")) {
            object.insert("required".to_owned(), Value::Array(required));
        }
    }
}

impl Union {
    /// Adds the names of the components that the members refer to.
    fn references(&self, found: &mut BTreeSet<String>) {
        match &self.members {
            Members::Untagged(members) => members.iter().for_each(|(_, schema)| collect(schema, found)),
            Members::Tagged { variants, .. } => {
                found.extend(variants.iter().filter_map(|(_, payload)| payload.clone()))
            }
        }
    }
}

/// The names of the components that are still referred to.
fn references(document: &Value, schemas: &Map<String, Value>, unions: &[Union]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(document.get("paths").unwrap_or(&Value::Null), &mut found);
    schemas.values().for_each(|schema| collect(schema, &mut found));
    unions.iter().for_each(|union| union.references(&mut found));
    found
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match value.as_str().and_then(|target| target.strip_prefix(SCHEMAS)) {
                    Some(name) if key == "$ref" => {
                        found.insert(name.to_owned());
                    }
                    _ => collect(value, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}
