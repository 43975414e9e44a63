//! Completes truncated JSON, which was cut off by a limit or a broken connection.

use serde_json::Value;

/// The value up to where the text was cut, if there is anything to complete.
///
/// Closes open texts, lists and objects. Incomplete parts, such as a name without a value, are dropped.
pub(super) fn completed(text: &str) -> Option<Value> {
    let mut open = Vec::new();
    let (mut in_text, mut escaped) = (false, false);
    // The last position after a complete value, and the brackets to close there.
    let mut whole: Option<(usize, Vec<char>)> = None;
    for (at, character) in text.char_indices() {
        if in_text {
            match character {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match character {
            '"' => in_text = true,
            '{' => open.push('}'),
            '[' => open.push(']'),
            '}' | ']' => {
                open.pop()?;
            }
            ',' => whole = Some((at, open.clone())),
            _ => {}
        }
        if open.len() > 64 {
            return None;
        }
    }
    if open.is_empty() {
        return None;
    }
    close(text.trim_end(), in_text, &open).or_else(|| {
        let (end, open) = whole?;
        close(text.get(..end)?, false, &open)
    })
}

fn close(text: &str, in_text: bool, open: &[char]) -> Option<Value> {
    let closed = |text: &str| {
        let quote = if in_text { "\"" } else { "" };
        let ends: String = open.iter().rev().collect();
        serde_json::from_str(&format!("{text}{quote}{ends}")).ok()
    };
    closed(text).or_else(|| {
        // An incomplete escape sequence, of up to six bytes.
        let escape = text.rfind('\\').filter(|at| in_text && text.len() - at < 6)?;
        closed(text.get(..escape)?)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_truncated_object_is_completed_or_rejected() {
        let whole = r#"{"a":{"m":"x\u00fc\"y"},"b":[1,{"c":null}],"d":"end"}"#;
        for end in 1..whole.len() {
            let Some(value) = completed(&whole[..end]) else { continue };
            assert!(value.is_object(), "{end}: {value}");
        }
        assert_eq!(completed(r#"{"a":{"m":"Insufficient bal"#), Some(json!({ "a": { "m": "Insufficient bal" } })));
        assert_eq!(completed(r#"{"a":{"m":"x"},"b":tr"#), Some(json!({ "a": { "m": "x" } })));
        assert_eq!(completed(r#"{"m":"x\u00f"#), Some(json!({ "m": "x" })));
    }

    #[test]
    fn text_that_is_not_truncated_json_is_rejected() {
        for text in ["", "x", "}", "{}", "{x", &"[".repeat(1000)] {
            assert_eq!(completed(text), None, "{text}");
        }
    }
}
