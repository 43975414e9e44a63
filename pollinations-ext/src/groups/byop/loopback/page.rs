//! The pages that the browser shows.

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CONTENT_TYPE, LOCATION},
};
use http_body_util::Full;

use crate::groups::byop::state::State;

/// The result of the sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Granted,
    Denied,
    Failed,
}

impl Outcome {
    fn path(self) -> &'static str {
        match self {
            Self::Granted => "/granted",
            Self::Denied => "/denied",
            Self::Failed => "/failed",
        }
    }

    pub(super) fn of_path(path: &str) -> Option<Self> {
        [Self::Granted, Self::Denied, Self::Failed].into_iter().find(|outcome| outcome.path() == path)
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Granted => ("Access granted", "You can close this page and go back to the program."),
            Self::Denied => ("Access denied", "You can close this page and go back to the program."),
            Self::Failed => ("Sign-in failed", "The response does not belong to this sign-in. Please start again."),
        }
    }
}

/// The result page. It runs no script.
pub(super) fn outcome(outcome: Outcome) -> Response<Full<Bytes>> {
    let (title, text) = outcome.words();
    let nonce = nonce();
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let html =
        include_str!("outcome.html").replace("{nonce}", &nonce).replace("{title}", title).replace("{text}", text);
    response(StatusCode::OK, "text/html; charset=utf-8", html, &policy)
}

/// Redirects the browser to the result page, away from the URL with the code.
pub(super) fn go_to(outcome: Outcome) -> Response<Full<Bytes>> {
    let mut response = word(StatusCode::SEE_OTHER, "");
    response.headers_mut().insert(LOCATION, HeaderValue::from_static(outcome.path()));
    response
}

/// The page that reads the fragment.
pub(super) fn fragment() -> Response<Full<Bytes>> {
    let nonce = nonce();
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let html = include_str!("fragment.html").replace("{nonce}", &nonce);
    response(StatusCode::OK, "text/html; charset=utf-8", html, &policy)
}

pub(super) fn refusal(status: StatusCode) -> Response<Full<Bytes>> {
    word(status, "refused")
}

/// A single word, for a script.
pub(super) fn word(status: StatusCode, word: &str) -> Response<Full<Bytes>> {
    response(status, "text/plain; charset=utf-8", word.to_owned(), "default-src 'none'")
}

/// Without random numbers, the page has no styles and its script does not run.
fn nonce() -> String {
    State::new().map(|nonce| nonce.to_string()).unwrap_or_default()
}

fn response(status: StatusCode, kind: &'static str, body: String, policy: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert("content-security-policy", policy);
    }
    response
}
