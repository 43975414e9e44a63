//! The HTTP requests of a sign-in: short, with responses that fit into memory, and without redirects.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderValue, StatusCode,
    header::{ACCEPT, CONTENT_TYPE},
};
use reqwest::{Method, Request, Url};
use serde_json::Value;

use crate::{
    base::{
        error::{Error, ErrorKind},
        header::request_id,
        time::timeout,
    },
    exchange::reading::{pieces, read},
};

/// The timeout of one request.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The maximum size of a response in bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// A response of the service.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
    /// The request ID.
    pub(super) id: Option<String>,
}

impl Answer {
    /// Removes secrets from an error before any of it is kept.
    pub(super) fn hiding(mut self, hide: impl Fn(&str) -> String) -> Self {
        if !self.status.is_success() {
            self.body = Bytes::from(hide(&String::from_utf8_lossy(&self.body)));
        }
        self
    }
}

/// An HTTP client that does not follow redirects, so that codes and keys are never sent to another server.
pub(super) fn client() -> Result<reqwest::Client, Error> {
    let builder = reqwest::Client::builder();
    // In a browser, the browser handles redirects.
    #[cfg(not(target_arch = "wasm32"))]
    let builder = builder.redirect(reqwest::redirect::Policy::none());
    builder.build().map_err(Error::transport)
}

/// A request with a form (RFC 6749, appendix B).
pub(super) fn form(url: Url, fields: &[(&str, &str)]) -> Request {
    let mut encoded = url.clone();
    encoded.set_query(None);
    encoded.query_pairs_mut().extend_pairs(fields);
    let body = encoded.query().unwrap_or_default().to_owned();
    with_body(url, "application/x-www-form-urlencoded", body)
}

/// A request with JSON.
pub(super) fn json(url: Url, value: &Value) -> Request {
    with_body(url, "application/json", value.to_string())
}

/// A request for JSON.
pub(super) fn get(url: Url) -> Request {
    let mut request = Request::new(Method::GET, url);
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    request
}

fn with_body(url: Url, kind: &'static str, body: String) -> Request {
    let mut request = Request::new(Method::POST, url);
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    *request.body_mut() = Some(body.into());
    request
}

/// Sends a request once.
pub(super) async fn send(http: &reqwest::Client, request: Request) -> Result<Answer, Error> {
    let exchange = async {
        let response = http.execute(request).await.map_err(Error::transport)?;
        let (status, id) = (response.status(), request_id(response.headers()));
        let (body, _) = read(pieces(response), MAX_ANSWER).await;
        Ok(Answer { status, body, id })
    };
    match timeout(TIMEOUT, exchange).await {
        Ok(answer) => answer,
        Err(_) => Err(Error::new(ErrorKind::Timeout, format!("no answer within {} s", TIMEOUT.as_secs()))),
    }
}
