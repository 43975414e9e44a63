//! Values of parameters that are not plain text: JSON, cookies, and `deepObject` maps.

use std::fmt::{self, Write as _};

use reqwest::header::{COOKIE, HeaderMap, HeaderValue, InvalidHeaderValue};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

/// A value that is sent as JSON text in a path, a query, a header or a cookie.
///
/// Parameters whose `content` is `application/json` in the document have this type. Convert it from the value.
///
/// # Examples
///
/// ```
/// use pollinations_api::json::Encoded;
///
/// let sizes = Encoded::from(vec![1, 2]);
/// assert_eq!(sizes.to_string(), "[1,2]");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoded<T>(pub T);

impl<T> From<T> for Encoded<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Serialize> fmt::Display for Encoded<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(&self.0).map_err(|_| fmt::Error)?;
        // Headers are ASCII, and JSON can escape all other characters.
        for character in text.chars() {
            if character.is_ascii() {
                formatter.write_char(character)?;
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(formatter, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

impl<T: Serialize> Serialize for Encoded<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = serde_json::to_string(&self.0).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

/// A value whose members are sent in the style `deepObject`, with its name in front: `filter[size]=5`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Deep<'a, T> {
    name: &'a str,
    value: &'a T,
}

impl<'a, T: Serialize> Deep<'a, T> {
    pub fn new(name: &'a str, value: &'a T) -> Self {
        Self { name, value }
    }
}

impl<T: Serialize> Serialize for Deep<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut pairs = Vec::new();
        let value = serde_json::to_value(self.value).map_err(serde::ser::Error::custom)?;
        flatten(self.name.to_owned(), value, &mut pairs);
        let mut map = serializer.serialize_map(Some(pairs.len()))?;
        for (name, value) in pairs {
            map.serialize_entry(&name, &value)?;
        }
        map.end()
    }
}

/// The values of the leaves. Members of a list repeat the name, and null is left out.
fn flatten(name: String, value: Value, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (key, member) in members {
                flatten(format!("{name}[{key}]"), member, pairs);
            }
        }
        Value::Array(members) => members.into_iter().for_each(|member| flatten(name.clone(), member, pairs)),
        Value::String(text) => pairs.push((name, text)),
        other => pairs.push((name, other.to_string())),
    }
}

/// Adds a cookie to the `Cookie` header. A request has only one such header (RFC 6265, section 5.4).
///
/// Characters that a cookie value cannot contain (section 4.1.1) are percent-encoded.
///
/// # Errors
///
/// Does not happen, because all characters that a header cannot contain are encoded.
#[doc(hidden)]
pub fn add_cookie(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), InvalidHeaderValue> {
    let mut text = headers.get(COOKIE).and_then(|cookies| cookies.to_str().ok()).map(str::to_owned).unwrap_or_default();
    if !text.is_empty() {
        text.push_str("; ");
    }
    text.push_str(name);
    text.push('=');
    for byte in value.bytes() {
        if byte.is_ascii_graphic() && !matches!(byte, b'"' | b';' | b'\\') {
            text.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    headers.insert(COOKIE, HeaderValue::try_from(text)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_cookies_are_in_one_header() {
        let mut headers = HeaderMap::new();
        add_cookie(&mut headers, "sid", "s%3Ab/c==").unwrap();
        add_cookie(&mut headers, "name", "a b;é,").unwrap();
        assert_eq!(headers.get_all(COOKIE).iter().collect::<Vec<_>>(), ["sid=s%3Ab/c==; name=a%20b%3B%C3%A9,"]);
    }

    #[test]
    fn json_in_a_header_is_ascii() {
        assert_eq!(Encoded(json!({ "a": "é🎉" })).to_string(), r#"{"a":"\u00e9\ud83c\udf89"}"#);
    }

    #[test]
    fn members_of_a_deep_object_are_prefixed_with_its_name() {
        let value = json!({ "a": 1, "b": { "c": ["x", "y"], "d": null } });
        let written = serde_json::to_value(Deep::new("f", &value)).unwrap();
        // JSON keeps only the last of two values with the same name.
        assert_eq!(written, json!({ "f[a]": "1", "f[b][c]": "y" }));
    }
}
