//! Repairs objects: which fields each kind requires or forbids, and which only work together with others.

use std::collections::HashSet;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::Cleaner;
use crate::normalize::walk::{Kind, push};

/// Expands a shorthand that real documents use.
pub(super) fn wrap(kind: Kind, value: &mut Value) {
    if kind == Kind::Example && !value.is_object() {
        *value = json!({ "value": value.take() });
    }
}

impl Cleaner<'_> {
    /// Repairs an object whose fields have the right types. Returns false if the object has to be removed.
    pub(super) fn mend(&mut self, kind: Kind, key: &str, object: &mut Map<String, Value>) -> bool {
        match kind {
            Kind::Document => self.document(object),
            Kind::Info => self.require(object, "title", "API") & self.require(object, "version", "0"),
            Kind::License | Kind::Tag => return self.needs(object, &["name"]),
            Kind::Server => {
                if let Some(variables) = object.get_mut("variables").and_then(Value::as_object_mut) {
                    self.variables(variables);
                }
                return self.needs(object, &["url"]);
            }
            Kind::ExternalDocs => return self.needs(object, &["url"]),
            Kind::PathItem => self.parameters(object),
            Kind::Operation => self.operation(object),
            Kind::Parameter => return self.parameter(object),
            Kind::Header => self.header(object),
            Kind::RequestBody => {
                if !object.contains_key("content") {
                    self.warn("a request body needs `content`; an empty one is added");
                    object.insert("content".to_owned(), json!({}));
                }
                true
            }
            Kind::Response => {
                if !object.contains_key("description") {
                    self.warn("a response needs a `description`; the text of its status is added");
                    object.insert("description".to_owned(), json!(reason_phrase(key)));
                }
                true
            }
            Kind::MediaType => self.one_example(object),
            Kind::Encoding => self.style(object, &["form", "spaceDelimited", "pipeDelimited", "deepObject"]),
            Kind::Link => {
                if object.contains_key("operationId") && object.shift_remove("operationRef").is_some() {
                    self.warn("a link has either `operationId` or `operationRef`; the second is left out");
                }
                true
            }
            Kind::SecurityScheme => return self.scheme(object),
            Kind::OAuthFlows => self.flows(object),
            Kind::OAuthFlow => {
                object.entry("scopes").or_insert_with(|| json!({}));
                true
            }
            Kind::Discriminator => return self.needs(object, &["propertyName"]),
            Kind::Schema => self.schema(object),
            Kind::Contact
            | Kind::ServerVariable
            | Kind::Components
            | Kind::Callback
            | Kind::Example
            | Kind::SecurityRequirement
            | Kind::Xml => true,
        };
        true
    }

    /// Sets a required field that is missing.
    fn require(&mut self, object: &mut Map<String, Value>, key: &str, value: &str) -> bool {
        if !object.contains_key(key) {
            self.warn(format!("`{key}` is missing; it is set to `{value}`"));
            object.insert(key.to_owned(), json!(value));
        }
        true
    }

    /// Returns false, with a warning, if a field is missing without which the object is useless.
    fn needs(&mut self, object: &Map<String, Value>, keys: &[&str]) -> bool {
        match keys.iter().find(|key| !object.contains_key(**key)) {
            Some(missing) => {
                self.warn(format!("`{missing}` is missing; the object is left out"));
                false
            }
            None => true,
        }
    }

    fn document(&mut self, object: &mut Map<String, Value>) -> bool {
        if let Some(tags) = object.get_mut("tags").and_then(Value::as_array_mut) {
            let count = tags.len();
            let mut seen = HashSet::new();
            tags.retain(|tag| seen.insert(tag.get("name").map(Value::to_string)));
            if tags.len() < count {
                self.warn("duplicate tags are left out");
            }
        }
        true
    }

    fn variables(&mut self, variables: &mut Map<String, Value>) {
        for (name, variable) in variables.iter_mut().filter_map(|(name, it)| Some((name, it.as_object_mut()?))) {
            if !variable.contains_key("default") {
                let first = variable.get("enum").and_then(|values| values.get(0)).cloned();
                variable.insert("default".to_owned(), first.unwrap_or_else(|| json!("")));
                self.warn(format!("the server variable `{name}` needs a `default`; one is added"));
            }
        }
    }

    fn operation(&mut self, object: &mut Map<String, Value>) -> bool {
        self.parameters(object);
        let responses = object.entry("responses").or_insert_with(|| json!({}));
        if let Some(responses) = responses.as_object_mut()
            && !responses.keys().any(|key| !key.starts_with("x-"))
        {
            self.warn("an operation needs `responses`; a default response is added");
            responses.insert("default".to_owned(), json!({ "description": "Any response" }));
        }
        true
    }

    /// Removes duplicate parameters.
    fn parameters(&mut self, object: &mut Map<String, Value>) -> bool {
        let Some(parameters) = object.get_mut("parameters").and_then(Value::as_array_mut) else { return true };
        let count = parameters.len();
        let mut seen = HashSet::new();
        parameters.retain(|parameter| {
            let text = |key: &str| parameter.get(key).map(Value::to_string);
            seen.insert((text("$ref"), text("in"), text("name")))
        });
        if parameters.len() < count {
            self.warn("duplicate parameters are left out");
        }
        true
    }

    fn parameter(&mut self, object: &mut Map<String, Value>) -> bool {
        if !self.needs(object, &["name", "in"]) {
            return false;
        }
        let styles: &[&str] = match object.get("in").and_then(Value::as_str) {
            Some("path") => {
                if object.insert("required".to_owned(), json!(true)) != Some(json!(true)) {
                    self.warn("a path parameter is always required");
                }
                &["matrix", "label", "simple"]
            }
            Some("query") => &["form", "spaceDelimited", "pipeDelimited", "deepObject"],
            Some("header") => &["simple"],
            Some("cookie") => &["form"],
            _ => {
                self.warn("a parameter is `in` path, query, header or cookie; this one is left out");
                return false;
            }
        };
        if object.get("name").and_then(Value::as_str) == Some("") {
            self.warn("a parameter needs a name; this one is left out");
            return false;
        }
        self.style(object, styles);
        self.content(object);
        true
    }

    fn header(&mut self, object: &mut Map<String, Value>) -> bool {
        self.style(object, &["simple"]);
        self.content(object)
    }

    fn style(&mut self, object: &mut Map<String, Value>, styles: &[&str]) -> bool {
        if let Some(style) = object.get("style").and_then(Value::as_str).filter(|style| !styles.contains(style)) {
            self.warn(format!("`style: {style}` is not possible here, and is left out"));
            object.shift_remove("style");
        }
        true
    }

    /// Makes a parameter or header have either a schema, or one media type with a schema.
    fn content(&mut self, object: &mut Map<String, Value>) -> bool {
        self.one_example(object);
        let types = object.get_mut("content").and_then(Value::as_object_mut);
        match types.map(|types| (types.len(), types)) {
            Some((0, _)) => {
                object.shift_remove("content");
            }
            Some((count, types)) if count > 1 => {
                types.sort_keys();
                let best = types.keys().find(|key| key.contains("json")).or_else(|| types.keys().next()).cloned();
                types.retain(|key, _| Some(key) == best.as_ref());
                self.warn("a parameter has one media type; the others are left out");
            }
            _ => {}
        }
        match (object.contains_key("schema"), object.contains_key("content")) {
            (true, true) => {
                object.shift_remove("content");
                self.warn("a parameter has either `schema` or `content`; the second is left out");
            }
            (false, true) => {
                for key in ["style", "explode", "allowReserved", "example", "examples"] {
                    if object.shift_remove(key).is_some() {
                        self.warn(format!("`{key}` does not go with `content`, and is left out"));
                    }
                }
            }
            (false, false) => {
                object.insert("schema".to_owned(), json!({ "type": "string" }));
                self.warn("a parameter needs a `schema`; it becomes a string");
            }
            (true, false) => {}
        }
        true
    }

    fn one_example(&mut self, object: &mut Map<String, Value>) -> bool {
        if object.get("examples").and_then(Value::as_object).is_some_and(Map::is_empty) {
            object.shift_remove("examples");
        }
        if object.contains_key("examples") && object.shift_remove("example").is_some() {
            self.warn("`example` and `examples` cannot be used together; the first is left out");
        }
        true
    }

    fn scheme(&mut self, object: &mut Map<String, Value>) -> bool {
        let kind = object.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (needed, allowed): (&[&str], &[&str]) = match kind.as_str() {
            "apiKey" => (&["name", "in"], &["name", "in"]),
            "http" => (&["scheme"], &["scheme", "bearerFormat"]),
            "oauth2" => (&["flows"], &["flows"]),
            "openIdConnect" => (&["openIdConnectUrl"], &["openIdConnectUrl"]),
            // The pass `security` handles this.
            "mutualTLS" => (&[], &[]),
            _ => {
                self.warn(format!("`{kind}` is not a type of security scheme; it is left out"));
                return false;
            }
        };
        if !self.needs(object, needed) {
            return false;
        }
        let place = object.get("in").and_then(Value::as_str);
        if kind == "apiKey" && !place.is_some_and(|place| ["header", "query", "cookie"].contains(&place)) {
            self.warn("an API key is `in` header, query or cookie; the scheme is left out");
            return false;
        }
        let bearer =
            object.get("scheme").and_then(Value::as_str).is_some_and(|name| name.eq_ignore_ascii_case("bearer"));
        for (key, value) in std::mem::take(object) {
            let belongs = allowed.contains(&key.as_str()) && (key != "bearerFormat" || bearer);
            if belongs || matches!(key.as_str(), "type" | "description") || key.starts_with("x-") {
                object.insert(key, value);
            } else {
                object.entry(format!("x-{key}")).or_insert(value);
            }
        }
        true
    }

    fn flows(&mut self, flows: &mut Map<String, Value>) -> bool {
        flows.retain(|name, flow| {
            let Some(flow) = flow.as_object_mut() else { return true };
            let (needed, foreign): (&[&str], &[&str]) = match name.as_str() {
                "implicit" => (&["authorizationUrl"], &["tokenUrl"]),
                "password" | "clientCredentials" => (&["tokenUrl"], &["authorizationUrl"]),
                "authorizationCode" => (&["authorizationUrl", "tokenUrl"], &[]),
                _ => return true,
            };
            for key in foreign {
                if let Some(value) = flow.shift_remove(*key) {
                    flow.insert(format!("x-{key}"), value);
                }
            }
            let depth = push(&mut self.pointer, name);
            let complete = self.needs(flow, needed);
            self.pointer.truncate(depth);
            complete
        });
        true
    }

    fn schema(&mut self, schema: &mut Map<String, Value>) -> bool {
        if schema.get("enum").and_then(Value::as_array).is_some_and(Vec::is_empty) {
            self.warn("`enum` allows no value at all, and is left out");
            schema.shift_remove("enum");
        }
        if schema.get("multipleOf").and_then(Value::as_f64).is_some_and(|step| step <= 0.0) {
            self.warn("`multipleOf` must be greater than 0, and is left out");
            schema.shift_remove("multipleOf");
        }
        if schema.get("xml").and_then(Value::as_object).is_some_and(Map::is_empty) {
            schema.shift_remove("xml");
        }
        true
    }

    /// Repairs the keys of an object of objects.
    pub(super) fn keys(&mut self, kind: Kind, name: &str, map: &mut Map<String, Value>) {
        let mend: fn(&str) -> Option<String> = match (kind, name) {
            (Kind::Document, "paths") => path,
            (Kind::Operation, "responses") => status,
            _ => return,
        };
        if map.keys().all(|key| mend(key).as_deref() == Some(key)) {
            return;
        }
        for (key, value) in std::mem::take(map) {
            match mend(&key).filter(|mended| *mended == key || !map.contains_key(mended)) {
                Some(mended) => {
                    if mended != key {
                        self.warn(format!("`{key}` must be written as `{mended}`"));
                    }
                    map.insert(mended, value);
                }
                None => self.warn(format!("`{key}` is not allowed here; it is left out")),
            }
        }
    }
}

fn path(key: &str) -> Option<String> {
    Some(if key.starts_with('/') || key.starts_with("x-") { key.to_owned() } else { format!("/{key}") })
}

fn status(key: &str) -> Option<String> {
    let mut bytes = key.bytes();
    let range = bytes.next().is_some_and(|first| (b'1'..=b'5').contains(&first));
    let rest = key.get(1..).unwrap_or_default();
    let digits = rest.len() == 2 && rest.bytes().all(|byte| byte.is_ascii_digit());
    match key {
        "default" => Some(key.to_owned()),
        _ if key.starts_with("x-") || (range && digits) => Some(key.to_owned()),
        _ if range && rest.eq_ignore_ascii_case("xx") => Some(key.to_ascii_uppercase()),
        _ => None,
    }
}

/// The text of a status, for a response without a description.
pub(in crate::normalize) fn reason_phrase(status: &str) -> &'static str {
    match status.parse::<StatusCode>().ok().and_then(|status| status.canonical_reason()) {
        Some(phrase) => phrase,
        None if status.starts_with('2') => "Success",
        None => "Response",
    }
}
