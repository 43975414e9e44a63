//! Checks whether a document is valid OpenAPI 3.0.3, with a JSON Schema and with rules that a schema cannot express.

use std::{
    collections::{BTreeSet, HashSet},
    sync::LazyLock,
};

use serde_json::{Map, Value, json};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// All violations of OpenAPI 3.0.3 in a document.
pub(crate) fn faults(document: &Value) -> Vec<String> {
    static VALIDATOR: LazyLock<jsonschema::Validator> = LazyLock::new(|| jsonschema::validator_for(&schema()).unwrap());
    let mut faults: Vec<String> =
        VALIDATOR.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    references(document, document, "", &mut faults);
    operations(document, &mut faults);
    faults
}

/// The schema of an object that has only these fields and extensions.
fn object(required: &[&str], fields: Value) -> Value {
    let mut schema = json!({
        "type": "object", "properties": fields, "patternProperties": { "^x-": true }, "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn to(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}

fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

fn map(of: Value) -> Value {
    json!({ "type": "object", "additionalProperties": of })
}

/// The schema of an object, or of a reference without other keywords.
fn or_reference(name: &str) -> Value {
    let reference = json!({ "type": "object", "properties": { "$ref": { "type": "string" } }, "required": ["$ref"], "additionalProperties": false });
    json!({ "if": { "type": "object", "required": ["$ref"] }, "then": reference, "else": to(name) })
}

fn component(of: Value) -> Value {
    json!({ "type": "object", "additionalProperties": of, "propertyNames": { "pattern": "^[a-zA-Z0-9._-]+$" } })
}

fn schema() -> Value {
    let text = json!({ "type": "string" });
    let flag = json!({ "type": "boolean" });
    let count = json!({ "type": "integer", "minimum": 0 });
    let texts = list(text.clone());
    let servers = list(to("Server"));
    let schema = or_reference("Schema");
    let header_fields = json!({
        "description": text, "required": flag, "deprecated": flag, "allowEmptyValue": flag, "style": text, "explode": flag,
        "allowReserved": flag, "schema": schema, "example": true, "examples": map(or_reference("Example")),
        "content": { "type": "object", "additionalProperties": to("MediaType"), "minProperties": 1, "maxProperties": 1 },
    });
    let mut parameter_fields = header_fields.clone();
    parameter_fields["name"] = text.clone();
    parameter_fields["in"] = json!({ "enum": ["path", "query", "header", "cookie"] });
    let one_of_both = json!([
        { "oneOf": [{ "required": ["schema"] }, { "required": ["content"] }] },
        { "not": { "required": ["example", "examples"] } },
        { "if": { "required": ["content"] }, "then": { "not": { "anyOf": [
            { "required": ["style"] }, { "required": ["explode"] }, { "required": ["allowReserved"] },
            { "required": ["example"] }, { "required": ["examples"] },
        ] } } },
    ]);
    let style = |place: &str, styles: &[&str]| json!({ "if": { "properties": { "in": { "const": place } } }, "then": { "properties": { "style": { "enum": styles } } } });
    let mut header = object(&[], header_fields);
    header["allOf"] = one_of_both.clone();
    header["properties"]["style"] = json!({ "const": "simple" });
    let mut parameter = object(&["name", "in"], parameter_fields);
    parameter["allOf"] = one_of_both;
    parameter["allOf"].as_array_mut().unwrap().extend([
        style("path", &["matrix", "label", "simple"]),
        style("query", &["form", "spaceDelimited", "pipeDelimited", "deepObject"]),
        style("header", &["simple"]),
        style("cookie", &["form"]),
        json!({ "if": { "properties": { "in": { "const": "path" } } }, "then": { "required": ["required"], "properties": { "required": { "const": true } } } }),
    ]);
    let mut path_item = json!({
        "$ref": text, "summary": text, "description": text, "servers": servers, "parameters": list(or_reference("Parameter")),
    });
    for method in METHODS {
        path_item[method] = to("Operation");
    }
    let scheme = |kind: &str, required: &[&str], fields: Value| {
        let mut scheme = object(required, fields);
        scheme["properties"]["type"] = json!({ "const": kind });
        scheme["properties"]["description"] = json!({ "type": "string" });
        scheme
    };
    let flow = |required: &[&str]| {
        let mut fields = json!({ "refreshUrl": { "type": "string" }, "scopes": map(json!({ "type": "string" })) });
        for name in required {
            fields[name] = json!({ "type": "string" });
        }
        let mut all = required.to_vec();
        all.push("scopes");
        object(&all, fields)
    };
    let mut media_type = object(
        &[],
        json!({
            "schema": schema, "example": true, "examples": map(or_reference("Example")), "encoding": map(to("Encoding")),
        }),
    );
    media_type["not"] = json!({ "required": ["example", "examples"] });
    let schema_list = list(or_reference("Schema"));
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "definitions": {
            "Server": object(&["url"], json!({ "url": text, "description": text, "variables": map(object(&["default"], json!({
                "enum": { "type": "array", "items": text, "minItems": 1 }, "default": text, "description": text,
            }))) })),
            "Docs": object(&["url"], json!({ "url": text, "description": text })),
            "PathItem": object(&[], path_item),
            "Operation": object(&["responses"], json!({
                "tags": texts, "summary": text, "description": text, "externalDocs": to("Docs"), "operationId": text,
                "parameters": list(or_reference("Parameter")), "requestBody": or_reference("RequestBody"),
                "responses": {
                    "type": "object", "minProperties": 1, "additionalProperties": false,
                    "patternProperties": { "^([1-5][0-9][0-9]|[1-5]XX|default)$": or_reference("Response"), "^x-": true },
                },
                "callbacks": map(or_reference("Callback")), "deprecated": flag, "security": list(to("Requirement")), "servers": servers,
            })),
            "Callback": { "type": "object", "patternProperties": { "^x-": true }, "additionalProperties": to("PathItem") },
            "Requirement": map(texts.clone()),
            "Parameter": parameter,
            "Header": header,
            "RequestBody": object(&["content"], json!({ "description": text, "content": map(to("MediaType")), "required": flag })),
            "Response": object(&["description"], json!({
                "description": text, "headers": map(or_reference("Header")), "content": map(to("MediaType")), "links": map(or_reference("Link")),
            })),
            "MediaType": media_type,
            "Encoding": object(&[], json!({
                "contentType": text, "headers": map(or_reference("Header")), "explode": flag, "allowReserved": flag,
                "style": { "enum": ["form", "spaceDelimited", "pipeDelimited", "deepObject"] },
            })),
            "Example": object(&[], json!({ "summary": text, "description": text, "value": true, "externalValue": text })),
            "Link": object(&[], json!({
                "operationId": text, "operationRef": text, "parameters": map(json!(true)), "requestBody": true, "description": text,
                "server": to("Server"),
            })),
            "Scheme": { "oneOf": [
                scheme("apiKey", &["type", "name", "in"], json!({ "name": text, "in": { "enum": ["header", "query", "cookie"] } })),
                scheme("http", &["type", "scheme"], json!({ "scheme": text, "bearerFormat": text })),
                scheme("openIdConnect", &["type", "openIdConnectUrl"], json!({ "openIdConnectUrl": text })),
                scheme("oauth2", &["type", "flows"], json!({ "flows": object(&[], json!({
                    "implicit": flow(&["authorizationUrl"]), "password": flow(&["tokenUrl"]),
                    "clientCredentials": flow(&["tokenUrl"]), "authorizationCode": flow(&["authorizationUrl", "tokenUrl"]),
                })) })),
            ] },
            "Schema": object(&[], json!({
                "title": text, "multipleOf": { "type": "number", "exclusiveMinimum": 0 }, "maximum": { "type": "number" },
                "exclusiveMaximum": flag, "minimum": { "type": "number" }, "exclusiveMinimum": flag, "maxLength": count,
                "minLength": count, "pattern": text, "maxItems": count, "minItems": count, "uniqueItems": flag,
                "maxProperties": count, "minProperties": count,
                "required": { "type": "array", "items": text, "minItems": 1, "uniqueItems": true },
                "enum": { "type": "array", "minItems": 1 },
                "type": { "enum": ["array", "boolean", "integer", "number", "object", "string"] },
                "not": schema, "allOf": schema_list, "oneOf": schema_list, "anyOf": schema_list, "items": schema,
                "properties": map(schema.clone()),
                "additionalProperties": { "if": { "type": "boolean" }, "then": true, "else": schema },
                "description": text, "format": text, "default": true, "nullable": flag,
                "discriminator": { "type": "object", "required": ["propertyName"], "properties": { "propertyName": text, "mapping": map(text.clone()) } },
                "readOnly": flag, "writeOnly": flag, "example": true, "externalDocs": to("Docs"), "deprecated": flag,
                "xml": object(&[], json!({ "name": text, "namespace": text, "prefix": text, "attribute": flag, "wrapped": flag })),
            })),
        },
        "allOf": [object(&["openapi", "info", "paths"], json!({
            "openapi": { "const": "3.0.3" },
            "info": object(&["title", "version"], json!({
                "title": text, "description": text, "termsOfService": text, "version": text,
                "contact": object(&[], json!({ "name": text, "url": text, "email": text })),
                "license": object(&["name"], json!({ "name": text, "url": text })),
            })),
            "servers": servers, "security": list(to("Requirement")), "externalDocs": to("Docs"),
            "tags": { "type": "array", "uniqueItems": true, "items": object(&["name"], json!({ "name": text, "description": text, "externalDocs": to("Docs") })) },
            "paths": { "type": "object", "patternProperties": { "^/": to("PathItem"), "^x-": true }, "additionalProperties": false },
            "components": object(&[], json!({
                "schemas": component(or_reference("Schema")), "responses": component(or_reference("Response")),
                "parameters": component(or_reference("Parameter")), "examples": component(or_reference("Example")),
                "requestBodies": component(or_reference("RequestBody")), "headers": component(or_reference("Header")),
                "securitySchemes": component(or_reference("Scheme")), "links": component(or_reference("Link")),
                "callbacks": component(or_reference("Callback")),
            })),
        }))],
    })
}

/// Finds references without a target. Examples, defaults and extensions hold data, not references.
fn references(document: &Value, value: &Value, pointer: &str, faults: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            if let Some(target) = object.get("$ref").and_then(Value::as_str)
                && document.pointer(target.trim_start_matches('#')).is_none()
            {
                faults.push(format!("{pointer}: `{target}` does not exist"));
            }
            let is_data = |key: &str| matches!(key, "example" | "default" | "enum" | "value") || key.starts_with("x-");
            let named = ["/properties", "/schemas", "/headers"].iter().any(|end| pointer.ends_with(end));
            for (key, child) in object.iter().filter(|(key, _)| named || !is_data(key)) {
                references(document, child, &format!("{pointer}/{key}"), faults);
            }
        }
        Value::Array(list) => {
            for (index, child) in list.iter().enumerate() {
                references(document, child, &format!("{pointer}/{index}"), faults);
            }
        }
        _ => {}
    }
}

fn operations(document: &Value, faults: &mut Vec<String>) {
    let mut ids = HashSet::new();
    let resolve = |value: &Value| -> Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(target) => document.pointer(target.trim_start_matches('#')).cloned().unwrap_or_default(),
            None => value.clone(),
        }
    };
    let names = |holder: &Value| -> Vec<(String, String)> {
        let parameters = holder.get("parameters").and_then(Value::as_array).into_iter().flatten().map(resolve);
        parameters.map(|it| (it["in"].to_string(), it["name"].as_str().unwrap_or_default().to_owned())).collect()
    };
    for (path, item) in document["paths"].as_object().into_iter().flatten().filter(|(path, _)| path.starts_with('/')) {
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let place = format!("{method} {path}");
            if operation.get("operationId").is_some_and(|id| !ids.insert(id.to_string())) {
                faults.push(format!("{place}: the operationId is not unique"));
            }
            let own = names(operation);
            if own.iter().collect::<BTreeSet<_>>().len() < own.len() {
                faults.push(format!("{place}: a parameter occurs twice"));
            }
            let declared: BTreeSet<String> = own
                .into_iter()
                .chain(names(item))
                .filter(|(place, _)| place == "\"path\"")
                .map(|(_, name)| name)
                .collect();
            let wanted: BTreeSet<String> =
                path.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0.to_owned())).collect();
            if declared != wanted {
                faults.push(format!("{place}: the path has {wanted:?}, the parameters are {declared:?}"));
            }
        }
    }
}

/// The schemas of a document by name.
pub(crate) fn schemas(document: &Value) -> Map<String, Value> {
    document.pointer("/components/schemas").and_then(Value::as_object).cloned().unwrap_or_default()
}
