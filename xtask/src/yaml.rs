//! Parses YAML 1.2 into JSON values, with the core schema (YAML 1.2.2, section 10.3).
//!
//! Only the numbers, booleans and nulls of the core schema are converted: `2026-02-25`, `1_000`, `yes` and `on` are
//! strings. Quoted values are always strings. Keys become strings as they are written, so `200:` is `"200"`.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail, ensure};
use granit_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Number, Value};

/// The maximum nesting depth of a document, as for JSON.
const MAX_DEPTH: usize = 128;

/// The maximum number of values that the aliases of a document may expand to, so that a small file cannot fill the
/// memory.
const MAX_ALIASED: usize = 4_000_000;

/// Parses a document.
///
/// # Errors
///
/// An error if the text is not YAML, has several documents, repeats a key, or is nested more than 128 levels deep.
///
/// # Examples
///
/// ```
/// let value = xtask::yaml::parse("version: 1.0\nreleased: 2026-02-25\nok: yes\n")?;
/// assert_eq!(value, serde_json::json!({ "version": 1.0, "released": "2026-02-25", "ok": "yes" }));
/// # Ok::<(), anyhow::Error>(())
/// ```
pub fn parse(text: &str) -> Result<Value> {
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        let (event, _) = event.context("it is not YAML")?;
        reader.event(event)?;
    }
    Ok(reader.document.unwrap_or_default())
}

/// A collection that is being parsed.
struct Open {
    anchor: usize,
    value: Value,
    /// The key whose value comes next.
    key: Option<String>,
    /// Entries merged from other objects with `<<`. The object's own keys override them.
    merged: Vec<Value>,
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    anchors: HashMap<usize, Value>,
    aliased: usize,
    document: Option<Value>,
}

impl Reader {
    fn event(&mut self, event: Event<'_>) -> Result<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_key = self.open.last().is_some_and(|open| open.value.is_object() && open.key.is_none());
                let plain = style == ScalarStyle::Plain;
                let value = match tag {
                    _ if is_key => Value::String(text.into_owned()),
                    Some(tag) if tag.is_yaml_core_schema_tag("str") => Value::String(text.into_owned()),
                    Some(_) => resolve(&text),
                    None if plain => resolve(&text),
                    None => Value::String(text.into_owned()),
                };
                self.value(anchor, value)
            }
            Event::SequenceStart(_, anchor, _) => self.start(anchor, Value::Array(Vec::new())),
            Event::MappingStart(_, anchor, _) => self.start(anchor, Value::Object(Map::new())),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { anchor, mut value, merged, .. }) = self.open.pop() else { return Ok(()) };
                if let Some(object) = value.as_object_mut() {
                    for (key, value) in merged.iter().filter_map(Value::as_object).flatten() {
                        object.entry(key.clone()).or_insert_with(|| value.clone());
                    }
                }
                self.value(anchor, value)
            }
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor).cloned().context("an alias stands inside of what it means")?;
                self.aliased = self.aliased.saturating_add(size(&value));
                ensure!(self.aliased <= MAX_ALIASED, "its aliases stand for too many values");
                self.value(0, value)
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, anchor: usize, value: Value) -> Result<()> {
        ensure!(self.open.len() < MAX_DEPTH, "it is nested more than {MAX_DEPTH} levels deep");
        self.open.push(Open { anchor, value, key: None, merged: Vec::new() });
        Ok(())
    }

    /// Adds a value to a list, as the value of a key, or as a key whose value comes next.
    fn value(&mut self, anchor: usize, value: Value) -> Result<()> {
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        let Some(open) = self.open.last_mut() else {
            ensure!(self.document.is_none(), "it holds more than one document");
            self.document = Some(value);
            return Ok(());
        };
        match &mut open.value {
            Value::Array(list) => list.push(value),
            Value::Object(object) => match open.key.take() {
                None => match value {
                    Value::String(key) => open.key = Some(key),
                    Value::Null | Value::Bool(_) | Value::Number(_) => open.key = Some(value.to_string()),
                    Value::Array(_) | Value::Object(_) => bail!("a key is a list or an object"),
                },
                Some(key) if key == "<<" && (value.is_object() || value.is_array()) => match value {
                    Value::Array(list) => open.merged.extend(list),
                    value => open.merged.push(value),
                },
                Some(key) => {
                    ensure!(!object.contains_key(&key), "the key `{key}` is there twice");
                    object.insert(key, value);
                }
            },
            _ => {}
        }
        Ok(())
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(size).sum::<usize>(),
        Value::Object(object) => 1 + object.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

/// The value of a plain scalar (YAML 1.2.2, section 10.3.2).
fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    if let Some(digits) = text.strip_prefix("0o") {
        return whole(digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return whole(digits, 16);
    }
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let sign = if negative { "-" } else { "" };
    if !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        let digits = unsigned.trim_start_matches('0');
        let digits = if digits.is_empty() { "0" } else { digits };
        let signed = format!("{sign}{digits}");
        return signed
            .parse::<u64>()
            .map(Number::from)
            .or_else(|_| signed.parse::<i64>().map(Number::from))
            .ok()
            .or_else(|| Number::from_f64(signed.parse().ok()?));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    let fits = digits(before) && digits(after) && exponent_fits && !(before.is_empty() && after.is_empty());
    if !fits {
        return None;
    }
    // JSON has no infinity, so a number that is too large stays a string.
    let text = format!("{sign}{}.{}e{}", or_zero(before), or_zero(after), exponent.unwrap_or("0"));
    Number::from_f64(text.parse().ok()?)
}

fn or_zero(digits: &str) -> &str {
    if digits.is_empty() { "0" } else { digits }
}

fn whole(digits: &str, radix: u32) -> Option<Number> {
    let plain = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    u64::from_str_radix(digits, radix).ok().filter(|_| plain).map(Number::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn scalars_follow_the_core_schema() {
        for (text, value) in [
            ("2026-02-25", json!("2026-02-25")),
            ("2026-02-25T10:00:00Z", json!("2026-02-25T10:00:00Z")),
            ("12:30:45", json!("12:30:45")),
            ("1_000", json!("1_000")),
            ("0b11", json!("0b11")),
            ("yes", json!("yes")),
            ("off", json!("off")),
            ("n", json!("n")),
            ("1.2.3", json!("1.2.3")),
            ("3.1.0", json!("3.1.0")),
            ("'12'", json!("12")),
            ("\"true\"", json!("true")),
            ("!!str 12", json!("12")),
            ("12", json!(12)),
            ("-7", json!(-7)),
            ("+7", json!(7)),
            ("007", json!(7)),
            ("0o14", json!(12)),
            ("0xff", json!(255)),
            ("1.50", json!(1.5)),
            (".5", json!(0.5)),
            ("1e3", json!(1000.0)),
            ("18446744073709551615", json!(u64::MAX)),
            (".inf", json!(".inf")),
            ("~", json!(null)),
            ("", json!(null)),
            ("null", json!(null)),
            ("TRUE", json!(true)),
            ("=", json!("=")),
            ("e5", json!("e5")),
            ("1e", json!("1e")),
            (".", json!(".")),
        ] {
            assert_eq!(parse(&format!("a: {text}")).unwrap(), json!({ "a": value }), "{text}");
        }
    }

    #[test]
    fn keys_are_strings_with_their_original_spelling() {
        let value = parse("200: a\n007: b\ntrue: c\n~: d\n2026-02-25: e\nyes: f").unwrap();
        let expected = json!({ "200": "a", "007": "b", "true": "c", "~": "d", "2026-02-25": "e", "yes": "f" });
        assert_eq!(value, expected);
    }

    #[test]
    fn anchors_and_merge_keys_are_resolved() {
        let value = parse("base: &base { a: 1, b: 2 }\nuse: *base\nown: { <<: *base, b: 3 }\nlist: [*base]").unwrap();
        let base = json!({ "a": 1, "b": 2 });
        assert_eq!(value, json!({ "base": base, "use": base, "own": { "a": 1, "b": 3 }, "list": [base] }));
    }

    #[test]
    fn blocks_keep_their_lines() {
        let value = parse("a: |\n  one\n  two\nb: >-\n  one\n  two\n").unwrap();
        assert_eq!(value, json!({ "a": "one\ntwo\n", "b": "one two" }));
    }

    #[test]
    fn invalid_and_malicious_documents_are_rejected() {
        let laughs: String =
            (1..9).map(|it| format!("a{it}: &a{it} [{}]\n", vec![format!("*a{}", it - 1); 10].join(", "))).collect();
        for (text, reason) in [
            ("a: 1\na: 2", "the key `a` is there twice"),
            ("a: [1", "it is not YAML"),
            ("--- 1\n--- 2", "more than one document"),
            (&format!("{}{}", "[".repeat(200), "]".repeat(200)), "levels deep"),
            (&format!("a0: &a0 [1, 1]\n{laughs}"), "too many values"),
        ] {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
