//! Reading JSON.

use serde::de::{DeserializeOwned, Error as _};

/// Reads a body or an event. JSON is UTF-8 (RFC 8259, section 8.1), and to look at all of it at once is faster than at
/// each string in it.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    let text = str::from_utf8(bytes)
        .map_err(|error| serde_json::Error::custom(format_args!("not UTF-8 from byte {} on", error.valid_up_to())))?;
    serde_json::from_str(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_alone() {
        assert_eq!(read::<Vec<String>>("[\"\u{fc}\"]".as_bytes()).unwrap(), ["\u{fc}"]);
        let error = read::<Vec<String>>(b"[\"\xfc\"]").unwrap_err();
        assert_eq!(error.to_string(), "not UTF-8 from byte 2 on");
    }
}
