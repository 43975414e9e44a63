//! Percent-encoding of path parameters.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters to escape in a path segment: all except the unreserved ones, as in simple string expansion (RFC
/// 6570, section 3.2.2), which OpenAPI uses for path parameters.
///
/// progenitor's own function escapes fewer. In an `https` URL, a backslash separates segments like a slash (WHATWG
/// URL, section 4.4, "path state"), and a server may treat a comma as a separator between two values.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes a value as one segment of a path.
pub(crate) fn encode_path(value: &str) -> String {
    utf8_percent_encode(value, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::encode_path;

    #[test]
    fn every_text_is_encoded_as_one_path_segment() {
        let prompt = "a/b\\c?d#e%f \"g\"\n<h> 🌸 {i}|^`.., ;=:@&+$!*'()[]";
        let url = reqwest::Url::parse(&format!("https://example.com/text/{}", encode_path(prompt))).unwrap();
        let segments: Vec<&str> = url.path_segments().unwrap().collect();
        assert_eq!(segments.len(), 2);
        let decoded = percent_encoding::percent_decode_str(segments[1]).decode_utf8().unwrap();
        assert_eq!(decoded, prompt);
        assert_eq!((url.query(), url.fragment()), (None, None));
    }
}
