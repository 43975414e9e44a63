//! Who is asking: the API key, from the header or the query.

use axum::{
    extract::FromRequestParts,
    http::{header::AUTHORIZATION, request::Parts},
};

use crate::failure::Failure;

/// The key of an authenticated request. Any key of the right shape is accepted.
#[derive(Clone)]
pub(crate) struct Key(String);

impl Key {
    /// Whether it is a publishable key (`pk_…`) and not a secret one (`sk_…`).
    pub(crate) fn is_publishable(&self) -> bool {
        self.0.starts_with("pk_")
    }

    /// The key as usage records show it: its kind, and none of the rest.
    pub(crate) fn masked(&self) -> String {
        format!("{}…", &self.0[..3])
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let bearer = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let key = match bearer {
            Some(key) => key.to_owned(),
            None => from_query(parts.uri.query().unwrap_or_default()).ok_or_else(Failure::unauthorized)?,
        };
        let secret = key.strip_prefix("sk_").or_else(|| key.strip_prefix("pk_")).unwrap_or_default();
        let valid = !secret.is_empty()
            && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        if valid { Ok(Self(key)) } else { Err(Failure::unauthorized()) }
    }
}

/// Keys hold no character that a query would encode.
fn from_query(query: &str) -> Option<String> {
    query.split('&').find_map(|pair| pair.strip_prefix("key=")).map(str::to_owned)
}
