//! What became of an attempt that was not a success.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use reqwest::Response;

use super::said::Said;
use crate::base::error::{Error, ErrorKind, is_retryable_status};

#[derive(Debug)]
pub(crate) enum Failure {
    /// The server answered with another status than success.
    Status { status: StatusCode, headers: Box<HeaderMap>, body: Bytes },
    /// The same, for callers who read the body themselves. The bytes are those that have been looked at.
    Unread(Box<Response>, Bytes),
    /// There was no whole answer.
    Broken(reqwest::Error),
    /// The server closed a connection that had been used before, at once and without a byte of an answer.
    #[cfg_attr(target_arch = "wasm32", allow(dead_code, reason = "a browser says nothing of its connections"))]
    Closed(reqwest::Error),
    /// There was no answer within the time of the attempt, and the call has more.
    Late(Duration),
    /// What neither HTTP nor the HTTP client knows of.
    Other(Error),
}

/// What is known of the request whose attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It never reached the server.
    Unsent,
    /// The server had closed the connection before the request got there, by all signs.
    Closed,
    /// Somebody answered with an error.
    Refused(StatusCode),
    /// Nobody knows: the answer did not come, or not whole.
    Unknown,
    /// There was an answer, or there never was a request.
    Ended,
}

impl Failure {
    /// Whether the same request may do better the next time, whatever it costs.
    pub(crate) fn is_retryable(&self) -> bool {
        match self {
            Self::Status { .. } | Self::Unread(..) => self.status().is_some_and(is_retryable_status),
            // What cannot be built or redirected will not do better the next time.
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

    /// What a refusal says to a program.
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

    /// Whether the service no longer accepts the key.
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

/// Whether an error comes from the making of a connection.
#[cfg(not(target_arch = "wasm32"))]
fn is_unsent(error: &reqwest::Error) -> bool {
    error.is_connect()
}

/// A browser does not tell connections from requests.
#[cfg(target_arch = "wasm32")]
fn is_unsent(_: &reqwest::Error) -> bool {
    false
}
