//! Headers of responses.

use http::{HeaderMap, HeaderName, header::AsHeaderName};

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
