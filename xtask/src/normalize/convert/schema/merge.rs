//! Merges two schemas that both apply.

use serde_json::{Map, Value, json};

/// Adds the constraints of `member` to `schema`: directly if their keywords do not conflict, otherwise in `allOf`.
pub(super) fn both(schema: &mut Map<String, Value>, member: Map<String, Value>) {
    let is_reference = member.contains_key("$ref");
    let flat =
        !is_reference && !schema.contains_key("$ref") && member.iter().all(|(key, value)| fits(schema, key, value));
    let alone = is_reference && schema.is_empty();
    if !(flat || alone) {
        match schema.get_mut("allOf").and_then(Value::as_array_mut) {
            Some(all) => all.push(Value::Object(member)),
            None => {
                schema.insert("allOf".to_owned(), json!([member]));
            }
        }
        return;
    }
    for (key, value) in member {
        match (key.as_str(), schema.get_mut(&key), value) {
            ("required", Some(Value::Array(known)), Value::Array(names)) => {
                known.extend(names.into_iter().filter(|name| !known.contains(name)).collect::<Vec<_>>());
            }
            ("properties", Some(Value::Object(known)), Value::Object(properties)) => known.extend(properties),
            (_, Some(_), _) => {}
            (_, None, value) => {
                schema.insert(key, value);
            }
        }
    }
}

fn fits(schema: &Map<String, Value>, key: &str, value: &Value) -> bool {
    // `additionalProperties` only considers the properties in the same schema.
    let closes = |schema: &Map<String, Value>| schema.get("additionalProperties").is_some_and(|it| *it != json!(true));
    match (key, schema.get(key)) {
        ("additionalProperties", None) => *value == json!(true) || !schema.contains_key("properties"),
        ("properties", _) if closes(schema) => false,
        (_, None) => true,
        ("required", Some(_)) => true,
        ("properties", Some(known)) => {
            let other = |name: &String| known.get(name);
            value.as_object().is_some_and(|it| it.iter().all(|(name, value)| other(name).is_none_or(|it| it == value)))
        }
        (_, Some(known)) => known == value,
    }
}
