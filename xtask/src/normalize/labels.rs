//! Words that tell the members of a union apart where no property does so for all of them.
//!
//! A member is called by its JSON type. Several objects of one union get a better word: the value of a constant that
//! only this one has (`"modality": "text"`), or the name of a required property that only this one has (`baseUrl`).

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

/// The properties that can have one string only, with that string.
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

/// The one property of an object that is nothing but this property, as Rust's enumerations are written by default.
fn only_property(schema: &Value) -> Option<&str> {
    let properties = schema.get("properties").and_then(Value::as_object).filter(|properties| properties.len() == 1)?;
    let (name, _) = properties.iter().next()?;
    requires(schema, name).then_some(name)
}

fn requires(schema: &Value, name: &str) -> bool {
    required(schema).any(|required| required == name)
}
