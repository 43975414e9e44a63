//! File IDs.

use crate::base::error::Error;

/// The maximum length of an ID that you choose yourself, from the document.
const MAX: usize = 128;

/// The ID of a file: the last segment of its URL. IDs consist of letters, digits, `.`, `_` and `-`.
pub(super) fn of(id_or_url: &str, operation: &str) -> Result<String, Error> {
    let path = id_or_url.split(['?', '#']).next().unwrap_or_default();
    let id = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    // `.` and `..` would change the path, and a host name is not an ID.
    let is_host = id_or_url.contains("://") && id_or_url.split('/').filter(|part| !part.is_empty()).count() < 3;
    if id.bytes().all(is_part) && !is_host && !matches!(id, "" | "." | "..") {
        return Ok(id.to_owned());
    }
    let message = "neither the ID nor the URL of a file on the media service";
    Err(Error::request(message).with_operation(operation))
}

/// Whether you may choose this ID for a file (`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$` in the document).
pub(super) fn is_free_to_choose(id: &str) -> bool {
    id.len() <= MAX && id.bytes().all(is_part) && id.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

#[cfg(test)]
mod tests {
    use super::{super::FETCH, *};
    use crate::base::error::ErrorKind;

    #[test]
    fn the_id_is_read_from_an_id_or_a_url() {
        for text in ["abc123", "https://media.pollinations.ai/abc123", "http://127.0.0.1:80/abc123/?x#y", "/abc123"] {
            assert_eq!(of(text, FETCH).unwrap(), "abc123", "{text}");
        }
        assert_eq!(of("https://media.pollinations.ai/my_file.v2-x", FETCH).unwrap(), "my_file.v2-x");
        for text in ["", "/", "..", "a b", "https://", "https://media.pollinations.ai/", "%2e%2e", "a%2Fb"] {
            let error = of(text, FETCH).unwrap_err();
            assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidRequest, Some(FETCH)), "{text}");
        }
    }

    #[test]
    fn custom_ids_are_validated() {
        let longest = "x".repeat(MAX);
        for id in ["a", "7", "holiday-2026_v1.jpg", &longest] {
            assert!(is_free_to_choose(id), "{id}");
        }
        let too_long = "x".repeat(MAX + 1);
        for id in ["", ".", "-a", "_a", "a/b", "a b", "é", "a\n", &too_long] {
            assert!(!is_free_to_choose(id), "{id}");
        }
    }
}
