//! Finds all objects in an OpenAPI document, so that passes do not need to know where they are.
//!
//! One table (`field`) says what each key of each object contains, and every pass uses it. A property that happens to
//! be named `items` is therefore never mistaken for the keyword.

use serde_json::{Map, Value};

/// The kind of an object in the document, which depends on its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The document itself.
    Document,
    /// The `info` object.
    Info,
    /// The contact for the API.
    Contact,
    /// The license of the API.
    License,
    /// One server.
    Server,
    /// A variable in the URL of a server.
    ServerVariable,
    /// A link to other documentation.
    ExternalDocs,
    /// A tag with its documentation.
    Tag,
    /// The `components` object.
    Components,
    /// All operations of one path.
    PathItem,
    /// One operation.
    Operation,
    /// Callbacks: an object of path items.
    Callback,
    /// A parameter.
    Parameter,
    /// A header of a response or of a part of a body.
    Header,
    /// A request body.
    RequestBody,
    /// One response.
    Response,
    /// A media type with its schema.
    MediaType,
    /// The encoding of one multipart field.
    Encoding,
    /// An example.
    Example,
    /// A link from a response to an operation.
    Link,
    /// A way to authenticate.
    SecurityScheme,
    /// The OAuth flows of a security scheme.
    OAuthFlows,
    /// One OAuth flow.
    OAuthFlow,
    /// The security schemes that a request needs together.
    SecurityRequirement,
    /// A schema.
    Schema,
    /// The property that distinguishes the members of a union.
    Discriminator,
    /// The XML form of a schema.
    Xml,
}

impl Kind {
    /// Whether a `$ref` may replace the object.
    pub(crate) fn can_be_reference(self) -> bool {
        use Kind::*;
        matches!(
            self,
            PathItem | Callback | Parameter | Header | RequestBody | Response | Example | Link | SecurityScheme
        )
    }
}

/// The type of the value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// A string.
    Text,
    /// `true` or `false`.
    Flag,
    /// A number.
    Number,
    /// A whole number, 0 or more.
    Count,
    /// Any JSON value.
    Any,
    /// A list of any JSON values.
    Values,
    /// A list of strings.
    Texts,
    /// An object of strings.
    TextMap,
    /// An object of lists of strings.
    TextsMap,
    /// An object of any JSON values.
    AnyMap,
    /// A schema's `type`: a name, or a list of names.
    Types,
    /// A number, or the boolean that 3.0 has instead.
    NumberOrFlag,
    /// An object of the document.
    One(Kind),
    /// A list of such objects.
    List(Kind),
    /// An object of such objects.
    Map(Kind),
}

/// The place of a visited object.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The kind of the visited object.
    pub kind: Kind,
    above: Option<&'a Place<'a>>,
    token: Token<'a>,
}

/// One step of the path to an object.
#[derive(Clone, Copy)]
enum Token<'a> {
    Root,
    Key(&'a str),
    /// Two steps: a keyword, and a key in it.
    Entry(&'a str, &'a str),
    /// A keyword, and an index in it.
    Index(&'a str, usize),
}

impl Place<'_> {
    /// The JSON pointer (RFC 6901) of the visited object. It is only created on request, because most visits do not
    /// need it.
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

    /// The key of the visited object, or an empty text if it has no key.
    pub fn key(&self) -> &str {
        match self.token {
            Token::Key(key) | Token::Entry(_, key) => key,
            Token::Root | Token::Index(..) => "",
        }
    }
}

/// The methods of a path item, in the order in which OpenAPI lists them.
pub const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The type of a field. `None` if neither OpenAPI 3.0, OpenAPI 3.1 nor JSON Schema 2020-12 has this key.
pub(crate) fn field(kind: Kind, key: &str) -> Option<Field> {
    use Field::*;
    use Kind::*;
    Some(match (kind, key) {
        (Document, "openapi" | "jsonSchemaDialect") => Text,
        (Document, "info") => One(Info),
        (Document | PathItem | Operation, "servers") => List(Server),
        (Document, "paths" | "webhooks") => Map(PathItem),
        (Document, "components") => One(Components),
        // Not in OpenAPI, but documents that were converted from JSON Schema have their types here.
        (Document, "definitions" | "$defs") => Map(Schema),
        (Document | Operation, "security") => List(SecurityRequirement),
        (Document, "tags") => List(Tag),
        (Document | Operation | Tag | Schema, "externalDocs") => One(ExternalDocs),

        (Info, "title" | "summary" | "description" | "termsOfService" | "version") => Text,
        (Info, "contact") => One(Contact),
        (Info, "license") => One(License),
        (Contact, "name" | "url" | "email") | (License, "name" | "identifier" | "url") => Text,
        (Server | ExternalDocs, "url" | "description") => Text,
        (Server, "variables") => Map(ServerVariable),
        (ServerVariable, "enum") => Texts,
        (ServerVariable, "default" | "description") => Text,
        (Tag, "name" | "description") => Text,

        (Components, "schemas") => Map(Schema),
        (Components, "responses") => Map(Response),
        (Components, "parameters") => Map(Parameter),
        (Components, "headers") => Map(Header),
        (Components, "requestBodies") => Map(RequestBody),
        (Components, "examples") => Map(Example),
        (Components, "links") => Map(Link),
        (Components, "callbacks") => Map(Callback),
        (Components, "pathItems") => Map(PathItem),
        (Components, "securitySchemes") => Map(SecurityScheme),

        (PathItem, "$ref" | "summary" | "description") => Text,
        (PathItem | Operation, "parameters") => List(Parameter),
        (PathItem, method) if METHODS.contains(&method) => One(Operation),
        (Operation, "operationId" | "summary" | "description") => Text,
        (Operation, "tags") => Texts,
        (Operation, "deprecated") => Flag,
        (Operation, "requestBody") => One(RequestBody),
        (Operation, "responses") => Map(Response),
        (Operation, "callbacks") => Map(Callback),
        (Callback, key) if !key.starts_with("x-") => One(PathItem),

        (Parameter, "name" | "in") => Text,
        (Parameter | Header, "description" | "style") => Text,
        (Parameter | Header, "required" | "deprecated" | "allowEmptyValue" | "explode" | "allowReserved") => Flag,
        (Parameter | Header | MediaType, "schema") => One(Schema),
        (Parameter | Header | MediaType, "example") => Any,
        (Parameter | Header | MediaType, "examples") => Map(Example),
        (Parameter | Header | RequestBody | Response, "content") => Map(MediaType),
        (RequestBody | Response, "description") => Text,
        (RequestBody, "required") => Flag,
        (Response | Encoding, "headers") => Map(Header),
        (Response, "links") => Map(Link),
        (MediaType, "encoding") => Map(Encoding),
        (Encoding, "contentType" | "style") => Text,
        (Encoding, "explode" | "allowReserved") => Flag,
        (Example, "summary" | "description" | "externalValue") => Text,
        (Example, "value") => Any,
        (Link, "operationId" | "operationRef" | "description") => Text,
        (Link, "parameters") => AnyMap,
        (Link, "requestBody") => Any,
        (Link, "server") => One(Server),

        (SecurityScheme, "type" | "description" | "name" | "in" | "scheme" | "bearerFormat" | "openIdConnectUrl") => {
            Text
        }
        (SecurityScheme, "flows") => One(OAuthFlows),
        (OAuthFlows, "implicit" | "password" | "clientCredentials" | "authorizationCode") => One(OAuthFlow),
        (OAuthFlow, "authorizationUrl" | "tokenUrl" | "refreshUrl") => Text,
        (OAuthFlow, "scopes") => TextMap,
        (SecurityRequirement, _) => Texts,
        (Discriminator, "propertyName") => Text,
        (Discriminator, "mapping") => TextMap,
        (Xml, "name" | "namespace" | "prefix") => Text,
        (Xml, "attribute" | "wrapped") => Flag,
        (Schema, key) => return schema_field(key),
        _ => return None,
    })
}

fn schema_field(key: &str) -> Option<Field> {
    use Field::*;
    Some(match key {
        "$ref" | "$id" | "$schema" | "$anchor" | "$dynamicRef" | "$dynamicAnchor" | "$comment" => Text,
        "title" | "description" | "format" | "pattern" | "contentEncoding" | "contentMediaType" => Text,
        "$vocabulary" => AnyMap,
        "type" => Types,
        "multipleOf" | "maximum" | "minimum" => Number,
        "exclusiveMaximum" | "exclusiveMinimum" => NumberOrFlag,
        "maxLength" | "minLength" | "maxItems" | "minItems" | "maxProperties" | "minProperties" | "maxContains"
        | "minContains" => Count,
        "uniqueItems" | "nullable" | "readOnly" | "writeOnly" | "deprecated" => Flag,
        "required" => Texts,
        "enum" | "examples" => Values,
        "const" | "default" | "example" => Any,
        "dependentRequired" => TextsMap,
        "discriminator" => One(Kind::Discriminator),
        "xml" => One(Kind::Xml),
        "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" => Map(Kind::Schema),
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
        | "contentSchema" => One(Kind::Schema),
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => List(Kind::Schema),
        _ => return None,
    })
}

/// Whether the keys in this field may be extensions. Elsewhere, such as in `properties`, a name may start with `x-`
/// like any other name.
pub(crate) fn has_extensions(kind: Kind, key: &str) -> bool {
    matches!((kind, key), (Kind::Document, "paths") | (Kind::Operation, "responses"))
}

/// Visits every object of the document, children before parents. The visitor may change them.
///
/// A schema may also be `true` or `false`. Visitors get those too.
pub fn visit(document: &mut Value, visitor: &mut impl FnMut(&Place<'_>, &mut Value)) {
    descend(document, &Place { kind: Kind::Document, above: None, token: Token::Root }, visitor);
}

fn descend(value: &mut Value, place: &Place<'_>, visitor: &mut impl FnMut(&Place<'_>, &mut Value)) {
    if let Some(object) = value.as_object_mut() {
        for (keyword, child) in object.iter_mut() {
            match field(place.kind, keyword) {
                Some(Field::One(kind)) => descend(child, &below(place, kind, Token::Key(keyword)), visitor),
                Some(Field::Map(kind)) => {
                    let extensible = has_extensions(place.kind, keyword);
                    for (key, child) in child.as_object_mut().into_iter().flatten() {
                        if extensible && key.starts_with("x-") {
                            continue;
                        }
                        descend(child, &below(place, kind, Token::Entry(keyword, key)), visitor);
                    }
                }
                Some(Field::List(kind)) => {
                    for (index, child) in child.as_array_mut().into_iter().flatten().enumerate() {
                        descend(child, &below(place, kind, Token::Index(keyword, index)), visitor);
                    }
                }
                _ => {}
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

/// The kind of object at a JSON pointer. `None` if the table does not know the place, for example in an extension.
pub(crate) fn kind_at(pointer: &str) -> Option<Kind> {
    let mut kind = Kind::Document;
    let mut tokens = pointer.split('/').skip(1);
    while let Some(token) = tokens.next() {
        let key = unescape(token);
        kind = match field(kind, &key)? {
            Field::One(kind) => kind,
            Field::List(kind) | Field::Map(kind) => {
                tokens.next()?;
                kind
            }
            _ => return None,
        };
    }
    Some(kind)
}

/// Decodes a reference token of a JSON pointer.
pub(crate) fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
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
