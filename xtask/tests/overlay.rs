//! The actions of OpenAPI Overlay 1.0.

use serde_json::{Value, json};
use xtask::overlay::Overlay;

fn document() -> Value {
    json!({
        "info": { "title": "t" },
        "paths": { "/a": { "get": {
            "tags": ["x"],
            "parameters": [{ "name": "p", "in": "query" }, { "name": "q", "in": "query" }],
        } } },
    })
}

fn apply(actions: &str) -> Result<Value, String> {
    let text = format!("overlay: 1.0.0\ninfo: {{ title: o, version: '1' }}\nactions:\n{actions}");
    let mut document = document();
    let overlay = Overlay::parse(&text).map_err(|error| format!("{error:#}"))?;
    overlay.apply(&mut document).map_err(|error| format!("{error:#}"))?;
    Ok(document)
}

#[test]
fn an_update_merges_objects_appends_to_lists_and_replaces_the_rest() {
    let updated =
        apply("- { target: \"$.paths['/a'].get\", update: { summary: s, tags: [z], x-new: { a: [1] } } }").unwrap();
    let get = &updated["paths"]["/a"]["get"];
    assert_eq!((&get["summary"], &get["tags"], &get["x-new"]["a"]), (&json!("s"), &json!(["x", "z"]), &json!([1])));
    let updated = apply("- { target: $.info, update: { title: other } }").unwrap();
    assert_eq!(updated["info"], json!({ "title": "other" }));
    // An object is appended to a list.
    let updated = apply("- { target: \"$.paths['/a'].get.parameters\", update: { name: r } }").unwrap();
    assert_eq!(updated["paths"]["/a"]["get"]["parameters"][2], json!({ "name": "r" }));
}

#[test]
fn an_action_applies_to_every_match() {
    let updated = apply("- { target: \"$.paths.*.get.parameters[*]\", update: { description: d } }").unwrap();
    let parameters = updated["paths"]["/a"]["get"]["parameters"].as_array().unwrap();
    assert!(parameters.iter().all(|parameter| parameter["description"] == "d"));
    let removed = apply("- { target: \"$.paths.*.get.parameters[?@.in == 'query']\", remove: true }").unwrap();
    assert_eq!(removed["paths"]["/a"]["get"]["parameters"], json!([]));
}

#[test]
fn an_action_sees_the_result_of_earlier_actions() {
    let updated =
        apply("- { target: $.info, update: { x-a: {} } }\n- { target: \"$.info['x-a']\", update: { b: 1 } }").unwrap();
    assert_eq!(updated["info"]["x-a"], json!({ "b": 1 }));
}

#[test]
fn a_missing_target_is_an_error_that_names_the_action() {
    let error = apply("- { target: $.info, update: { a: 1 } }\n- { target: $.nothing, remove: true }").unwrap_err();
    assert!(error.starts_with("1 overlay action(s) failed: remove $.nothing: the target matches nothing;"), "{error}");
}

#[test]
fn invalid_overlays_are_rejected() {
    let error = apply("- { target: 'not a path', remove: true }").unwrap_err();
    assert!(error.contains("the target is not a JSONPath"), "{error}");
    for text in ["overlay: 2.0.0\ninfo: { title: o, version: '1' }\nactions: []", "openapi: 3.1.0", "- 1", "{"] {
        assert!(Overlay::parse(text).is_err(), "{text}");
    }
    let wrong = "overlay: 1.0.0\ninfo: { title: o, version: '1' }\nactions: [{ target: $, updates: {} }]";
    assert!(Overlay::parse(wrong).is_err(), "a misspelled action was accepted");
}
