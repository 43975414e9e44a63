//! The operations of `openapi.json`, and the schemas that requests are validated against.

use std::{
    cell::RefCell,
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use serde_json::{Value, json};

use super::{
    failure::ErrorFormat,
    openapi::{json_schema, json_schemas, path_fits, self_contained},
};

/// The text of the document.
pub(crate) const TEXT: &str = include_str!("../../openapi.json");

/// A compiled schema. Equal schemas share one.
type Validator = Arc<jsonschema::Validator>;

/// All operations, parsed on first use and shared by all emulators of a process.
static DOCUMENT: LazyLock<Document> = LazyLock::new(|| Document::parse(TEXT));

/// Other paths of operations, with the path in the document: those of the older gateway, and the deprecated `/openai`.
const ALIASES: &[(&str, &str)] = &[
    ("/openai", "/v1/chat/completions"),
    ("/generate/openai", "/v1/chat/completions"),
    ("/generate/openai/chat/completions", "/v1/chat/completions"),
    ("/generate/openai/models", "/v1/models"),
    ("/generate/image/models", "/image/models"),
    ("/generate/image/{prompt}", "/image/{prompt}"),
];

/// The operations that coalesce. Used as long as the document does not mark them itself.
const COALESCED: &[(&str, &str)] = &[
    ("GET", "/text/{prompt}"),
    ("POST", "/text/{prompt}"),
    ("POST", "/text"),
    ("POST", "/v1/chat/completions"),
    ("POST", "/v1/messages"),
    ("POST", "/v1/responses"),
    ("POST", "/v1/embeddings"),
    ("GET", "/image/{prompt}"),
    ("POST", "/v1/images/generations"),
    ("POST", "/v1/images/edits"),
    ("GET", "/video/{prompt}"),
    ("GET", "/3d/{prompt}"),
    ("POST", "/3d/{prompt}"),
    ("GET", "/audio/{text}"),
    ("POST", "/v1/audio/speech"),
    ("POST", "/v1/audio/speech/with-timestamps"),
    ("POST", "/v1/audio/transcriptions"),
    ("POST", "/v1/audio/voice-changer"),
    ("POST", "/v1/audio/voice-isolator"),
    ("POST", "/alpha/audio/stem-separation"),
];

/// The extension that marks operations that coalesce.
const EXTENSION: &str = "x-coalesced";

/// The operations that send refusals as a reply of the assistant, and the form of that reply.
const TEXT_FORMS: &[(&str, TextForm)] = &[
    ("/v1/chat/completions", TextForm::Completion),
    ("/v1/responses", TextForm::Response),
    ("/text/{prompt}", TextForm::Plain),
    ("/text", TextForm::Plain),
];

/// The path whose errors have Anthropic's format.
const ANTHROPIC: &str = "/v1/messages";

/// The paths besides those of the media service whose errors are flat.
const FLAT: &[&str] = &["/models/status", "/models/stats"];

/// The form of a reply that is not streamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextForm {
    /// A chat completion.
    Completion,
    /// A response of the Responses API.
    Response,
    /// The text itself.
    Plain,
}

struct Document {
    operations: Vec<Operation>,
    /// The number of schemas that were compiled.
    #[cfg_attr(not(test), allow(dead_code, reason = "a test asks"))]
    compiled: usize,
}

/// One operation of the document.
pub(crate) struct Operation {
    /// Its id, such as `chat_completions`.
    pub(crate) id: String,
    method: String,
    path: String,
    /// Whether it requires an API key.
    pub(crate) needs_key: bool,
    /// Whether it belongs to the media service.
    pub(crate) is_media: bool,
    pub(crate) parameters: Vec<Parameter>,
    /// The fields of a multipart form, without the files.
    pub(crate) form: Vec<Parameter>,
    /// The schema of the body, if JSON is the only content type.
    pub(crate) body: Option<Validator>,
    /// The schema of a JSON body, if there are other content types as well.
    pub(crate) json: Option<Validator>,
    /// Whether identical requests share one generation.
    pub(crate) coalesced: bool,
}

impl Operation {
    /// The form of the reply that is sent in place of a refusal; `None` if refusals are sent as errors.
    pub(crate) fn text_form(&self) -> Option<TextForm> {
        TEXT_FORMS.iter().find(|(path, _)| *path == self.path).map(|(_, form)| *form)
    }

    /// The format of its error bodies.
    pub(crate) fn error_format(&self) -> ErrorFormat {
        match self.path.as_str() {
            ANTHROPIC => ErrorFormat::Anthropic,
            path if self.is_media || FLAT.contains(&path) => ErrorFormat::Flat,
            _ => ErrorFormat::Envelope,
        }
    }

    /// Whether its request bodies may be files of hundreds of MiB.
    pub(crate) fn takes_large_files(&self) -> bool {
        self.is_media && self.method == "POST"
    }

    /// Whether `no-cache=true` skips the cache.
    pub(crate) fn can_be_fresh(&self) -> bool {
        self.path.starts_with("/image/") || self.path.starts_with("/v1/images/")
    }
}

/// A parameter of the query or the header, or a field of a form.
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) required: bool,
    /// Whether it is a header.
    pub(crate) in_header: bool,
    kind: Kind,
    validator: Validator,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Integer,
    Number,
    Boolean,
    Text,
}

/// The operation for a method and a path. `HEAD` is the same operation as `GET`, unless the document has a `HEAD`
/// operation for the path.
pub(crate) fn operation(method: &str, path: &str) -> Option<&'static Operation> {
    let takes = |operation: &&Operation| operation.method == method || (method == "HEAD" && operation.method == "GET");
    let mut operations = DOCUMENT.operations.iter().filter(takes);
    let alias = ALIASES.iter().find(|(alias, _)| path_fits(alias, path) && !alias.contains('{'));
    let alias = alias.or_else(|| ALIASES.iter().find(|(alias, _)| path_fits(alias, path)));
    if let Some((_, target)) = alias {
        return operations.find(|operation| operation.path == *target);
    }
    // Prefer a path without parameters, such as `/models`, to one with, such as `/{id}`.
    operations
        .filter(|operation| path_fits(&operation.path, path))
        .min_by_key(|operation| (operation.path.matches('{').count(), operation.method != method))
}

/// The ids of all operations.
pub(crate) fn operations() -> impl Iterator<Item = &'static str> {
    DOCUMENT.operations.iter().map(|operation| operation.id.as_str())
}

impl Document {
    fn parse(text: &str) -> Self {
        // The document is compiled in, and a test makes sure that it can be parsed.
        let document: Value = serde_json::from_str(text).unwrap_or_default();
        let schemas = document["components"]["schemas"].as_object().map(json_schemas);
        let components = Components { schemas: schemas.unwrap_or_default(), compiled: RefCell::default() };
        let global = has_requirement(&document["security"]);
        let says_coalesced = document["paths"]
            .as_object()
            .into_iter()
            .flatten()
            .flat_map(|(_, item)| item.as_object().into_iter().flatten())
            .any(|(_, operation)| operation.get(EXTENSION).is_some());
        let mut operations = Vec::new();
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for method in ["get", "post", "head", "put", "patch", "delete"] {
                let Some(operation) = item.get(method) else { continue };
                let own = [&item["parameters"], &operation["parameters"]];
                let parameters = own.into_iter().filter_map(Value::as_array).flatten();
                let parameters = parameters.filter_map(|parameter| {
                    let parameter = resolve(&document, parameter);
                    let is_ours = parameter["in"] == "query" || parameter["in"] == "header";
                    is_ours.then(|| Parameter::new(&document, parameter, &components)).flatten()
                });
                let content = &operation["requestBody"]["content"];
                let only_json = content.as_object().is_some_and(|content| content.len() == 1);
                let schema = &content["application/json"]["schema"];
                let method = method.to_uppercase();
                let coalesced = if says_coalesced {
                    operation[EXTENSION] == true
                } else {
                    COALESCED.contains(&(method.as_str(), path.as_str()))
                };
                let rules = if schema.is_null() { None } else { compile(schema, &components) };
                let (body, json) = if only_json { (rules, None) } else { (None, rules) };
                operations.push(Operation {
                    coalesced,
                    body,
                    json,
                    id: operation["operationId"].as_str().unwrap_or_default().to_owned(),
                    method,
                    path: path.clone(),
                    is_media: is_media(item) || is_media(operation),
                    needs_key: operation.get("security").map_or(global, has_requirement),
                    parameters: parameters.collect(),
                    form: form(&document, &content["multipart/form-data"]["schema"], &components),
                });
            }
        }
        let compiled = components.compiled.borrow().len();
        Self { operations, compiled }
    }
}

/// Whether a path or an operation has `servers` of its own, which only the media service has.
fn is_media(value: &Value) -> bool {
    value["servers"].as_array().is_some_and(|servers| !servers.is_empty())
}

/// The fields of a form that are not files.
fn form(document: &Value, schema: &Value, components: &Components) -> Vec<Parameter> {
    let properties = resolve(document, schema)["properties"].as_object().into_iter().flatten();
    let is_file = |schema: &Value| schema["format"] == "binary" || schema["items"]["format"] == "binary";
    let texts = properties.filter(|(_, schema)| !is_file(schema));
    texts
        .filter_map(|(name, schema)| Parameter::new(document, &json!({ "name": name, "schema": schema }), components))
        .collect()
}

/// Whether a key is required: no alternative of `security` is empty.
fn has_requirement(security: &Value) -> bool {
    security.as_array().is_some_and(|alternatives| {
        !alternatives.is_empty() && alternatives.iter().all(|one| one.as_object().is_some_and(|one| !one.is_empty()))
    })
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|reference| document.pointer(reference.strip_prefix('#')?));
    target.unwrap_or(value)
}

/// The component schemas, and the validators compiled so far.
struct Components {
    schemas: Value,
    compiled: RefCell<HashMap<String, Option<Validator>>>,
}

/// Compiles a schema, or returns the validator of an equal one.
fn compile(schema: &Value, components: &Components) -> Option<Validator> {
    let schema = json_schema(schema);
    let text = schema.to_string();
    if let Some(known) = components.compiled.borrow().get(&text) {
        return known.clone();
    }
    let root = self_contained(&schema, &components.schemas);
    let made = jsonschema::options().should_validate_formats(true).build(&root).ok().map(Arc::new);
    components.compiled.borrow_mut().insert(text, made.clone());
    made
}

impl Parameter {
    fn new(document: &Value, parameter: &Value, components: &Components) -> Option<Self> {
        let schema = &parameter["schema"];
        let inner = schema["allOf"].get(0).unwrap_or(schema);
        let kind = match resolve(document, inner)["type"].as_str() {
            Some("integer") => Kind::Integer,
            Some("number") => Kind::Number,
            Some("boolean") => Kind::Boolean,
            _ => Kind::Text,
        };
        Some(Self {
            in_header: parameter["in"] == "header",
            name: parameter["name"].as_str()?.to_owned(),
            required: parameter["required"] == true,
            kind,
            validator: compile(schema, components)?,
        })
    }

    /// Validates a value, and returns the problem if there is one.
    pub(crate) fn problem(&self, text: &str) -> Option<String> {
        let value = match self.kind {
            Kind::Text => json!(text),
            Kind::Boolean => match text {
                "true" => json!(true),
                "false" => json!(false),
                _ => return Some("must be true or false".to_owned()),
            },
            Kind::Integer | Kind::Number => {
                let looks_right = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
                match serde_json::from_str::<Value>(text) {
                    Ok(number @ Value::Number(_)) if looks_right => number,
                    _ => return Some("must be a number".to_owned()),
                }
            }
        };
        self.validator.iter_errors(&value).next().map(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_document_is_found() {
        let document: Value = serde_json::from_str(TEXT).unwrap();
        let mut count = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in ["get", "post", "put", "patch", "delete", "head"] {
                let Some(operation) = item.get(method) else { continue };
                count += 1;
                let path = path.replace("{prompt}", "a%20b").replace("{text}", "x").replace("{hash}", "abc");
                let found = super::operation(&method.to_uppercase(), &path).unwrap();
                assert_eq!(found.id, operation["operationId"].as_str().unwrap(), "{path}");
                let only_json = operation["requestBody"]["content"]
                    .as_object()
                    .is_some_and(|content| content.len() == 1 && content.contains_key("application/json"));
                assert_eq!(found.body.is_some(), only_json, "{path}");
            }
        }
        assert_eq!(operations().count(), count);
    }

    #[test]
    fn no_schema_is_compiled_twice() {
        let validators = |document: &Document| {
            let of_one = |operation: &Operation| {
                let parameters = operation.parameters.iter().chain(&operation.form);
                let parameters = parameters.map(|parameter| Arc::as_ptr(&parameter.validator));
                parameters.chain(operation.body.as_ref().map(Arc::as_ptr)).collect::<Vec<_>>()
            };
            document.operations.iter().flat_map(of_one).collect::<Vec<_>>()
        };
        let document = Document::parse(TEXT);
        let mut used = validators(&document);
        let all = used.len();
        used.sort_unstable();
        used.dedup();
        assert!(used.len() < all, "parameters with equal schemas must share a validator");
        assert!(used.len() <= document.compiled, "{} are used, {} were compiled", used.len(), document.compiled);
        // All emulators of a process share the validators.
        let one = operation("POST", "/v1/chat/completions").and_then(|operation| operation.body.as_ref());
        let same = operation("POST", "/openai").and_then(|operation| operation.body.as_ref());
        assert!(one.zip(same).is_some_and(|(one, same)| Arc::ptr_eq(one, same)));
    }

    #[test]
    fn aliases_are_the_same_operations() {
        for (method, path, id) in [
            ("POST", "/openai", "chat_completions"),
            ("POST", "/generate/openai", "chat_completions"),
            ("GET", "/generate/openai/models", "list_models"),
            ("GET", "/generate/image/models", "list_image_models"),
            ("GET", "/generate/image/a%2Fb", "generate_image"),
        ] {
            assert_eq!(operation(method, path).unwrap().id, id, "{path}");
        }
        assert!(operation("GET", "/openai").is_none());
        assert!(operation("GET", "/text/").is_none());
    }

    #[test]
    fn head_is_the_operation_of_get() {
        for (path, id) in [("/image/x", "generate_image"), ("/models", "list_all_models"), ("/abc", "media_exists")] {
            assert_eq!(operation("HEAD", path).unwrap().id, id, "{path}");
        }
        assert!(operation("HEAD", "/v1/chat/completions").is_none());
    }

    #[test]
    fn every_format_of_the_document_is_checked() {
        // For each format that occurs in requests, test one valid and one invalid value.
        let formats = [("uri", "https://example.com/a?b"), ("date-time", "2026-10-01T12:00:00Z")];
        let document: Value = serde_json::from_str(TEXT).unwrap();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let components = Components { schemas: json_schemas(schemas), compiled: RefCell::default() };
        let mut seen = Vec::new();
        for (name, schema) in schemas {
            for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
                let Some(format) = schema["format"].as_str() else { continue };
                // These formats do not restrict the value.
                if matches!(format, "binary" | "password") {
                    continue;
                }
                let rules = compile(schema, &components).unwrap();
                assert!(!rules.is_valid(&json!("not one")), "{name}.{field}: {format}");
                if let Some((_, good)) = formats.iter().find(|(known, _)| *known == format) {
                    assert!(rules.is_valid(&json!(good)), "{name}.{field}: {format}");
                    seen.push(format);
                }
            }
        }
        assert!(formats.iter().all(|(format, _)| seen.contains(format)), "{seen:?}");
    }

    #[test]
    fn query_values_are_validated() {
        let image = operation("GET", "/image/x").unwrap();
        let problem = |name: &str, text: &str| {
            image.parameters.iter().find(|parameter| parameter.name == name).unwrap().problem(text)
        };
        for (name, good) in
            [("width", "5"), ("seed", "-1"), ("transparent", "true"), ("model", "flux"), ("negative_prompt", "")]
        {
            assert_eq!(problem(name, good), None, "{name}={good}");
        }
        for (name, bad) in [
            ("width", "-1"),
            ("width", "1.5"),
            ("width", "x"),
            ("width", ""),
            ("width", " 1"),
            ("width", "null"),
            ("seed", "99999999999999999999"),
            ("transparent", "1"),
            ("transparent", "TRUE"),
            ("quality", "best"),
        ] {
            assert!(problem(name, bad).is_some(), "{name}={bad}");
        }
    }

    #[test]
    fn extensions_in_the_document_override_the_list_of_coalesced_operations() {
        let coalesced = |document: &Value| {
            let operations = Document::parse(&document.to_string()).operations;
            operations.iter().map(|operation| operation.coalesced).collect::<Vec<_>>()
        };
        let mut document = json!({ "paths": {
            "/image/{prompt}": { "get": { "operationId": "a" } },
            "/new": { "get": { "operationId": "b" }, "post": { "operationId": "c" } },
        } });
        assert_eq!(coalesced(&document), [true, false, false]);
        document["paths"]["/new"]["get"][EXTENSION] = json!(true);
        document["paths"]["/new"]["post"][EXTENSION] = json!(false);
        assert_eq!(coalesced(&document), [false, true, false]);
    }
}
