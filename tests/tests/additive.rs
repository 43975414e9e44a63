//! Additions to the API document do not break programs that use the client.

use std::{fs, path::Path};

use pollinations_tests::second_build;
use serde_json::{Map, Value, json};

/// Adds an optional property to every object, and a value to every enumeration.
fn grow(value: &mut Value, objects: &mut usize) {
    match value {
        Value::Object(schema) => {
            if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
                properties.insert("added_property".to_owned(), json!({ "type": "string" }));
                *objects += 1;
            }
            if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut)
                && values.len() > 1
                && values.iter().all(Value::is_string)
            {
                values.push(json!("added value"));
            }
            schema.values_mut().for_each(|value| grow(value, objects));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| grow(value, objects)),
        _ => {}
    }
}

/// Checks the workspace against an extended document. It builds in a separate folder, so that the other tests do not
/// have to be rebuilt.
#[test]
fn added_properties_and_enum_values_do_not_break_the_build() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut document: Value = serde_json::from_str(&fs::read_to_string(root.join("openapi.json")).unwrap()).unwrap();
    let mut objects = 0;
    let components: &mut Map<String, Value> = document["components"].as_object_mut().unwrap();
    grow(components.get_mut("schemas").unwrap(), &mut objects);
    assert!(objects > 50, "{objects}");

    let target = second_build::target();
    fs::create_dir_all(&target).unwrap();
    let path = target.join("additive.json");
    let grown = serde_json::to_vec_pretty(&document).unwrap();
    // Writing the file again would trigger a rebuild.
    if fs::read(&path).ok().as_ref() != Some(&grown) {
        fs::write(&path, &grown).unwrap();
    }
    let output = second_build::cargo(&path)
        .args(["check", "--offline", "--all-targets", "--message-format", "short"])
        .args([
            "-p",
            "pollinations-api",
            "-p",
            "pollinations-ext",
            "-p",
            "pollinations-emulator",
            "-p",
            "pollinations-tests",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
