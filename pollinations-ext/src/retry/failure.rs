//! What became of an attempt that was not a success.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use reqwest::Response;

use super::after::retry_after;
use crate::base::error::{Error, ErrorKind, is_retryable_status};

#[derive(Debug)]
pub(crate) enum Failure {
    /// The server answered with another status than success.
    Status { status: StatusCode, headers: Box<HeaderMap>, body: Bytes },
    /// The same, for a caller who reads the body himself.
    Unread(Box<Response>),
    /// There was no whole answer.
    Broken(reqwest::Error),
    /// What neither HTTP nor the HTTP client knows of.
    Other(Error),
}

impl Failure {
    pub(crate) fn is_retryable(&self) -> bool {
        match self {
            Self::Status { .. } | Self::Unread(_) => self.status().is_some_and(is_retryable_status),
            // What cannot be built or redirected will not do better the next time.
            Self::Broken(error) => !error.is_builder() && !error.is_redirect(),
            Self::Other(error) => error.is_retryable(),
        }
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { headers, .. } => retry_after(headers),
            Self::Unread(response) => retry_after(response.headers()),
            Self::Broken(_) | Self::Other(_) => None,
        }
    }

    pub(crate) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Status { status, .. } => Some(*status),
            Self::Unread(response) => Some(response.status()),
            Self::Broken(error) => error.status(),
            Self::Other(error) => error.status(),
        }
    }

    pub(crate) fn is_payment_required(&self) -> bool {
        self.status() == Some(StatusCode::PAYMENT_REQUIRED)
    }

    /// Whether the service no longer accepts the key.
    pub(crate) fn is_signed_out(&self) -> bool {
        self.status() == Some(StatusCode::UNAUTHORIZED)
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Status { .. } | Self::Unread(_) => ErrorKind::Api,
            Self::Broken(error) => Error::kind_of(error),
            Self::Other(error) => error.kind(),
        }
    }
}
