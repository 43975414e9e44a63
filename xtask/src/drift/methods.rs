//! Finds the methods of `pollinations-ext` that use the broken parts, so that people know which calls to change.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    Change, Class, Report,
    prepare::{SCHEMAS, collect, reach, unescaped},
};
use crate::normalize::walk::each_operation;

/// The entry in the table of coverage for operations without a method in `pollinations-ext`.
const NONE: &str = "pollinations.api()";

/// The methods of `pollinations-ext`, by operation and parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Methods(BTreeMap<String, Operation>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Operation {
    method: String,
    parameters: BTreeMap<String, String>,
}

impl Methods {
    /// Parses `docs/coverage.md`: a heading for each operation, its method below, and a table of its parameters.
    ///
    /// Other lines are skipped, so a text in another format has no methods.
    pub fn parse(coverage: &str) -> Self {
        let code = |text: &str| Some(text.trim().strip_prefix('`')?.strip_suffix('`')?.to_owned());
        let mut methods = Self::default();
        let mut operation: Option<&mut Operation> = None;
        for line in coverage.lines() {
            if let Some(heading) = line.strip_prefix("## ") {
                operation = code(heading).map(|id| methods.0.entry(id).or_default());
            } else if let Some(operation) = operation.as_deref_mut() {
                if let Some((name, method)) = line.strip_prefix('|').and_then(|row| row.split_once('|')) {
                    if let (Some(name), Some(method)) = (code(name), code(method.trim_end().trim_end_matches('|'))) {
                        operation.parameters.insert(name, method);
                    }
                } else if let Some(method) = line.split_once("`: ").and_then(|(_, method)| code(method)) {
                    operation.method = method;
                }
            }
        }
        methods
    }

    /// The method that sends an operation.
    fn operation(&self, id: &str) -> Option<&str> {
        Some(self.0.get(id)?.method.as_str()).filter(|method| !method.is_empty())
    }

    /// The method that sets a parameter or a field of the body. `None` if it can only be set with
    /// `pollinations.api()`. If the table does not have the parameter because it is new, the method of the operation.
    fn parameter(&self, id: &str, name: &str) -> Option<&str> {
        match self.0.get(id)?.parameters.get(name) {
            Some(method) => Some(method.as_str()).filter(|method| *method != NONE),
            None => self.operation(id),
        }
    }
}

impl Report {
    /// Adds the methods of `pollinations-ext` that use the broken parts to each breaking change.
    #[must_use]
    pub fn with_methods(mut self, methods: &Methods) -> Self {
        for change in self.changes.iter_mut().filter(|change| change.class == Class::Breaking) {
            change.methods = self.usage.methods(change, methods).into_iter().collect();
        }
        self
    }
}

/// The types in the parts of each operation, in both documents.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Usage(BTreeMap<String, Parts>);

#[derive(Clone, Debug, Default, PartialEq)]
struct Parts {
    /// The types of request bodies.
    bodies: BTreeSet<String>,
    /// The types that each parameter, and each field of a body, contains.
    parameters: BTreeMap<String, BTreeSet<String>>,
    /// The types that responses contain.
    responses: BTreeSet<String>,
}

impl Usage {
    pub(super) fn new(documents: [&Value; 2]) -> Self {
        let mut usage = Self::default();
        for document in documents {
            let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
            each_operation(&mut document.clone(), |_, _, operation| {
                let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
                usage.0.entry(id.to_owned()).or_default().add(operation, schemas);
            });
        }
        usage
    }

    fn methods(&self, change: &Change, methods: &Methods) -> BTreeSet<String> {
        // The table may be about the other document, where the operation has a different name.
        let before = change.before.as_str().filter(|_| change.message.starts_with("operation `"));
        let ids = change.operations.iter().map(String::as_str).chain(before);
        let found: BTreeSet<&str> = match change.location.strip_prefix(SCHEMAS) {
            Some(place) => ids.flat_map(|id| self.of_schema(id, place, methods)).collect(),
            None => match parameter(change) {
                Some(name) => ids.filter_map(|id| methods.parameter(id, name)).collect(),
                None => ids.filter_map(|id| methods.operation(id)).collect(),
            },
        };
        found.into_iter().map(str::to_owned).collect()
    }

    /// The methods of an operation that use a place inside a type.
    fn of_schema<'a>(&self, id: &str, place: &str, methods: &'a Methods) -> Vec<&'a str> {
        let Some(parts) = self.0.get(id) else { return Vec::new() };
        let mut tokens = place.split('/').map(unescaped);
        let name = tokens.next().unwrap_or_default();
        let property = tokens.next().filter(|token| token == "properties").and_then(|_| tokens.next());
        let mut found = Vec::new();
        if parts.bodies.contains(&name) {
            found.extend(match &property {
                Some(property) => methods.parameter(id, property),
                None => methods.operation(id),
            });
        }
        for (parameter, _) in parts.parameters.iter().filter(|(_, types)| types.contains(&name)) {
            found.extend(methods.parameter(id, parameter));
        }
        if parts.responses.contains(&name) {
            found.extend(methods.operation(id));
        }
        found
    }
}

impl Parts {
    fn add(&mut self, operation: &Map<String, Value>, schemas: Option<&Map<String, Value>>) {
        let mut note = |name: &str, value: &Value| {
            let types = reach(value, schemas);
            self.parameters.entry(name.to_owned()).or_default().extend(types);
        };
        for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
            if let Some(name) = parameter.get("name").and_then(Value::as_str) {
                note(name, parameter);
            }
        }
        let content = operation.get("requestBody").and_then(|body| body.get("content")).and_then(Value::as_object);
        let mut bodies = BTreeSet::new();
        for media in content.into_iter().flat_map(Map::values) {
            collect(media, &mut bodies);
        }
        for body in bodies.iter().filter_map(|name| schemas?.get(name)) {
            for (name, value) in body.get("properties").and_then(Value::as_object).into_iter().flatten() {
                note(name, value);
            }
        }
        self.bodies.extend(bodies);
        if let Some(responses) = operation.get("responses") {
            self.responses.extend(reach(responses, schemas));
        }
    }
}

/// The parameter that a change to an operation is about.
fn parameter(change: &Change) -> Option<&str> {
    if let Some((_, rest)) = change.place.split_once(" parameter `") {
        return rest.split('`').next();
    }
    let about = change.message.contains("parameter '");
    change.message.split('\'').nth(1).filter(|_| about)
}
