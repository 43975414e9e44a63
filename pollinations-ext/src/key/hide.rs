//! Removes unknown keys from a text.

/// The prefixes of keys.
const PREFIXES: [&str; 3] = ["sk_", "pk_", "ag_"];

/// Removes everything that looks like a key from a text. Use it for replies that may contain a new key, which no
/// client has yet.
pub(crate) fn without_keys(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = PREFIXES.iter().filter_map(|prefix| rest.find(prefix)).min() {
        let (before, key) = rest.split_at(start);
        let end = key.find(|letter: char| !is_of_a_key(letter)).unwrap_or(key.len());
        shown.push_str(before);
        shown.push_str("[key]");
        rest = key.get(end..).unwrap_or_default();
    }
    shown + rest
}

/// Quotation marks and similar characters end a key in JSON, in HTML and in a URL.
fn is_of_a_key(letter: char) -> bool {
    letter.is_ascii_graphic() && !matches!(letter, '"' | '\'' | '<' | '>' | ',' | '}' | ']' | ')')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_looks_like_a_key_is_removed() {
        for (text, shown) in [
            ("", ""),
            ("no key", "no key"),
            (r#"{"key":"sk_abc-1.2","id":"k"}"#, r#"{"key":"[key]","id":"k"}"#),
            ("pk_a and ag_b, sk_c", "[key] and [key], [key]"),
            ("cut off: sk_abcdef", "cut off: [key]"),
            ("ü sk_\u{fc}", "ü [key]\u{fc}"),
        ] {
            assert_eq!(without_keys(text), shown, "{text}");
        }
    }
}
