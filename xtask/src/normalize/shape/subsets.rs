//! Makes one object of a union in which one object has all that the others have.
//!
//! Before: `{"anyOf": [{"properties": {"id": …, "usage": …}, "required": ["id", "usage"]}, {"properties": {"id": …}, "required": ["id"]}]}`
//! After: `{"properties": {"id": …, "usage": …}, "required": ["id"]}`
//!
//! Such a union says that something may be missing or null. As a type of its own it would make every caller tell apart
//! what has the same fields anyway.

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

/// The member that has all that the others have, with what they lack optional.
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
        // What is a component already stays one.
        match members.get(largest)? {
            Value::Object(member) if merged == *object => Some(member.clone()),
            _ => Some(merged),
        }
    })
}

/// Makes optional or nullable what the smaller object lacks; nothing if it has something else.
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

/// Whether nothing but null fits.
fn is_null(schema: &Value) -> bool {
    schema.get("enum") == Some(&json!([null]))
}
