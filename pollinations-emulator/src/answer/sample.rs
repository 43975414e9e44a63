//! Makes values that are valid for a JSON schema.

use std::cell::Cell;

use serde_json::{Map, Value, json};

/// The maximum nesting, since schemas may refer to themselves.
const MAX_DEPTH: usize = 12;

/// The maximum number of parts of a value. A schema whose fields refer back to it could otherwise have millions.
const MAX_PARTS: usize = 10_000;

/// The simplest value that is valid for the schema. It is the same every time. Texts are `text`, so that tests can see
/// where the value came from.
pub(crate) fn sample(schema: &Value, text: &str) -> Value {
    Sampler { root: schema, text, room: Cell::new(MAX_PARTS) }.value(schema, 0)
}

struct Sampler<'a> {
    root: &'a Value,
    text: &'a str,
    /// How many more parts may be made. Further ones are left out.
    room: Cell<usize>,
}

impl Sampler<'_> {
    fn value(&self, schema: &Value, depth: usize) -> Value {
        let room = self.room.get();
        self.room.set(room.saturating_sub(1));
        if depth > MAX_DEPTH || room == 0 {
            return Value::Null;
        }
        for key in ["const", "default"] {
            if let Some(value) = schema.get(key) {
                return self.copy(value);
            }
        }
        if let Some(first) = schema.get("enum").and_then(|values| values.get(0)) {
            return self.copy(first);
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            return target.map_or(Value::Null, |target| self.value(target, depth + 1));
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(first) = schema.get(key).and_then(|choices| choices.get(0)) {
                return self.value(first, depth + 1);
            }
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            let mut all = Map::new();
            for part in parts {
                match self.value(part, depth + 1) {
                    Value::Object(object) => all.extend(object),
                    other => return other,
                }
            }
            return Value::Object(all);
        }
        let kind = match schema.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            Some(Value::Array(kinds)) => {
                kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null")
            }
            _ if schema.get("properties").is_some() => "object",
            _ => "",
        };
        match kind {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, depth),
            "string" => self.string(schema),
            "integer" => json!(bound(schema).ceil() as i64),
            "number" => json!(bound(schema)),
            "boolean" => json!(true),
            _ => Value::Null,
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let properties = properties.take_while(|_| self.has_room());
        let named = properties.map(|(name, schema)| {
            self.take(name.len());
            (name.clone(), self.value(schema, depth + 1))
        });
        named.collect()
    }

    fn copy(&self, value: &Value) -> Value {
        self.take(value.to_string().len());
        value.clone()
    }

    fn has_room(&self) -> bool {
        self.room.get() > 0
    }

    /// Counts a text: a long one counts as many parts.
    fn take(&self, bytes: usize) {
        self.room.set(self.room.get().saturating_sub(bytes / 64));
    }

    fn array(&self, schema: &Value, depth: usize) -> Value {
        if let Some(items) = schema.get("prefixItems").and_then(Value::as_array) {
            return items.iter().take_while(|_| self.has_room()).map(|item| self.value(item, depth + 1)).collect();
        }
        let count = schema.get("minItems").and_then(Value::as_u64).unwrap_or(1).clamp(1, 16);
        let item = || schema.get("items").map_or(Value::Null, |items| self.value(items, depth + 1));
        (0..count).take_while(|_| self.has_room()).map(|_| item()).collect()
    }

    fn string(&self, schema: &Value) -> Value {
        let text = match schema.get("format").and_then(Value::as_str) {
            Some("date-time") => "2026-01-01T00:00:00Z",
            Some("date") => "2026-01-01",
            Some("time") => "12:00:00Z",
            Some("email") => "ada@example.com",
            Some("uri" | "url") => "https://example.com/",
            Some("uuid") => "00000000-0000-4000-8000-000000000000",
            _ => self.text,
        };
        let most = schema.get("maxLength").and_then(Value::as_u64).and_then(|most| usize::try_from(most).ok());
        let mut text: String = text.chars().take(most.unwrap_or(usize::MAX)).collect();
        let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or_default().min(4096);
        while (text.chars().count() as u64) < least {
            text.push('.');
        }
        self.take(text.len());
        json!(text)
    }
}

/// The smallest valid number. Without a lower bound, it is 1, or the upper bound if that is smaller.
#[allow(clippy::cast_precision_loss, reason = "bounds of schemas are small")]
fn bound(schema: &Value) -> f64 {
    let number = |key: &str| schema.get(key).and_then(Value::as_f64);
    let least = number("minimum").or_else(|| number("exclusiveMinimum").map(|least| least + 1.0));
    let most = number("maximum").or_else(|| number("exclusiveMaximum").map(|most| most - 1.0));
    match (least, most) {
        (Some(least), _) => least,
        (None, Some(most)) => most.min(1.0),
        (None, None) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_matches_every_kind_of_schema() {
        let schema = json!({
            "type": "object",
            "properties": {
                "name": { "type": "string" },
                "age": { "type": ["integer", "null"], "minimum": 18 },
                "half": { "type": "number", "maximum": 0.5 },
                "sure": { "type": "boolean" },
                "kind": { "enum": ["a", "b"] },
                "tags": { "type": "array", "items": { "type": "string", "maxLength": 2 }, "minItems": 2 },
                "shape": { "anyOf": [{ "$ref": "#/$defs/circle" }, { "type": "null" }] },
                "day": { "type": "string", "format": "date" },
            },
            "$defs": { "circle": { "properties": { "radius": { "type": "number" }, "in": { "$ref": "#/$defs/circle" } } } },
        });
        let value = sample(&schema, "hello");
        assert_eq!(value["name"], "hello");
        assert_eq!((value["age"].as_i64(), value["half"].as_f64()), (Some(18), Some(0.5)));
        assert_eq!((&value["sure"], &value["kind"]), (&json!(true), &json!("a")));
        assert_eq!((&value["tags"], &value["day"]), (&json!(["he", "he"]), &json!("2026-01-01")));
        // A schema that refers to itself ends at some depth.
        assert_eq!(value["shape"]["in"]["in"]["radius"], 1.0);
    }

    #[test]
    fn the_size_of_values_is_limited() {
        let itself = json!({ "$ref": "#" });
        let fields: Map<String, Value> = (0..50).map(|number| (number.to_string(), itself.clone())).collect();
        let mut lists = json!({ "type": "string" });
        for _ in 0..10 {
            lists = json!({ "type": "array", "minItems": 16, "items": lists });
        }
        for schema in [json!({ "type": "object", "properties": fields }), lists] {
            assert!(sample(&schema, "x").to_string().len() < 20 * MAX_PARTS);
        }
    }
}
