//! Replaces a union by one object, if one member has all properties of the others.
//!
//! Before: `{"anyOf": [{"properties": {"id": …, "usage": …}, "required": ["id", "usage"]}, {"properties": {"id": …}, "required": ["id"]}]}`
//! After: `{"properties": {"id": …, "usage": …}, "required": ["id"]}`
//!
//! Such a union only says that something may be missing or null. As a separate type, it would force every caller to
//! distinguish members with the same fields.

use serde_json::{Map, Value, json};

use crate::normalize::{
    Warnings,
    shapes::{self, resolve},
    walk,
};

pub(super) fn run(document: &mut Value, _: &mut Warnings) {
    let components = document.pointer("/components/schemas").and_then(Value::as_object).cloned().unwrap_or_default();
    walk::each_schema(document, &mut |_, schema| {
        let merged = shapes::union_members(schema).and_then(|members| merge(members, &components));
        if let Some(merged) = merged
            && schema.keys().all(|key| matches!(key.as_str(), "anyOf" | "oneOf"))
        {
            *schema = merged;
        }
    });
}

/// The member with all properties of the others. The properties that others lack become optional.
fn merge(members: &[Value], components: &Map<String, Value>) -> Option<Map<String, Value>> {
    let objects: Vec<&Map<String, Value>> =
        members.iter().map(|member| resolve(member, components)?.as_object()).collect::<Option<_>>()?;
    (0..objects.len()).find_map(|largest| {
        let object = *objects.get(largest)?;
        let mut merged = object.clone();
        for (index, other) in objects.iter().enumerate().filter(|(index, _)| *index != largest) {
            if !same_but_for_properties(object, other) || members.get(index) == members.get(largest) {
                return None;
            }
            absorb(&mut merged, object, other)?;
        }
        if merged.get("required") == Some(&json!([])) {
            merged.shift_remove("required");
        }
        // If the member is a component and has not changed, keep the reference to it.
        match members.get(largest)? {
            Value::Object(member) if merged == *object => Some(member.clone()),
            _ => Some(merged),
        }
    })
}

/// Makes the properties that the smaller object lacks optional or nullable. `None` if it has something that the larger
/// one lacks.
fn absorb(merged: &mut Map<String, Value>, object: &Map<String, Value>, other: &Map<String, Value>) -> Option<()> {
    for (name, schema) in properties(other)? {
        let ours = properties(object)?.get(name)?;
        if is_null(schema) && !is_null(ours) {
            let place = merged.get_mut("properties")?.get_mut(name)?.as_object_mut()?;
            place.insert("nullable".to_owned(), json!(true));
        } else if ours != schema {
            return None;
        }
    }
    let required = other.get("required").cloned().unwrap_or_else(|| json!([]));
    if let Some(Value::Array(ours)) = merged.get_mut("required") {
        ours.retain(|name| required.as_array().is_some_and(|theirs| theirs.contains(name)));
    }
    Some(())
}

fn properties(object: &Map<String, Value>) -> Option<&Map<String, Value>> {
    object.get("properties").and_then(Value::as_object)
}

fn same_but_for_properties(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let rest = |object: &Map<String, Value>| {
        let mut object = object.clone();
        object.shift_remove("properties");
        object.shift_remove("required");
        object
    };
    one.get("type") == Some(&json!("object")) && rest(one) == rest(other)
}

/// Whether a schema only allows null.
fn is_null(schema: &Value) -> bool {
    schema.get("enum") == Some(&json!([null]))
}
