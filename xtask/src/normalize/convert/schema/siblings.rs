//! Moves the keywords next to a `$ref`, which 3.0 ignores, to where they have an effect.
//!
//! Before: `{"$ref": "#/components/schemas/Tier", "description": "…"}`
//! After: `{"allOf": [{"$ref": "#/components/schemas/Tier"}], "description": "…"}`
//!
//! Conversely, an `allOf` with one schema and nothing next to it is replaced by that schema.

use serde_json::{Value, json};

use crate::normalize::{Warnings, walk::Place};

pub(in crate::normalize::convert) fn run(_: &Place<'_>, value: &mut Value, _: &mut Warnings) {
    let Some(schema) = value.as_object_mut() else { return };
    if schema.len() == 1
        && let Some([only]) = schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice)
        && let Some(only) = only.as_object().cloned()
    {
        *schema = only;
        return;
    }
    if schema.len() > 1
        && let Some(target) = schema.shift_remove("$ref")
    {
        let reference = json!({ "$ref": target });
        match schema.get_mut("allOf").and_then(Value::as_array_mut) {
            Some(all) => all.insert(0, reference),
            None => {
                schema.insert("allOf".to_owned(), json!([reference]));
            }
        }
    }
}
