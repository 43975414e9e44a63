//! Overlay actions, and whole overlays, that are for some documents only.

use serde_json::{Value, json};
use xtask::overlay::Overlay;

/// Applies an overlay; returns the document and the actions that failed.
fn apply(overlay: &str) -> (Value, Vec<String>) {
    let mut document = json!({ "info": { "title": "t" }, "paths": { "/a": { "get": {} } } });
    let overlay = Overlay::parse(&format!("overlay: 1.0.0\ninfo: {{ title: o, version: '1' }}\n{overlay}")).unwrap();
    let failures = overlay.apply_all(&mut document);
    (document, failures)
}

#[test]
fn an_action_waits_for_what_it_is_about() {
    let (document, failures) = apply("actions: [{ target: $.info, x-if: \"$.paths['/a']\", update: { title: new } }]");
    assert_eq!((&document["info"]["title"], failures.len()), (&json!("new"), 0));
    // Without its subject there is nothing to do, and the missing target is no failure.
    let (document, failures) =
        apply("actions: [{ target: \"$.paths['/b'].get\", x-if: \"$.paths['/b']\", update: { summary: s } }]");
    assert_eq!((document["paths"].as_object().unwrap().len(), failures), (1, Vec::new()));
}

#[test]
fn an_action_gives_way_to_what_is_there() {
    let action = "actions: [{ target: $.info, x-unless: $.info.title, update: { title: new } }]";
    assert_eq!(apply(action).0["info"]["title"], "t");
    let action = "actions: [{ target: $.info, x-unless: $.info.summary, update: { title: new } }]";
    assert_eq!(apply(action).0["info"]["title"], "new");
}

#[test]
fn a_condition_of_the_overlay_is_for_all_its_actions() {
    let actions = "actions: [{ target: $.nowhere, update: {} }]";
    assert_eq!(apply(&format!("x-if: $.nowhere\n{actions}")).1, Vec::<String>::new());
    assert_eq!(apply(&format!("x-if: $.info\n{actions}")).1.len(), 1);
}

#[test]
fn an_action_whose_condition_holds_needs_its_target() {
    let (_, failures) = apply("actions: [{ target: $.nowhere, x-if: $.info, update: {} }]");
    assert!(failures.concat().contains("the target matches nothing"), "{failures:?}");
}

#[test]
fn a_condition_that_is_no_path_is_reported() {
    let (_, failures) = apply("actions: [{ target: $.info, x-if: 'not a path', update: {} }]");
    assert!(failures.concat().contains("the condition is not a JSONPath"), "{failures:?}");
}
