//! Words and tokens of texts and messages.

use serde_json::Value;

/// The tokens of a text. A word is a token, so that tests can count them.
pub(crate) fn count(text: &str) -> u64 {
    text.split_whitespace().count() as u64
}

/// The text of a message, whose content is a string or a list of parts.
pub(crate) fn text_of(message: &Value) -> String {
    match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part.get("text")?.as_str()).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}

/// Characters that are spoken as words.
const SIGNS: &[(char, &str)] = &[
    ('0', "zero"),
    ('1', "one"),
    ('2', "two"),
    ('3', "three"),
    ('4', "four"),
    ('5', "five"),
    ('6', "six"),
    ('7', "seven"),
    ('8', "eight"),
    ('9', "nine"),
    ('%', "percent"),
    ('&', "and"),
    ('+', "plus"),
];

/// A text as it is spoken: digits and some signs become words.
pub(crate) fn spoken(text: &str) -> String {
    let mut spoken = String::new();
    let mut after_sign = false;
    for letter in text.chars() {
        let word = SIGNS.iter().find(|(sign, _)| *sign == letter).map(|(_, word)| *word);
        let is_apart = if word.is_some() { !spoken.is_empty() } else { after_sign && letter.is_alphanumeric() };
        if is_apart && !spoken.ends_with(char::is_whitespace) {
            spoken.push(' ');
        }
        match word {
            Some(word) => spoken.push_str(word),
            None => spoken.push(letter),
        }
        after_sign = word.is_some();
    }
    spoken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_signs_are_spoken_as_words() {
        assert_eq!(spoken("5km, 42% & more"), "five km, four two percent and more");
        assert_eq!(spoken("Good morning!"), "Good morning!");
    }
}
