//! The names of operations and types: one table for what we know, a readable rule for what is new.
//!
//! A type is looked up by where it is used: `Parent.property`, `Parent.property[]` for the members of a list,
//! `Parent.property{}` for the values of a map, `Union(tag)` or `Union(type)` for a member of a union, and
//! `operation.request`, `operation.response`, `operation.query.name` at the top. Parents go by their final names.

use heck::{ToPascalCase, ToSnakeCase};

use super::tables::{COMPONENTS, OPERATIONS, TYPES};

/// The name of the error envelope.
pub(super) const ERROR: &str = "ApiError";

/// The longest name that the fallback makes.
const MAX_LENGTH: usize = 32;

/// The id of a known operation.
pub(super) fn operation(method: &str, path: &str) -> Option<&'static str> {
    OPERATIONS.iter().find(|(known, at, _)| *known == method && *at == path).map(|(_, _, id)| *id)
}

/// The name of a component: ours where the table has one, else upstream's as a Rust type name.
pub(super) fn component(upstream: &str) -> String {
    match COMPONENTS.iter().find(|(name, _)| *name == upstream) {
        Some((_, ours)) => (*ours).to_owned(),
        None if is_type_name(upstream) => upstream.to_owned(),
        None => type_name(upstream),
    }
}

/// A name for a schema that stands at a place of its own: the last word of its JSON pointer that means something.
pub(super) fn from_pointer(pointer: &str) -> String {
    let structure = ["schema", "items", "properties", "$defs", "definitions", "content", "application/json"];
    let words: Vec<String> = pointer.split('/').map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !structure.contains(word)).collect();
    match words.as_slice() {
        ["", "paths", path, method, "responses", ..] => type_name(&format!("{method} {path} response")),
        ["", "paths", path, method, "requestBody", ..] => type_name(&format!("{method} {path} request")),
        [.., last] => type_name(last),
        [] => "Schema".to_owned(),
    }
}

/// Whether a name is one that the tables gave, and so is preferred to upstream's.
pub(super) fn is_ours(name: &str) -> bool {
    COMPONENTS.iter().any(|(_, ours)| *ours == name) || TYPES.iter().any(|(_, ours)| *ours == name)
}

/// The known name of the type used at this place.
pub(super) fn known(parent: &str, edge: &str) -> Option<&'static str> {
    TYPES.iter().find(|(place, _)| place.strip_prefix(parent).is_some_and(|rest| rest == edge)).map(|(_, name)| *name)
}

/// A short, readable name for a type that no table knows, from the place where it is used.
pub(super) fn fallback(parent: &str, edge: &str) -> String {
    let parent = words(parent);
    let owner: Vec<String> = match edge.strip_prefix('(') {
        // A member of a union needs the kind of thing it is, not the whole way to it.
        Some(_) => parent.last().cloned().into_iter().collect(),
        None => {
            let direction = |word: &String| matches!(word.as_str(), "request" | "response");
            let short: Vec<String> = parent.iter().filter(|word| !direction(word)).cloned().collect();
            if short.is_empty() { parent } else { short }
        }
    };
    join(owner, edge)
}

/// The same with all there is to say of the place, for when the short name is taken.
pub(super) fn long_fallback(parent: &str, edge: &str) -> String {
    join(words(parent), edge)
}

fn words(text: &str) -> Vec<String> {
    text.to_snake_case().split('_').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn join(mut name: Vec<String>, edge: &str) -> String {
    if let Some(member) = edge.rsplit_once('(').map(|(_, member)| member) {
        let mut tag = words(member.trim_end_matches(')').trim_matches('*'));
        tag.append(&mut name);
        name = tag;
    } else {
        let place = edge.strip_prefix(".query.").or_else(|| edge.strip_prefix(".path.")).unwrap_or(edge);
        let mut suffix = words(place);
        if let Some(last) = suffix.last_mut().filter(|_| place.ends_with("[]")) {
            *last = singular(last);
        }
        if place.ends_with("{}") {
            suffix.push("value".to_owned());
        }
        name.append(&mut suffix);
    }
    name.dedup();
    let mut result = type_name(&name.join("_"));
    while result.len() > MAX_LENGTH && name.len() > 2 {
        name.remove(0);
        result = type_name(&name.join("_"));
    }
    result
}

/// The name of a member of a union that is not a type of its own: a string, a list, a number.
pub(super) fn member(union: &str, kind: &str) -> String {
    if let Some(name) = known(union, &format!("({kind})")) {
        return name.to_owned();
    }
    match kind {
        "string" => "Text",
        "array" => "List",
        "integer" => "Integer",
        "number" => "Number",
        "boolean" => "Boolean",
        _ => "Object",
    }
    .to_owned()
}

fn is_type_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_alphabetic() && !first.is_lowercase())
        && name.chars().all(char::is_alphanumeric)
}

fn type_name(text: &str) -> String {
    let kept: String =
        text.chars().map(|character| if character.is_alphanumeric() { character } else { ' ' }).collect();
    let name = kept.to_pascal_case();
    if name.starts_with(|first: char| first.is_alphabetic()) { name } else { format!("Type{name}") }
}

/// The singular of an English plural, well enough for a type name.
fn singular(word: &str) -> String {
    match word {
        _ if word.ends_with("ies") && word.len() > 4 => format!("{}y", &word[..word.len() - 3]),
        _ if word.ends_with("sses") || word.ends_with("xes") || word.ends_with("ches") => {
            word[..word.len() - 2].to_owned()
        }
        _ if word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") && !word.ends_with("is") => {
            word[..word.len() - 1].to_owned()
        }
        _ => word.to_owned(),
    }
}
