//! Words that changed: descriptions, summaries, titles and ids, in the documents as they were given.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Change, Class};
use crate::normalize::walk::{self, Kind, push};

const WORDS: &[&str] = &["operationId", "description", "summary", "title", "example", "examples"];

pub(super) fn changes(old: &Value, new: &Value) -> Vec<Change> {
    let (before, after) = (words(old), words(new));
    let mut changes = Vec::new();
    for (object, old_words) in &before {
        // What was added or removed as a whole is no change of words.
        let Some(new_words) = after.get(object) else { continue };
        for key in WORDS {
            let (old_word, new_word) = (old_words.texts.get(key), new_words.texts.get(key));
            if old_word != new_word {
                changes.push(Change {
                    class: Class::Docs,
                    operations: new_words.operation.iter().cloned().collect(),
                    location: format!("#{object}/{key}"),
                    message: format!("`{key}` changed"),
                    before: json!(old_word),
                    after: json!(new_word),
                });
            }
        }
    }
    changes
}

#[derive(Default)]
struct Words {
    operation: Option<String>,
    texts: BTreeMap<&'static str, Value>,
}

/// The words of every object of a document that has a place for some.
fn words(document: &Value) -> BTreeMap<String, Words> {
    let mut found: BTreeMap<String, Words> = BTreeMap::new();
    let mut document = document.clone();
    let mut operations: BTreeMap<String, String> = BTreeMap::new();
    walk::each_operation(&mut document, |method, path, operation| {
        let mut pointer = "/paths".to_owned();
        push(&mut pointer, path);
        push(&mut pointer, method);
        if let Some(id) = operation.get("operationId").and_then(Value::as_str) {
            operations.insert(pointer, id.to_owned());
        }
    });
    walk::visit(&mut document, &mut |place, value| {
        let Some(object) = value.as_object().filter(|_| place.kind != Kind::Document) else { return };
        let texts = WORDS.iter().filter_map(|key| Some((*key, object.get(*key)?.clone()))).collect();
        let operation = place.pointer.match_indices('/').map(|(at, _)| &place.pointer[..at]);
        let operation = operation.chain([place.pointer.as_str()]).find_map(|prefix| operations.get(prefix)).cloned();
        found.insert(place.pointer.clone(), Words { operation, texts });
    });
    for pointer in ["/info", "/tags"] {
        let texts = match document.pointer(pointer) {
            Some(Value::Object(object)) => {
                WORDS.iter().filter_map(|key| Some((*key, object.get(*key)?.clone()))).collect()
            }
            Some(list) => BTreeMap::from([("description", list.clone())]),
            None => continue,
        };
        found.insert(pointer.to_owned(), Words { operation: None, texts });
    }
    found
}
