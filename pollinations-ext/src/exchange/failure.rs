//! Turns a failed attempt into an error.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::body::{ErrorBody, excerpt, may_be_fault, under_success};
use crate::{
    base::{
        error::{Error, ErrorKind},
        header::{media_type, request_id},
        json,
    },
    key::Keyring,
    retry::{Failure, Said},
};

impl Error {
    /// Parses an error response that you received with the [generated client](crate::api) or through a proxy. The
    /// kind is [`ErrorKind::Api`](crate::ErrorKind::Api).
    ///
    /// The body may have any form: JSON of any shape, an HTML page, plain text, or nothing. An API key in the body is
    /// not removed, because this function does not know the key.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::{HeaderMap, StatusCode};
    /// use pollinations_ext::Error;
    ///
    /// let body = br#"{"error":{"code":"PAYMENT_REQUIRED","message":"No pollen left"}}"#;
    /// let error = Error::from_response(StatusCode::PAYMENT_REQUIRED, &HeaderMap::new(), body);
    /// assert!(error.is_payment_required());
    /// assert_eq!(error.message(), "No pollen left");
    /// ```
    pub fn from_response(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        api(status, headers, body, &Keyring::new(None, []))
    }
}

impl Failure {
    /// Converts the failure into the error that callers see.
    pub(crate) fn explain(self, keys: &Keyring) -> Error {
        match self {
            Self::Status { status, headers, body } => api(status, &headers, &body, keys),
            Self::Unread(response, body) => api(response.status(), response.headers(), &body, keys),
            Self::Broken(error) | Self::Closed(error) => Error::transport(error),
            Self::Late(limit) => late(limit),
            Self::Other(error) => error,
        }
    }
}

/// The error for a timeout that expired before the response.
pub(super) fn late(limit: Duration) -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!("no answer within {} s; raise `timeout` to wait longer", limit.as_secs_f64()),
    )
}

/// The error for a response with this status.
fn api(status: StatusCode, headers: &HeaderMap, body: &[u8], keys: &Keyring) -> Error {
    let name = status.canonical_reason().filter(|_| !status.is_success());
    let fallback = name.unwrap_or("the server answered with an error");
    let said = Said::read(status, headers, body);
    let body = ErrorBody::parse(body, fallback, keys);
    said.tell(Error::api(status, request_id(headers), body))
}

/// The maximum size of a successful response that is checked for an error, in bytes.
const MAX_DISGUISED: usize = 1024 * 1024;

/// The paths of operations whose body is written by a model, so it may look like anything.
const WRITTEN: &[&str] = &["/text", "/text/{prompt}"];

/// The failure, if the body of a successful response is an error. If the body contains a status, that status is used.
/// `path` is the path of the operation in the document.
pub(crate) fn disguised(
    path: &str,
    status: StatusCode,
    headers: &HeaderMap,
    body: &Bytes,
    keys: &Keyring,
) -> Option<Failure> {
    if WRITTEN.contains(&path) {
        // Models write plain text. An HTML page comes from a proxy.
        return is_page(headers).then(|| Failure::Other(unexpected("an HTML page", "the text", headers, body, keys)));
    }
    error_in(status, headers, body, keys)
}

/// The paths of operations whose files can have any type, JSON and HTML included.
const ANY_FILE: &[&str] = &["/{id}", "/account/"];

/// Whether a successful response to a download cannot be the file, because its content type is JSON or HTML.
pub(crate) fn is_no_file(path: &str, headers: &HeaderMap) -> bool {
    let is_json = media_type(headers).eq_ignore_ascii_case("application/json");
    (is_json || is_page(headers)) && !ANY_FILE.iter().any(|start| path.starts_with(start))
}

/// The failure of a download whose response cannot be the file.
pub(crate) fn in_place_of_file(status: StatusCode, headers: &HeaderMap, body: &Bytes, keys: &Keyring) -> Failure {
    error_in(status, headers, body, keys).unwrap_or_else(|| {
        let what = if is_page(headers) { "an HTML page" } else { "JSON" };
        Failure::Other(unexpected(what, "the file", headers, body, keys))
    })
}

/// The error, if a response is readable but is something else. Its message includes what the body says, such as the title
/// of a page.
fn unexpected(what: &str, wanted: &str, headers: &HeaderMap, body: &Bytes, keys: &Keyring) -> Error {
    let said = ErrorBody::parse(body, "", keys).message;
    let colon = if said.is_empty() { "" } else { ": " };
    let error = Error::new(ErrorKind::Decode, format!("the server sent {what} instead of {wanted}{colon}{said}"));
    error.with_request_id(request_id(headers)).with_body(excerpt(&keys.redact(&String::from_utf8_lossy(body))))
}

/// Whether a response says that it is an HTML page.
pub(crate) fn is_page(headers: &HeaderMap) -> bool {
    media_type(headers).eq_ignore_ascii_case("text/html")
}

/// The failure, if a body is an error, whatever the operation.
pub(crate) fn error_in(status: StatusCode, headers: &HeaderMap, body: &Bytes, keys: &Keyring) -> Option<Failure> {
    if body.len() > MAX_DISGUISED || !may_be_fault(body) {
        return None;
    }
    let meant = under_success(&json::read::<Value>(body).ok()?)?;
    Some(match meant {
        Some(status) => Failure::Status { status, headers: Box::new(headers.clone()), body: body.clone() },
        None => Failure::Other(api(status, headers, body, keys)),
    })
}
