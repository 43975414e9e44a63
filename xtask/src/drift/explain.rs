//! Describes the difference at a place, and what it means for callers of the generated client.

use drift_crate::{ChangeClass, ChangeDetails};
use serde_json::{Map, Value};

use super::{Change, Class, Found, prepare::Pair};
use crate::normalize::walk::push;

/// Keywords that limit values from below and from above.
const LOWER: &[&str] = &["minimum", "minLength", "minItems", "minProperties"];
const UPPER: &[&str] = &["maximum", "maxLength", "maxItems", "maxProperties"];

/// Keywords that limit values in other ways.
const RULES: &[&str] = &["pattern", "multipleOf", "uniqueItems", "exclusiveMinimum", "exclusiveMaximum"];

pub(super) fn explain(pair: &Pair, found: &Found) -> Vec<Change> {
    let old = pair.old.pointer(found.old.trim_start_matches('#'));
    let new = pair.new.pointer(found.new.trim_start_matches('#'));
    let location = if new.is_some() { &found.new } else { &found.old };
    let mut explainer = Explainer { found, changes: Vec::new() };
    match (old.and_then(Value::as_object), new.and_then(Value::as_object)) {
        (Some(old), Some(new)) if is_schema(location) => {
            explainer.schema(location, old, new, false, false);
        }
        _ => explainer.structure(old, new, location),
    }
    let mut changes = explainer.changes;
    for change in &mut changes {
        change.operations = pair.operations_at(&change.location);
    }
    changes
}

/// Whether a place is inside a schema, and not in a list of parameters, bodies or responses.
fn is_schema(location: &str) -> bool {
    location.starts_with("#/components/schemas/") || location.contains("/schema")
}

struct Explainer<'a> {
    found: &'a Found,
    changes: Vec<Change>,
}

impl Explainer<'_> {
    fn push(
        &mut self,
        class: Class,
        location: &str,
        message: impl Into<String>,
        before: Option<&Value>,
        after: Option<&Value>,
    ) {
        self.changes.push(Change {
            class,
            operations: Vec::new(),
            location: location.to_owned(),
            place: String::new(),
            methods: Vec::new(),
            message: message.into(),
            before: before.cloned().unwrap_or_default(),
            after: after.cloned().unwrap_or_default(),
        });
    }

    /// A change that the walker classifies: parameters, bodies, statuses.
    fn structure(&mut self, old: Option<&Value>, new: Option<&Value>, location: &str) {
        let found = self.found;
        let message = found.message.trim_end_matches('.').to_owned();
        let status = message.rsplit(' ').next().unwrap_or_default().to_owned();
        let response = found.details == ChangeDetails::Added && message.starts_with("operation added a new response");
        let gone = message.starts_with("operation no longer responds");
        if response || gone {
            // Another error status decodes like the others. Another success status may have a different type.
            let failure = status.starts_with(['4', '5']);
            let class = if failure { Class::Additive } else { Class::Breaking };
            let message = format!("response {status} {}", if gone { "was removed" } else { "is new" });
            let at = |document: Option<&Value>| document.and_then(|it| it.get("responses")?.get(&status)).cloned();
            let (before, after) = (at(old), at(new));
            self.push(class, location, message, before.as_ref(), after.as_ref());
            return;
        }
        let class = match found.class {
            ChangeClass::BackwardIncompatible | ChangeClass::Incompatible | ChangeClass::Unhandled => Class::Breaking,
            ChangeClass::ForwardIncompatible if found.details == ChangeDetails::Removed => Class::Breaking,
            ChangeClass::ForwardIncompatible => Class::Additive,
            ChangeClass::Trivial => Class::Docs,
        };
        // Descriptions are reported at their own place.
        if class != Class::Docs {
            let whole = |value: Option<&Value>| value.filter(|value| value.get("responses").is_none()).cloned();
            let (before, after) = (whole(old), whole(new));
            self.push(class, location, message, before.as_ref(), after.as_ref());
        }
    }

    /// Compares two schemas without following references. `optional` is whether the value may be left out.
    fn schema(
        &mut self,
        at: &str,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
        old_optional: bool,
        new_optional: bool,
    ) {
        self.nullable(at, old, new, old_optional, new_optional);
        self.kind(at, old, new);
        self.enumeration(at, old, new);
        self.bounds(at, old, new);
        self.properties(at, old, new);
        self.values(at, old, new);
        self.members(at, old, new);
    }

    /// In Rust, a value that may be null or left out is an `Option`.
    fn nullable(
        &mut self,
        at: &str,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
        old_optional: bool,
        new_optional: bool,
    ) {
        let (before, after) = (old.get("x-nullable"), new.get("x-nullable"));
        let is = |value: Option<&Value>| value == Some(&Value::Bool(true));
        if is(before) == is(after) {
            return;
        }
        let was_option = is(before) || old_optional;
        let is_option = is(after) || new_optional;
        let class = if was_option == is_option { Class::Additive } else { self.option_class(is_option) };
        let message = if is(after) { "may now be null" } else { "may no longer be null" };
        self.push(class, at, message, before, after);
    }

    /// A request still accepts a value in place of an `Option`. Code that reads a response has to change.
    fn option_class(&self, becomes_option: bool) -> Class {
        if becomes_option && !self.found.output { Class::Additive } else { Class::Breaking }
    }

    fn kind(&mut self, at: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        for (keyword, breaks) in [("type", true), ("format", false)] {
            let (before, after) = (old.get(keyword), new.get(keyword));
            if before != after {
                // `binary` decides between bytes and text. Other formats do not affect the Rust types.
                let binary = [before, after].into_iter().flatten().any(|format| format == "binary");
                let class = if breaks || binary { Class::Breaking } else { Class::Additive };
                self.push(class, at, format!("`{keyword}` changed"), before, after);
            }
        }
        match (target(old), target(new)) {
            (None, None) if old.get("allOf") != new.get("allOf") => {
                self.push(Class::Breaking, at, "`allOf` changed", old.get("allOf"), new.get("allOf"));
            }
            (before, after) if before != after => self.push(Class::Breaking, at, "type changed", before, after),
            _ => {}
        }
        if old.get("default") != new.get("default") {
            self.push(Class::Docs, at, "`default` changed", old.get("default"), new.get("default"));
        }
    }

    /// Enumerations are open, so a new value was accepted before, without a name.
    fn enumeration(&mut self, at: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        for value in list(old, "enum").iter().filter(|value| !list(new, "enum").contains(value)) {
            self.push(Class::Breaking, at, format!("value {value} was removed"), Some(value), None);
        }
        for value in list(new, "enum").iter().filter(|value| !list(old, "enum").contains(value)) {
            self.push(Class::Additive, at, format!("value {value} is new"), None, Some(value));
        }
    }

    /// Limits do not affect the types, but a request may be rejected that was accepted before.
    fn bounds(&mut self, at: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        for (keywords, lower) in [(LOWER, true), (UPPER, false)] {
            for keyword in keywords {
                let (before, after) = (old.get(*keyword), new.get(*keyword));
                if before == after {
                    continue;
                }
                let tighter = match (before.and_then(Value::as_f64), after.and_then(Value::as_f64)) {
                    (Some(before), Some(after)) => (after > before) == lower,
                    (None, _) => true,
                    (_, None) => false,
                };
                let class = if tighter && self.found.input { Class::Breaking } else { Class::Additive };
                self.push(class, at, format!("`{keyword}` changed"), before, after);
            }
        }
        for keyword in RULES {
            let (before, after) = (old.get(*keyword), new.get(*keyword));
            if before != after {
                let class = if after.is_some() && self.found.input { Class::Breaking } else { Class::Additive };
                self.push(class, at, format!("`{keyword}` changed"), before, after);
            }
        }
    }

    fn properties(&mut self, at: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let empty = Map::new();
        let properties = |schema: &'_ Map<String, Value>| schema.get("properties").and_then(Value::as_object).cloned();
        let (before, after) = (properties(old).unwrap_or(empty.clone()), properties(new).unwrap_or(empty));
        let required =
            |schema: &Map<String, Value>, name: &str| list(schema, "required").iter().any(|other| other == name);
        for (name, schema) in &before {
            let place = property(at, name);
            let Some(other) = after.get(name) else {
                self.push(Class::Breaking, &place, format!("property `{name}` was removed"), Some(schema), None);
                continue;
            };
            let (was, is) = (required(old, name), required(new, name));
            if was != is {
                // A nullable value is still an `Option`, and a constant has a default.
                let null = |schema: &Value| schema.get("x-nullable") == Some(&Value::Bool(true));
                let constant =
                    |schema: &Value| schema.as_object().is_some_and(|schema| list(schema, "enum").len() == 1);
                let unchanged = (null(schema) && null(other)) || (constant(schema) && constant(other));
                let class = match is {
                    _ if unchanged => Class::Additive,
                    true if self.found.input => Class::Breaking,
                    _ => self.option_class(!is),
                };
                let message = format!("property `{name}` is {} required", if is { "now" } else { "no longer" });
                self.push(class, &place, message, Some(&was.into()), Some(&is.into()));
            }
            if let (Some(schema), Some(other)) = (schema.as_object(), other.as_object()) {
                self.schema(&place, schema, other, !was, !is);
            }
        }
        for (name, schema) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
            let needed = required(new, name) && self.found.input;
            let class = if needed { Class::Breaking } else { Class::Additive };
            let message = format!("property `{name}` is new{}", if needed { " and required" } else { "" });
            self.push(class, &property(at, name), message, None, Some(schema));
        }
    }

    /// The items of lists and the values of maps.
    fn values(&mut self, at: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        for keyword in ["items", "additionalProperties"] {
            match (old.get(keyword), new.get(keyword)) {
                (Some(Value::Object(before)), Some(Value::Object(after))) => {
                    self.schema(&format!("{at}/{keyword}"), before, after, false, false);
                }
                (before, after) if before != after => {
                    let open = |value: Option<&Value>| value.is_none_or(Value::is_boolean);
                    // Whether additional properties are allowed does not affect the types.
                    let class = if open(before) && open(after) { Class::Additive } else { Class::Breaking };
                    self.push(class, at, format!("`{keyword}` changed"), before, after);
                }
                _ => {}
            }
        }
    }

    /// Unions are open, so a new member was accepted before, without a type.
    fn members(&mut self, at: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        for keyword in ["anyOf", "oneOf"] {
            for member in list(old, keyword).iter().filter(|member| !list(new, keyword).contains(member)) {
                self.push(Class::Breaking, at, "a union member was removed", Some(member), None);
            }
            for member in list(new, keyword).iter().filter(|member| !list(old, keyword).contains(member)) {
                self.push(Class::Additive, at, "a union member is new", None, Some(member));
            }
        }
    }
}

fn list<'a>(schema: &'a Map<String, Value>, key: &str) -> &'a [Value] {
    schema.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The component that a schema refers to, directly or as the only member of `allOf`.
fn target(schema: &Map<String, Value>) -> Option<&Value> {
    schema.get("$ref").or_else(|| match list(schema, "allOf") {
        [only] => only.get("$ref"),
        _ => None,
    })
}

fn property(at: &str, name: &str) -> String {
    let mut pointer = format!("{at}/properties");
    push(&mut pointer, name);
    pointer
}
