//! Knows where schemas live in an OpenAPI document, so that no pass has to.
//!
//! One table (`children`) says which keyword of which object holds what; every pass walks through it. A property
//! that happens to be called `items` is therefore never mistaken for the keyword.

use serde_json::{Map, Value};

/// What an object in the document is, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The document itself.
    Document,
    /// The `components` object.
    Components,
    /// All operations of one path.
    PathItem,
    /// One operation.
    Operation,
    /// Callbacks: an object of path items.
    Callback,
    /// A parameter or a header.
    Parameter,
    /// A request body.
    RequestBody,
    /// One response.
    Response,
    /// A media type with its schema.
    MediaType,
    /// The encoding of one multipart field.
    Encoding,
    /// A schema.
    Schema,
}

/// How the objects below a keyword are laid out.
enum Layout {
    One(Kind),
    List(Kind),
    Map(Kind),
}

/// Which side of the wire a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What the caller sends.
    Request,
    /// What the server answers.
    Response,
    /// Shared: a component.
    Both,
}

/// Where a visitor is.
#[derive(Clone, Debug)]
pub struct Place {
    /// What the visited object is.
    pub kind: Kind,
    /// Which side of the wire it describes.
    pub side: Side,
    /// Its JSON pointer (RFC 6901).
    pub pointer: String,
}

/// The methods a path item may hold, in the order in which OpenAPI lists them.
pub const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

fn children(kind: Kind, key: &str) -> Option<Layout> {
    use Kind::*;
    use Layout::{List, Map, One};
    Some(match (kind, key) {
        (Document, "paths" | "webhooks") => Map(PathItem),
        (Document, "components") => One(Components),
        (Components, "schemas") => Map(Schema),
        (Components, "responses") => Map(Response),
        (Components, "parameters" | "headers") => Map(Parameter),
        (Components, "requestBodies") => Map(RequestBody),
        (Components, "callbacks") => Map(Callback),
        (Components, "pathItems") => Map(PathItem),
        (PathItem, "parameters") | (Operation, "parameters") => List(Parameter),
        (PathItem, method) if METHODS.contains(&method) => One(Operation),
        (Operation, "requestBody") => One(RequestBody),
        (Operation, "responses") => Map(Response),
        (Operation, "callbacks") => Map(Callback),
        (Callback, key) if !key.starts_with("x-") => One(PathItem),
        (Parameter | MediaType, "schema") => One(Schema),
        (Parameter | RequestBody | Response, "content") => Map(MediaType),
        (Response | Encoding, "headers") => Map(Parameter),
        (MediaType, "encoding") => Map(Encoding),
        (Schema, "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas") => Map(Schema),
        (
            Schema,
            "items"
            | "additionalProperties"
            | "not"
            | "if"
            | "then"
            | "else"
            | "contains"
            | "propertyNames"
            | "unevaluatedItems"
            | "unevaluatedProperties"
            | "contentSchema",
        ) => One(Schema),
        (Schema, "allOf" | "anyOf" | "oneOf" | "prefixItems") => List(Schema),
        _ => return None,
    })
}

/// Visits every object of the document, children before parents, and lets the visitor change it.
///
/// A schema may be `true` or `false` as well as an object; a visitor sees those too.
pub fn visit(document: &mut Value, visitor: &mut impl FnMut(&Place, &mut Value)) {
    let mut place = Place { kind: Kind::Document, side: Side::Both, pointer: String::new() };
    descend(document, &mut place, visitor);
}

/// Visits every schema below one schema, that schema last.
pub fn visit_schema(schema: &mut Value, visitor: &mut impl FnMut(&Place, &mut Value)) {
    let mut place = Place { kind: Kind::Schema, side: Side::Both, pointer: String::new() };
    descend(schema, &mut place, visitor);
}

fn descend(value: &mut Value, place: &mut Place, visitor: &mut impl FnMut(&Place, &mut Value)) {
    if let Some(object) = value.as_object_mut() {
        for (key, child) in object.iter_mut() {
            let Some(layout) = children(place.kind, key) else { continue };
            let depth = push(&mut place.pointer, key);
            match layout {
                Layout::One(kind) => enter(child, kind, place, visitor),
                Layout::Map(kind) => {
                    for (name, child) in child.as_object_mut().into_iter().flatten() {
                        let depth = push(&mut place.pointer, name);
                        enter(child, kind, place, visitor);
                        place.pointer.truncate(depth);
                    }
                }
                Layout::List(kind) => {
                    for (index, child) in child.as_array_mut().into_iter().flatten().enumerate() {
                        let depth = push(&mut place.pointer, &index.to_string());
                        enter(child, kind, place, visitor);
                        place.pointer.truncate(depth);
                    }
                }
            }
            place.pointer.truncate(depth);
        }
    }
    visitor(place, value);
}

fn enter(value: &mut Value, kind: Kind, place: &mut Place, visitor: &mut impl FnMut(&Place, &mut Value)) {
    let outer = (place.kind, place.side);
    place.kind = kind;
    place.side = match kind {
        Kind::Parameter | Kind::RequestBody if place.side == Side::Both => Side::Request,
        Kind::Response => Side::Response,
        _ => place.side,
    };
    descend(value, place, visitor);
    (place.kind, place.side) = outer;
}

/// Appends one reference token to a JSON pointer and returns the length to truncate it to afterwards.
pub fn push(pointer: &mut String, token: &str) -> usize {
    let depth = pointer.len();
    pointer.push('/');
    for character in token.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
    depth
}

/// Calls `change` on every schema that is an object, children first.
pub fn each_schema(document: &mut Value, change: &mut impl FnMut(&Place, &mut Map<String, Value>)) {
    visit(document, &mut |place, value| {
        if place.kind == Kind::Schema
            && let Some(schema) = value.as_object_mut()
        {
            change(place, schema);
        }
    });
}

/// Calls `change` on every operation with its method and path.
pub fn each_operation(document: &mut Value, mut change: impl FnMut(&str, &str, &mut Map<String, Value>)) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    for (path, item) in paths.iter_mut() {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) {
                change(method, path, operation);
            }
        }
    }
}
