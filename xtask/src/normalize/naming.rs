//! The rules for the names of operations and types.
//!
//! A type is named after its title in the document, otherwise after where it is used: its owner, and the path from
//! there. Type names are in Pascal case as the generator writes it, so that the generator does not change them. They
//! have at most [`MAX_LENGTH`] characters.

use deunicode::deunicode;
use heck::{ToPascalCase, ToSnakeCase};

use super::tables::{COMPONENTS, OPERATIONS, TYPES};

/// The name of the error envelope.
pub(super) const ERROR: &str = "ApiError";

/// The maximum length of a type name.
const MAX_LENGTH: usize = 40;

/// The length up to which a name made from its place is easy to read.
const COMFORTABLE: usize = 32;

/// Names that Rust reserves.
const RESERVED: [&str; 1] = ["Self"];

/// The id for an operation in our tables.
pub(super) fn our_operation(method: &str, path: &str) -> Option<&'static str> {
    OPERATIONS.iter().find(|(known, at, _)| *known == method && *at == path).map(|(_, _, id)| *id)
}

/// The name for a component in our tables.
pub(super) fn our_component(upstream: &str) -> Option<&'static str> {
    COMPONENTS.iter().find(|(name, _)| *name == upstream).map(|(_, ours)| *ours)
}

/// The name for the type used at this place in our tables.
pub(super) fn our_type(parent: &str, edge: &str) -> Option<&'static str> {
    TYPES.iter().find(|(place, _)| place.strip_prefix(parent).is_some_and(|rest| rest == edge)).map(|(_, name)| *name)
}

/// Whether a name is from our tables, and therefore preferred to upstream's.
pub(super) fn is_ours(name: &str) -> bool {
    COMPONENTS.iter().any(|(_, ours)| *ours == name) || TYPES.iter().any(|(_, ours)| *ours == name)
}

/// An operation's own id in snake case, if it is an identifier.
pub(super) fn identifier(id: &str) -> Option<String> {
    let id = ascii(id);
    if !id.chars().all(|character| character.is_ascii_alphanumeric() || "_-. /:".contains(character)) {
        return None;
    }
    let plain: String =
        id.chars().map(|character| if character.is_ascii_alphanumeric() { character } else { '_' }).collect();
    let id = plain.to_snake_case();
    id.starts_with(|first: char| first.is_ascii_alphabetic()).then_some(id)
}

/// The same, without the method that some generators put in front of it.
pub(super) fn identifier_without_method(method: &str, id: &str) -> Option<String> {
    let machine_made = id.contains(|character: char| character.is_ascii_uppercase());
    let id = identifier(id)?;
    // An id in snake case was chosen by a person, or by an earlier run.
    let rest = id.strip_prefix(method).and_then(|rest| rest.strip_prefix('_')).filter(|_| machine_made);
    Some(rest.map(str::to_owned).unwrap_or(id)).filter(|id| id.starts_with(|first: char| first.is_ascii_alphabetic()))
}

/// A text converted to ASCII as closely as possible: `größe` becomes `grosse`.
pub(super) fn ascii(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { deunicode(text) }
}

/// Whether a name is valid as the key of a component (OpenAPI 3.0.3, "Components Object").
pub(super) fn is_component_key(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|character| character.is_ascii_alphanumeric() || "._-".contains(character))
}

/// A name converted to a valid key of a component.
pub(super) fn component_key(name: &str) -> String {
    let key: String = ascii(name)
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() || "._-".contains(character) { character } else { '_' })
        .collect();
    if key.is_empty() { "unnamed".to_owned() } else { key }
}

/// The possible names of a component, best first: its own as a type name, then alternatives in case that is taken.
pub(super) fn component(upstream: &str, title: Option<&str>) -> Vec<String> {
    let own = type_name(upstream);
    let mut names = vec![own.clone()];
    names.extend(title.map(type_name).filter(|title| *title != own));
    names.extend(
        ["Schema", "Model", "Data", "Type", "Record", "Entity", "Details", "Variant"].map(|suffix| fit(&own, suffix)),
    );
    names.extend(('B'..='Z').map(|letter| fit(&own, &letter.to_string())));
    names
}

/// The possible names of a schema that becomes a component, from its JSON pointer, best first.
pub(super) fn from_pointer(pointer: &str, title: Option<&str>) -> Vec<String> {
    let structure =
        ["schema", "items", "properties", "$defs", "definitions", "content", "application/json", "components"];
    let sections = ["schemas", "parameters", "responses", "requestBodies", "headers", "additionalProperties"];
    let words: Vec<String> = pointer.split('/').skip(1).map(super::walk::unescape).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !structure.contains(word)).collect();
    let name = |words: &[&str]| type_name(&words.join(" "));
    let mut names: Vec<String> = title.map(type_name).into_iter().collect();
    let defined = ["$defs", "definitions"]
        .iter()
        .any(|keyword| pointer.rsplit_once('/').is_some_and(|(parent, _)| parent.ends_with(&format!("/{keyword}"))));
    match words.as_slice() {
        [.., last] if defined => names.push(name(&[last])),
        ["paths", path, method, "responses", ..] => names.push(name(&[method, path, "response"])),
        ["paths", path, method, "requestBody", ..] => names.push(name(&[method, path, "request"])),
        ["paths", path, method, "parameters", ..] => names.push(name(&[method, path, "parameter"])),
        _ => {}
    }
    let meaningful: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| !sections.contains(word) && !word.chars().all(|character| character.is_ascii_digit()))
        .collect();
    names.push(name(&meaningful));
    names
}

/// A short, readable name for a type, from where it is used.
pub(super) fn from_place(owner: &str, edge: &str) -> String {
    let owner = words(owner);
    let direction = |word: &String| matches!(word.as_str(), "request" | "response" | "form");
    let short: Vec<String> = owner.iter().filter(|word| !direction(word)).cloned().collect();
    join(if short.is_empty() { owner } else { short }, edge, true)
}

/// The same with the full path, in case the short name is taken.
pub(super) fn from_whole_place(owner: &str, edge: &str) -> String {
    join(words(owner), edge, false)
}

/// The name of the body of a response, with the text of its status.
pub(super) fn of_status(operation: &str, phrase: &str, kind: &str) -> String {
    let mut name = words(operation);
    name.extend(words(phrase));
    name.push(kind.to_owned());
    name.dedup();
    // The status is more important than the beginning of the operation's name.
    while name.len() > 3 && name.iter().map(String::len).sum::<usize>() > MAX_LENGTH {
        name.remove(0);
    }
    type_name(&name.join("_"))
}

/// The name of the owner and a title, if several types have the same title.
pub(super) fn from_owner_and_title(owner: &str, title: &str) -> String {
    let mut name = words(owner);
    name.extend(words(title));
    shorten(name, 0, COMFORTABLE)
}

/// A name followed by a distinguishing word.
pub(super) fn qualified(name: &str, quality: &str) -> String {
    fit(name, &ascii(quality).to_pascal_case())
}

fn words(text: &str) -> Vec<String> {
    let text: String =
        ascii(text).chars().map(|character| if character.is_ascii_alphanumeric() { character } else { '_' }).collect();
    text.to_snake_case().split('_').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Labels of members that only differ in their JSON type.
const JSON_TYPES: [&str; 7] = ["", "array", "boolean", "integer", "number", "object", "string"];

/// A name from the words of an owner and the path from there to a type.
fn join(mut name: Vec<String>, edge: &str, short: bool) -> String {
    let room = if short { COMFORTABLE } else { MAX_LENGTH };
    let Some((before, member)) = edge.split_once('(') else {
        name.dedup();
        let owner = name.len();
        along(&mut name, edge);
        name.dedup();
        if name.len() == owner && owner > 0 && !edge.is_empty() && !edge.ends_with("[]") {
            // The path repeats the end of the owner's name, so it adds no word.
            name.push("body".to_owned());
        }
        return shorten(name, 0, room);
    };
    along(&mut name, before);
    let (label, after) = member.rsplit_once(')').unwrap_or((member, ""));
    let label = label.trim_matches('*');
    let mut first = 0;
    if JSON_TYPES.contains(&label) {
        if after.is_empty() {
            name.push("value".to_owned());
        }
    } else {
        // The label distinguishes the members, and the end of the owner's name is enough to name the union.
        let kept = if short { name.iter().rposition(|word| word.len() > 1).unwrap_or_default() } else { 0 };
        let mut tagged = words(label);
        first = tagged.len();
        tagged.extend(name.drain(..).skip(kept));
        name = tagged;
    }
    along(&mut name, after);
    shorten(name, first, room)
}

/// Adds the words of a path that has no union in it.
fn along(name: &mut Vec<String>, edge: &str) {
    let place = [".query.", ".path.", ".header.", ".cookie."].iter().find_map(|prefix| edge.strip_prefix(prefix));
    let place = place.unwrap_or(edge);
    let mut suffix = words(place);
    if let Some(last) = suffix.last_mut().filter(|_| place.ends_with("[]")) {
        *last = singular(last);
    } else if place.ends_with("[]")
        && let Some(last) = name.last_mut()
    {
        let one = singular(last);
        if one == *last {
            name.push("entry".to_owned());
        } else {
            *last = one;
        }
    }
    if place.ends_with("{}") {
        suffix.push("value".to_owned());
    }
    name.append(&mut suffix);
}

/// A type name from these words. If they are too long, words after the first `kept` are dropped.
fn shorten(mut name: Vec<String>, kept: usize, room: usize) -> String {
    name.dedup();
    while name.iter().map(String::len).sum::<usize>() > room && name.len() > kept + 2 {
        name.remove(kept);
        name.dedup();
    }
    type_name(&name.join("_"))
}

/// The name for a member of a union without a type of its own: a string, a list, a number.
pub(super) fn member(kind: &str) -> &'static str {
    match kind {
        "string" => "Text",
        "array" => "List",
        "integer" => "Integer",
        "number" => "Number",
        "boolean" => "Boolean",
        _ => "Object",
    }
}

/// A text as the name of a type, in the form that the generator uses.
pub(super) fn type_name(text: &str) -> String {
    let kept: String =
        ascii(text).chars().map(|character| if character.is_ascii_alphanumeric() { character } else { ' ' }).collect();
    let mut name = stable(&kept);
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        name = stable(&format!("Type{name}"));
    }
    if RESERVED.contains(&name.as_str()) {
        name.push_str("Type");
    }
    if name.len() > MAX_LENGTH { cut(&name, MAX_LENGTH) } else { name }
}

/// A text in Pascal case. Converting the result again does not change it.
fn stable(text: &str) -> String {
    let mut name = text.to_pascal_case();
    loop {
        let again = name.to_pascal_case();
        if again == name {
            return name;
        }
        name = again;
    }
}

/// As many of the first words of a name as fit.
fn cut(name: &str, room: usize) -> String {
    let mut short = String::new();
    for word in words(name) {
        let word = word.to_pascal_case();
        if short.len() + word.len() > room {
            break;
        }
        short.push_str(&word);
    }
    let short = stable(&short);
    if short.is_empty() { name.chars().take(room).collect() } else { short }
}

/// A name with a suffix. If they are too long together, the name is shortened.
fn fit(name: &str, suffix: &str) -> String {
    let suffix: String = suffix.chars().filter(char::is_ascii_alphanumeric).take(MAX_LENGTH / 2).collect();
    let whole = stable(&format!("{name}{suffix}"));
    if whole.len() <= MAX_LENGTH { whole } else { stable(&format!("{}{suffix}", cut(name, MAX_LENGTH - suffix.len()))) }
}

/// The singular of an English plural, good enough for a type name.
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
