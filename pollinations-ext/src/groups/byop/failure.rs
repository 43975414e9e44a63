//! Errors of a sign-in, as OAuth error codes.

use std::fmt;

use bytes::Bytes;
use http::StatusCode;
use pollinations_api::types::ErrorCode;
use serde_json::Value;

use super::wire::Answer;
use crate::{
    base::{
        error::{Error, ErrorKind},
        json,
    },
    exchange::body::ErrorBody,
    key::Keyring,
};

/// An OAuth 2.0 error code, from [`Error::oauth_error`]. It comes from the token endpoint (RFC 6749, section 5.2),
/// the redirect back from the sign-in page (section 4.1.2.1), or the device flow (RFC 8628, section 3.5).
///
/// # Examples
///
/// ```
/// # fn example(error: pollinations_ext::Error) {
/// use pollinations_ext::byop::OAuthError;
///
/// if error.oauth_error() == Some(OAuthError::InvalidGrant) {
///     println!("The code was used before or has expired. Please sign in again.");
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OAuthError {
    /// `invalid_request`: a parameter is missing, invalid, or sent twice.
    InvalidRequest,
    /// `invalid_client`: the service does not know the app key.
    InvalidClient,
    /// `invalid_grant`: the code is wrong, was used before, has expired, or belongs to another app, redirect URI or
    /// verifier.
    InvalidGrant,
    /// `unauthorized_client`: the app may not use this kind of sign-in.
    UnauthorizedClient,
    /// `unsupported_grant_type`: the service does not support this kind of exchange.
    UnsupportedGrantType,
    /// `unsupported_response_type`: the service does not support this kind of link.
    UnsupportedResponseType,
    /// `invalid_scope`: the service does not know one of the permissions.
    InvalidScope,
    /// `access_denied`: the user denied access.
    AccessDenied,
    /// `server_error`: the service failed.
    ServerError,
    /// `temporarily_unavailable`: the service is overloaded or down for maintenance.
    TemporarilyUnavailable,
    /// `expired_token`: the device code has expired.
    ExpiredToken,
}

const ALL: [(OAuthError, &str, &str); 11] = [
    (OAuthError::InvalidRequest, "invalid_request", "the service rejected the request as invalid"),
    (OAuthError::InvalidClient, "invalid_client", "the service does not know the app key"),
    (OAuthError::InvalidGrant, "invalid_grant", "the code is wrong, used or expired"),
    (OAuthError::UnauthorizedClient, "unauthorized_client", "the app may not use this kind of sign-in"),
    (OAuthError::UnsupportedGrantType, "unsupported_grant_type", "the service does not support this grant type"),
    (
        OAuthError::UnsupportedResponseType,
        "unsupported_response_type",
        "the service does not support this response type",
    ),
    (OAuthError::InvalidScope, "invalid_scope", "the service does not know one of the permissions"),
    (OAuthError::AccessDenied, "access_denied", "the user denied access"),
    (OAuthError::ServerError, "server_error", "the service failed during the sign-in"),
    (OAuthError::TemporarilyUnavailable, "temporarily_unavailable", "the service cannot sign users in right now"),
    (OAuthError::ExpiredToken, "expired_token", "the code expired before the user answered; start the sign-in again"),
];

impl OAuthError {
    /// The error code as OAuth spells it, such as `invalid_grant`.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::byop::OAuthError;
    ///
    /// assert_eq!(OAuthError::InvalidGrant.as_str(), "invalid_grant");
    /// ```
    pub fn as_str(self) -> &'static str {
        ALL.iter().find(|(error, ..)| *error == self).map_or("", |(_, code, _)| code)
    }

    fn parse(code: &str) -> Option<Self> {
        ALL.iter().find(|(_, known, _)| *known == code).map(|(error, ..)| *error)
    }

    fn meaning(self) -> &'static str {
        ALL.iter().find(|(error, ..)| *error == self).map_or("", |(.., meaning)| meaning)
    }

    /// The [`ErrorKind`] for this code.
    fn kind(self) -> ErrorKind {
        match self {
            Self::AccessDenied => ErrorKind::Denied,
            Self::ExpiredToken => ErrorKind::Expired,
            _ => ErrorKind::Api,
        }
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Error {
    /// The OAuth error code of a failed sign-in, if the service sent one.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// println!("{:?}", error.oauth_error());
    /// # }
    /// ```
    pub fn oauth_error(&self) -> Option<OAuthError> {
        match self.kind() {
            ErrorKind::Api | ErrorKind::Denied | ErrorKind::Expired => OAuthError::parse(self.code()?.as_str()),
            _ => None,
        }
    }

    /// Whether the service no longer accepts the API key (status 401), because it has expired or the user has revoked
    /// it. Every user's key expires at some point; when it does, ask the user to sign in again.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// if error.is_signed_out() {
    ///     println!("Please sign in again.");
    /// }
    /// # }
    /// ```
    pub fn is_signed_out(&self) -> bool {
        self.kind() == ErrorKind::Api
            && self.status() == Some(StatusCode::UNAUTHORIZED)
            // This code of the token endpoint is about the program, not the user.
            && self.oauth_error().is_none()
    }
}

/// The error for an error code in the URL that the browser returned to. The message does not repeat a code that OAuth
/// does not define, because anyone can make up such a URL.
pub(super) fn of_redirect(code: &str) -> Error {
    let known = OAuthError::parse(code);
    let message = match known {
        Some(known) => known.meaning(),
        None => "the service did not grant a key",
    };
    Error::new(ErrorKind::Denied, message).with_code(known.map(|known| ErrorCode::from(known.as_str().to_owned())))
}

/// The error for an error response of the service, in OAuth's format or any other.
pub(super) fn of_answer(answer: &Answer, fallback: &'static str) -> Error {
    let Answer { status, body, id } = answer;
    let Some((code, description)) = code(body) else {
        return Error::api(*status, id.clone(), ErrorBody::parse(body, fallback, &Keyring::new(None, [])));
    };
    let known = OAuthError::parse(&code);
    let kind = known.map_or(ErrorKind::Api, OAuthError::kind);
    let meaning = known.map_or(fallback, OAuthError::meaning);
    // A code that OAuth does not define is added to the message, from which secrets are removed.
    let message = match (known, description) {
        (None, Some(description)) => format!("{meaning} ({code}: {description})"),
        (None, None) => format!("{meaning} ({code})"),
        (Some(_), Some(description)) if kind == ErrorKind::Api => format!("{meaning} ({description})"),
        _ => meaning.to_owned(),
    };
    let code = known.map(|known| ErrorCode::from(known.as_str().to_owned()));
    let error = Error::new(kind, message).with_code(code).with_request_id(id.clone());
    if kind == ErrorKind::Api { error.with_status(*status) } else { error }
}

/// The code and the description of an error in OAuth's format.
pub(super) fn code(body: &Bytes) -> Option<(String, Option<String>)> {
    let value: Value = json::read(body).ok()?;
    let code = value.get("error")?.as_str()?;
    // Older endpoints put a sentence there.
    let is_code = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let description = value.get("error_description").and_then(Value::as_str).map(str::to_owned);
    is_code.then(|| (code.to_owned(), description))
}
