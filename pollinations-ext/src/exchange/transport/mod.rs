//! The transport of all operations: authentication, timeouts, retries, and receiving responses.

#[cfg(not(target_arch = "wasm32"))]
mod connections;
mod effect;
mod sending;
#[cfg(all(feature = "realtime", not(target_arch = "wasm32")))]
pub(crate) mod upgrade;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::{
    HeaderMap, HeaderValue,
    header::{ACCEPT, AUTHORIZATION},
};
use pollinations_api::Operation;
use reqwest::{Request, Response, Url};
use serde_json::Value;

#[cfg(not(target_arch = "wasm32"))]
use self::connections::Connections;
use crate::{
    base::{
        error::Error,
        json,
        time::{timeout, until},
    },
    exchange::{
        gateway::Gateway,
        options::Options,
        raw::RawResponse,
        reading::{MAX_ERROR_BODY, opening::Opened, pieces, read},
    },
    key::{ApiKey, KeyPlacement, Keyring},
    retry::{Ask, Bucket, Observer, Outcome, Repeat, RetryPolicy},
};

/// The default maximum size of a body in memory, in bytes.
pub(crate) const MAX_BODY: usize = 64 * 1024 * 1024;

/// The timeout of the profile request, which has the time of the daily reset.
const PROFILE_TIMEOUT: Duration = Duration::from_secs(30);

/// The state that all calls of a client share.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) http: reqwest::Client,
    pub(crate) base_url: String,
    pub(crate) media_url: Option<String>,
    pub(crate) gateway: Gateway,
    pub(crate) keys: Arc<Keyring>,
    pub(crate) placement: KeyPlacement,
    pub(crate) retry: RetryPolicy,
    pub(crate) bucket: Option<Arc<Bucket>>,
    pub(crate) observer: Option<Observer>,
    pub(crate) ask: Option<Ask>,
    pub(crate) timeout: Duration,
    /// The timeout of an attempt. `None` for the default of the operation.
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) refusals_as_text: bool,
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) connections: Arc<Connections>,
    pub(crate) idle_timeout: Duration,
    pub(crate) max_body: usize,
    /// The URL and the headers of chat requests.
    pub(crate) chat: Arc<OnceLock<(Url, HeaderMap)>>,
    /// The HTTP client for WebSocket connections.
    #[cfg(all(feature = "realtime", not(target_arch = "wasm32")))]
    pub(crate) upgrades: Arc<upgrade::Upgrades>,
}

/// How to receive a response. Once it is received, the request is not retried any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receive {
    /// When the headers have arrived, with any status. The HTTP client's own timeout applies to the body too. This is
    /// for the generated client, which can only return errors of its own type.
    Native,
    /// When the headers have arrived. The caller streams the body.
    Open,
    /// When the whole body has arrived.
    Whole,
    /// When the first event has arrived.
    Events,
    /// When the first event has arrived, or the first chunk of text if there are no events.
    Pieces,
    /// When the server has switched to WebSocket.
    #[cfg(all(feature = "realtime", not(target_arch = "wasm32")))]
    Upgrade,
}

/// A response, as requested with [`Receive`].
pub(crate) enum Received {
    Response(Response),
    Whole(RawResponse),
    Stream(Box<Opened>),
}

impl Receive {
    fn is_stream(self) -> bool {
        matches!(self, Self::Events | Self::Pieces)
    }
}

impl Outcome<Received> {
    /// Converts the outcome for callers: the response and the number of attempts, or the error.
    pub(crate) fn explain(self, operation: &str, keys: &Keyring) -> Result<(Received, u32), Error> {
        let attempts = self.attempts;
        match self.result {
            Ok(received) => Ok((received, attempts)),
            Err(failure) => {
                let error = failure.explain(keys).redacted(keys).with_attempts(attempts).with_operation(operation);
                Err(if self.is_unknown { error.with_outcome_unknown() } else { error })
            }
        }
    }
}

impl Shared {
    /// The effect of sending a request twice. The request may be prepared or not.
    pub(crate) fn repeat(&self, request: &Request, operation: &str, receive: Receive) -> Repeat {
        effect::repeat(Operation::find(operation), request, receive.is_stream())
    }

    /// Completes the request, except for the API key.
    pub(crate) fn prepare(
        &self,
        mut request: Request,
        operation: &str,
        options: &Options,
        receive: Receive,
    ) -> Result<Request, Error> {
        if receive == Receive::Events {
            request.headers_mut().insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        }
        if let Some(media) = &self.media_url
            && let Some(server) = Operation::find(operation).map(|operation| operation.server)
            && server != Gateway::Current.base_url()
        {
            let url = request.url().as_str();
            let path = [&self.base_url, server].into_iter().find_map(|base| url.strip_prefix(base));
            let moved = format!("{media}{}", path.unwrap_or_default());
            *request.url_mut() = Url::parse(&moved).map_err(|error| Error::request(error.to_string()))?;
        } else {
            self.gateway.route(operation, &self.base_url, &mut request)?;
        }
        options.apply(&mut request)?;
        Ok(request)
    }

    /// Adds the API key, unless the caller has set the header.
    fn authenticate(&self, request: &mut Request, key: &ApiKey) {
        match self.placement {
            KeyPlacement::Header => {
                if let Some(value) = key.bearer() {
                    request.headers_mut().entry(AUTHORIZATION).or_insert(value);
                }
            }
            KeyPlacement::Query => {
                request.url_mut().query_pairs_mut().append_pair("key", key.expose_secret());
            }
        }
    }

    /// The time until the account's daily reset, if its profile has one.
    async fn time_to_reset(&self) -> Option<Duration> {
        let url = Url::parse(&format!("{}/account/profile", self.base_url)).ok()?;
        let mut request = Request::new(http::Method::GET, url);
        self.authenticate(&mut request, &self.keys.current().key?);
        let response =
            timeout(PROFILE_TIMEOUT, self.http.execute(request)).await.ok()?.ok()?.error_for_status().ok()?;
        let (body, _) = timeout(PROFILE_TIMEOUT, read(pieces(response), MAX_ERROR_BODY)).await.ok()?;
        let profile: Value = json::read(&body).ok()?;
        let reset = humantime::parse_rfc3339(profile.get("nextResetAt")?.as_str()?).ok()?;
        // A reset in the past means no wait.
        Some(until(reset))
    }
}

/// The attempts and the time that a download used before it is requested again.
#[derive(Clone, Copy, Default)]
pub(crate) struct Earlier {
    pub(crate) attempts: u32,
    pub(crate) spent: Duration,
}
