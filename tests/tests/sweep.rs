//! A response is read without loss even if one of its fields has an unexpected value, is missing, or is unknown.

use pollinations_api::{json, types};
use serde_json::{Map, Value, json};

/// Reads a body as a type, and serializes it again.
type RoundTrip = fn(&[u8]) -> serde_json::Result<Value>;
type Compare = fn(&[u8]);

include!(concat!(env!("OUT_DIR"), "/types.rs"));

/// Parses a value in both ways, directly and from JSON that has been parsed, which must do the same, and writes it.
fn round_trip<T: json::Read>(bytes: &[u8]) -> serde_json::Result<Value> {
    let (direct, compact) = (json::read::<T>(bytes), json::support::read_compactly::<T>(bytes));
    let text = String::from_utf8_lossy(bytes);
    match (&direct, &compact) {
        (Ok(direct), Ok(compact)) => {
            assert!(direct == compact, "{} differs: {text}", std::any::type_name::<T>());
            let written = serde_json::to_value(compact).unwrap();
            assert_eq!(serde_json::to_value(direct).unwrap(), written, "{}: {text}", std::any::type_name::<T>());
        }
        (Err(direct), Err(compact)) => assert_eq!(direct.to_string(), compact.to_string(), "{text}"),
        _ => panic!("{} is only read in one way: {text}", std::any::type_name::<T>()),
    }
    serde_json::to_value(direct?)
}

/// Parses a value in both ways. Parsed JSON must match the document at least as well as the JSON that is read directly.
fn compare<T: json::Read>(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(direct) = json::read::<T>(bytes) {
        let compact = json::support::read_compactly::<T>(bytes).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert!(compact.misfit() <= direct.misfit(), "{}: {text}", std::any::type_name::<T>());
    }
}

const SCHEMAS: &str = "#/components/schemas/";

/// Creates sample values that match the document.
struct Samples<'a>(&'a Value);

impl Samples<'_> {
    fn of(&self, schema: &Value, depth: usize) -> Value {
        if let Some(name) = schema["$ref"].as_str().and_then(|target| target.strip_prefix(SCHEMAS)) {
            return self.of(&self.0["components"]["schemas"][name], depth + 1);
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(first) = schema[keyword].as_array().and_then(|members| members.first()) {
                return self.of(first, depth + 1);
            }
        }
        if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
            return first.clone();
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut whole = Map::new();
            for part in parts {
                match self.of(part, depth + 1) {
                    Value::Object(part) => whole.extend(part),
                    other => return other,
                }
            }
            return Value::Object(whole);
        }
        match schema["type"].as_str() {
            Some("string") => json!("text"),
            Some("integer") => json!(1),
            Some("number") => json!(1.5),
            Some("boolean") => json!(true),
            Some("array") if depth > 12 => json!([]),
            Some("array") => json!([self.of(&schema["items"], depth + 1)]),
            Some("object") => {
                let mut object = Map::new();
                let properties = schema["properties"].as_object();
                for (name, property) in properties.into_iter().flatten() {
                    let is_required = schema["required"].as_array().is_some_and(|names| names.contains(&json!(name)));
                    if depth < 12 || is_required {
                        object.insert(name.clone(), self.of(property, depth + 1));
                    }
                }
                if properties.is_none() && schema["additionalProperties"].is_object() {
                    object.insert("key".to_owned(), self.of(&schema["additionalProperties"], depth + 1));
                }
                Value::Object(object)
            }
            _ => json!({ "any": ["thing"] }),
        }
    }

    /// Whether the document marks a field of a schema as essential.
    fn is_essential(&self, schema: &Value, field: &str) -> bool {
        if let Some(name) = schema["$ref"].as_str().and_then(|target| target.strip_prefix(SCHEMAS)) {
            return self.is_essential(&self.0["components"]["schemas"][name], field);
        }
        schema["properties"][field]["x-essential"] == true
            || schema["x-essential"].as_array().is_some_and(|names| names.contains(&json!(field)))
            || schema["allOf"].as_array().into_iter().flatten().any(|part| self.is_essential(part, field))
    }
}

/// Unexpected values that replace a field.
fn instead() -> Vec<Value> {
    let mut values = vec![
        json!(null),
        json!(7),
        json!(-7),
        json!(7.0),
        json!(7.5),
        json!("7"),
        json!("word"),
        json!(""),
        json!(true),
        json!([]),
        json!({}),
        json!([[[1]]]),
        json!([null]),
        json!({ "a": { "b": [] } }),
        json!([{ "type": "text", "text": "part" }]),
    ];
    values.push(json!(u64::MAX));
    values
}

/// Whether two values are the same JSON. `1` and `1.0` are the same number.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| other.get(name).is_some_and(|other| same(one, other)))
        }
        _ => one == other,
    }
}

/// Collects the JSON pointers of all object fields in a value.
fn fields(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                found.push(pointer.clone());
                fields(value, &pointer, found);
            }
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(at, value)| fields(value, &format!("{pointer}/{at}"), found));
        }
        _ => {}
    }
}

#[test]
fn an_unexpected_value_in_one_field_does_not_lose_the_response() {
    let document: Value = serde_json::from_str(include_str!("../openapi.json")).unwrap();
    let samples = Samples(&document);
    let (mut tried, mut wrong) = (0, Vec::new());
    for (name, _, round_trip, _) in TYPES.iter().filter(|(_, is_response, ..)| *is_response) {
        let schema = &document["components"]["schemas"][name];
        let sample = samples.of(schema, 0);
        if !sample.is_object() {
            continue;
        }
        let mut check = |value: &Value, what: String, may_fail: bool| {
            tried += 1;
            match round_trip(value.to_string().as_bytes()) {
                Ok(read) if same(&read, value) => {}
                Ok(read) => wrong.push(format!("{name} {what}: {value} became {read}")),
                Err(_) if may_fail => {}
                Err(error) => wrong.push(format!("{name} {what}: {error}")),
            }
        };
        check(&sample, "as documented".to_owned(), false);
        let mut pointers = Vec::new();
        fields(&sample, "", &mut pointers);
        for pointer in pointers {
            let (parent, field) = pointer.rsplit_once('/').unwrap();
            let may_fail = parent.is_empty() && samples.is_essential(schema, field);
            for value in instead() {
                let mut changed = sample.clone();
                *changed.pointer_mut(&pointer).unwrap() = value.clone();
                check(&changed, format!("{pointer} = {value}"), may_fail);
            }
            let mut changed = sample.clone();
            let parent = changed.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            parent.remove(field);
            parent.insert("unknown_field".to_owned(), json!({ "x": [1] }));
            check(&changed, format!("without {pointer}"), may_fail);
        }
    }
    assert!(tried > 5_000, "{tried}");
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

#[test]
fn the_error_names_the_missing_essential_field() {
    let document: Value = serde_json::from_str(include_str!("../openapi.json")).unwrap();
    let samples = Samples(&document);
    for (name, _, round_trip, _) in TYPES.iter().filter(|(_, is_response, ..)| *is_response) {
        let schema = &document["components"]["schemas"][name];
        let sample = samples.of(schema, 0);
        for field in sample.as_object().into_iter().flatten().map(|(field, _)| field) {
            if samples.is_essential(schema, field) {
                let mut changed = sample.clone();
                changed.as_object_mut().unwrap().remove(field);
                let error = round_trip(changed.to_string().as_bytes()).unwrap_err().to_string();
                assert!(error.contains(&format!("missing field `{field}`")), "{name}: {error}");
            }
        }
    }
}

/// Writes a value, with a field twice: the field at this pointer has two values.
fn with_field_twice(value: &Value, pointer: &str, values: [&Value; 2]) -> String {
    let entries = |name: &str, value: &Value| {
        let own = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        let name = json!(name);
        match pointer.strip_prefix(&own) {
            Some("") => format!("{name}:{},{name}:{}", values[0], values[1]),
            Some(rest) if rest.starts_with('/') => format!("{name}:{}", with_field_twice(value, rest, values)),
            _ => format!("{name}:{value}"),
        }
    };
    match value {
        Value::Object(object) => {
            let entries: Vec<String> = object.iter().map(|(name, value)| entries(name, value)).collect();
            format!("{{{}}}", entries.join(","))
        }
        Value::Array(list) => {
            let items = list.iter().enumerate().map(|(at, item)| match pointer.strip_prefix(&format!("/{at}")) {
                Some(rest) if rest.starts_with('/') => with_field_twice(item, rest, values),
                _ => item.to_string(),
            });
            format!("[{}]", items.collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

#[test]
fn a_field_that_occurs_twice_is_read_alike_in_both_ways() {
    let document: Value = serde_json::from_str(include_str!("../openapi.json")).unwrap();
    let samples = Samples(&document);
    let mut tried = 0;
    for (name, _, round_trip, compare) in TYPES {
        let sample = samples.of(&document["components"]["schemas"][name], 0);
        let mut pointers = Vec::new();
        fields(&sample, "", &mut pointers);
        for pointer in pointers {
            let good = sample.pointer(&pointer).unwrap();
            let others = [json!(null), json!(7), json!({})];
            let alike = others.iter().map(|other| [other, good]).chain([[good, good], [good, &others[0]]]);
            for values in alike {
                tried += 1;
                // `round_trip` compares both ways. Whether the value can be used does not matter here.
                let _ = round_trip(with_field_twice(&sample, &pointer, values).as_bytes());
            }
            // Before the tag of a union, reading directly only has the last value.
            others.iter().for_each(|other| compare(with_field_twice(&sample, &pointer, [good, other]).as_bytes()));
        }
    }
    assert!(tried > 5_000, "{tried}");
}

mod any_value {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::from),
            "[a-z\\PC]{0,6}".prop_map(Value::from),
        ];
        let name = prop_oneof![
            "[a-z]{1,3}",
            Just("id".to_owned()),
            Just("type".to_owned()),
            Just("role".to_owned()),
            Just("choices".to_owned()),
            Just("message".to_owned()),
            Just("delta".to_owned()),
            Just("content".to_owned()),
            Just("usage".to_owned()),
            Just("data".to_owned()),
            Just("error".to_owned()),
            Just("text".to_owned()),
        ];
        scalar.prop_recursive(5, 40, 6, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map(name.clone(), inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_json_value_is_read_without_loss_or_rejected_with_a_reason(value in value()) {
            let document: Value = serde_json::from_str(include_str!("../openapi.json")).unwrap();
            for (name, is_response, round_trip, _) in TYPES {
                let is_object = document["components"]["schemas"][name]["type"] == "object";
                match round_trip(value.to_string().as_bytes()) {
                    // Only types that are objects can keep unknown values.
                    Ok(read) => prop_assert!(!is_object || same(&read, &value), "{}: {} became {}", name, value, read),
                    Err(error) => {
                        let error = error.to_string();
                        let says = error.contains("missing field") || error.contains("invalid type");
                        prop_assert!(says, "{}: {}", name, error);
                        let is_lenient = *is_response && is_object && value.is_object();
                        prop_assert!(!is_lenient || error.contains("missing field"), "{}: {}", name, error);
                    }
                }
            }
        }
    }
}
