//! Gives every object the fields that OpenAPI requires, with the right JSON types.
//!
//! Before: `{"200": {"content": {}}, "2xx": "ok"}`, `{"type": "string", "required": [], "widget": "slider"}`
//! After: `{"200": {"description": "OK", "content": {}}}`, `{"type": "string", "x-widget": "slider"}`, with warnings.
//!
//! Later passes can rely on the structure of the document. Unknown fields become extensions (`x-`), fields of the wrong
//! type are removed, and fields that 3.0 requires are added. Each change is a warning, except for unknown fields,
//! because they are kept.

mod mend;

pub(in crate::normalize) use mend::reason_phrase;

use std::collections::HashSet;

use serde_json::{Map, Number, Value};

use crate::normalize::{
    Warnings,
    walk::{self, Field, Kind, push},
};

/// Keywords of older drafts of JSON Schema.
const OLD_DRAFTS: [&str; 4] = ["dependencies", "additionalItems", "$recursiveRef", "$recursiveAnchor"];

pub(super) fn run(document: &mut Value, warnings: &mut Warnings) {
    Cleaner { pointer: String::new(), warnings }.object(Kind::Document, "", document);
}

/// Walks through the document, and tracks the current place.
struct Cleaner<'a> {
    pointer: String,
    warnings: &'a mut Warnings,
}

impl Cleaner<'_> {
    fn warn(&mut self, reason: impl Into<String>) {
        self.warnings.add(&self.pointer, reason);
    }

    /// Checks the value of a key. Returns whether the value can stay.
    fn below(&mut self, token: &str, clean: impl FnOnce(&mut Self) -> bool) -> bool {
        let depth = push(&mut self.pointer, token);
        let stays = clean(self);
        self.pointer.truncate(depth);
        stays
    }

    /// Checks the object at `key`. Returns whether it can stay.
    fn object(&mut self, kind: Kind, key: &str, value: &mut Value) -> bool {
        if kind == Kind::Schema && value.is_boolean() {
            return true;
        }
        mend::wrap(kind, value);
        let Some(object) = value.as_object_mut() else {
            self.warn("this must be an object, and is left out");
            return false;
        };
        if kind.can_be_reference() && object.get("$ref").is_some_and(Value::is_string) {
            return true;
        }
        if kind == Kind::Discriminator {
            object.retain(|key, _| walk::field(kind, key).is_some() || key.starts_with("x-"));
        }
        self.unknown(kind, object);
        object.retain(|name, value| match walk::field(kind, name) {
            Some(field) => self.below(name, |cleaner| cleaner.field(kind, name, field, value)),
            None => true,
        });
        self.mend(kind, key, object)
    }

    /// Turns unknown keys into extensions.
    fn unknown(&mut self, kind: Kind, object: &mut Map<String, Value>) {
        let unknown = |key: &String| walk::field(kind, key).is_none() && !key.starts_with("x-");
        if !object.keys().any(unknown) {
            return;
        }
        for (key, value) in std::mem::take(object) {
            if unknown(&key) {
                if OLD_DRAFTS.contains(&key.as_str()) {
                    self.warn(format!("`{key}` is a keyword of older drafts of JSON Schema; it has no effect here"));
                }
                let extension = format!("x-{}", key.trim_start_matches('$'));
                object.entry(extension).or_insert(value);
            } else {
                object.insert(key, value);
            }
        }
    }

    /// Checks the value of a field. Returns whether it can stay.
    fn field(&mut self, kind: Kind, name: &str, field: Field, value: &mut Value) -> bool {
        match field {
            Field::One(kind) => return self.object(kind, name, value),
            Field::List(kind) => return self.list(kind, value),
            Field::Map(inner) => return self.map(kind, name, inner, value),
            _ => {}
        }
        let fits = match field {
            Field::Text => match &*value {
                // YAML reads `version: 1.0` as a number.
                Value::Number(_) | Value::Bool(_) => {
                    let text = value.to_string();
                    self.warn(format!("`{text}` must be a string, and is read as one"));
                    *value = Value::String(text);
                    true
                }
                other => other.is_string(),
            },
            Field::Flag => value.is_boolean(),
            Field::Number => value.is_number(),
            Field::NumberOrFlag => value.is_number() || value.is_boolean(),
            Field::Count => whole(value),
            Field::Values => value.is_array(),
            Field::AnyMap => value.is_object(),
            Field::Texts => return self.texts(kind, value),
            Field::TextMap => match value.as_object_mut() {
                Some(map) => {
                    map.retain(|name, value| self.below(name, |cleaner| cleaner.field(kind, name, Field::Text, value)));
                    true
                }
                None => false,
            },
            Field::TextsMap => match value.as_object_mut() {
                Some(map) => {
                    map.retain(|name, value| self.below(name, |cleaner| cleaner.texts(kind, value)));
                    true
                }
                None => false,
            },
            Field::Types => return self.types(value),
            Field::Any | Field::One(_) | Field::List(_) | Field::Map(_) => true,
        };
        if !fits {
            self.warn(format!("this cannot be {}, and is left out", kind_of(value)));
        }
        fits
    }

    fn list(&mut self, kind: Kind, value: &mut Value) -> bool {
        let Some(list) = value.as_array_mut() else {
            self.warn(format!("this must be a list, not {}, and is left out", kind_of(value)));
            return false;
        };
        let mut index = 0;
        list.retain_mut(|member| {
            let stays = self.below(&index.to_string(), |cleaner| cleaner.object(kind, "", member));
            index += 1;
            stays
        });
        if kind == Kind::Schema && list.is_empty() {
            self.warn("the list is empty, and is left out");
            return false;
        }
        true
    }

    fn map(&mut self, kind: Kind, name: &str, inner: Kind, value: &mut Value) -> bool {
        let Some(map) = value.as_object_mut() else {
            self.warn(format!("this must be an object, not {}, and is left out", kind_of(value)));
            return false;
        };
        self.keys(kind, name, map);
        let extensible = walk::has_extensions(kind, name);
        map.retain(|key, value| {
            (extensible && key.starts_with("x-")) || self.below(key, |cleaner| cleaner.object(inner, key, value))
        });
        true
    }

    /// A list of strings. Only the list of roles of a security requirement may be empty.
    fn texts(&mut self, kind: Kind, value: &mut Value) -> bool {
        let Some(list) = value.as_array_mut() else {
            self.warn(format!("this must be a list, not {}, and is left out", kind_of(value)));
            return false;
        };
        let count = list.len();
        let mut seen = HashSet::new();
        list.retain(|member| member.as_str().is_some_and(|text| seen.insert(text.to_owned())));
        if list.len() < count {
            self.warn("the list has duplicates, or entries that are not strings; they are left out");
        }
        if list.is_empty() && kind == Kind::Schema {
            if count > 0 {
                self.warn("no valid entry is left in the list");
            }
            return false;
        }
        !(list.is_empty() && kind == Kind::ServerVariable)
    }

    /// A schema's `type`.
    fn types(&mut self, value: &mut Value) -> bool {
        const NAMES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];
        let known = |name: &Value| name.as_str().is_some_and(|name| NAMES.contains(&name));
        match value {
            Value::Array(names) => {
                let count = names.len();
                let mut seen = HashSet::new();
                names.retain(|name| known(name) && seen.insert(name.to_string()));
                if names.len() < count {
                    self.warn("`type` has names that are repeated or unknown; they are left out");
                }
                !names.is_empty()
            }
            name if known(name) => true,
            name => {
                self.warn(format!("`{name}` is not a type; any value is allowed instead"));
                false
            }
        }
    }
}

/// Whether a value is a whole number of zero or more. If it is written as `5.0`, changes it to `5`.
fn whole(value: &mut Value) -> bool {
    if value.is_u64() {
        return true;
    }
    let Some(number) = value.as_f64().filter(|number| *number >= 0.0 && number.fract() == 0.0) else { return false };
    let number = number as u64;
    *value = Value::Number(Number::from(number));
    true
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "such a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
