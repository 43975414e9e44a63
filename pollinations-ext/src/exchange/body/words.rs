//! Finds the human-readable message in an error body.
//!
//! Every provider has its own error format, and gateways nest one format in another. So this code does not know
//! formats. It knows the field names that usually contain messages, and walks from the outermost to the innermost
//! object, up to a limit.

use std::{borrow::Cow, fmt::Write as _};

use serde_json::{Map, Value};

use super::cut;

/// The maximum nesting depth of an error.
const MAX_DEPTH: usize = 8;

/// The maximum number of sentences that are joined, and of list entries that are read.
const MAX_SENTENCES: usize = 4;

/// The maximum length of the message, in characters.
const MAX_LENGTH: usize = 500;

/// Field names that contain the message, or lead to it, in the order in which the message reads best. Compared
/// without case and without `_`, `-` and `$`.
const PLACES: &[(&str, Place)] = &[
    ("error", Place::Words),
    ("choices", Place::Choices),
    ("fault", Place::Words),
    ("faultstring", Place::Words),
    ("exception", Place::Words),
    ("err", Place::Words),
    ("title", Place::Words),
    ("message", Place::Words),
    ("errormessage", Place::Words),
    ("errordescription", Place::Words),
    ("errormsg", Place::Words),
    ("errmsg", Place::Words),
    ("msg", Place::Words),
    ("statusmsg", Place::Words),
    ("statusmessage", Place::Words),
    ("detail", Place::Words),
    ("failurereason", Place::Words),
    ("reason", Place::Sentence),
    ("description", Place::Words),
    ("errors", Place::Errors),
    ("messages", Place::Words),
    ("baseresp", Place::Inside),
    ("nonfielderrors", Place::Words),
    ("issues", Place::Words),
    ("violations", Place::Words),
    ("fieldviolations", Place::Words),
    ("formerrors", Place::Words),
    ("fielderrors", Place::Fields),
    ("details", Place::Words),
    ("innererror", Place::Inner),
    ("metadata", Place::Inside),
    ("raw", Place::Words),
    ("upstreambody", Place::Inside),
    ("cause", Place::Words),
    ("body", Place::Inside),
    ("data", Place::Inside),
    ("response", Place::Inside),
    ("result", Place::Inside),
    ("status", Place::Inside),
];

/// The meaning of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A message, or an object that contains one.
    Words,
    /// A message if it has several words. A single word is a code.
    Sentence,
    /// An object that contains a message. Plain text here is not a message.
    Inside,
    /// The same, except that its code is used if it has no message.
    Inner,
    /// Messages for each invalid field.
    Fields,
    /// A message, or messages for each field.
    Errors,
    /// Model replies. They are not messages, but may contain errors.
    Choices,
}

impl Place {
    /// Whether the keys of an object are field names.
    fn is_by_field(self, object: &Map<String, Value>) -> bool {
        match self {
            Self::Fields => true,
            Self::Errors => object.keys().all(|name| rank(name).is_none()),
            Self::Words | Self::Sentence | Self::Inside | Self::Inner | Self::Choices => false,
        }
    }
}

/// The message in an error body, on one line. Empty if there is none.
pub(super) fn reason(value: &Value) -> String {
    let mut sentences = Sentences::default();
    sentences.add(value, Place::Words, "", MAX_DEPTH);
    one_line(&sentences.text, MAX_LENGTH)
}

/// The first sentence in a body whose fields have unknown names. Empty if there is no sentence.
pub(super) fn any_sentence(value: &Value) -> String {
    let mut sentences = Sentences::default();
    sentences.search(value, "", MAX_DEPTH / 2);
    one_line(&sentences.text, MAX_LENGTH)
}

/// A text on one line, truncated to this many characters.
pub(super) fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    let text = &visible(text);
    for word in text.split_whitespace() {
        let gap = usize::from(length > 0);
        if gap > 0 {
            line.push(' ');
        }
        length += gap;
        for character in word.chars() {
            if length == limit {
                line.push('…');
                return line;
            }
            length += 1;
            line.push(character);
        }
    }
    line
}

/// Removes escape sequences (ECMA-48, section 5.4) and control characters, which a terminal would interpret.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    let is_hidden = |character: char| character.is_control() && !character.is_whitespace();
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character == '\u{1b}' && rest.as_str().starts_with('[') {
            rest.find(|character| ('@'..='~').contains(character) && *character != '[');
        } else if !is_hidden(character) {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// A field name without differences in style.
pub(super) fn plain_name(name: &str) -> String {
    name.chars().filter(|character| !is_separator(*character)).flat_map(char::to_lowercase).collect()
}

/// Whether a character is only a matter of style in the name of a field.
pub(super) fn is_separator(character: char) -> bool {
    matches!(character, '_' | '-' | '$' | ' ')
}

/// The messages found so far.
#[derive(Default)]
struct Sentences {
    text: String,
    count: usize,
}

impl Sentences {
    fn is_full(&self) -> bool {
        self.count >= MAX_SENTENCES || self.text.len() > 4 * MAX_LENGTH
    }

    /// Adds the messages in a value. `about` is the subject of the message, such as the invalid field.
    fn add(&mut self, value: &Value, place: Place, about: &str, depth: usize) {
        if depth == 0 || self.is_full() {
            return;
        }
        match value {
            Value::String(text) => match inside(text) {
                Some(value) => self.add(&value, place, about, depth - 1),
                None if matches!(place, Place::Words | Place::Fields | Place::Errors) => self.push(about, text),
                None if place == Place::Sentence && text.trim().contains(' ') => self.push(about, text),
                None => {}
            },
            Value::Array(entries) => {
                for entry in entries.iter().take(2 * MAX_SENTENCES) {
                    self.add(entry, place, about, depth - 1);
                }
            }
            Value::Object(object) if place.is_by_field(object) => {
                for (field, value) in object {
                    self.add(value, Place::Words, field, depth - 1);
                }
            }
            Value::Object(object) if place == Place::Choices => {
                object.get("error").into_iter().for_each(|error| self.add(error, Place::Words, about, depth - 1));
            }
            Value::Object(object) => self.add_object(object, place, about, depth - 1),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn add_object(&mut self, object: &Map<String, Value>, place: Place, about: &str, depth: usize) {
        let before = self.count;
        let located = location(object);
        let about = located.as_deref().unwrap_or(about);
        let mut found: Vec<(usize, &Value)> =
            object.iter().filter_map(|(name, value)| Some((rank(name)?, value))).collect();
        found.sort_by_key(|(rank, _)| *rank);
        for (rank, value) in found {
            if let Some((_, place)) = PLACES.get(rank) {
                self.add(value, *place, about, depth);
            }
        }
        if place == Place::Inner
            && self.count == before
            && let Some(code) = object.get("code").and_then(Value::as_str)
        {
            self.push(about, code);
        }
    }

    /// Searches for a sentence at any depth.
    fn search(&mut self, value: &Value, about: &str, depth: usize) {
        if depth == 0 || self.count > 0 {
            return;
        }
        match value {
            Value::String(text) if text.trim().contains(' ') => self.push(about, text),
            Value::Array(entries) => {
                entries.iter().take(2 * MAX_SENTENCES).for_each(|entry| self.search(entry, about, depth - 1));
            }
            Value::Object(object) => {
                for (name, value) in object {
                    let about = if rank(name).is_some() { about } else { name };
                    self.search(value, about, depth - 1);
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, about: &str, sentence: &str) {
        let sentence = one_line(sentence, MAX_LENGTH);
        // Gateways repeat the message of the provider, in more or fewer words.
        if sentence.is_empty() || self.text.to_lowercase().contains(&sentence.to_lowercase()) {
            return;
        }
        if sentence.to_lowercase().contains(&self.text.to_lowercase()) {
            self.text.clear();
        }
        if !self.text.is_empty() {
            while self.text.ends_with(['.', ':', ' ']) {
                self.text.pop();
            }
            self.text.push_str(if self.count == 1 { ": " } else { "; " });
        }
        if !about.is_empty() && !sentence.contains(about) {
            // Writing to a string cannot fail.
            let _ = write!(self.text, "{about}: ");
        }
        self.text.push_str(&sentence);
        self.count += 1;
    }
}

/// Parses JSON inside a text.
fn inside(text: &str) -> Option<Value> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(text).ok().or_else(|| cut::completed(text))
}

fn rank(name: &str) -> Option<usize> {
    let name = plain_name(name);
    // AWS names error events like `internalServerException`.
    let name = if name.ends_with("exception") { "exception" } else { &name };
    PLACES.iter().position(|(place, _)| *place == name)
}

/// The subject of an entry in a list of errors: `path` or `loc` as a list, `field` or `param` as a name.
fn location(object: &Map<String, Value>) -> Option<String> {
    let parts =
        ["path", "loc", "instancePath", "field", "param", "property"].iter().find_map(|name| object.get(*name))?;
    let part = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let path = match parts {
        Value::Array(parts) => parts.iter().filter_map(part).collect::<Vec<_>>().join("."),
        part => part.as_str()?.trim_matches('/').to_owned(),
    };
    (!path.is_empty() && path.len() <= 100).then_some(path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_message_is_found_in_every_format() {
        for (body, expected) in [
            (json!({ "error": "text" }), "text"),
            (json!({ "error": { "message": "text" } }), "text"),
            (json!({ "error": { "error": { "message": "text" } } }), "text"),
            (json!({ "error": "Internal Server Error", "message": "no server" }), "Internal Server Error: no server"),
            (json!({ "error": "", "message": "text" }), "text"),
            (json!({ "error": true, "message": "text" }), "text"),
            (json!({ "error": { "message": ["a", "b"] } }), "a: b"),
            (json!({ "detail": "text" }), "text"),
            (json!({ "detail": [{ "loc": ["body", "n", 0], "msg": "too big" }] }), "body.n.0: too big"),
            (json!({ "detail": { "message": "text" } }), "text"),
            (json!({ "errors": [{ "code": 10, "message": "one" }, { "message": "two" }] }), "one: two"),
            (json!({ "errors": { "name": ["is wrong"] }, "message": "text" }), "text: name: is wrong"),
            (json!([{ "error": { "message": "text" } }]), "text"),
            (json!({ "choices": [{ "message": { "message": "no" }, "error": { "message": "text" } }] }), "text"),
            (json!("text"), "text"),
            (json!({ "title": "Not Found", "detail": "no such model" }), "Not Found: no such model"),
            (json!({ "Message": "text", "__type": "T" }), "text"),
            (json!({ "error_msg": "text" }), "text"),
            (json!({ "base_resp": { "status_code": 1, "status_msg": "text" } }), "text"),
            (
                json!({ "error": { "message": "no", "metadata": { "raw": "{\"error\":{\"message\":\"why\"}}" } } }),
                "no: why",
            ),
            (json!({ "error": { "message": "no.", "metadata": { "raw": "why" } } }), "no: why"),
            (json!({ "error": { "message": "no", "innererror": { "code": "Policy" } } }), "no: Policy"),
            (json!({ "error": { "message": "no", "details": { "fieldErrors": { "a": ["b"] } } } }), "no: a: b"),
            (json!({ "error": { "message": "{\"message\": \"in a text\"}" } }), "in a text"),
            (
                json!({ "error": { "message": "429: slow down", "details": { "message": "slow down" } } }),
                "429: slow down",
            ),
            (
                json!({ "error": { "message": "slow down", "details": { "message": "429: slow down" } } }),
                "429: slow down",
            ),
            (json!({ "message": "two\nlines\t\u{a0}here" }), "two lines here"),
            (json!({ "code": "X", "details": [1, null, {}] }), ""),
            (json!(null), ""),
        ] {
            assert_eq!(reason(&body), expected, "{body}");
        }
    }

    #[test]
    fn messages_in_unknown_fields_are_found() {
        for (body, expected) in [
            (json!({ "model": ["This field is required."] }), "model: This field is required."),
            (json!({ "message": { "content": "Bad prompt", "code": 3 } }), "content: Bad prompt"),
            (json!({ "code": "X", "ids": ["a", 1, null] }), ""),
        ] {
            assert_eq!(any_sentence(&body), expected, "{body}");
        }
    }

    #[test]
    fn escape_sequences_are_removed() {
        assert_eq!(one_line("\u{1b}[1;31mon\u{7} fire\u{1b}[0m\u{1b}", 99), "on fire");
        assert_eq!(one_line("\u{1b}[", 99), "");
    }

    #[test]
    fn depth_and_length_are_limited() {
        let deep = (0..100).fold(json!("text"), |value, _| json!({ "error": value }));
        assert_eq!(reason(&deep), "");
        let long = json!({ "errors": vec!["x".repeat(10_000); 1000] });
        assert_eq!(reason(&long).chars().count(), MAX_LENGTH + 1);
    }
}
