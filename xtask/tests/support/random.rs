//! Random valid OpenAPI 3.1 documents.

use fastrand::Rng;
use serde_json::{Map, Value, json};

/// Generates documents. Each property, parameter and component has a unique name, so that tests notice if one is lost.
pub(crate) struct Maker {
    random: Rng,
    count: usize,
    components: Vec<String>,
}

impl Maker {
    /// Generates a document with about `size` operations and schemas.
    pub(crate) fn document(seed: u64, size: usize) -> Value {
        let mut random = Rng::with_seed(seed);
        let styles: [fn(usize) -> String; 5] = [
            |it| format!("Thing{it}"),
            |it| format!("thing_{it}"),
            |it| format!("HTTPThing{it}"),
            |it| format!("thing.of-{it}"),
            |it| format!("Ding{it}_größer"),
        ];
        let components = (0..=size).map(|it| random.choice(styles).unwrap()(it)).collect();
        Self { random, count: 0, components }.make(size)
    }

    fn make(mut self, size: usize) -> Value {
        let mut paths = Map::new();
        for index in 0..size {
            let id = self.next("id");
            let by_id = self.random.bool();
            let path = if by_id { format!("/things{index}/{{{id}}}") } else { format!("/things{index}") };
            let mut item = Map::new();
            for method in ["get", "post", "delete"] {
                if self.random.bool() || item.is_empty() {
                    let own = by_id.then_some(id.as_str());
                    item.insert(method.to_owned(), self.operation(method, own));
                }
            }
            paths.insert(path, Value::Object(item));
        }
        let mut schemas = Map::new();
        for name in self.components.clone() {
            let schema = self.component();
            schemas.insert(name, schema);
        }
        json!({
            "openapi": "3.1.0",
            "info": { "title": "Random", "version": "1", "summary": "made up" },
            "tags": [{ "name": "one" }],
            "security": [{ "token": [] }],
            "paths": paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
                "parameters": { "Shared": { "name": "shared", "in": "query", "schema": self.schema(1) } },
                "responses": { "Failed": { "description": "failed", "content": { "application/json": { "schema": self.schema(1) } } } },
            },
        })
    }

    fn next(&mut self, kind: &str) -> String {
        self.count += 1;
        format!("{kind}{}", self.count)
    }

    fn maybe(&mut self, percent: u8) -> bool {
        self.random.u8(0..100) < percent
    }

    fn operation(&mut self, method: &str, id: Option<&str>) -> Value {
        let mut parameters: Vec<Value> = Vec::new();
        if let Some(id) = id {
            parameters.push(
                json!({ "name": id, "in": "path", "required": true, "schema": { "type": ["string", "integer"] } }),
            );
        }
        for place in ["query", "header", "cookie"] {
            for _ in 0..self.random.usize(0..3) {
                let mut parameter = json!({ "name": self.next("q"), "in": place, "description": "of the request" });
                if self.maybe(15) {
                    parameter["content"] = json!({ "application/json": { "schema": self.schema(1) } });
                } else {
                    parameter["schema"] = self.schema(2);
                    if place == "query" && self.maybe(20) {
                        parameter["style"] = json!("deepObject");
                    }
                }
                parameters.push(parameter);
            }
        }
        if self.maybe(30) {
            parameters.push(json!({ "$ref": "#/components/parameters/Shared" }));
        }
        let mut responses = Map::new();
        for status in ["200", "201", "204", "400", "4XX", "default"] {
            if self.maybe(40) {
                responses.insert(status.to_owned(), self.response());
            }
        }
        if responses.is_empty() || self.maybe(20) {
            responses.insert("500".to_owned(), json!({ "$ref": "#/components/responses/Failed" }));
        }
        let mut operation = json!({ "responses": responses, "tags": ["one"], "summary": "Does it" });
        if self.maybe(90) {
            operation["operationId"] = json!(self.next(&format!("{method}Thing")));
        }
        if !parameters.is_empty() {
            operation["parameters"] = json!(parameters);
        }
        if method == "post" {
            let kind = self.random.choice(["application/json", "multipart/form-data", "text/plain"]).unwrap();
            operation["requestBody"] = json!({ "required": true, "content": { kind: { "schema": self.schema(2) } } });
        }
        operation
    }

    fn response(&mut self) -> Value {
        let mut response = json!({ "description": "what comes" });
        if self.maybe(80) {
            response["content"] = json!({ "application/json": { "schema": self.schema(3) } });
        }
        if self.maybe(20) {
            response["headers"] = json!({ self.next("X-Header"): { "schema": self.schema(1) } });
        }
        response
    }

    fn component(&mut self) -> Value {
        let mut schema = if self.maybe(70) { self.object(3) } else { self.schema(3) };
        if self.maybe(15)
            && let Some(schema) = schema.as_object_mut()
            && schema.get("type") == Some(&json!("object"))
        {
            schema.insert("type".to_owned(), json!(["object", "null"]));
        }
        schema
    }

    fn reference(&mut self) -> Value {
        let name = self.random.choice(&self.components).unwrap().clone();
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }

    fn object(&mut self, depth: usize) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for _ in 0..self.random.usize(1..4) {
            let name = self.next("p");
            if self.random.bool() {
                required.push(name.clone());
            }
            let schema = self.schema(depth - 1);
            properties.insert(name, schema);
        }
        let mut object = json!({ "type": "object", "properties": properties });
        if !required.is_empty() {
            object["required"] = json!(required);
        }
        match self.random.u8(0..12) {
            0 => object["additionalProperties"] = self.schema(depth - 1),
            1 => object["additionalProperties"] = json!(false),
            2 => object["title"] = json!(self.next("Title ")),
            3 => object["unevaluatedProperties"] = json!(false),
            4 => object["patternProperties"] = json!({ "^x-": self.leaf() }),
            5 => object["dependentRequired"] = json!({ "a": ["b"] }),
            6 => object["$comment"] = json!("a word"),
            7 => object["description"] = json!("an object"),
            8 => object["propertyNames"] = json!({ "pattern": "^[a-z]" }),
            _ => {}
        }
        object
    }

    fn leaf(&mut self) -> Value {
        match self.random.u8(0..20) {
            0 => json!({ "type": "integer", "exclusiveMinimum": 0, "default": 1 }),
            1 => json!({ "type": "number", "exclusiveMaximum": 9.5, "minimum": 1 }),
            2 => json!({ "type": ["string", "null"], "maxLength": 9, "default": null }),
            3 => json!({ "const": self.next("constant") }),
            4 => json!({ "type": "string", "enum": [self.next("value"), self.next("value")] }),
            5 => json!({ "type": "string", "contentEncoding": "base64" }),
            6 => json!({ "type": "string", "contentMediaType": "application/octet-stream" }),
            7 => json!({ "type": "array", "items": { "type": "string" }, "contains": { "const": "a" } }),
            8 => json!({ "type": ["string", "integer"], "examples": ["a", 1] }),
            9 => json!(true),
            10 => json!({ "type": "null" }),
            11 => json!({ "enum": [self.next("value"), null, 3] }),
            12 => json!({ "type": "string", "format": "date-time", "description": "a moment" }),
            13 => json!({ "type": "boolean", "default": false }),
            14 => {
                json!({ "type": "array", "prefixItems": [{ "type": "number" }, { "type": "number" }], "items": false })
            }
            15 => json!({ "type": "array", "prefixItems": [{ "type": "string" }, { "type": "number" }] }),
            16 => json!({ "type": "array" }),
            17 => json!({}),
            _ => json!({ "type": "string" }),
        }
    }

    fn schema(&mut self, depth: usize) -> Value {
        if depth == 0 {
            return if self.maybe(30) { self.reference() } else { self.leaf() };
        }
        match self.random.u8(0..12) {
            0 | 1 => self.object(depth),
            2 => json!({ "type": "array", "items": self.schema(depth - 1), "minItems": 1 }),
            3 => json!({ "anyOf": [self.schema(depth - 1), { "type": "null" }], "description": "perhaps" }),
            4 => json!({ "oneOf": [self.object(depth), self.object(depth), self.reference()] }),
            5 => json!({ "anyOf": [self.leaf(), self.object(depth)] }),
            6 => self.tagged(depth),
            7 => {
                let mut reference = self.reference();
                reference["description"] = json!("with words of its own");
                reference
            }
            8 => json!({ "allOf": [self.reference(), self.object(depth)] }),
            9 => {
                let mut object = self.object(depth);
                object["oneOf"] = json!([self.object(depth), self.object(depth)]);
                object
            }
            10 => self.reference(),
            _ => self.leaf(),
        }
    }

    /// A union whose members are distinguished by a constant.
    fn tagged(&mut self, depth: usize) -> Value {
        let mut members = Vec::new();
        for _ in 0..self.random.usize(2..4) {
            let mut member = self.object(depth);
            member["properties"]["kind"] = json!({ "const": self.next("kind") });
            match member.get_mut("required").and_then(Value::as_array_mut) {
                Some(required) => required.push(json!("kind")),
                None => member["required"] = json!(["kind"]),
            }
            members.push(member);
        }
        json!({ "oneOf": members })
    }
}
