//! Percent-encoding of path parameters.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What must not stand bare in one segment of a path: all but the unreserved characters, as simple string expansion has
/// it (RFC 6570, section 3.2.2), which is how OpenAPI writes path parameters.
///
/// progenitor's own function leaves more. In an `https` URL a backslash separates segments just as the slash does (WHATWG
/// URL, section 4.4, "path state"), and a server may read a comma as the mark between two values.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes a value as one segment of a path.
pub(crate) fn encode_path(value: &str) -> String {
    utf8_percent_encode(value, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::encode_path;

    #[test]
    fn any_text_stays_one_segment() {
        let prompt = "a/b\\c?d#e%f \"g\"\n<h> 🌸 {i}|^`.., ;=:@&+$!*'()[]";
        let url = reqwest::Url::parse(&format!("https://example.com/text/{}", encode_path(prompt))).unwrap();
        let segments: Vec<&str> = url.path_segments().unwrap().collect();
        assert_eq!(segments.len(), 2);
        let decoded = percent_encoding::percent_decode_str(segments[1]).decode_utf8().unwrap();
        assert_eq!(decoded, prompt);
        assert_eq!((url.query(), url.fragment()), (None, None));
    }
}
