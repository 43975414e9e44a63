//! Requests that have been written and not sent.

use std::{fmt, marker::PhantomData};

use progenitor_client::Error;
use reqwest::{Request, header::InvalidHeaderValue};

use crate::{Operation, operation::SERVER};

/// A request that has been written and not sent. `T` is what its response contains.
///
/// The `prepare` of each operation's builder returns one. Send it with your own [`reqwest::Client`] or another library. It
/// has no API key: set the header `Authorization` to `Bearer` and the key.
///
/// # Examples
///
/// ```
/// use pollinations_api::{Client, SharedTransport};
///
/// let client = Client::new("https://gen.pollinations.ai", SharedTransport::default());
/// let request = client.account_balance().prepare()?.into_request();
/// assert_eq!(request.url().as_str(), "https://gen.pollinations.ai/account/balance");
/// # Ok::<(), pollinations_api::PrepareError>(())
/// ```
pub struct PreparedRequest<T> {
    request: Request,
    response: PhantomData<fn() -> T>,
}

impl<T> PreparedRequest<T> {
    /// The request.
    pub fn into_request(self) -> Request {
        self.request
    }
}

impl<T> From<PreparedRequest<T>> for Request {
    fn from(prepared: PreparedRequest<T>) -> Self {
        prepared.request
    }
}

impl<T> fmt::Debug for PreparedRequest<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("PreparedRequest").field(&self.request).finish()
    }
}

/// Why a request could not be written. Nothing was sent.
#[derive(Debug)]
pub struct PrepareError(Box<Error<()>>);

impl PrepareError {
    /// The error of the generated client: [`Error::InvalidRequest`] if a parameter is not set or could not be converted,
    /// [`Error::CommunicationError`] if the values cannot be part of a request.
    pub fn into_inner(self) -> Error<()> {
        *self.0
    }
}

impl fmt::Display for PrepareError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for PrepareError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl From<Error<()>> for PrepareError {
    fn from(error: Error<()>) -> Self {
        Self(Box::new(error))
    }
}

impl From<reqwest::Error> for PrepareError {
    fn from(error: reqwest::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<InvalidHeaderValue> for PrepareError {
    fn from(error: InvalidHeaderValue) -> Self {
        Error::from(error).into()
    }
}

/// Completes a request that the generated code has written.
#[doc(hidden)]
pub fn prepared<T>(base_url: &str, mut request: Request, operation: &str) -> PreparedRequest<T> {
    complete(base_url, &mut request, operation);
    PreparedRequest { request, response: PhantomData }
}

fn complete(base_url: &str, request: &mut Request, operation: &str) {
    if base_url == SERVER
        && let Some(operation) = Operation::find(operation).filter(|operation| operation.server != SERVER)
        && let Some(rest) = request.url().as_str().strip_prefix(SERVER)
        && let Ok(url) = format!("{}{rest}", operation.server).parse()
    {
        // The document gives this operation its own server. With another base URL, such as that of an emulator or a
        // proxy, one server handles all operations.
        *request.url_mut() = url;
    }
    // progenitor sends the version of the document to every server. This server does not need it, and a browser would
    // have to ask for permission first (CORS).
    request.headers_mut().remove("api-version");
}

/// The request for the generated code to send, with the error type of its operation.
#[doc(hidden)]
#[allow(clippy::result_large_err, reason = "progenitor's error")]
pub fn to_send<T, E>(prepared: Result<PreparedRequest<T>, PrepareError>) -> Result<Request, Error<E>> {
    prepared.map(PreparedRequest::into_request).map_err(|error| match error.into_inner() {
        Error::InvalidRequest(message) => Error::InvalidRequest(message),
        Error::CommunicationError(error) => Error::CommunicationError(error),
        other => Error::Custom(other.to_string()),
    })
}
