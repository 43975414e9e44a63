//! Multipart bodies (`multipart/form-data`, RFC 7578), in memory or around a streamed file.

use bytes::Bytes;

use crate::base::file::{Loaded, Opened};

/// A form that is being written.
pub(crate) struct Form {
    boundary: String,
    body: Vec<u8>,
}

impl Form {
    /// Creates a form with a random boundary, which does not occur in any file.
    pub(crate) fn new() -> Self {
        let boundary = std::iter::repeat_with(fastrand::alphanumeric).take(32).collect();
        Self::with_boundary(boundary)
    }

    fn with_boundary(boundary: String) -> Self {
        Self { boundary, body: Vec::new() }
    }

    pub(crate) fn text(mut self, name: &str, value: &str) -> Self {
        self.part(&format!("name=\"{}\"", escape(name)), None, value.as_bytes());
        self
    }

    pub(crate) fn optional(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.text(name, &value.to_string()),
            None => self,
        }
    }

    pub(crate) fn file(mut self, name: &str, file: &Loaded) -> Self {
        self.part(&named(name, &file.name), Some(file.content_type_or_unknown()), &file.bytes);
        self
    }

    /// The content type, and the bytes before and after a streamed file. The file is the last part.
    pub(crate) fn around(mut self, name: &str, file: &Opened) -> (String, Bytes, Bytes) {
        self.head(&named(name, &file.name), Some(file.content_type_or_unknown()));
        let before = std::mem::take(&mut self.body).into();
        self.body.extend_from_slice(b"\r\n");
        let (content_type, after) = self.finish();
        (content_type, before, after)
    }

    fn part(&mut self, disposition: &str, content_type: Option<&str>, content: &[u8]) {
        self.head(disposition, content_type);
        self.body.extend_from_slice(content);
        self.body.extend_from_slice(b"\r\n");
    }

    fn head(&mut self, disposition: &str, content_type: Option<&str>) {
        let mut head = format!("--{}\r\nContent-Disposition: form-data; {disposition}\r\n", self.boundary);
        if let Some(content_type) = content_type {
            // A line break would start a new header.
            let content_type: String = content_type.chars().filter(|character| !character.is_control()).collect();
            head += &format!("Content-Type: {content_type}\r\n");
        }
        self.body.extend_from_slice(head.as_bytes());
        self.body.extend_from_slice(b"\r\n");
    }

    /// The content type and the body.
    pub(crate) fn finish(mut self) -> (String, Bytes) {
        self.body.extend_from_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        (format!("multipart/form-data; boundary={}", self.boundary), self.body.into())
    }
}

/// The headers of a file part.
fn named(name: &str, file: &str) -> String {
    format!("name=\"{}\"; filename=\"{}\"", escape(name), escape(file))
}

/// Escapes a name for use inside quotation marks (WHATWG HTML, "multipart/form-data encoding algorithm").
fn escape(name: &str) -> String {
    name.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::file::Data;

    #[test]
    fn a_form_is_encoded_and_escaped() {
        let file = Loaded {
            bytes: Bytes::from_static(b"\0\x01"),
            name: "a \"b\"\r\n.png".to_owned(),
            content_type: Some("image/png\r\nx: y".to_owned()),
        };
        let form = Form::with_boundary("X".to_owned()).text("model", "m").optional("none", None::<u8>);
        let (content_type, body) = form.file("file", &file).finish();
        assert_eq!(content_type, "multipart/form-data; boundary=X");
        assert_eq!(
            body,
            "--X\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n\
             --X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a %22b%22%0D%0A.png\"\r\n\
             Content-Type: image/pngx: y\r\n\r\n\0\x01\r\n--X--\r\n"
        );
    }

    #[test]
    fn the_parts_before_and_after_a_file_form_the_same_body() {
        let bytes = Bytes::from_static(b"\0\x01");
        let (name, content_type) = ("a.png".to_owned(), Some("image/png".to_owned()));
        let opened =
            Opened { name: name.clone(), content_type: content_type.clone(), data: Data::Bytes(bytes.clone()) };
        let form = || Form::with_boundary("X".to_owned()).text("id", "a");
        let (kind, before, after) = form().around("file", &opened);
        let whole = form().file("file", &Loaded { bytes: bytes.clone(), name, content_type }).finish();
        assert_eq!((kind, Bytes::from([before, bytes, after].concat())), whole);
    }

    #[test]
    fn boundaries_differ() {
        assert_ne!(Form::new().finish().0, Form::new().finish().0);
    }
}
