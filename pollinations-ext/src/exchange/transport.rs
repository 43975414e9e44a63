//! What happens under every operation: authentication, time limits, retries, and how responses are received.

use std::{
    pin::pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::{
    HeaderValue, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING},
};
use pollinations_api::Operation;
use reqwest::{Request, Response, Url};
use serde_json::Value;

use super::{body::ErrorBody, events::Opened, gateway::Gateway, options::Options, raw::RawResponse};
use crate::{
    base::{
        error::{Error, ErrorKind},
        header::{header, request_id},
        json,
        progress::Report,
        time::{timeout, until},
    },
    key::{ApiKey, KeyPlacement, Keyring},
    retry::{
        self, Ask, Bucket, Exchange, Failure, Limits, Observer, Payment, PaymentPolicy, PaymentRequired, RetryPolicy,
    },
};

/// Bytes of an error body that are read.
pub(crate) const MAX_ERROR_BODY: usize = 64 * 1024;

/// Bytes of a body that is held in memory, by default.
pub(crate) const MAX_BODY: usize = 64 * 1024 * 1024;

/// How long the profile may take, when it is asked for the time of the daily reset.
const PROFILE_TIMEOUT: Duration = Duration::from_secs(30);

/// What all calls of one client share.
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
    pub(crate) idle_timeout: Duration,
    pub(crate) max_body: usize,
    /// The request of a chat, but for its body.
    pub(crate) chat: Arc<OnceLock<Request>>,
}

/// When a response counts as received, and so is not asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receive {
    /// When its head is there, of whatever status, with the HTTP client's own time limit, which holds for the body too:
    /// the generated client returns errors of that type alone.
    Native,
    /// When its head is there; the caller reads the body as it comes.
    Open,
    /// When its body is there as a whole.
    Whole,
    /// When its first event is there.
    Events,
    /// When its first event is there, or the first piece of its text if it has no events.
    Pieces,
}

/// A response, as it was asked to be received.
pub(crate) enum Received {
    Response(Response),
    Whole(RawResponse),
    Stream(Box<Opened>),
}

impl Shared {
    /// Sends a request as often as it takes. Returns how often that was.
    pub(crate) async fn run(
        &self,
        client: &reqwest::Client,
        request: Request,
        operation: &str,
        options: &Options,
        receive: Receive,
    ) -> (Result<Received, Failure>, u32) {
        let request = match self.prepare(request, operation, options, receive) {
            Ok(request) => request,
            Err(error) => return (Err(Failure::Other(error)), 0),
        };
        let policy = options.retry.as_ref().unwrap_or(&self.retry);
        let limits = Limits {
            operation,
            policy,
            bucket: policy.retry_budget().and(self.bucket.as_deref()),
            timeout: options.timeout.unwrap_or(self.timeout),
            observer: self.observer.as_ref(),
        };
        let mut sending = Sending {
            shared: self,
            client,
            operation,
            receive,
            timeout: limits.timeout,
            #[cfg(not(target_arch = "wasm32"))]
            report: options.report.clone(),
            request: Some(request),
            generation: 0,
        };
        retry::run(&mut sending, &limits).await
    }

    /// Makes of the request what can be sent but for the key.
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

    /// Adds the key, unless the caller has set a header of his own for that.
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

    /// How long it is until the account's daily pollen is renewed, as far as its profile tells.
    async fn time_to_reset(&self) -> Option<Duration> {
        let url = Url::parse(&format!("{}/account/profile", self.base_url)).ok()?;
        let mut request = Request::new(http::Method::GET, url);
        self.authenticate(&mut request, &self.keys.current().key?);
        let response =
            timeout(PROFILE_TIMEOUT, self.http.execute(request)).await.ok()?.ok()?.error_for_status().ok()?;
        let (body, _) = timeout(PROFILE_TIMEOUT, read(response, MAX_ERROR_BODY)).await.ok()?;
        let profile: Value = json::read(&body).ok()?;
        let reset = humantime::parse_rfc3339(profile.get("nextResetAt")?.as_str()?).ok()?;
        // A reset that has passed means now.
        Some(until(reset))
    }
}

/// One call's request, as it is sent again and again.
struct Sending<'a> {
    shared: &'a Shared,
    client: &'a reqwest::Client,
    operation: &'a str,
    receive: Receive,
    timeout: Duration,
    #[cfg(not(target_arch = "wasm32"))]
    report: Option<Report>,
    /// The request without a key; nothing once it was sent and cannot be repeated.
    request: Option<Request>,
    /// That of the key which the last attempt was made with.
    generation: u64,
}

impl Exchange for Sending<'_> {
    type Output = Received;

    async fn attempt(&mut self, left: Duration) -> Result<Received, Failure> {
        let again = self.request.as_ref().and_then(Request::try_clone);
        let Some(mut request) = std::mem::replace(&mut self.request, again) else {
            return Err(Failure::Other(Error::request("the body cannot be sent twice")));
        };
        let current = self.shared.keys.current();
        self.generation = current.generation;
        let is_public = Operation::find(self.operation).is_some_and(|operation| operation.is_public);
        if let Some(key) = current.key.as_ref().filter(|_| !is_public) {
            self.shared.authenticate(&mut request, key);
        }
        #[cfg(not(target_arch = "wasm32"))]
        if let Some(report) = &self.report {
            report.follow(&mut request);
        }
        let mut limit = left;
        if self.receive == Receive::Native {
            *request.timeout_mut() = Some(left);
            // Leaves the HTTP client time to notice first.
            limit = left.saturating_add(Duration::from_secs(1));
        }
        let answer = pin!(self.send(request));
        match timeout(limit, answer).await {
            Ok(result) => result,
            Err(_) => {
                let message = format!("no answer within {} s", self.timeout.as_secs_f64());
                Err(Failure::Other(Error::new(ErrorKind::Timeout, message)))
            }
        }
    }

    fn status(received: &Received) -> StatusCode {
        match received {
            Received::Response(response) => response.status(),
            Received::Whole(response) => response.status(),
            Received::Stream(_) => StatusCode::OK,
        }
    }

    fn is_repeatable(&self) -> bool {
        self.request.is_some()
    }

    async fn pay(&mut self, policy: PaymentPolicy, failure: &Failure) -> Payment {
        let keys = &self.shared.keys;
        match policy {
            PaymentPolicy::NextKey if keys.next(self.generation) => Payment::Settled,
            PaymentPolicy::Ask => {
                let Some(ask) = &self.shared.ask else { return Payment::Never };
                let _one_at_a_time = keys.asking.lock().await;
                if keys.has_moved_on(self.generation) {
                    return Payment::Settled;
                }
                let body = failure_body(failure, keys);
                let required = PaymentRequired {
                    operation: self.operation.to_owned(),
                    reason: if failure.is_signed_out() { Some("signed_out".to_owned()) } else { body.reason() },
                    message: body.message,
                };
                match ask.answer(required).await {
                    retry::PaymentAnswer::Retry => keys.renew(None),
                    retry::PaymentAnswer::Key(key) => keys.renew(Some(key)),
                    retry::PaymentAnswer::GiveUp => return Payment::Never,
                }
                Payment::Settled
            }
            PaymentPolicy::WaitForReset { limit } => {
                // No reset renews the budget of a key.
                if failure_body(failure, keys).reason().as_deref() == Some("key_budget") {
                    return Payment::Never;
                }
                let wait = self.shared.time_to_reset().await.filter(|wait| *wait <= limit);
                wait.map_or(Payment::Never, Payment::In)
            }
            _ => Payment::Never,
        }
    }
}

/// What a failed response says.
fn failure_body(failure: &Failure, keys: &Keyring) -> ErrorBody {
    match failure {
        Failure::Status { body, .. } => ErrorBody::parse(body, "there is no pollen left", keys),
        _ => ErrorBody::default(),
    }
}

impl Sending<'_> {
    async fn send(&self, request: Request) -> Result<Received, Failure> {
        let mut response = self.client.execute(request).await.map_err(Failure::Broken)?;
        self.shared.keys.clean(response.headers_mut());
        let status = response.status();
        if !status.is_success() {
            if self.receive == Receive::Native {
                return Err(Failure::Unread(Box::new(response)));
            }
            let headers = Box::new(std::mem::take(response.headers_mut()));
            // What is there of the body says more than how it broke off.
            let (body, _) = read(response, MAX_ERROR_BODY).await;
            return Err(Failure::Status { status, headers, body });
        }
        if let Some(coding) = undecoded(&response)
            && self.receive != Receive::Native
        {
            let message = format!("the response is encoded with `{coding}`, which nobody asked for");
            let error = Error::new(ErrorKind::Decode, message).with_status(status);
            return Err(Failure::Other(error.with_request_id(request_id(response.headers()))));
        }
        match self.receive {
            Receive::Native | Receive::Open => Ok(Received::Response(response)),
            Receive::Whole => self.whole(response).await.map(Received::Whole),
            Receive::Events | Receive::Pieces => {
                let plain = self.receive == Receive::Pieces;
                let opened = Opened::open(response, self.shared.idle_timeout, plain).await;
                opened.map(|opened| Received::Stream(Box::new(opened))).map_err(Failure::Other)
            }
        }
    }

    async fn whole(&self, mut response: Response) -> Result<RawResponse, Failure> {
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let (body, end) = read(response, self.shared.max_body).await;
        match end {
            End::Complete => {
                let body = self.shared.gateway.adapt(self.operation, body);
                Ok(RawResponse::new(self.operation, status, headers, body))
            }
            End::Broken(error) => Err(Failure::Broken(error)),
            End::TooLarge => {
                let message = format!("the response is larger than {} bytes", self.shared.max_body);
                Err(Failure::Other(Error::new(ErrorKind::TooLarge, message)))
            }
        }
    }
}

/// The encoding that a body still has. An HTTP client that was told to decode bodies takes the header out.
#[cfg(not(target_arch = "wasm32"))]
fn undecoded(response: &Response) -> Option<&str> {
    header(response.headers(), CONTENT_ENCODING).filter(|coding| !coding.eq_ignore_ascii_case("identity"))
}

/// A browser decodes by itself and leaves the header.
#[cfg(target_arch = "wasm32")]
fn undecoded(_: &Response) -> Option<&str> {
    None
}

/// How the reading of a body ended.
pub(crate) enum End {
    Complete,
    Broken(reqwest::Error),
    TooLarge,
}

/// Reads a body up to a limit, in bytes. What was read before it broke off is returned too.
pub(crate) async fn read(response: Response, limit: usize) -> (Bytes, End) {
    let mut body = pin!(response.bytes_stream());
    let mut pieces: Option<BytesMut> = None;
    let mut first = Bytes::new();
    loop {
        let chunk = match body.next().await {
            Some(Ok(chunk)) => chunk,
            None => return (pieces.map_or(first, BytesMut::freeze), End::Complete),
            Some(Err(error)) => return (pieces.map_or(first, BytesMut::freeze), End::Broken(error)),
        };
        let length = pieces.as_ref().map_or(first.len(), BytesMut::len);
        let room = limit.saturating_sub(length);
        let kept = chunk.slice(..chunk.len().min(room));
        // Most bodies come in one piece and need no copy.
        match &mut pieces {
            Some(pieces) => pieces.extend_from_slice(&kept),
            None if first.is_empty() => first = kept,
            None => {
                let mut both = BytesMut::with_capacity(length + kept.len());
                both.extend_from_slice(&first);
                both.extend_from_slice(&kept);
                pieces = Some(both);
            }
        }
        if chunk.len() > room {
            return (pieces.map_or(first, BytesMut::freeze), End::TooLarge);
        }
    }
}
