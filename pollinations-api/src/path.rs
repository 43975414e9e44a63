//! Percent-encoding of path parameters.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What must not stand bare in one segment of a path: the path percent-encode set of the URL standard (WHATWG URL,
/// section 1.3), the delimiters of segments, and `%` itself.
///
/// The backslash is what progenitor's own function leaves out: in an `https` URL it separates segments just as the
/// slash does (section 4.4, "path state"), so that a prompt with one would change the path.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Encodes a value as one segment of a path.
pub(crate) fn encode_path(value: &str) -> String {
    utf8_percent_encode(value, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::encode_path;

    #[test]
    fn any_text_stays_one_segment() {
        let prompt = "a/b\\c?d#e%f \"g\"\n<h> 🌸 {i}|^`..";
        let url = reqwest::Url::parse(&format!("https://example.com/text/{}", encode_path(prompt))).unwrap();
        let segments: Vec<&str> = url.path_segments().unwrap().collect();
        assert_eq!(segments.len(), 2);
        let decoded = percent_encoding::percent_decode_str(segments[1]).decode_utf8().unwrap();
        assert_eq!(decoded, prompt);
        assert_eq!((url.query(), url.fragment()), (None, None));
    }
}
