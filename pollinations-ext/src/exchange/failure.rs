//! The error that a failed attempt is.

use http::{HeaderMap, StatusCode};

use super::body::ErrorBody;
use crate::{
    base::{error::Error, header::request_id},
    key::Keyring,
    retry::{self, Failure},
};

impl Error {
    /// Reads an error of the service that was received some other way than by this client: by the
    /// [generated one](crate::api), or in a proxy. The kind is
    /// [`ErrorKind::Api`](crate::ErrorKind::Api).
    ///
    /// The body may be the service's envelope, `{"error": "text"}`, an error as OpenAI has them, a page of HTML, or
    /// nothing. A key that it repeats is not taken out, since it is not known.
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
    /// The error that callers see.
    pub(crate) fn explain(self, keys: &Keyring) -> Error {
        match self {
            Self::Status { status, headers, body } => api(status, &headers, &body, keys),
            Self::Unread(response) => api(response.status(), response.headers(), &[], keys),
            Self::Broken(error) => Error::transport(error),
            Self::Other(error) => error,
        }
    }
}

/// The error that a response with this status is.
fn api(status: StatusCode, headers: &HeaderMap, body: &[u8], keys: &Keyring) -> Error {
    let fallback = status.canonical_reason().unwrap_or("the server answered with an error");
    let body = ErrorBody::parse(body, fallback, keys);
    Error::api(status, request_id(headers), body).with_retry_after(retry::retry_after(headers))
}
