//! Requests a download again if the connection breaks before it is complete.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, header::CONTENT_TYPE};
use reqwest::{Request, Response};

use crate::{
    base::{
        error::{Error, ErrorKind},
        header::{header, request_id},
        time::{Instant, sleep, timeout},
    },
    exchange::{
        body,
        options::Options,
        reading::{MAX_ERROR_BODY, pieces, read},
        transport::{Earlier, Receive, Received, Shared},
    },
    retry::{Bucket, Repeat, tell_lost},
};

/// How to request a download, and how to request it again.
pub(crate) struct Again {
    shared: Arc<Shared>,
    operation: &'static str,
    options: Options,
    /// Whether an HTML page or JSON is an error.
    is_media: bool,
    /// The request. `None` if it cannot be sent again.
    request: Option<Request>,
    repeat: Repeat,
    start: Instant,
    attempts: u32,
    /// Retry budget tokens, which are returned when the download is complete.
    taken: u32,
}

impl Again {
    pub(crate) fn new(shared: &Arc<Shared>, operation: &'static str, options: &Options, is_media: bool) -> Self {
        Self {
            shared: Arc::clone(shared),
            operation,
            options: options.clone(),
            is_media,
            request: None,
            repeat: Repeat::Pays,
            start: Instant::now(),
            attempts: 0,
            taken: 0,
        }
    }

    /// Makes the call, and returns the response before its body is read.
    pub(crate) async fn first(&mut self, request: Request) -> Result<Response, Error> {
        self.repeat = self.shared.repeat(&request, self.operation, Receive::Open);
        // A request that could be billed twice is not repeated once its response has begun.
        let is_free = matches!(self.repeat, Repeat::Joins | Repeat::Reads);
        self.request = is_free.then(|| request.try_clone()).flatten();
        self.call(request).await
    }

    /// Makes the call again after this error, if the policy allows another attempt.
    pub(crate) async fn again(&mut self, error: Error) -> Result<Response, Error> {
        let is_broken = matches!(error.kind(), ErrorKind::Connection | ErrorKind::Timeout);
        let request = self.request.as_ref().filter(|_| is_broken).and_then(Request::try_clone);
        let error = error.with_attempts(self.attempts);
        let Some(request) = request else { return Err(error) };
        let policy = self.options.retry().unwrap_or(&self.shared.retry);
        let bucket = policy.retry_budget().and(self.shared.bucket.as_deref());
        let left = self.options.timeout().unwrap_or(self.shared.timeout).saturating_sub(self.start.elapsed());
        let wait = policy.wait(self.attempts, None).filter(|wait| {
            *wait < left
                && policy.has_time(self.start.elapsed().saturating_add(*wait))
                && bucket.is_none_or(Bucket::take)
        });
        self.taken += u32::from(wait.is_some() && bucket.is_some());
        tell_lost(self.shared.observer.as_ref(), self.operation, self.attempts, error.kind(), self.repeat, wait);
        let Some(wait) = wait else { return Err(error) };
        sleep(wait).await;
        self.call(request).await
    }

    /// Records that the download is complete.
    pub(crate) fn complete(&mut self) {
        if let Some(bucket) = &self.shared.bucket {
            bucket.give_back(std::mem::take(&mut self.taken));
        }
    }

    async fn call(&mut self, request: Request) -> Result<Response, Error> {
        let earlier = Earlier { attempts: self.attempts, spent: self.start.elapsed() };
        let shared = &self.shared;
        let running = shared.run(&shared.http, request, self.operation, &self.options, Receive::Open, earlier);
        let outcome = running.await;
        self.attempts = outcome.attempts;
        let (received, attempts) = outcome.explain(self.operation, &shared.keys)?;
        match received {
            Received::Response(response) if self.is_media && is_text(response.headers()) => {
                Err(self.unexpected(response).await)
            }
            Received::Response(response) => Ok(response),
            // This does not happen: a response is received as requested.
            _ => Err(Error::new(ErrorKind::Decode, "the response was received in a different way than requested")
                .with_operation(self.operation)
                .with_attempts(attempts)),
        }
    }

    /// The error for an HTML page or JSON in place of an image or audio.
    async fn unexpected(&self, response: Response) -> Error {
        let keys = &self.shared.keys;
        let kind = header(response.headers(), CONTENT_TYPE).unwrap_or_default();
        let message = format!("the server answered with `{kind}` instead of an image, audio or video");
        let error = Error::new(ErrorKind::Decode, message).with_operation(self.operation).with_attempts(self.attempts);
        let error = error.with_request_id(request_id(response.headers()));
        let idle: Duration = self.shared.idle_timeout;
        let read = timeout(idle, read(pieces(response), MAX_ERROR_BODY)).await;
        let body = read.map(|(body, _)| keys.redact(&String::from_utf8_lossy(&body))).unwrap_or_default();
        error.with_body(body::excerpt(&body)).redacted(keys)
    }
}

/// Whether a response is an HTML page or JSON.
fn is_text(headers: &HeaderMap) -> bool {
    let kind = header(headers, CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    kind.starts_with("text/") || kind.starts_with("application/json")
}
