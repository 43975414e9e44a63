//! One call on its way through the generated client.
//!
//! The generated client writes requests and reads responses. In between it calls [`Transport::execute`], and that is
//! where this module sits. A [`Call`] carries one call's options down and what the generated types cannot hold back up:
//! the error as it was, the raw response, the pieces of a stream.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use http::StatusCode;
use pollinations_api::{Client, Execution, ResponseValue, SharedTransport, Transport, types::ApiError};
use reqwest::{Request, Response, Url};

use crate::{
    download::Download,
    error::{Error, ErrorKind},
    events::{Events, Opened},
    failure::Failure,
    options::Options,
    raw::RawResponse,
    transport::{Receive, Received, Shared, empty},
};

/// What the generated client returns.
pub(crate) type Generated<T, E = ApiError> = Result<ResponseValue<T>, pollinations_api::Error<E>>;

impl Shared {
    /// Makes a call through the generated client and returns what the server sent, decoded by its type.
    pub(crate) async fn call<T, E, F, R>(
        self: &Arc<Self>,
        receive: Receive,
        operation: &str,
        options: &Options,
        send: F,
    ) -> Result<ResponseValue<T>, Error>
    where
        F: FnOnce(Client) -> R,
        R: Future<Output = Generated<T, E>>,
    {
        Call::new(self, options, receive).perform(operation, send).await
    }

    /// Makes a call and returns what the server sent as it is.
    pub(crate) async fn raw<T, E, F, R>(
        self: &Arc<Self>,
        operation: &str,
        options: &Options,
        send: F,
    ) -> Result<RawResponse, Error>
    where
        F: FnOnce(Client) -> R,
        R: Future<Output = Generated<T, E>>,
    {
        let call = Call::new(self, options, Receive::Raw);
        let result = Arc::clone(&call).perform(operation, send).await;
        let raw = call.outcome().raw.take();
        match raw {
            Some(raw) => Ok(raw),
            None => Err(missing(result, operation)),
        }
    }

    /// Makes a call and returns what the server sends as it comes, whatever the document says that it is.
    pub(crate) async fn download<T, E, F, R>(
        self: &Arc<Self>,
        operation: &'static str,
        options: &Options,
        send: F,
    ) -> Result<Download, Error>
    where
        F: FnOnce(Client) -> R,
        R: Future<Output = Generated<T, E>>,
    {
        let call = Call::new(self, options, Receive::Open);
        let result = Arc::clone(&call).perform(operation, send).await;
        let response = call.outcome().open.take();
        match response {
            Some(response) => Ok(Download::new(operation, response, self.idle_timeout)),
            None => Err(missing(result, operation)),
        }
    }

    /// Makes a call that is answered with a stream of events.
    pub(crate) async fn events<T, E, F, R>(
        self: &Arc<Self>,
        operation: &str,
        options: &Options,
        send: F,
    ) -> Result<Events, Error>
    where
        F: FnOnce(Client) -> R,
        R: Future<Output = Generated<T, E>>,
    {
        match self.open(Receive::Events, operation, options, send).await? {
            Opened::Events(events) => Ok(events),
            Opened::Text(_) => Err(not_a_stream(operation)),
        }
    }

    /// Makes a call that is answered with a stream, of events or, for [`Receive::Pieces`], of text.
    pub(crate) async fn open<T, E, F, R>(
        self: &Arc<Self>,
        receive: Receive,
        operation: &str,
        options: &Options,
        send: F,
    ) -> Result<Opened, Error>
    where
        F: FnOnce(Client) -> R,
        R: Future<Output = Generated<T, E>>,
    {
        let call = Call::new(self, options, receive);
        let result = Arc::clone(&call).perform(operation, send).await;
        let stream = call.outcome().stream.take();
        match stream {
            Some(stream) => Ok(stream),
            None => Err(missing(result, operation)),
        }
    }

    /// The address that a call would go to, without the key. Nothing is sent.
    pub(crate) fn address<T, E, F, R>(&self, operation: &str, options: &Options, send: F) -> Result<Url, Error>
    where
        F: FnOnce(Client) -> R,
        R: Future<Output = Generated<T, E>>,
    {
        let seen = Arc::new(Seen::default());
        let transport = SharedTransport::from(Arc::clone(&seen));
        // The generated code waits for nothing but its transport, which does not wait.
        let _ = send(Client::new_with_client(&self.base_url, self.http.clone(), transport)).now_or_never();
        let request = seen.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let request = request.ok_or_else(|| Error::request("the request cannot be written"));
        let request = request.and_then(|request| self.prepare(request, operation, options, Receive::Open));
        request.map(|request| request.url().clone()).map_err(|error| error.with_operation(operation))
    }
}

/// The error of a call that should have left something in its outcome.
fn missing<T>(result: Result<T, Error>, operation: &str) -> Error {
    result.err().unwrap_or_else(|| not_a_stream(operation))
}

fn not_a_stream(operation: &str) -> Error {
    Error::new(ErrorKind::Decode, "the response is not a stream").with_operation(operation)
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
    open: Option<Response>,
    raw: Option<RawResponse>,
    stream: Option<Opened>,
}

impl Call {
    fn new(shared: &Arc<Shared>, options: &Options, receive: Receive) -> Arc<Self> {
        Arc::new(Self { shared: Arc::clone(shared), options: options.clone(), receive, outcome: Mutex::default() })
    }

    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        // Nothing panics while the lock is held.
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn perform<T, E, F, R>(self: Arc<Self>, operation: &str, send: F) -> Result<ResponseValue<T>, Error>
    where
        F: FnOnce(Client) -> R,
        R: Future<Output = Generated<T, E>>,
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
    fn execute<'a>(&'a self, client: &'a reqwest::Client, request: Request, operation: &'a str) -> Execution<'a> {
        Box::pin(async move {
            let (result, attempts) = self.shared.run(client, request, operation, &self.options, self.receive).await;
            let mut outcome = self.outcome();
            outcome.attempts = attempts;
            match result {
                Ok(Received::Response(response)) => return Ok(response),
                Ok(Received::Open(response)) => outcome.open = Some(response),
                Ok(Received::Raw(raw)) => outcome.raw = Some(raw),
                Ok(Received::Stream(stream)) => outcome.stream = Some(*stream),
                Err(failure) => {
                    outcome.error = Some(failure.explain(&self.shared.keys).with_attempts(attempts));
                }
            }
            // The outcome is taken from above; the generated code gets something to end on.
            Ok(empty(StatusCode::OK))
        })
    }
}

/// The transport under [`Pollinations::api`](crate::Pollinations::api): the same authentication and retries, with
/// failures in the generated client's own terms.
pub(crate) struct Plain(pub(crate) Arc<Shared>);

impl Transport for Plain {
    fn execute<'a>(&'a self, client: &'a reqwest::Client, request: Request, operation: &'a str) -> Execution<'a> {
        Box::pin(async move {
            match self.0.run(client, request, operation, &Options::default(), Receive::Native).await.0 {
                Ok(Received::Response(response)) => Ok(response),
                Err(Failure::Status { status, headers, body }) => {
                    let mut response = http::Response::new(body);
                    *response.status_mut() = status;
                    *response.headers_mut() = *headers;
                    Ok(response.into())
                }
                Err(Failure::Broken(error)) => Err(error.without_url()),
                // What this gateway does not have, in the words of one that does not have it.
                Err(Failure::Other(error)) => {
                    let body = serde_json::json!({ "error": { "code": "NOT_FOUND", "message": error.message() } });
                    let mut response = http::Response::new(body.to_string());
                    *response.status_mut() = StatusCode::NOT_FOUND;
                    Ok(response.into())
                }
                // Neither comes up while only the head is received.
                Ok(Received::Open(_) | Received::Raw(_) | Received::Stream(_)) => {
                    Ok(empty(StatusCode::INTERNAL_SERVER_ERROR))
                }
            }
        })
    }
}

/// Takes a request instead of sending it.
#[derive(Default)]
struct Seen(Mutex<Option<Request>>);

impl Transport for Seen {
    fn execute<'a>(&'a self, _: &'a reqwest::Client, request: Request, _: &'a str) -> Execution<'a> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(request);
        Box::pin(std::future::ready(Ok(empty(StatusCode::OK))))
    }
}
