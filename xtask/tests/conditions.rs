//! Conditions (`x-if`, `x-unless`) of overlay actions and of whole overlays.

use serde_json::{Value, json};
use xtask::overlay::Overlay;

/// Applies an overlay. Returns the document and the errors of failed actions.
fn apply(overlay: &str) -> (Value, Vec<String>) {
    let mut document = json!({ "info": { "title": "t" }, "paths": { "/a": { "get": {} } } });
    let overlay = Overlay::parse(&format!("overlay: 1.0.0\ninfo: {{ title: o, version: '1' }}\n{overlay}")).unwrap();
    let failures = overlay.apply_all(&mut document);
    (document, failures)
}

#[test]
fn an_action_with_x_if_is_applied_only_if_the_path_matches() {
    let (document, failures) = apply("actions: [{ target: $.info, x-if: \"$.paths['/a']\", update: { title: new } }]");
    assert_eq!((&document["info"]["title"], failures.len()), (&json!("new"), 0));
    // The condition does not hold, so the missing target is not an error.
    let (document, failures) =
        apply("actions: [{ target: \"$.paths['/b'].get\", x-if: \"$.paths['/b']\", update: { summary: s } }]");
    assert_eq!((document["paths"].as_object().unwrap().len(), failures), (1, Vec::new()));
}

#[test]
fn an_action_with_x_unless_is_skipped_if_the_path_matches() {
    let action = "actions: [{ target: $.info, x-unless: $.info.title, update: { title: new } }]";
    assert_eq!(apply(action).0["info"]["title"], "t");
    let action = "actions: [{ target: $.info, x-unless: $.info.summary, update: { title: new } }]";
    assert_eq!(apply(action).0["info"]["title"], "new");
}

#[test]
fn a_condition_of_the_overlay_applies_to_all_its_actions() {
    let actions = "actions: [{ target: $.nowhere, update: {} }]";
    assert_eq!(apply(&format!("x-if: $.nowhere\n{actions}")).1, Vec::<String>::new());
    assert_eq!(apply(&format!("x-if: $.info\n{actions}")).1.len(), 1);
}

#[test]
fn a_missing_target_is_an_error_if_the_condition_holds() {
    let (_, failures) = apply("actions: [{ target: $.nowhere, x-if: $.info, update: {} }]");
    assert!(failures.concat().contains("the target matches nothing"), "{failures:?}");
}

#[test]
fn a_condition_that_is_not_a_jsonpath_is_an_error() {
    let (_, failures) = apply("actions: [{ target: $.info, x-if: 'not a path', update: {} }]");
    assert!(failures.concat().contains("the condition is not a JSONPath"), "{failures:?}");
}
