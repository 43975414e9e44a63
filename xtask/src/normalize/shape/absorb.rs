//! Removes constants from a union if another member also accepts them.
//!
//! Before: `{"anyOf": [{"type": "string", "enum": ["auto"]}, {"type": "string"}]}`
//! After: `{"type": "string"}`
//!
//! Longer enumerations stay, because they list the known values of an open enumeration.

use serde_json::Value;

use crate::normalize::{Warnings, walk::Place};

pub(super) fn run(_: &Place<'_>, value: &mut Value, _: &mut Warnings) {
    let Some(schema) = value.as_object_mut() else { return };
    for keyword in ["anyOf", "oneOf"] {
        let Some(Value::Array(members)) = schema.get_mut(keyword) else { continue };
        let plain: Vec<String> = members
            .iter()
            .filter_map(|member| member.as_object().filter(|member| member.len() == 1))
            .filter_map(|member| member.get("type")?.as_str().map(str::to_owned))
            .collect();
        members.retain(|member| !is_constant_of(member, &plain));
    }
}

/// Whether a member is a single constant of a type that the union accepts as a whole.
fn is_constant_of(member: &Value, plain: &[String]) -> bool {
    let one = member.get("enum").and_then(Value::as_array).is_some_and(|values| values.len() == 1);
    let kind = member.get("type").and_then(Value::as_str);
    one && kind.is_some_and(|kind| plain.iter().any(|plain| plain == kind))
}
