//! WebSocket handshakes (RFC 6455, section 4).

use std::{sync::OnceLock, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{
    HeaderValue, StatusCode,
    header::{
        CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use reqwest::{Client, Request, Response, redirect::Policy};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::base::{
    error::{Error, ErrorKind},
    header::{header, request_id},
};

/// The HTTP client for WebSocket connections. It uses HTTP/1.1, which the handshake needs, and does not follow
/// redirects. It is created when the first session is opened.
#[derive(Debug)]
pub(crate) struct Upgrades {
    connect_timeout: Duration,
    client: OnceLock<Client>,
}

impl Upgrades {
    pub(crate) fn new(connect_timeout: Duration) -> Self {
        Self { connect_timeout, client: OnceLock::new() }
    }

    pub(crate) fn client(&self) -> Result<Client, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let builder = Client::builder()
            .user_agent(concat!("pollinations-rs/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.connect_timeout)
            .redirect(Policy::none())
            .http1_only()
            // A WebSocket connection cannot be reused for HTTP, so no idle connections are kept.
            .pool_max_idle_per_host(0);
        let client = builder.build().map_err(Error::transport)?;
        Ok(self.client.get_or_init(|| client).clone())
    }
}

/// Turns a request into a WebSocket handshake. Each attempt has a new nonce (RFC 6455, section 4.1).
pub(super) fn ask(request: &mut Request) {
    let nonce = BASE64_STANDARD.encode(fastrand::u128(..).to_be_bytes());
    let headers = request.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    // All base64 characters are valid in a header.
    if let Ok(nonce) = HeaderValue::try_from(nonce) {
        headers.insert(SEC_WEBSOCKET_KEY, nonce);
    }
}

/// The values of a handshake, to check the response against.
pub(super) struct Handshake {
    accept: Option<String>,
    has_protocol: bool,
}

impl Handshake {
    pub(super) fn of(request: &Request) -> Self {
        let nonce = request.headers().get(SEC_WEBSOCKET_KEY);
        Self {
            accept: nonce.map(|nonce| derive_accept_key(nonce.as_bytes())),
            has_protocol: request.headers().contains_key(SEC_WEBSOCKET_PROTOCOL),
        }
    }

    /// Whether the server has switched to WebSocket in response to this request.
    pub(super) fn check(&self, response: &Response) -> Result<(), Error> {
        let (status, headers) = (response.status(), response.headers());
        let is = |name, wanted: &str| header(headers, name).is_some_and(|value| value.eq_ignore_ascii_case(wanted));
        let error = if status != StatusCode::SWITCHING_PROTOCOLS || !is(UPGRADE, "websocket") {
            no_websocket(status)
        } else if header(headers, SEC_WEBSOCKET_ACCEPT) != self.accept.as_deref() {
            let message = "the server's response does not belong to this WebSocket handshake";
            Error::new(ErrorKind::Decode, message).with_status(status)
        } else if headers.contains_key(SEC_WEBSOCKET_PROTOCOL) && !self.has_protocol {
            let message = "the server chose a subprotocol that was not offered";
            Error::new(ErrorKind::Decode, message).with_status(status)
        } else {
            return Ok(());
        };
        Err(error.with_request_id(request_id(headers)))
    }
}

fn no_websocket(status: StatusCode) -> Error {
    Error::new(ErrorKind::Decode, "the server answered without opening a WebSocket").with_status(status)
}
