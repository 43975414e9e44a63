//! Makes a call: the generated client writes the request, and this crate sends it.
//!
//! The generated client could also send it, but its types cannot hold our errors, raw responses and streams.

use std::sync::Arc;

use pollinations_api::{Client, Execution, PrepareError, PreparedRequest, SharedTransport, Transport};
use reqwest::{Request, Response, Url};

use super::{
    download::{Again, Download},
    options::Options,
    raw::RawResponse,
    reading::{events::Events, opening::Opened},
    transport::{Earlier, Receive, Received, Shared},
};
use crate::{
    base::{
        error::{Error, ErrorKind},
        json::{self, Read},
    },
    retry::Failure,
};

/// A request that the generated client has written.
pub(crate) type Prepared<T> = Result<PreparedRequest<T>, PrepareError>;

/// Writes the request of an operation, without sending it. `T` is what the response contains.
pub(crate) trait Write<T> {
    fn write(self, shared: &Shared) -> Result<Request, Error>;
}

/// A closure that takes the generated client and prepares the request of an operation.
impl<T, F: FnOnce(&Client) -> Prepared<T>> Write<T> for F {
    fn write(self, shared: &Shared) -> Result<Request, Error> {
        let client = Client::new_with_client(&shared.base_url, shared.http.clone(), SharedTransport::default());
        self(&client).map(PreparedRequest::into_request).map_err(unwritten)
    }
}

/// A request that has already been written.
struct Ready(Request);

impl Write<()> for Ready {
    fn write(self, _: &Shared) -> Result<Request, Error> {
        Ok(self.0)
    }
}

impl Shared {
    /// Makes a call and returns the response, both decoded and raw.
    pub(crate) async fn call<T>(
        self: &Arc<Self>,
        operation: &str,
        options: &Options,
        send: impl Write<T>,
    ) -> Result<(T, RawResponse), Error>
    where
        T: Read,
    {
        let (response, attempts) = self.whole(operation, options, send).await?;
        let value = self.decode(&response, attempts)?;
        Ok((value, response))
    }

    /// Decodes a response into the type that the document defines.
    pub(crate) fn decode<T: Read>(&self, response: &RawResponse, attempts: u32) -> Result<T, Error> {
        let body = response.body();
        json::lenient(body).or_else(|error| {
            first_of_two(body).ok_or_else(|| self.unreadable(response, &error).with_attempts(attempts))
        })
    }

    /// The same, but faster, for lists of models, images as base64, and other responses that can be large. This is compiled
    /// for each type.
    pub(crate) fn decode_large<T: Read>(&self, response: &RawResponse, attempts: u32) -> Result<T, Error> {
        let mut value = T::absent();
        self.decode_in_place(&mut value, response, attempts)?;
        Ok(value)
    }

    /// The same in place, which avoids a move. `value` must be an absent value.
    pub(crate) fn decode_in_place<T: Read>(
        &self,
        value: &mut T,
        response: &RawResponse,
        attempts: u32,
    ) -> Result<(), Error> {
        let body = response.body();
        json::lenient_in_place(value, body).or_else(|error| match first_of_two(body) {
            Some(first) => {
                *value = first;
                Ok(())
            }
            None => Err(self.unreadable(response, &error).with_attempts(attempts)),
        })
    }

    /// Decodes a response as [`decode`](Self::decode) does. If that is not possible, or the result is unusual, decodes its
    /// JSON with `tidy`, which knows more forms.
    #[cfg(any(feature = "messages", feature = "responses"))]
    pub(crate) fn decode_or_tidy<T: Read>(
        &self,
        response: &RawResponse,
        attempts: u32,
        is_usual: fn(&T) -> bool,
        tidy: fn(serde_json::Value) -> serde_json::Result<T>,
    ) -> Result<T, Error> {
        match self.decode(response, attempts) {
            Ok(value) if is_usual(&value) => Ok(value),
            read => json::read(response.body()).and_then(tidy).or(read),
        }
    }

    fn unreadable(&self, response: &RawResponse, error: &serde_json::Error) -> Error {
        let body = response.body();
        let error = match body.trim_ascii().is_empty() {
            true => Error::new(ErrorKind::Decode, "the server sent an empty body"),
            false => self.keys.undecodable("the response does not match the API document", error, body),
        };
        let error = error.with_operation(response.operation());
        error.with_request_id(response.request_id().map(str::to_owned)).redacted(&self.keys)
    }

    /// Makes a call and returns the raw response.
    pub(crate) async fn raw<T>(
        self: &Arc<Self>,
        operation: &str,
        options: &Options,
        send: impl Write<T>,
    ) -> Result<RawResponse, Error> {
        self.whole(operation, options, send).await.map(|(response, _)| response)
    }

    /// Sends a request to a URL that is not in the document, with the API key and retries as usual, and returns the
    /// raw response.
    pub(crate) async fn fetch_from(
        &self,
        request: Request,
        operation: &str,
        options: &Options,
    ) -> Result<RawResponse, Error> {
        match self.perform(options, Receive::Whole, operation, Ready(request)).await? {
            (Received::Whole(response), _) => Ok(response),
            _ => Err(nothing(operation)),
        }
    }

    /// The same, with the number of attempts.
    pub(crate) async fn whole<T>(
        self: &Arc<Self>,
        operation: &str,
        options: &Options,
        send: impl Write<T>,
    ) -> Result<(RawResponse, u32), Error> {
        match self.perform(options, Receive::Whole, operation, send).await? {
            (Received::Whole(response), attempts) => Ok((response, attempts)),
            _ => Err(nothing(operation)),
        }
    }

    /// Makes a call that returns images, audio or video, and returns the body as a download. An HTML page or JSON is
    /// an error.
    pub(crate) async fn media<T>(
        self: &Arc<Self>,
        operation: &'static str,
        options: &Options,
        send: impl Write<T>,
    ) -> Result<Download, Error> {
        self.fetch(Again::new(self, operation, options, true), operation, send).await
    }

    /// Makes a call and returns the body as a download, whatever its type.
    pub(crate) async fn download<T>(
        self: &Arc<Self>,
        operation: &'static str,
        options: &Options,
        send: impl Write<T>,
    ) -> Result<Download, Error> {
        self.fetch(Again::new(self, operation, options, false), operation, send).await
    }

    async fn fetch<T>(
        &self,
        mut again: Again,
        operation: &'static str,
        send: impl Write<T>,
    ) -> Result<Download, Error> {
        let request = send.write(self).map_err(|error| error.with_operation(operation))?;
        let response = again.first(request).await?;
        Ok(Download::new(self, operation, response, again))
    }

    /// Makes a call that returns a stream of events.
    pub(crate) async fn events<T>(
        self: &Arc<Self>,
        operation: &str,
        options: &Options,
        send: impl Write<T>,
    ) -> Result<Events, Error> {
        match self.open(Receive::Events, operation, options, send).await? {
            Opened::Events(events) => Ok(events),
            Opened::Text(_) => Err(nothing(operation)),
        }
    }

    /// Makes a call that returns a stream of events or, with [`Receive::Pieces`], of text.
    pub(crate) async fn open<T>(
        self: &Arc<Self>,
        receive: Receive,
        operation: &str,
        options: &Options,
        send: impl Write<T>,
    ) -> Result<Opened, Error> {
        match self.perform(options, receive, operation, send).await? {
            (Received::Stream(stream), _) => Ok(*stream),
            _ => Err(nothing(operation)),
        }
    }

    /// Opens a WebSocket, and returns the connection after the handshake. `client` replaces the HTTP client of this crate.
    #[cfg(all(feature = "realtime", not(target_arch = "wasm32")))]
    pub(crate) async fn upgrade<T>(
        &self,
        client: Option<&reqwest::Client>,
        operation: &str,
        options: &Options,
        send: impl Write<T>,
    ) -> Result<reqwest::Upgraded, Error> {
        let named = |error: Error| error.with_operation(operation);
        let request = send.write(self).map_err(named)?;
        let client = client.map_or_else(|| self.upgrades.client(), |client| Ok(client.clone())).map_err(named)?;
        let running = self.run(&client, request, operation, options, Receive::Upgrade, Earlier::default());
        let (received, attempts) = running.await.explain(operation, &self.keys)?;
        let Received::Response(response) = received else { return Err(nothing(operation)) };
        let failed = |error| named(Error::transport(error)).with_attempts(attempts);
        response.upgrade().await.map_err(failed)
    }

    /// Makes a call, and returns the result and the number of attempts.
    async fn perform<T>(
        &self,
        options: &Options,
        receive: Receive,
        operation: &str,
        send: impl Write<T>,
    ) -> Result<(Received, u32), Error> {
        let request = send.write(self).map_err(|error| error.with_operation(operation))?;
        let running = self.run(&self.http, request, operation, options, receive, Earlier::default());
        running.await.explain(operation, &self.keys)
    }

    /// The URL of a call, without the API key. Nothing is sent.
    pub(crate) fn address<T>(&self, operation: &str, options: &Options, send: impl Write<T>) -> Result<Url, Error> {
        let request = send.write(self).and_then(|request| self.prepare(request, operation, options, Receive::Open));
        request.map(|request| request.url().clone()).map_err(|error| error.with_operation(operation))
    }
}

/// The first document of a response that ends like a stream: a whole reply, then `[DONE]`.
fn first_of_two<T: Read>(body: &[u8]) -> Option<T> {
    match *json::documents(body)? {
        [first, json::DONE] => json::lenient(first).ok(),
        _ => None,
    }
}

/// The error if a response was received in a different way than requested. This does not happen.
fn nothing(operation: &str) -> Error {
    Error::new(ErrorKind::Decode, "the response was received in a different way than requested")
        .with_operation(operation)
}

/// Why the generated client could not write the request.
fn unwritten(error: PrepareError) -> Error {
    use pollinations_api::Error as Generated;
    match error.into_inner() {
        Generated::InvalidRequest(message) | Generated::Custom(message) => Error::request(message),
        Generated::CommunicationError(error) => Error::transport(error),
        _ => Error::request("the request cannot be written"),
    }
}

/// An error for the generated client, if there is no response to return.
fn ended(client: &reqwest::Client) -> reqwest::Error {
    loop {
        // An empty text is not a URL.
        if let Err(error) = client.get("").build() {
            return error;
        }
    }
}

/// The transport of [`Pollinations::api`](crate::Pollinations::api): the same authentication and retries, with the
/// generated client's own errors.
pub(crate) struct Plain(pub(crate) Arc<Shared>);

impl Transport for Plain {
    fn execute<'a>(&'a self, client: &'a reqwest::Client, request: Request, operation: &'a str) -> Execution<'a> {
        Box::pin(async move {
            let options = Options::default();
            let outcome = self.0.run(client, request, operation, &options, Receive::Native, Earlier::default()).await;
            match outcome.result {
                Ok(Received::Response(response)) => Ok(without_query(response)),
                Err(Failure::Unread(response, _)) => Ok(without_query(*response)),
                Err(Failure::Broken(error) | Failure::Closed(error)) => Err(error.without_url()),
                Err(Failure::Other(error)) => refused(client, &error),
                // Only if other calls have used up the retry budget in the meantime.
                Err(Failure::Late(_)) => Err(ended(client)),
                // These do not occur while only the head is received.
                Ok(Received::Whole(_) | Received::Stream(_)) | Err(Failure::Status { .. }) => Err(ended(client)),
            }
        })
    }
}

/// The same response with a URL without a query, because the query may contain an API key, and the generated client's
/// errors print the response.
#[cfg(not(target_arch = "wasm32"))]
fn without_query(response: Response) -> Response {
    use reqwest::ResponseBuilderExt;

    if response.url().query().is_none() {
        return response;
    }
    let mut url = response.url().clone();
    url.set_query(None);
    let (parts, body) = http::Response::from(response).into_parts();
    match http::Response::builder().url(url).body(()) {
        Ok(named) => {
            let (named, ()) = named.into_parts();
            let mut response = http::Response::from_parts(parts, body);
            response.extensions_mut().extend(named.extensions);
            response.into()
        }
        // Without the URL, the message contains less.
        Err(_) => http::Response::from_parts(parts, body).into(),
    }
}

/// In a browser, the HTTP client does not allow creating a response.
#[cfg(target_arch = "wasm32")]
fn without_query(response: Response) -> Response {
    response
}

/// Rejects a request that is not sent. In a browser, the HTTP client does not allow creating a response.
#[cfg(target_arch = "wasm32")]
fn refused(client: &reqwest::Client, _: &Error) -> reqwest::Result<Response> {
    Err(ended(client))
}

/// Rejects a request for an operation that this gateway lacks. The response is the one that a server without the
/// operation would send.
#[cfg(not(target_arch = "wasm32"))]
fn refused(_: &reqwest::Client, error: &Error) -> reqwest::Result<Response> {
    let body = serde_json::json!({ "error": { "code": "NOT_FOUND", "message": error.message() } });
    let mut response = http::Response::new(body.to_string());
    *response.status_mut() = http::StatusCode::NOT_FOUND;
    Ok(response.into())
}
