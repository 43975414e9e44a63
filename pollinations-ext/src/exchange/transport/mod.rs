//! The transport of all operations: authentication, timeouts, retries, and receiving responses.

#[cfg(not(target_arch = "wasm32"))]
mod connections;
mod effect;
#[cfg(all(feature = "realtime", not(target_arch = "wasm32")))]
pub(crate) mod upgrade;

use std::{
    pin::pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH},
};
use pollinations_api::Operation;
use reqwest::{Request, Response, Url};
use serde_json::Value;

#[cfg(not(target_arch = "wasm32"))]
use bytes::Bytes;

#[cfg(not(target_arch = "wasm32"))]
use self::connections::Connections;
use crate::{
    base::{
        error::{Error, ErrorKind},
        header::{header, request_id},
        json,
        reason::PaymentKind,
        time::{Instant, after, timeout, timeout_at, until},
    },
    exchange::{
        body::ErrorBody,
        failure::{disguised, in_place_of_file, is_no_file, late},
        gateway::Gateway,
        options::Options,
        raw::RawResponse,
        reading::{
            End, MAX_ERROR_BODY,
            guard::Guard,
            look::{accepted, not_refused, refused, unread},
            opening::{Opened, Opening},
            pieces, read, read_within,
            refusal::Refusal,
            within,
        },
    },
    key::{ApiKey, KeyPlacement, Keyring},
    retry::{
        self, Ask, Bucket, Exchange, Failure, Limits, Observer, Outcome, Payment, PaymentPolicy, PaymentRequired,
        Repeat, RetryPolicy,
    },
};
#[cfg(not(target_arch = "wasm32"))]
use crate::{
    base::{file::Data, progress::Report},
    exchange::content::{Content, Problem},
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

    /// Sends a request, with retries.
    pub(crate) async fn run(
        &self,
        client: &reqwest::Client,
        request: Request,
        operation: &str,
        options: &Options,
        receive: Receive,
        earlier: Earlier,
    ) -> Outcome<Received> {
        let request = match self.prepare(request, operation, options, receive) {
            Ok(request) => request,
            Err(error) => return Outcome { result: Err(Failure::Other(error)), attempts: 0, is_unknown: false },
        };
        let known = Operation::find(operation);
        let attempt_timeout = options.attempt_timeout.or(self.attempt_timeout);
        let policy = options.retry.as_ref().unwrap_or(&self.retry);
        let limits = Limits {
            operation,
            policy,
            bucket: policy.retry_budget().and(self.bucket.as_deref()),
            timeout: options.timeout.unwrap_or(self.timeout).saturating_sub(earlier.spent),
            attempt_timeout: attempt_timeout.unwrap_or_else(|| effect::attempt_timeout(known, &request)),
            attempts: earlier.attempts,
            observer: self.observer.as_ref(),
        };
        let mut sending = Sending {
            shared: self,
            client,
            operation,
            receive,
            timeout: options.timeout.unwrap_or(self.timeout),
            repeat: effect::repeat(known, &request, receive.is_stream()),
            is_public: known.is_some_and(|operation| operation.is_public),
            #[cfg(not(target_arch = "wasm32"))]
            report: options.report.clone(),
            #[cfg(not(target_arch = "wasm32"))]
            content: options.content.clone(),
            request: Some(request),
            generation: 0,
        };
        retry::run(&mut sending, &limits).await
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

/// A request with its retries.
struct Sending<'a> {
    shared: &'a Shared,
    client: &'a reqwest::Client,
    operation: &'a str,
    receive: Receive,
    timeout: Duration,
    repeat: Repeat,
    /// Whether the operation takes no key.
    is_public: bool,
    #[cfg(not(target_arch = "wasm32"))]
    report: Option<Report>,
    /// The body, if it is streamed.
    #[cfg(not(target_arch = "wasm32"))]
    content: Option<Content>,
    /// The request without an API key. `None` once it has been sent, if it cannot be sent again.
    request: Option<Request>,
    /// The generation of the key used for the last attempt.
    generation: u64,
}

impl Exchange for Sending<'_> {
    type Output = Received;

    async fn attempt(&mut self, left: Duration, patience: Option<Duration>) -> Result<Received, Failure> {
        let again = self.request.as_ref().and_then(Request::try_clone);
        let Some(mut request) = std::mem::replace(&mut self.request, again) else {
            return Err(Failure::Other(Error::request("the request body was already used and cannot be sent again")));
        };
        let current = self.shared.keys.current();
        self.generation = current.generation;
        if let Some(key) = current.key.as_ref().filter(|_| !self.is_public) {
            self.shared.authenticate(&mut request, key);
        }
        #[cfg(all(feature = "realtime", not(target_arch = "wasm32")))]
        if self.receive == Receive::Upgrade {
            upgrade::ask(&mut request);
        }
        #[cfg(not(target_arch = "wasm32"))]
        let problem = self.fill(&mut request).await.map_err(Failure::Other)?;
        let mut limit = left;
        if self.receive == Receive::Native {
            *request.timeout_mut() = Some(left);
            // Gives the HTTP client time to report the timeout first.
            limit = left.saturating_add(Duration::from_secs(1));
        }
        let result = self.send(request, limit, patience).await;
        #[cfg(not(target_arch = "wasm32"))]
        let result = result.map_err(|failure| problem.take().map_or(failure, Failure::Other));
        result
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

    fn repeat(&self) -> Repeat {
        self.repeat
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
                let (body, said) = (failure_body(failure, keys), failure.said());
                let required = PaymentRequired {
                    operation: self.operation.to_owned(),
                    kind: said.payment.unwrap_or(PaymentKind::Unspecified),
                    reason: if failure.is_signed_out() { Some("signed_out".to_owned()) } else { body.reason() },
                    message: body.message,
                    fix_url: said.fix_url.map(|url| keys.redact(&url)),
                };
                match ask.answer(required).await {
                    retry::PaymentAnswer::Retry => keys.renew(None),
                    retry::PaymentAnswer::Key(key) => keys.renew(Some(key)),
                    retry::PaymentAnswer::GiveUp => return Payment::Never,
                }
                Payment::Settled
            }
            PaymentPolicy::WaitForReset { limit } => {
                if failure.said().payment.is_some_and(|kind| !kind.is_renewed()) {
                    return Payment::Never;
                }
                let wait = self.shared.time_to_reset().await.filter(|wait| *wait <= limit);
                wait.map_or(Payment::Never, Payment::In)
            }
            _ => Payment::Never,
        }
    }
}

/// The error body of a failed response.
fn failure_body(failure: &Failure, keys: &Keyring) -> ErrorBody {
    match failure {
        Failure::Status { body, .. } | Failure::Unread(_, body) => {
            let fallback = if failure.is_signed_out() { "the key is no longer valid" } else { "out of pollen" };
            ErrorBody::parse(body, fallback, keys)
        }
        _ => ErrorBody::default(),
    }
}

impl Sending<'_> {
    /// Sets the body for this attempt, if it is streamed or has a progress callback.
    #[cfg(not(target_arch = "wasm32"))]
    async fn fill(&self, request: &mut Request) -> Result<Problem, Error> {
        let written = || {
            let bytes = request.body().filter(|_| self.report.is_some())?.as_bytes()?;
            Some(Content::new([Data::Bytes(Bytes::copy_from_slice(bytes))]))
        };
        let Some(content) = self.content.clone().or_else(written) else { return Ok(Problem::default()) };
        let (body, problem) = content.open(self.report.clone()).await?;
        *request.body_mut() = Some(body);
        // The length of the body in the request. The HTTP client sets the length of this one.
        request.headers_mut().remove(CONTENT_LENGTH);
        Ok(problem)
    }

    /// Sends the request and receives the response, within a time limit. With `patience`, fails with [`Failure::Late`] if
    /// there is no response, or no more data, within that time.
    ///
    /// Timers are not free. So the head of the response has one timer, and the body has another, which is only set if the
    /// body does not arrive together with the head.
    async fn send(&self, request: Request, limit: Duration, patience: Option<Duration>) -> Result<Received, Failure> {
        let begun = Instant::now();
        #[cfg(all(feature = "realtime", not(target_arch = "wasm32")))]
        let handshake = upgrade::Handshake::of(&request);
        let late = || Failure::Other(late(self.timeout));
        let patience = patience.filter(|patience| *patience < limit);
        let answer = timeout_at(after(begun, patience.unwrap_or(limit)), pin!(self.client.execute(request))).await;
        let answer = answer.map_err(|_| patience.map_or_else(late, Failure::Late))?;
        let mut response = answer.map_err(|error| self.unanswered(error, begun.elapsed()))?;
        #[cfg(not(target_arch = "wasm32"))]
        self.shared.connections.answered(&response);
        self.shared.keys.clean(response.headers_mut());
        #[cfg(all(feature = "realtime", not(target_arch = "wasm32")))]
        if self.receive == Receive::Upgrade
            && (response.status().is_success() || response.status() == StatusCode::SWITCHING_PROTOCOLS)
        {
            return handshake.check(&response).map(|()| Received::Response(response)).map_err(Failure::Other);
        }
        timeout_at(after(begun, limit), pin!(self.receive(response, patience))).await.unwrap_or_else(|_| Err(late()))
    }

    /// Receives the response after its head.
    async fn receive(&self, mut response: Response, patience: Option<Duration>) -> Result<Received, Failure> {
        let status = response.status();
        if !status.is_success() {
            if self.receive == Receive::Native {
                return Err(unread(response).await);
            }
            let headers = Box::new(std::mem::take(response.headers_mut()));
            // The part of the body that arrived is more informative than how it broke off.
            let (body, _) = within(patience, read(pieces(response), MAX_ERROR_BODY)).await?;
            return Err(Failure::Status { status, headers, body });
        }
        if let Some(coding) = undecoded(&response)
            && self.receive != Receive::Native
        {
            let message = format!("the response has the content encoding `{coding}`, which the client did not ask for");
            let error = Error::new(ErrorKind::Decode, message).with_status(status);
            return Err(Failure::Other(error.with_request_id(request_id(response.headers()))));
        }
        let may_refuse = !self.shared.refusals_as_text && Refusal::is_possible(self.operation, response.headers());
        match self.receive {
            Receive::Native if may_refuse => accepted(response).await.map(Received::Response),
            Receive::Open if is_no_file(self.operation, response.headers()) => {
                let headers = response.headers().clone();
                let silence = Some(self.shared.idle_timeout);
                let (body, _) = read_within(silence, pieces(response), MAX_ERROR_BODY, 0).await?;
                Err(in_place_of_file(status, &headers, &body, &self.shared.keys))
            }
            Receive::Native | Receive::Open => Ok(Received::Response(response)),
            // This was checked above.
            #[cfg(all(feature = "realtime", not(target_arch = "wasm32")))]
            Receive::Upgrade => Ok(Received::Response(response)),
            Receive::Whole => {
                // A body that stops arriving is requested again, if possible.
                let silence = patience.map(|_| self.shared.idle_timeout);
                self.whole(response, may_refuse, silence).await.map(Received::Whole)
            }
            Receive::Events | Receive::Pieces => {
                let headers = response.headers().clone();
                let mut body = pieces(response);
                if may_refuse {
                    body = not_refused(&headers, body).await?;
                }
                let plain = self.receive == Receive::Pieces;
                let guard = Guard::new(body, self.shared.idle_timeout);
                let opening = Opening { operation: self.operation, status, headers, keys: &self.shared.keys };
                let opened = opening.open(guard, plain, self.shared.max_body).await;
                opened.map(|opened| Received::Stream(Box::new(opened)))
            }
        }
    }

    /// The failure for an error that occurred before the headers of the response.
    #[cfg(not(target_arch = "wasm32"))]
    fn unanswered(&self, error: reqwest::Error, elapsed: Duration) -> Failure {
        match self.shared.connections.had_closed(&error, elapsed) {
            true => Failure::Closed(error),
            false => Failure::Broken(error),
        }
    }

    /// A browser does not report connections.
    #[cfg(target_arch = "wasm32")]
    fn unanswered(&self, error: reqwest::Error, _: Duration) -> Failure {
        Failure::Broken(error)
    }

    async fn whole(
        &self,
        mut response: Response,
        may_refuse: bool,
        silence: Option<Duration>,
    ) -> Result<RawResponse, Failure> {
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let expected = response.content_length().unwrap_or_default();
        let (body, end) = read_within(silence, pieces(response), self.shared.max_body, expected).await?;
        match end {
            End::Complete => {
                if let Some(refusal) = may_refuse.then(|| Refusal::read(&headers, &body)).flatten() {
                    return Err(refused(&refusal, headers));
                }
                if let Some(failure) = disguised(self.operation, status, &headers, &body, &self.shared.keys) {
                    return Err(failure);
                }
                let body = self.shared.gateway.adapt(self.operation, body);
                Ok(RawResponse::new(self.operation, status, headers, body))
            }
            End::Broken(error) => Err(Failure::Other(error)),
            End::TooLarge => {
                let message = format!(
                    "the response is larger than {} bytes; raise `max_response_bytes` to allow more",
                    self.shared.max_body
                );
                Err(Failure::Other(Error::new(ErrorKind::TooLarge, message)))
            }
        }
    }
}

/// The encoding that a body still has. An HTTP client that decodes bodies removes the header.
#[cfg(not(target_arch = "wasm32"))]
fn undecoded(response: &Response) -> Option<&str> {
    header(response.headers(), CONTENT_ENCODING).filter(|coding| !coding.eq_ignore_ascii_case("identity"))
}

/// A browser decodes bodies but keeps the header.
#[cfg(target_arch = "wasm32")]
fn undecoded(_: &Response) -> Option<&str> {
    None
}
