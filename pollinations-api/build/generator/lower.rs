//! Creates the document for progenitor. It only has operations, with a placeholder for each of our types.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    document::{Place, component, object, operations, resolve, text},
    emit::Emitter,
    model::Type,
    names::{Taken, pascal, snake},
    parameters::{self, Parameter},
    read::Types,
};

/// Names that the generated client and its builders already use.
const METHOD_NAMES: [&str; 10] =
    ["new", "new_with_client", "api_version", "baseurl", "client", "inner", "pre", "post", "exec", "clone"];
const BUILDER_NAMES: [&str; 24] = [
    "ByteStream",
    "ClientInfo",
    "ClientHooks",
    "Error",
    "OperationInfo",
    "RequestBuilderExt",
    "ResponseValue",
    "Result",
    "Option",
    "Ok",
    "Err",
    "Some",
    "None",
    "Self",
    "String",
    "Vec",
    "Box",
    "From",
    "Into",
    "TryInto",
    "Default",
    "Clone",
    "Debug",
    "Client",
];
/// An operation before it is lowered.
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) method: &'static str,
    pub(crate) server: Option<String>,
    pub(crate) is_public: bool,
    pub(crate) is_coalesced: bool,
    /// The Cargo feature of the operation.
    pub(crate) feature: Option<String>,
    docs: Map<String, Value>,
    parameters: Vec<Parameter>,
    body: Body,
    responses: Vec<(String, Content)>,
    /// JSON types of a body with several formats.
    also_sent: Vec<Type>,
    /// Types of events and other responses that a program decodes itself.
    also_received: Vec<Type>,
    /// The components that describe forms.
    pub(crate) forms: Vec<String>,
}

/// A kind of parameter that progenitor does not support. It generates code for a similar one, which is then rewritten.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Special {
    /// A cookie, generated as a header.
    Cookie,
    /// A `deepObject` map, generated as an ordinary query parameter.
    Deep,
}

enum Body {
    None,
    Json(Type),
    Raw(Vec<String>),
}

#[derive(Clone, PartialEq)]
enum Content {
    None,
    Raw,
    Json(Type),
}

/// Reads all operations and their inline types.
pub(crate) fn read(document: &Value, types: &mut Types<'_>, warnings: &mut Vec<String>) -> Vec<Operation> {
    let mut methods = Taken::new(&METHOD_NAMES);
    let mut builders = Taken::new(&BUILDER_NAMES);
    let mut read = Vec::new();
    for place in operations(document) {
        let wanted = match place.operation.get("operationId").and_then(Value::as_str) {
            Some(id) => snake(id),
            None => snake(&format!("{} {}", place.method, place.path)),
        };
        let mut id = methods.take_with(&wanted, "operation");
        while builders.take(pascal(&id)) != pascal(&id) {
            id = methods.take_with(&id, "operation");
        }
        read.push(operation(document, &place, id, types, warnings));
    }
    read
}

fn operation(
    document: &Value,
    place: &Place<'_>,
    id: String,
    types: &mut Types<'_>,
    warnings: &mut Vec<String>,
) -> Operation {
    let mut docs = Map::new();
    for key in ["summary", "description"] {
        let text = text(place.operation, key);
        if !text.is_empty() {
            docs.insert(key.to_owned(), json!(text));
        }
    }
    let feature = place.operation.get("x-feature").and_then(Value::as_str);
    if let Some(feature) = feature {
        let described = docs.get("description").and_then(Value::as_str).unwrap_or_default();
        let described = format!("{described}\n\nNeeds the Cargo feature `{feature}`.");
        docs.insert("description".to_owned(), json!(described.trim_start()));
    }
    let parameters = parameters::read(document, place, &id, types, warnings);
    let body = body(document, place.operation, &id, types);
    let responses = object(place.operation, "responses")
        .map(|(status, response)| (status.clone(), content(document, response, &id, types)))
        .collect();
    let mut also_sent = Vec::new();
    let mut forms = Vec::new();
    for (kind, media) in contents(document, place.operation.get("requestBody")) {
        let Some(name) = media.get("schema").and_then(component) else { continue };
        if is_json(kind) {
            also_sent.push(types.of(&media["schema"], name).0);
        } else {
            forms.push(name.to_owned());
        }
    }
    let mut also_received = Vec::new();
    for (_, response) in object(place.operation, "responses") {
        for (_, media) in contents(document, Some(response)) {
            if let Some(name) = media.get("schema").and_then(component) {
                also_received.push(types.of(&media["schema"], name).0);
            }
        }
    }
    let server = |holder: &Value| {
        let url = holder.get("servers")?.get(0)?.get("url")?.as_str()?;
        Some(url.trim_end_matches('/').to_owned())
    };
    Operation {
        path: place.path.to_owned(),
        method: place.method,
        server: server(place.operation).or_else(|| server(place.item)),
        // Only if the document says so explicitly. A document without security requirements may have forgotten them.
        is_public: place.operation.get("security").and_then(Value::as_array).is_some_and(Vec::is_empty),
        is_coalesced: place.operation.get("x-coalesced") == Some(&Value::Bool(true)),
        feature: feature.map(str::to_owned),
        docs,
        parameters,
        body,
        responses,
        also_sent,
        also_received,
        forms,
        id,
    }
}

/// The content types of a body or a response, with their definitions.
fn contents<'a>(document: &'a Value, holder: Option<&'a Value>) -> impl Iterator<Item = (&'a String, &'a Value)> {
    holder.into_iter().flat_map(|holder| object(resolve(document, holder), "content"))
}

/// Whether a media type is JSON.
pub(super) fn is_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json")
}

fn body(document: &Value, operation: &Value, id: &str, types: &mut Types<'_>) -> Body {
    let Some(body) = operation.get("requestBody") else { return Body::None };
    let contents: Vec<(&String, &Value)> = contents(document, Some(body)).collect();
    match contents.as_slice() {
        [] => Body::None,
        [(kind, media)] if kind.split(';').next() == Some("application/json") => match media.get("schema") {
            Some(schema) => Body::Json(types.of(schema, &format!("{id}-body")).0),
            None => Body::Json(Type::Any),
        },
        several => Body::Raw(several.iter().map(|(kind, _)| (*kind).clone()).collect()),
    }
}

fn content(document: &Value, response: &Value, id: &str, types: &mut Types<'_>) -> Content {
    let contents: Vec<(&String, &Value)> = contents(document, Some(response)).collect();
    let json = contents.iter().find(|(kind, media)| is_json(kind) && media.get("schema").is_some());
    match json {
        Some((_, media)) => match types.of(&media["schema"], &format!("{id}-response")) {
            (ty, true) => Content::Json(Type::Nullable(Box::new(ty))),
            (ty, false) => Content::Json(ty),
        },
        None if contents.is_empty() => Content::None,
        None => Content::Raw,
    }
}

impl Operation {
    /// The types that a program sends.
    pub(crate) fn sent(&self) -> impl Iterator<Item = &Type> {
        let body = match &self.body {
            Body::Json(ty) => Some(ty),
            _ => None,
        };
        self.parameters.iter().map(|parameter| &parameter.ty).chain(body).chain(&self.also_sent)
    }

    /// The types that a server sends.
    pub(crate) fn received(&self) -> impl Iterator<Item = &Type> {
        let decoded = self.responses.iter().filter_map(|(_, content)| match content {
            Content::Json(ty) => Some(ty),
            _ => None,
        });
        decoded.chain(&self.also_received)
    }
}

/// Placeholders for our types while progenitor runs.
#[derive(Default)]
pub(crate) struct Stubs {
    /// The Rust type of each placeholder.
    types: Vec<String>,
    /// The names of parameters while progenitor runs, and their names in the document.
    names: BTreeMap<String, String>,
    /// The names of unsupported parameters, with their kinds.
    special: BTreeMap<String, Special>,
}

impl Stubs {
    fn reference(&mut self, rust: String) -> Value {
        let at = self.types.iter().position(|known| *known == rust).unwrap_or_else(|| {
            self.types.push(rust);
            self.types.len() - 1
        });
        json!({ "$ref": format!("#/components/schemas/Type{at}") })
    }

    /// The name of each placeholder, with its Rust type.
    pub(crate) fn types(&self) -> impl Iterator<Item = (String, &str)> {
        self.types.iter().enumerate().map(|(at, rust)| (format!("Type{at}"), rust.as_str()))
    }

    /// A name that progenitor turns into this Rust name.
    fn name(&mut self, ident: &str, wire: &str, special: Option<Special>) -> String {
        if ident == wire && special.is_none() {
            return wire.to_owned();
        }
        let mut stub = format!("{ident}:");
        while self.names.get(&stub).is_some_and(|known| known != wire || self.special.get(&stub) != special.as_ref()) {
            stub.push(':');
        }
        self.names.insert(stub.clone(), wire.to_owned());
        self.special.extend(special.map(|special| (stub.clone(), special)));
        stub
    }

    /// The kind of the parameter with this name, if progenitor does not support it.
    pub(crate) fn special(&self, name: &str) -> Option<Special> {
        self.special.get(name).copied()
    }

    /// The name in the document for a name in the generated code.
    pub(crate) fn wire(&self, name: &str) -> Option<&str> {
        self.names.get(name).map(String::as_str)
    }
}

/// The document for progenitor.
pub(crate) fn document(
    title: &Value,
    operations: &[&Operation],
    emitter: &Emitter<'_>,
    stubs: &mut Stubs,
    warnings: &mut Vec<String>,
) -> Value {
    let mut paths = Map::new();
    for operation in operations {
        let mut path = operation.path.clone();
        let lowered = lower(operation, emitter, stubs, &mut path, warnings);
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[operation.method] = lowered;
    }
    let schemas: Map<String, Value> = stubs.types().map(|(name, _)| (name, json!({}))).collect();
    json!({ "openapi": "3.0.3", "info": title, "paths": paths, "components": { "schemas": schemas } })
}

fn lower(
    operation: &Operation,
    emitter: &Emitter<'_>,
    stubs: &mut Stubs,
    path: &mut String,
    warnings: &mut Vec<String>,
) -> Value {
    let types = &emitter.roots.types;
    let id = &operation.id;
    let mut lowered = operation.docs.clone();
    lowered.insert("operationId".to_owned(), json!(id));
    let mut parameters = Vec::new();
    for parameter in &operation.parameters {
        // A name with brackets is a member of a `deepObject`. If it can have members of its own, their names are added
        // in further brackets.
        let is_open = matches!(parameter.ty, Type::Named(_) | Type::Map(_) | Type::Object | Type::Any);
        let is_deep = parameter.place == "query"
            && parameter.wire.ends_with(']')
            && is_open
            && !parameter.is_json
            && !emitter.is_text(&parameter.ty);
        let special = match parameter.place {
            "cookie" => Some(Special::Cookie),
            _ => is_deep.then_some(Special::Deep),
        };
        let name = stubs.name(&parameter.ident, &parameter.wire, special);
        if parameter.place == "path" && name != parameter.wire {
            *path = path.replace(&format!("{{{}}}", parameter.wire), &format!("{{{name}}}"));
        }
        let joined = |item: &Type| {
            let list = parameter.joined.unwrap_or("Joined");
            format!("{}::json::{list}<{}>", emitter.roots.runtime, item.rust(types))
        };
        let explode = parameter.joined.is_none();
        let rust = match (&parameter.ty, parameter.place) {
            (ty, _) if parameter.is_json => format!("{}::json::Encoded<{}>", emitter.roots.runtime, ty.rust(types)),
            (ty, _) if emitter.is_text(ty) => ty.rust(types),
            (Type::List(item), "query") if explode && emitter.is_text(item) => parameter.ty.rust(types),
            (Type::List(_), "cookie") if explode => {
                warnings.push(format!(
                    "{id}: the cookie parameter `{}` is left out: a cookie has one value; `explode: false` would make it one",
                    parameter.wire
                ));
                continue;
            }
            (Type::List(item), _) if emitter.is_text(item) => joined(item),
            (Type::Any, "query") => "::serde_json::Value".to_owned(),
            (Type::Named(_) | Type::Map(_) | Type::Object, "query") if explode => parameter.ty.rust(types),
            (_, "path") => {
                warnings
                    .push(format!("{id}: the path parameter `{}` is a text that you write yourself", parameter.wire));
                "::std::string::String".to_owned()
            }
            (_, place) => {
                warnings.push(format!(
                    "{id}: the {place} parameter `{}` is left out: its type does not fit there",
                    parameter.wire
                ));
                continue;
            }
        };
        let mut lowered = json!({
            "name": name,
            // progenitor refuses cookies.
            "in": if parameter.place == "cookie" { "header" } else { parameter.place },
            "required": parameter.required,
            "schema": stubs.reference(rust),
        });
        if !parameter.doc.is_empty() {
            lowered["description"] = json!(parameter.doc);
        }
        parameters.push(lowered);
    }
    match &operation.body {
        Body::None => {}
        Body::Json(ty) => {
            let schema = stubs.reference(ty.rust(types));
            lowered
                .insert("requestBody".to_owned(), json!({ "content": { "application/json": { "schema": schema } } }));
        }
        Body::Raw(kinds) => {
            let kinds: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
            // A parameter of this name in the document has been renamed.
            let ident = if operation.parameters.iter().any(|parameter| parameter.ident == "content_type") {
                "body_content_type"
            } else {
                "content_type"
            };
            let name = stubs.name(ident, "content-type", None);
            parameters.push(json!({
                "in": "header",
                "name": name,
                "required": true,
                "description": format!("What the body is: {}.", kinds.join(" or ")),
                "schema": stubs.reference("::std::string::String".to_owned()),
            }));
            let schema = json!({ "type": "string", "format": "binary" });
            lowered.insert(
                "requestBody".to_owned(),
                json!({ "content": { "application/octet-stream": { "schema": schema } } }),
            );
        }
    }
    lowered.insert("parameters".to_owned(), Value::Array(parameters));
    lowered.insert("responses".to_owned(), responses(operation, types, stubs));
    Value::Object(lowered)
}

/// One success type and one error type, which is all that progenitor supports. If there are several, the program gets
/// the bytes.
fn responses(operation: &Operation, types: &str, stubs: &mut Stubs) -> Value {
    let mut successes: Vec<(String, Content)> = Vec::new();
    let mut errors: Vec<(String, Content)> = Vec::new();
    for (status, content) in &operation.responses {
        let status = status.to_ascii_uppercase();
        match status.as_bytes() {
            [b'2', ..] => successes.push((status, content.clone())),
            [b'4' | b'5', ..] => errors.push((status, content.clone())),
            _ => {}
        }
    }
    let status =
        |wanted: &str| operation.responses.iter().find(|(status, _)| status == wanted).map(|(_, content)| content);
    if let Some(content) = status("default") {
        if successes.is_empty() {
            successes.push(("2XX".to_owned(), content.clone()));
        }
        for range in ["4XX", "5XX"] {
            if !errors.iter().any(|(status, _)| status == range) {
                errors.push((range.to_owned(), content.clone()));
            }
        }
    }
    if successes.is_empty() && status("101").is_some() {
        successes.push(("101".to_owned(), Content::None));
    }
    let mut lowered = Map::new();
    for mut group in [successes, errors] {
        let differ = group.windows(2).any(|pair| matches!(pair, [(_, one), (_, other)] if one != other));
        if differ {
            group.iter_mut().for_each(|(_, content)| *content = Content::Raw);
        }
        let ranges: Vec<String> =
            group.iter().map(|(status, _)| status.clone()).filter(|it| it.ends_with("XX")).collect();
        for (status, content) in group {
            // All statuses of a range are the same, so the range is enough.
            if !status.ends_with("XX") && ranges.iter().any(|range| range.get(..1) == status.get(..1)) {
                continue;
            }
            let mut response = json!({ "description": "" });
            match content {
                Content::None => {}
                Content::Raw => response["content"] = json!({ "application/octet-stream": {} }),
                Content::Json(ty) => {
                    let schema = stubs.reference(ty.rust(types));
                    response["content"] = json!({ "application/json": { "schema": schema } });
                }
            }
            lowered.insert(status, response);
        }
    }
    Value::Object(lowered)
}
