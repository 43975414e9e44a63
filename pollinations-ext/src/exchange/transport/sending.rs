//! Sends the request of one call, with retries, and receives the response.

use std::{pin::pin, time::Duration};

#[cfg(not(target_arch = "wasm32"))]
use bytes::Bytes;
#[cfg(not(target_arch = "wasm32"))]
use http::header::CONTENT_LENGTH;
use http::{StatusCode, header::CONTENT_ENCODING};
use pollinations_api::Operation;
use reqwest::{Request, Response};

#[cfg(all(feature = "realtime", not(target_arch = "wasm32")))]
use super::upgrade;
use super::{Earlier, Receive, Received, Shared, effect};
use crate::{
    base::{
        error::{Error, ErrorKind},
        header::{header, request_id},
        maybe_send::BoxFutureOf,
        reason::PaymentKind,
        time::{Instant, after, timeout_at},
    },
    exchange::{
        body::ErrorBody,
        failure::{disguised, in_place_of_file, is_no_file, late},
        options::Options,
        raw::RawResponse,
        reading::{
            End, MAX_ERROR_BODY,
            guard::Guard,
            look::{accepted, not_refused, refused, unread},
            opening::Opening,
            pieces, read, read_within,
            refusal::Refusal,
            within,
        },
    },
    key::Keyring,
    retry::{self, Exchange, Failure, Limits, Outcome, Payment, PaymentPolicy, PaymentRequired, Repeat},
};
#[cfg(not(target_arch = "wasm32"))]
use crate::{
    base::{file::Data, progress::Report},
    exchange::content::{Content, Problem},
};

impl Shared {
    /// Sends a request, with retries.
    ///
    /// The future is boxed, to keep the callers' futures small, and has no type of its own, so that it is compiled with
    /// this crate and not again with every program. The box is allocated first, and the future is created in it.
    /// Otherwise, the whole future would be copied, although most of it is still empty.
    pub(crate) fn run<'a>(
        &'a self,
        client: &'a reqwest::Client,
        request: Request,
        operation: &'a str,
        options: &'a Options,
        receive: Receive,
        earlier: Earlier,
    ) -> BoxFutureOf<'a, Outcome<Received>> {
        let place = Box::new_uninit();
        let prepared = self.prepare(request, operation, options, receive).map(|request| {
            let known = Operation::find(operation);
            let timeout = options.timeout().unwrap_or(self.timeout);
            let attempt_timeout = options.attempt_timeout().or(self.attempt_timeout);
            let policy = options.retry().unwrap_or(&self.retry);
            let limits = Limits {
                operation,
                policy,
                bucket: policy.retry_budget().and(self.bucket.as_deref()),
                timeout: timeout.saturating_sub(earlier.spent),
                attempt_timeout: attempt_timeout.unwrap_or_else(|| effect::attempt_timeout(known, &request)),
                attempts: earlier.attempts,
                observer: self.observer.as_ref(),
            };
            (Sending::new(self, client, request, operation, known, options, receive), limits)
        });
        let running = async move {
            match prepared {
                Ok((mut sending, limits)) => retry::run(&mut sending, &limits).await,
                Err(error) => Outcome { result: Err(Failure::Other(error)), attempts: 0, is_unknown: false },
            }
        };
        let running = Box::into_pin(Box::write(place, running));
        running as BoxFutureOf<'a, _>
    }
}

/// A request, and everything that an attempt to send it needs.
struct Sending<'a> {
    shared: &'a Shared,
    client: &'a reqwest::Client,
    operation: &'a str,
    /// The path of the operation in the document. Empty if it is not in the document.
    path: &'static str,
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

impl<'a> Sending<'a> {
    /// `request` has everything except for the API key. `known` is the operation, if it is in the document.
    fn new(
        shared: &'a Shared,
        client: &'a reqwest::Client,
        request: Request,
        operation: &'a str,
        known: Option<&'static Operation>,
        options: &Options,
        receive: Receive,
    ) -> Self {
        Self {
            shared,
            client,
            operation,
            path: known.map_or("", |operation| operation.path),
            receive,
            timeout: options.timeout().unwrap_or(shared.timeout),
            repeat: effect::repeat(known, &request, receive.is_stream()),
            is_public: known.is_some_and(|operation| operation.is_public),
            #[cfg(not(target_arch = "wasm32"))]
            report: options.report().cloned(),
            #[cfg(not(target_arch = "wasm32"))]
            content: options.content().cloned(),
            request: Some(request),
            generation: 0,
        }
    }
}

impl Exchange for Sending<'_> {
    type Output = Received;

    async fn attempt(&mut self, left: Duration, patience: Option<Duration>) -> Result<Received, Failure> {
        let again = self.request.as_ref().and_then(copy);
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
        let may_refuse = !self.shared.refusals_as_text && Refusal::is_possible(self.path, response.headers());
        match self.receive {
            Receive::Native if may_refuse => accepted(response).await.map(Received::Response),
            Receive::Open if is_no_file(self.path, response.headers()) => {
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
                let opening = Opening { path: self.path, status, headers, keys: &self.shared.keys };
                // Boxed, because it is larger than everything else in this future.
                let opened = Box::pin(opening.open(guard, plain, self.shared.max_body)).await;
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
                if let Some(failure) = disguised(self.path, status, &headers, &body, &self.shared.keys) {
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

/// Bodies up to this size are copied, in bytes.
const SMALL: usize = 4096;

/// A copy of a request, unless its body is a stream. For a small body, this takes half as long as
/// [`Request::try_clone`], which allocates memory for a timeout even if there is none.
fn copy(request: &Request) -> Option<Request> {
    let small = match request.body() {
        None => Some(None),
        Some(body) => body.as_bytes().filter(|bytes| bytes.len() <= SMALL).map(|bytes| Some(bytes.to_vec().into())),
    };
    let Some(body) = small.filter(|_| request.timeout().is_none()) else { return request.try_clone() };
    let mut copy = Request::new(request.method().clone(), request.url().clone());
    copy.headers_mut().clone_from(request.headers());
    #[cfg(not(target_arch = "wasm32"))]
    copy.version_mut().clone_from(&request.version());
    *copy.body_mut() = body;
    Some(copy)
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
