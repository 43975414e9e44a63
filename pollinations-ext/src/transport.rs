//! What happens under every operation: authentication, time limits, retries, and what becomes of failures.
//!
//! The generated client writes requests and reads responses. In between it calls [`Transport::execute`], and that is
//! where this module sits. A [`Call`] carries one call's options down and what the generated types cannot hold back up:
//! the error as it was, and the events of a stream.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT, AUTHORIZATION},
};
use pollinations_api::{Client, Execution, ResponseValue, SharedTransport, Transport};
use reqwest::{Request, Response};
use tokio::time::Instant;

use crate::{
    body::{self, ErrorBody},
    chat::Events,
    client::KeyPlacement,
    error::{Error, ErrorKind, is_retryable_status},
    key::ApiKey,
    retry::{self, RetryPolicy},
};

/// Bytes of an error body that are read.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// What all calls of one client share.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) http: reqwest::Client,
    pub(crate) base_url: String,
    pub(crate) key: Option<ApiKey>,
    pub(crate) placement: KeyPlacement,
    pub(crate) retry: RetryPolicy,
    pub(crate) timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) max_body: usize,
}

/// Calls an operation that takes nothing and answers with JSON.
macro_rules! fetch {
    ($shared:expr, $operation:ident) => {{
        let send = |client: pollinations_api::Client| async move { client.$operation().send().await };
        let options = $crate::transport::Options::default();
        let response = $shared.call($crate::transport::Receive::Whole, stringify!($operation), &options, send).await;
        response.map(pollinations_api::ResponseValue::into_inner)
    }};
}

/// The settings that every request has, for its `impl` block. `until` is when its time limit ends.
macro_rules! call_options {
    (until $until:literal) => {
        /// Repeats this request by a policy of its own.
        pub fn retry(mut self, policy: $crate::retry::RetryPolicy) -> Self {
            self.options.retry = Some(policy);
            self
        }

        #[doc = concat!("Limits the time until ", $until, ", all attempts together.")]
        pub fn timeout(mut self, limit: std::time::Duration) -> Self {
            self.options.timeout = Some(limit);
            self
        }
    };
}

pub(crate) use {call_options, fetch};

/// What one call sets otherwise than its client.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) timeout: Option<Duration>,
}

/// When a response counts as received, and so is not asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receive {
    /// When its head is there; the caller reads the body as it comes.
    Head,
    /// The same, with the HTTP client's own time limit, which holds for the body too: the generated client returns
    /// errors of that type alone.
    Native,
    /// When its body is there as a whole.
    Whole,
    /// When its first event is there.
    FirstEvent,
}

/// What became of the last attempt, if it was not a success.
enum Failure {
    /// The server answered with another status than success.
    Status { status: StatusCode, headers: HeaderMap, body: Bytes },
    /// There was no whole answer.
    Broken(reqwest::Error),
    /// What neither HTTP nor the HTTP client knows of.
    Other(Error),
}

enum Received {
    Response(Response),
    Events(Box<Events>),
}

impl Shared {
    /// Makes attempts until one succeeds, the policy has had enough, or time runs out. Returns how many were made.
    async fn run(
        &self,
        client: &reqwest::Client,
        request: Request,
        options: &Options,
        receive: Receive,
    ) -> (Result<Received, Failure>, u32) {
        let policy = options.retry.as_ref().unwrap_or(&self.retry);
        let timeout = options.timeout.unwrap_or(self.timeout);
        let start = Instant::now();
        let mut request = self.prepare(request, receive);
        let mut attempts = 0;
        loop {
            let again = request.try_clone();
            attempts += 1;
            let mut left = timeout.saturating_sub(start.elapsed());
            if receive == Receive::Native {
                *request.timeout_mut() = Some(left);
                // Leaves the HTTP client time to notice first.
                left = left.saturating_add(Duration::from_secs(1));
            }
            let attempt = tokio::time::timeout(left, self.attempt(client, request, receive)).await;
            let failure = match attempt {
                Ok(Ok(received)) => return (Ok(received), attempts),
                Ok(Err(failure)) => failure,
                Err(_) => {
                    let message = format!("no answer within {} s", timeout.as_secs_f64());
                    return (Err(Failure::Other(Error::new(ErrorKind::Timeout, message))), attempts);
                }
            };
            let wait = if failure.is_retryable() { policy.wait(attempts, failure.retry_after()) } else { None };
            match (wait, again) {
                (Some(wait), Some(again)) if start.elapsed().saturating_add(wait) < timeout => {
                    tokio::time::sleep(wait).await;
                    request = again;
                }
                _ => return (Err(failure), attempts),
            }
        }
    }

    /// Adds the key, and what else depends on how the response is received.
    fn prepare(&self, mut request: Request, receive: Receive) -> Request {
        if receive == Receive::FirstEvent {
            request.headers_mut().insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        }
        let Some(key) = &self.key else { return request };
        match self.placement {
            KeyPlacement::Header => {
                if let Some(value) = key.bearer() {
                    request.headers_mut().insert(AUTHORIZATION, value);
                }
            }
            KeyPlacement::Query => {
                request.url_mut().query_pairs_mut().append_pair("key", key.expose_secret());
            }
        }
        request
    }

    async fn attempt(&self, client: &reqwest::Client, request: Request, receive: Receive) -> Result<Received, Failure> {
        let response = client.execute(request).await.map_err(Failure::Broken)?;
        let status = response.status();
        if !status.is_success() {
            let headers = response.headers().clone();
            // What is there of the body says more than how it broke off.
            let (body, _) = read(response, MAX_ERROR_BODY).await;
            return Err(Failure::Status { status, headers, body });
        }
        match receive {
            Receive::Head | Receive::Native => Ok(Received::Response(response)),
            Receive::Whole => self.whole(response).await.map(Received::Response),
            Receive::FirstEvent => {
                let events = Events::open(response, self.idle_timeout).await.map_err(Failure::Other)?;
                Ok(Received::Events(Box::new(events)))
            }
        }
    }

    /// Reads the body and puts it back.
    async fn whole(&self, response: Response) -> Result<Response, Failure> {
        let mut head = http::Response::new(());
        *head.status_mut() = response.status();
        *head.headers_mut() = response.headers().clone();
        let (body, end) = read(response, self.max_body).await;
        match end {
            End::Complete => Ok(head.map(|()| reqwest::Body::from(body)).into()),
            End::Broken(error) => Err(Failure::Broken(error)),
            End::TooLarge => {
                let message = format!("the response is larger than {} bytes", self.max_body);
                Err(Failure::Other(Error::new(ErrorKind::TooLarge, message)))
            }
        }
    }

    /// Turns a failure into the error that callers see.
    fn explain(&self, failure: Failure, attempts: u32) -> Error {
        let error = match failure {
            Failure::Status { status, headers, body } => {
                let fallback = status.canonical_reason().unwrap_or("the server answered with an error");
                let body = ErrorBody::parse(&body, fallback, self.key.as_ref());
                Error::api(status, request_id(&headers), body).with_retry_after(retry::retry_after(&headers))
            }
            Failure::Broken(error) => Error::transport(error),
            Failure::Other(error) => error,
        };
        error.with_attempts(attempts)
    }

    /// A body or an event that is not of the type that the document promises. serde's own error repeats the value that
    /// it did not expect, which may be the key: so it goes into the message without it, and is no source.
    pub(crate) fn undecodable(&self, what: &str, error: &serde_json::Error, body: &[u8]) -> Error {
        let redact = |text: &str| self.key.as_ref().map_or_else(|| text.to_owned(), |key| key.redact(text));
        let excerpt = body::excerpt(&redact(&String::from_utf8_lossy(body)));
        Error::new(ErrorKind::Decode, redact(&format!("{what}: {error}"))).with_body(excerpt)
    }

    /// Makes a call through the generated client and returns what the server sent, decoded by its type.
    pub(crate) async fn call<T, F, R>(
        self: &Arc<Self>,
        receive: Receive,
        operation: &str,
        options: &Options,
        send: F,
    ) -> Result<ResponseValue<T>, Error>
    where
        F: FnOnce(Client) -> R,
        R: Future<Output = Result<ResponseValue<T>, pollinations_api::Error<pollinations_api::types::ApiError>>>,
    {
        Call::new(self, options, receive).perform(operation, send).await
    }

    /// Makes a call that is answered with a stream of events.
    pub(crate) async fn events<T, F, R>(
        self: &Arc<Self>,
        operation: &str,
        options: &Options,
        send: F,
    ) -> Result<Events, Error>
    where
        F: FnOnce(Client) -> R,
        R: Future<Output = Result<ResponseValue<T>, pollinations_api::Error<pollinations_api::types::ApiError>>>,
    {
        let call = Call::new(self, options, Receive::FirstEvent);
        let outcome = Arc::clone(&call);
        let result = call.perform(operation, send).await;
        let events = outcome.outcome().events.take();
        match (events, result) {
            (Some(events), _) => Ok(events),
            (None, Err(error)) => Err(error),
            (None, Ok(_)) => {
                Err(Error::new(ErrorKind::Decode, "the response is not a stream").with_operation(operation))
            }
        }
    }
}

impl Failure {
    fn is_retryable(&self) -> bool {
        match self {
            Self::Status { status, .. } => is_retryable_status(*status),
            // What cannot be built or redirected will not do better the next time.
            Self::Broken(error) => !error.is_builder() && !error.is_redirect(),
            Self::Other(error) => error.is_retryable(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { headers, .. } => retry::retry_after(headers),
            _ => None,
        }
    }
}

/// How the reading of a body ended.
enum End {
    Complete,
    Broken(reqwest::Error),
    TooLarge,
}

/// Reads a body up to a limit, in bytes. What was read before it broke off is returned too.
async fn read(mut response: Response, limit: usize) -> (Bytes, End) {
    let mut pieces: Option<BytesMut> = None;
    let mut first = Bytes::new();
    loop {
        let chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return (pieces.map_or(first, BytesMut::freeze), End::Complete),
            Err(error) => return (pieces.map_or(first, BytesMut::freeze), End::Broken(error)),
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

/// The id that the server gave to the request.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    headers.get("x-request-id")?.to_str().ok().map(str::to_owned)
}

/// One call on its way through the generated client.
struct Call {
    shared: Arc<Shared>,
    options: Options,
    receive: Receive,
    outcome: Mutex<Outcome>,
}

#[derive(Default)]
struct Outcome {
    attempts: u32,
    error: Option<Error>,
    events: Option<Events>,
}

impl Call {
    fn new(shared: &Arc<Shared>, options: &Options, receive: Receive) -> Arc<Self> {
        Arc::new(Self { shared: Arc::clone(shared), options: options.clone(), receive, outcome: Mutex::default() })
    }

    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        // Nothing panics while the lock is held.
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn perform<T, F, R>(self: Arc<Self>, operation: &str, send: F) -> Result<ResponseValue<T>, Error>
    where
        F: FnOnce(Client) -> R,
        R: Future<Output = Result<ResponseValue<T>, pollinations_api::Error<pollinations_api::types::ApiError>>>,
    {
        let shared = &self.shared;
        let transport = SharedTransport::from(Arc::clone(&self));
        let client = Client::new_with_client(&shared.base_url, shared.http.clone(), transport);
        let result = send(client).await;
        let mut outcome = self.outcome();
        if let Some(error) = outcome.error.take() {
            return Err(error.with_operation(operation));
        }
        let attempts = outcome.attempts;
        drop(outcome);
        result.map_err(|error| self.generated(error).with_operation(operation).with_attempts(attempts))
    }

    /// What the generated code itself found wrong. Failures of the exchange have been taken from the outcome before.
    fn generated<E>(&self, error: pollinations_api::Error<E>) -> Error {
        use pollinations_api::Error as Generated;
        match error {
            Generated::InvalidRequest(message) | Generated::Custom(message) => Error::request(message),
            Generated::CommunicationError(error)
            | Generated::ResponseBodyError(error)
            | Generated::InvalidUpgrade(error) => Error::transport(error),
            Generated::InvalidResponsePayload(body, error) => {
                self.shared.undecodable("the response is not what the document promises", &error, &body)
            }
            Generated::UnexpectedResponse(response) => {
                let message = "the server answered with a success that the document does not have";
                Error::new(ErrorKind::Decode, message).with_status(response.status())
            }
            Generated::ErrorResponse(response) => {
                Error::new(ErrorKind::Api, "the server answered with an error").with_status(response.status())
            }
        }
    }
}

impl Transport for Call {
    fn execute<'a>(&'a self, client: &'a reqwest::Client, request: Request, _: &'a str) -> Execution<'a> {
        Box::pin(async move {
            let (result, attempts) = self.shared.run(client, request, &self.options, self.receive).await;
            let mut outcome = self.outcome();
            outcome.attempts = attempts;
            match result {
                Ok(Received::Response(response)) => return Ok(response),
                Ok(Received::Events(events)) => outcome.events = Some(*events),
                Err(failure) => outcome.error = Some(self.shared.explain(failure, attempts)),
            }
            // The outcome is taken from above; the generated code gets something to end on.
            Ok(http::Response::new("").into())
        })
    }
}

/// The transport under [`Pollinations::api`](crate::Pollinations::api): the same authentication and retries, with
/// failures in the generated client's own terms.
pub(crate) struct Plain(pub(crate) Arc<Shared>);

impl Transport for Plain {
    fn execute<'a>(&'a self, client: &'a reqwest::Client, request: Request, _: &'a str) -> Execution<'a> {
        Box::pin(async move {
            match self.0.run(client, request, &Options::default(), Receive::Native).await.0 {
                Ok(Received::Response(response)) => Ok(response),
                Err(Failure::Status { status, headers, body }) => {
                    let mut response = http::Response::new(body);
                    *response.status_mut() = status;
                    *response.headers_mut() = headers;
                    Ok(response.into())
                }
                Err(Failure::Broken(error)) => Err(error.without_url()),
                // Neither comes up while only the head is received and the HTTP client keeps the time.
                Ok(Received::Events(_)) | Err(Failure::Other(_)) => {
                    let mut response = http::Response::new("");
                    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                    Ok(response.into())
                }
            }
        })
    }
}
