//! Failed attempts.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use reqwest::Response;

use super::said::Said;
use crate::base::error::{Error, ErrorKind, is_retryable_status};

#[derive(Debug)]
pub(crate) enum Failure {
    /// The server returned an error status.
    Status { status: StatusCode, headers: Box<HeaderMap>, body: Bytes },
    /// The same, for callers that read the body themselves. These bytes have already been read from it.
    Unread(Box<Response>, Bytes),
    /// The response did not arrive, or not completely.
    Broken(reqwest::Error),
    /// The server closed a reused connection, immediately and without any response.
    #[cfg_attr(target_arch = "wasm32", allow(dead_code, reason = "a browser does not report its connections"))]
    Closed(reqwest::Error),
    /// The attempt timed out, but the call has time for another one.
    Late(Duration),
    /// An error that is not about HTTP.
    Other(Error),
}

/// What is known about the request of a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It never reached the server.
    Unsent,
    /// The server had most likely closed the connection before the request arrived.
    Closed,
    /// A server returned an error.
    Refused(StatusCode),
    /// Unknown: the response did not arrive, or not completely.
    Unknown,
    /// There was a response, or no request was sent.
    Ended,
}

impl Failure {
    /// Whether a retry can succeed, regardless of its cost.
    pub(crate) fn is_retryable(&self) -> bool {
        match self {
            Self::Status { .. } | Self::Unread(..) => self.status().is_some_and(is_retryable_status),
            // Requests that cannot be built, and redirect errors, fail in the same way again.
            Self::Broken(error) => !error.is_builder() && !error.is_redirect(),
            Self::Closed(_) | Self::Late(_) => true,
            Self::Other(error) => error.is_retryable(),
        }
    }

    pub(crate) fn fate(&self) -> Fate {
        match self {
            Self::Status { status, .. } => Fate::Refused(*status),
            Self::Unread(response, _) => Fate::Refused(response.status()),
            Self::Broken(error) if error.is_builder() || error.is_redirect() => Fate::Ended,
            Self::Broken(error) if is_unsent(error) => Fate::Unsent,
            Self::Broken(_) | Self::Late(_) => Fate::Unknown,
            Self::Closed(_) => Fate::Closed,
            Self::Other(error) => match error.kind() {
                ErrorKind::Connect => Fate::Unsent,
                ErrorKind::Connection | ErrorKind::Timeout | ErrorKind::Truncated => Fate::Unknown,
                _ => Fate::Ended,
            },
        }
    }

    /// How long the server asks to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.said().retry_after
    }

    /// The details in the body of an error response.
    pub(crate) fn said(&self) -> Said {
        match self {
            Self::Status { status, headers, body } => Said::read(*status, headers, body),
            Self::Unread(response, body) => Said::read(response.status(), response.headers(), body),
            Self::Broken(_) | Self::Closed(_) | Self::Late(_) | Self::Other(_) => Said::default(),
        }
    }

    pub(crate) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Status { status, .. } => Some(*status),
            Self::Unread(response, _) => Some(response.status()),
            Self::Broken(error) => error.status(),
            Self::Other(error) => error.status(),
            Self::Closed(_) | Self::Late(_) => None,
        }
    }

    pub(crate) fn is_payment_required(&self) -> bool {
        self.status() == Some(StatusCode::PAYMENT_REQUIRED)
    }

    /// Whether the service no longer accepts the API key.
    pub(crate) fn is_signed_out(&self) -> bool {
        self.status() == Some(StatusCode::UNAUTHORIZED)
    }

    pub(crate) fn is_rate_limited(&self) -> bool {
        self.status() == Some(StatusCode::TOO_MANY_REQUESTS)
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Status { .. } | Self::Unread(..) => ErrorKind::Api,
            Self::Broken(error) | Self::Closed(error) => Error::kind_of(error),
            Self::Late(_) => ErrorKind::Timeout,
            Self::Other(error) => error.kind(),
        }
    }
}

/// Whether an error occurred while connecting.
#[cfg(not(target_arch = "wasm32"))]
fn is_unsent(error: &reqwest::Error) -> bool {
    error.is_connect()
}

/// A browser does not distinguish failed connections from failed requests.
#[cfg(target_arch = "wasm32")]
fn is_unsent(_: &reqwest::Error) -> bool {
    false
}
