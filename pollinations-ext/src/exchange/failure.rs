//! The error that a failed attempt is.

use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::body::ErrorBody;
use crate::{
    base::{
        error::{Error, ErrorKind},
        header::request_id,
    },
    key::Keyring,
    retry::{Failure, Said},
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
            Self::Unread(response, body) => api(response.status(), response.headers(), &body, keys),
            Self::Broken(error) | Self::Closed(error) => Error::transport(error),
            Self::Late(limit) => late(limit),
            Self::Other(error) => error,
        }
    }
}

/// The error of time that ran out before there was an answer.
pub(super) fn late(limit: Duration) -> Error {
    Error::new(ErrorKind::Timeout, format!("no answer within {} s", limit.as_secs_f64()))
}

/// The error that a response with this status is.
fn api(status: StatusCode, headers: &HeaderMap, body: &[u8], keys: &Keyring) -> Error {
    let fallback = status.canonical_reason().unwrap_or("the server answered with an error");
    let said = Said::read(status, headers, body);
    let body = ErrorBody::parse(body, fallback, keys);
    said.tell(Error::api(status, request_id(headers), body))
}
