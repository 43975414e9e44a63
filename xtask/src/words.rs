//! Gives every item of the document a description, and lists items without a description of ours.

use std::{collections::HashMap, fmt};

use heck::ToSnakeCase;
use serde_json::{Map, Value, json};

use crate::normalize::{
    shape::prose::DROPPED,
    walk::{self, Kind},
};

/// The maximum number of names in a list.
const SHOWN: usize = 12;

/// Items without a description, by type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undescribed {
    /// Operations, by their IDs.
    pub operations: Vec<String>,
    /// Parameters, as `operation.parameter`, or as `/path.parameter` if all operations of a path share them.
    pub parameters: Vec<String>,
    /// Types, by their names.
    pub types: Vec<String>,
    /// Properties, as `Type.property`.
    pub properties: Vec<String>,
}

impl Undescribed {
    /// Whether everything has a description.
    pub fn is_empty(&self) -> bool {
        self.kinds().iter().all(|(_, _, names)| names.is_empty())
    }

    fn kinds(&self) -> [(&'static str, &'static str, &[String]); 4] {
        [
            ("operation", "operations", &self.operations),
            ("parameter", "parameters", &self.parameters),
            ("type", "types", &self.types),
            ("property", "properties", &self.properties),
        ]
    }
}

impl fmt::Display for Undescribed {
    /// A sentence with the numbers, and a line with the names of each type of item.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let some: Vec<_> = self.kinds().into_iter().filter(|(_, _, names)| !names.is_empty()).collect();
        let counts: Vec<String> = some
            .iter()
            .map(|(one, many, names)| format!("{} {}", names.len(), if names.len() == 1 { one } else { many }))
            .collect();
        let (counts, total) = match counts.as_slice() {
            [] => return formatter.write_str("everything has a description"),
            [only] => (only.clone(), some.iter().map(|(_, _, names)| names.len()).sum()),
            [first @ .., last] => (format!("{} and {last}", first.join(", ")), 2),
        };
        write!(formatter, "{counts} {} no description", if total == 1 { "has" } else { "have" })?;
        for (_, many, names) in some {
            let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
            write!(formatter, "\n  {many}: {}", shown.join(", "))?;
            if names.len() > SHOWN {
                write!(formatter, ", and {} more", names.len() - SHOWN)?;
            }
        }
        Ok(())
    }
}

/// Adds a neutral description, made from the name, to each operation, parameter, type and property without one.
/// Returns these items.
pub fn fill(document: &mut Value) -> Undescribed {
    let mut missing = Undescribed::default();
    walk::each_operation(document, |method, path, operation| {
        let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut described = has(operation, "summary");
        if !described {
            operation.insert("summary".to_owned(), json!(sentence(&id).trim_end_matches('.')));
        }
        if !has(operation, "description") {
            described = false;
            operation.insert("description".to_owned(), json!(format!("Calls `{} {path}`.", method.to_uppercase())));
        }
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(parameter) = parameter.as_object_mut().filter(|it| !it.contains_key("$ref"))
                && let Some(name) = describe_parameter(parameter)
            {
                missing.parameters.push(format!("{id}.{name}"));
            }
        }
        if !described {
            missing.operations.push(id);
        }
    });
    // Parameters that all operations of a path share.
    for (path, item) in document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten() {
        let parameters = item.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten();
        for parameter in parameters.filter_map(Value::as_object_mut).filter(|it| !it.contains_key("$ref")) {
            missing.parameters.extend(describe_parameter(parameter).map(|name| format!("{path}.{name}")));
        }
    }
    for parameter in section(document, "parameters") {
        if let (name, Some(parameter)) = (parameter.0, parameter.1.as_object_mut())
            && describe_parameter(parameter).is_some()
        {
            missing.parameters.push(name.clone());
        }
    }
    for (name, schema) in section(document, "schemas") {
        let Some(schema) = schema.as_object_mut() else { continue };
        for (property, schema) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
            if let Some(schema) = schema.as_object_mut().filter(|schema| !has(schema, "description")) {
                schema.insert("description".to_owned(), json!(sentence(property)));
                missing.properties.push(format!("{name}.{property}"));
            }
        }
        if !has(schema, "description") && !schema.contains_key("$ref") {
            schema.insert("description".to_owned(), json!(sentence(name)));
            missing.types.push(name.clone());
        }
    }
    missing
}

/// Restores the descriptions and examples from an earlier version of the same document, for items that are at the
/// same place in both.
pub(crate) fn take_all(document: &mut Value, other: &mut Value) {
    type Words = (String, Vec<(&'static str, Value)>);
    let mut words: HashMap<String, Words> = HashMap::new();
    walk::visit(other, &mut |place, value| {
        let Some(object) = value.as_object() else { return };
        let found: Vec<_> = DROPPED.iter().filter_map(|key| Some((*key, object.get(*key)?.clone()))).collect();
        if !found.is_empty() {
            words.insert(place.pointer(), (outline(object), found));
        }
    });
    walk::visit(document, &mut |place, value| {
        let Some(object) = value.as_object_mut() else { return };
        let Some((like, found)) = words.remove(&place.pointer()) else { return };
        // Members of a union may be at other places, if only their descriptions differed.
        if place.kind != Kind::Schema || like == outline(object) {
            object.extend(found.into_iter().map(|(key, text)| (key.to_owned(), text)));
        }
    });
}

/// The outline of a schema: its type or the type it refers to, and its properties.
fn outline(schema: &Map<String, Value>) -> String {
    let target = schema.get("$ref").or_else(|| schema.get("allOf")?.get(0)?.get("$ref"));
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut names: Vec<&String> = properties.into_iter().flat_map(Map::keys).collect();
    names.sort_unstable();
    format!("{:?} {target:?} {names:?}", schema.get("type"))
}

/// Copies descriptions from another version of the document to items without a description.
pub(crate) fn take_missing(document: &mut Value, other: &mut Value) {
    let mut words: HashMap<String, Vec<(&str, Value)>> = HashMap::new();
    let kinds = [Kind::Operation, Kind::Parameter, Kind::Schema];
    walk::visit(other, &mut |place, value| {
        let Some(object) = value.as_object().filter(|_| kinds.contains(&place.kind)) else { return };
        let found: Vec<(&str, Value)> =
            ["summary", "description"].into_iter().filter_map(|key| Some((key, object.get(key)?.clone()))).collect();
        if !found.is_empty() {
            words.insert(place.pointer(), found);
        }
    });
    walk::visit(document, &mut |place, value| {
        let Some(object) = value.as_object_mut().filter(|_| kinds.contains(&place.kind)) else { return };
        for (key, text) in words.remove(&place.pointer()).into_iter().flatten() {
            if !has(object, key) {
                object.insert(key.to_owned(), text);
            }
        }
    });
}

/// The components of a section.
fn section<'a>(document: &'a mut Value, name: &str) -> impl Iterator<Item = (&'a String, &'a mut Value)> {
    let section = document.get_mut("components").and_then(|components| components.get_mut(name));
    section.and_then(Value::as_object_mut).into_iter().flatten()
}

/// Adds a description to a parameter without one, and returns its name.
fn describe_parameter(parameter: &mut Map<String, Value>) -> Option<String> {
    if has(parameter, "description") {
        return None;
    }
    let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    parameter.insert("description".to_owned(), json!(sentence(&name)));
    Some(name)
}

fn has(object: &Map<String, Value>, key: &str) -> bool {
    object.get(key).and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty())
}

/// A name as a sentence: `createdAt` becomes `Created at.`
fn sentence(name: &str) -> String {
    let words = name.to_snake_case().replace('_', " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => format!("`{name}`."),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::fill;

    #[test]
    fn missing_descriptions_are_filled_in_and_listed() {
        let mut document = json!({
            "paths": { "/a": {
                "get": { "operationId": "list_things", "summary": "Lists things", "parameters": [
                    { "in": "query", "name": "pageSize", "schema": {} },
                ] },
                "parameters": [{ "in": "query", "name": "all", "schema": {} }],
            } },
            "components": { "schemas": { "BigThing": { "properties": {
                "createdAt": { "type": "string" }, "id": { "description": "Ours." },
            } } } },
        });
        let missing = fill(&mut document);
        assert_eq!(
            missing.to_string(),
            "1 operation, 2 parameters, 1 type and 1 property have no description\n  operations: list_things\n  \
             parameters: list_things.pageSize, /a.all\n  types: BigThing\n  properties: BigThing.createdAt"
        );
        let operation = &document["paths"]["/a"]["get"];
        assert_eq!(
            (&operation["summary"], &operation["description"]),
            (&json!("Lists things"), &json!("Calls `GET /a`."))
        );
        assert_eq!(operation["parameters"][0]["description"], "Page size.");
        let thing = &document["components"]["schemas"]["BigThing"];
        assert_eq!(
            (&thing["description"], &thing["properties"]["createdAt"]["description"]),
            (&json!("Big thing."), &json!("Created at."))
        );
        assert_eq!(thing["properties"]["id"]["description"], "Ours.");
        assert!(fill(&mut document).is_empty());
    }

    #[test]
    fn a_single_item_is_reported_in_the_singular() {
        let mut document = json!({ "components": { "schemas": { "A": {} } } });
        assert_eq!(fill(&mut document).to_string(), "1 type has no description\n  types: A");
    }
}
