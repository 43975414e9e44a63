//! Decides whether two schemas are the same type.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// The text of a schema without its default and the order of its keys. Schemas with the same text are the same type.
pub(super) fn form(schema: &Map<String, Value>) -> String {
    let mut form = String::new();
    write_object(schema.iter().filter(|(key, _)| *key != "default"), &mut form);
    form
}

fn write_object<'a>(entries: impl Iterator<Item = (&'a String, &'a Value)>, form: &mut String) {
    let mut entries: Vec<_> = entries.collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    form.push('{');
    for (key, value) in entries {
        // Writing to a string cannot fail.
        let _ = write!(form, "{key:?}:");
        match value {
            Value::Object(object) => write_object(object.iter(), form),
            Value::Array(list) if key == "required" || key == "enum" => {
                let mut members: Vec<String> = list.iter().map(Value::to_string).collect();
                members.sort_unstable();
                let _ = write!(form, "{members:?}");
            }
            Value::Array(list) => {
                form.push('[');
                for member in list {
                    match member {
                        Value::Object(object) => write_object(object.iter(), form),
                        other => {
                            let _ = write!(form, "{other},");
                        }
                    }
                }
                form.push(']');
            }
            other => {
                let _ = write!(form, "{other},");
            }
        }
    }
    form.push('}');
}
