//! Compares descriptions, summaries, titles and IDs in the original documents.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Change, Class};
use crate::normalize::walk::{self, Kind};

const WORDS: &[&str] = &["operationId", "description", "summary", "title", "example", "examples"];

pub(super) fn changes(old: &Value, new: &Value) -> Vec<Change> {
    let (before, after) = (words(old), words(new));
    let mut changes = Vec::new();
    for (object, old_words) in &before {
        // Items that were added or removed are not changes of a description.
        let Some(new_words) = after.get(object) else { continue };
        for key in WORDS {
            let (old_word, new_word) = (old_words.get(key), new_words.get(key));
            if old_word != new_word {
                changes.push(Change {
                    class: Class::Docs,
                    operations: Vec::new(),
                    location: format!("#{object}/{key}"),
                    place: String::new(),
                    methods: Vec::new(),
                    message: format!("`{key}` changed"),
                    before: json!(old_word),
                    after: json!(new_word),
                });
            }
        }
    }
    changes
}

type Words = BTreeMap<&'static str, Value>;

/// The descriptions of all objects in a document that can have one.
fn words(document: &Value) -> BTreeMap<String, Words> {
    let mut found = BTreeMap::new();
    let of = |object: &Map<String, Value>| -> Words {
        WORDS.iter().filter_map(|key| Some((*key, object.get(*key)?.clone()))).collect()
    };
    walk::visit(&mut document.clone(), &mut |place, value| {
        if let Some(object) = value.as_object().filter(|_| place.kind != Kind::Document) {
            found.insert(place.pointer(), of(object));
        }
    });
    if let Some(info) = document.get("info").and_then(Value::as_object) {
        found.insert("/info".to_owned(), of(info));
    }
    for (index, tag) in document.get("tags").and_then(Value::as_array).into_iter().flatten().enumerate() {
        if let Some(tag) = tag.as_object() {
            found.insert(format!("/tags/{index}"), of(tag));
        }
    }
    found
}
