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

/// Where a visitor is.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// What the visited object is.
    pub kind: Kind,
    above: Option<&'a Place<'a>>,
    token: Token<'a>,
}

/// One step of a way through the document.
#[derive(Clone, Copy)]
enum Token<'a> {
    Root,
    Key(&'a str),
    /// Two steps: a keyword, and a key below it.
    Entry(&'a str, &'a str),
    /// A keyword, and an index below it.
    Index(&'a str, usize),
}

impl Place<'_> {
    /// The JSON pointer (RFC 6901) of the visited object. Made when it is asked for, since most visits need none.
    pub fn pointer(&self) -> String {
        let mut pointer = self.above.map(Self::pointer).unwrap_or_default();
        match self.token {
            Token::Root => {}
            Token::Key(key) => {
                push(&mut pointer, key);
            }
            Token::Entry(keyword, key) => {
                push(&mut pointer, keyword);
                push(&mut pointer, key);
            }
            Token::Index(keyword, index) => {
                push(&mut pointer, keyword);
                push(&mut pointer, &index.to_string());
            }
        }
        pointer
    }

    /// The key under which the visited object stands, if it stands under one.
    pub fn key(&self) -> &str {
        match self.token {
            Token::Key(key) | Token::Entry(_, key) => key,
            Token::Root | Token::Index(..) => "",
        }
    }
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
pub fn visit(document: &mut Value, visitor: &mut impl FnMut(&Place<'_>, &mut Value)) {
    descend(document, &Place { kind: Kind::Document, above: None, token: Token::Root }, visitor);
}

fn descend(value: &mut Value, place: &Place<'_>, visitor: &mut impl FnMut(&Place<'_>, &mut Value)) {
    if let Some(object) = value.as_object_mut() {
        for (keyword, child) in object.iter_mut() {
            match children(place.kind, keyword) {
                None => {}
                Some(Layout::One(kind)) => descend(child, &below(place, kind, Token::Key(keyword)), visitor),
                Some(Layout::Map(kind)) => {
                    for (key, child) in child.as_object_mut().into_iter().flatten() {
                        descend(child, &below(place, kind, Token::Entry(keyword, key)), visitor);
                    }
                }
                Some(Layout::List(kind)) => {
                    for (index, child) in child.as_array_mut().into_iter().flatten().enumerate() {
                        descend(child, &below(place, kind, Token::Index(keyword, index)), visitor);
                    }
                }
            }
        }
    }
    visitor(place, value);
}

fn below<'a>(above: &'a Place<'a>, kind: Kind, token: Token<'a>) -> Place<'a> {
    Place { kind, above: Some(above), token }
}

/// Appends one reference token to a JSON pointer and returns the length to truncate it to afterwards.
pub fn push(pointer: &mut String, token: &str) -> usize {
    let depth = pointer.len();
    pointer.push('/');
    if !token.contains(['~', '/']) {
        pointer.push_str(token);
        return depth;
    }
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
pub fn each_schema(document: &mut Value, change: &mut impl FnMut(&Place<'_>, &mut Map<String, Value>)) {
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
