//! Labels for the members of a union without a property that distinguishes all of them.
//!
//! The label of a member is its JSON type. If a union has several objects, they get a better label: the value of a
//! constant that only this object has (`"modality": "text"`), or the name of a required property that only this object
//! has (`baseUrl`).

use serde_json::{Map, Value};

use super::shapes::{parts, resolve};

/// One label for each member, in the order of the members.
pub(super) fn labels(members: &[Value], components: &Map<String, Value>) -> Vec<String> {
    let resolved: Vec<&Value> = members.iter().map(|member| resolve(member, components).unwrap_or(member)).collect();
    let objects = resolved.iter().filter(|member| json_type(member) == "object").count();
    resolved
        .iter()
        .enumerate()
        .map(|(index, member)| {
            let others = || resolved.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, other)| *other);
            let own = (objects > 1 && json_type(member) == "object").then(|| {
                constants(member)
                    .find(|(name, value)| !others().any(|other| has_constant(other, name, value)))
                    .map(|(_, value)| value.to_owned())
                    .or_else(|| {
                        required(member).find(|name| !others().any(|other| requires(other, name))).map(str::to_owned)
                    })
            });
            let own = own.flatten().or_else(|| only_property(member).map(str::to_owned));
            own.unwrap_or_else(|| json_type(member).to_owned())
        })
        .collect()
}

/// The JSON type of a schema, as a label and in the name of a member.
pub(super) fn json_type(schema: &Value) -> &str {
    match schema.get("type").and_then(Value::as_str) {
        Some(kind) => kind,
        None if schema.get("enum").is_some() => "string",
        None => "object",
    }
}

/// The properties that only allow one string, with that string.
fn constants(schema: &Value) -> impl Iterator<Item = (&str, &str)> {
    let properties =
        schema.as_object().into_iter().flat_map(parts).filter_map(|part| part.get("properties")?.as_object());
    properties.flatten().filter_map(|(name, property)| match property.get("enum")?.as_array()?.as_slice() {
        [Value::String(value)] => Some((name.as_str(), value.as_str())),
        _ => None,
    })
}

fn has_constant(schema: &Value, name: &str, value: &str) -> bool {
    constants(schema).any(|constant| constant == (name, value))
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    let lists = schema.as_object().into_iter().flat_map(parts).filter_map(|part| part.get("required")?.as_array());
    lists.flatten().filter_map(Value::as_str)
}

/// The property of an object with exactly one property, which is required. By default, Rust's enumerations are written
/// as such objects.
fn only_property(schema: &Value) -> Option<&str> {
    let properties = schema.get("properties").and_then(Value::as_object).filter(|properties| properties.len() == 1)?;
    let (name, _) = properties.iter().next()?;
    requires(schema, name).then_some(name)
}

fn requires(schema: &Value, name: &str) -> bool {
    required(schema).any(|required| required == name)
}
