//! Resolves references.

use std::{borrow::Cow, collections::HashMap};

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::walk::{self, push, unescape};

/// The maximum number of references to follow in a row.
const MAX_CHAIN: usize = 32;

/// The target of a reference.
pub(super) struct Found<'a> {
    /// The JSON pointer of the object, which is not itself a reference.
    pub(super) pointer: String,
    pub(super) value: &'a Value,
}

/// The JSON pointer in a reference to this document.
pub(super) fn pointer(reference: &str) -> Option<Cow<'_, str>> {
    let fragment = reference.strip_prefix('#')?;
    let pointer = percent_decode_str(fragment).decode_utf8_lossy();
    (pointer.is_empty() || pointer.starts_with('/')).then_some(pointer)
}

/// The reference to a component.
pub(super) fn reference(section: &str, name: &str) -> String {
    let mut reference = format!("#/components/{section}");
    push(&mut reference, name);
    reference
}

/// The name of the component that a reference refers to, if it is in this section.
pub(super) fn component(reference: &str, section: &str) -> Option<String> {
    let pointer = pointer(reference)?;
    let name = pointer.strip_prefix("/components/")?.strip_prefix(section)?.strip_prefix('/')?;
    (!name.contains('/')).then(|| unescape(name))
}

/// Follows references until one refers to an object that is not a reference.
pub(super) fn follow<'a>(document: &'a Value, reference: &str) -> Option<Found<'a>> {
    let mut reference = reference;
    for _ in 0..MAX_CHAIN {
        let pointer = pointer(reference)?;
        let value = document.pointer(&pointer).filter(|value| value.is_object())?;
        match value.get("$ref").and_then(Value::as_str) {
            Some(next) => reference = next,
            None => return Some(Found { pointer: pointer.into_owned(), value }),
        }
    }
    None
}

/// Replaces references in all places where they are allowed: instead of an object, and in the mapping of a
/// discriminator.
pub(super) fn rewrite(document: &mut Value, renamed: &HashMap<String, String>) {
    if renamed.is_empty() {
        return;
    }
    let replace = |target: &mut Value| {
        let Some(text) = target.as_str() else { return };
        // A reference may be percent-encoded.
        let plain = || renamed.get(&format!("#{}", pointer(text).filter(|_| text.contains('%'))?));
        if let Some(new) = renamed.get(text).or_else(plain) {
            *target = Value::String(new.clone());
        }
    };
    walk::visit(document, &mut |place, value| {
        if place.kind != walk::Kind::Schema && !place.kind.can_be_reference() {
            return;
        }
        let Some(object) = value.as_object_mut() else { return };
        if let Some(target) = object.get_mut("$ref") {
            replace(target);
        }
        let mapping = object.get_mut("discriminator").and_then(|discriminator| discriminator.get_mut("mapping"));
        for target in mapping.and_then(Value::as_object_mut).into_iter().flat_map(|mapping| mapping.values_mut()) {
            replace(target);
        }
    });
}
