//! JSON parsing.

use pollinations_api::json::{
    self,
    support::{read_compactly, read_in_place},
};
pub(crate) use pollinations_api::json::{Read, read_value};
use serde::de::{DeserializeOwned, IgnoredAny};

/// Marks the end of a stream, as in OpenAI's API.
pub(crate) const DONE: &[u8] = b"[DONE]";

/// Parses JSON into a type of this crate. Repairs a byte order mark, invalid UTF-8 and lone surrogates.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    json::parse(bytes)
}

/// Parses a body or an event into a type of the document, leniently, with code that all types share.
pub(crate) fn lenient<T: Read>(bytes: &[u8]) -> serde_json::Result<T> {
    read_compactly(bytes)
}

/// The same, but faster, for large bodies and for types that are parsed thousands of times. This is compiled for each
/// type. The object is parsed in place. `slot` must be an absent value.
#[inline]
pub(crate) fn lenient_in_place<T: Read>(slot: &mut T, bytes: &[u8]) -> serde_json::Result<()> {
    match str::from_utf8(bytes) {
        Ok(text) if read_in_place(slot, text).is_ok() => Ok(()),
        _ => repaired(slot, bytes),
    }
}

#[cold]
#[inline(never)]
fn repaired<T: Read>(slot: &mut T, bytes: &[u8]) -> serde_json::Result<()> {
    *slot = lenient(bytes)?;
    Ok(())
}

/// Splits JSON documents that follow each other in these bytes, if there are several. This happens if a server omits
/// the empty lines between events, or appends the end of a stream to a whole reply.
#[cold]
pub(crate) fn documents(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut documents = Vec::new();
    let mut rest = bytes.trim_ascii();
    while !rest.is_empty() {
        rest = rest.strip_prefix(b"data:").unwrap_or(rest).trim_ascii_start();
        let length = if rest.starts_with(DONE) {
            DONE.len()
        } else {
            let mut stream = serde_json::Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
            stream.next()?.ok()?;
            stream.byte_offset()
        };
        let (document, after) = rest.split_at_checked(length)?;
        documents.push(document);
        rest = after.trim_ascii_start();
    }
    (documents.len() > 1).then_some(documents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slightly_invalid_json_is_read() {
        assert_eq!(read::<Vec<String>>("[\"\u{fc}\"]".as_bytes()).unwrap(), ["\u{fc}"]);
        assert_eq!(read::<Vec<String>>(b"[\"\xfc\"]").unwrap(), ["\u{fffd}"]);
        assert_eq!(lenient::<Vec<String>>("\u{feff}[\"a\", {}]".as_bytes()).unwrap(), ["a"]);
    }

    #[test]
    fn several_json_documents_in_one_body_are_found() {
        let found = |text| documents(str::as_bytes(text)).map(|found| found.len());
        assert_eq!(found("{\"a\":1}\n{\"b\":[2]}\n[DONE]\n"), Some(3));
        assert_eq!(found("{\"a\":1}[DONE]"), Some(2));
        assert_eq!(found("{\"a\":1}\ndata: [DONE]"), Some(2));
        for text in ["", "{}", "[DONE]", "{\"a\":1} {\"b\"", "{} x"] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
