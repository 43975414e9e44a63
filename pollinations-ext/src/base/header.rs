//! Headers of responses.

use http::{
    HeaderMap, HeaderName,
    header::{AsHeaderName, CONTENT_TYPE},
};

/// The header with the request ID.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The request ID, as set by the server.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    header(headers, REQUEST_ID).map(str::to_owned)
}

/// A header as text.
pub(crate) fn header(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// The media type in `Content-Type`, without parameters such as the charset. Empty if the header is missing.
pub(crate) fn media_type(headers: &HeaderMap) -> &str {
    let value = header(headers, CONTENT_TYPE).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}
