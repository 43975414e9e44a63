//! Misbehaviour on request.

use std::{
    convert::Infallible,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The header that carries the fault of one request, as JSON.
pub(crate) const HEADER: &str = "x-emulator-fault";

/// Something that goes wrong, for the next requests or for some of them.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use pollinations_emulator::{Emulator, Fault};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let emulator = Emulator::builder()
///     // Twice too busy, and then not any more.
///     .fault(Fault::status(429).retry_after("1").times(2).operation("chat_completions"))
///     .start()
///     .await?;
/// // Every stream from now on breaks off after 300 bytes.
/// emulator.inject(Fault::default().reset_after(300).always());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Fault {
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// 1 if it is left out; 0 for always.
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    /// The part of the requests that are met; all if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    html: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chunk_delay_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chunk_size: Option<usize>,
    reset: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reset_after: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    truncate: Option<usize>,
    malformed: bool,
    crlf: bool,
    comments: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_error: Option<usize>,
}

impl Fault {
    /// Answers with this status and an error in the service's envelope.
    pub fn status(status: u16) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    /// Cuts the connection without an answer.
    pub fn reset() -> Self {
        Self { reset: true, ..Self::default() }
    }

    /// Meets requests for this operation alone, by its id in `openapi.json`.
    pub fn operation(mut self, id: impl Into<String>) -> Self {
        self.operation = Some(id.into());
        self
    }

    /// Meets requests for this path alone.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Meets this many requests; 1 by default.
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times.max(1));
        self
    }

    /// Meets every request.
    pub fn always(mut self) -> Self {
        self.times = Some(0);
        self
    }

    /// Meets this part of the requests: 0 to 1. With [`always`](Self::always), for a server that is unreliable.
    pub fn rate(mut self, rate: f64) -> Self {
        self.rate = Some(rate);
        self
    }

    /// Sends `Retry-After`: seconds, or an HTTP date.
    pub fn retry_after(mut self, value: impl Into<String>) -> Self {
        self.retry_after = Some(value.into());
        self
    }

    /// Sends `retry-after-ms`.
    pub fn retry_after_ms(mut self, milliseconds: u64) -> Self {
        self.retry_after_ms = Some(milliseconds);
        self
    }

    /// Gives the details of the error this reason, such as `key_budget` for a 402.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Answers with this body, with status 200 if no other is set.
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Calls the body this, whatever it is.
    pub fn content_type(mut self, kind: impl Into<String>) -> Self {
        self.content_type = Some(kind.into());
        self
    }

    /// Answers errors with a page of HTML, as the network in front of the service does.
    pub fn html(mut self) -> Self {
        self.html = true;
        self
    }

    /// Waits before the head of the response.
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay_ms = Some(milliseconds(delay));
        self
    }

    /// Waits before each piece of the body.
    pub fn chunk_delay(mut self, delay: Duration) -> Self {
        self.chunk_delay_ms = Some(milliseconds(delay));
        self
    }

    /// Sends the body in pieces of this many bytes. With 1, an event stream is split at every byte.
    pub fn chunk_size(mut self, bytes: usize) -> Self {
        self.chunk_size = Some(bytes.max(1));
        self
    }

    /// Resets the connection after this many bytes of the body.
    pub fn reset_after(mut self, bytes: usize) -> Self {
        self.reset_after = Some(bytes);
        self
    }

    /// Ends the body after this many bytes, as if that were all.
    pub fn truncate(mut self, bytes: usize) -> Self {
        self.truncate = Some(bytes);
        self
    }

    /// Puts what is no JSON into the body.
    pub fn malformed(mut self) -> Self {
        self.malformed = true;
        self
    }

    /// Ends the lines of an event stream with CR and LF.
    pub fn crlf(mut self) -> Self {
        self.crlf = true;
        self
    }

    /// Puts a comment before each event.
    pub fn comments(mut self) -> Self {
        self.comments = true;
        self
    }

    /// Ends an event stream with an error after this many events.
    pub fn stream_error(mut self, events: usize) -> Self {
        self.stream_error = Some(events);
        self
    }

    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.unwrap_or_default())
    }

    /// The response in place of the real one, if there is one.
    pub(crate) fn instead(&self) -> Option<Response> {
        if self.reset {
            let mut response = StatusCode::SERVICE_UNAVAILABLE.into_response();
            response.extensions_mut().insert(NoResponse);
            return Some(response);
        }
        if self.status.is_none() && self.body.is_none() {
            return None;
        }
        let status = StatusCode::from_u16(self.status.unwrap_or(200)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let title = status.canonical_reason().unwrap_or("Unknown Error");
        let (kind, body) = match &self.body {
            Some(body) => ("application/json", body.clone()),
            None if self.html => (
                "text/html; charset=utf-8",
                format!("<html><head><title>{} {title}</title></head></html>", status.as_u16()),
            ),
            None => ("application/json", self.envelope(status, title).to_string()),
        };
        let mut response = (status, [(CONTENT_TYPE, kind)], body).into_response();
        let headers = response.headers_mut();
        if let Some(value) = self.retry_after.as_ref().and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(RETRY_AFTER, value);
        }
        if let Some(wait) = self.retry_after_ms {
            headers.insert(HeaderName::from_static("retry-after-ms"), wait.into());
        }
        if is_bodiless(status) {
            *response.body_mut() = Body::empty();
        }
        Some(response)
    }

    fn envelope(&self, status: StatusCode, title: &str) -> Value {
        let code = match status.as_u16() {
            402 => "PAYMENT_REQUIRED",
            429 => "RATE_LIMITED",
            500 => "INTERNAL_ERROR",
            502 => "BAD_GATEWAY",
            503 => "SERVICE_UNAVAILABLE",
            400..=499 => "BAD_REQUEST",
            _ => "UNKNOWN_ERROR",
        };
        let mut error =
            json!({ "code": code, "message": format!("{title}, as asked for."), "timestamp": crate::clock::iso(0) });
        if let Some(reason) = &self.reason {
            error["details"] = json!({ "name": "Fault", "reason": reason });
        }
        json!({ "status": status.as_u16(), "success": false, "error": error })
    }

    /// Does to the body of a response what is to be done to it.
    pub(crate) fn spoil(&self, mut response: Response, connection: Option<Connection>) -> Response {
        if let Some(value) = self.content_type.as_ref().and_then(|kind| HeaderValue::from_str(kind).ok()) {
            response.headers_mut().insert(CONTENT_TYPE, value);
        }
        let touches_body = self.chunk_delay_ms.is_some()
            || self.chunk_size.is_some()
            || self.reset_after.is_some()
            || self.truncate.is_some()
            || self.malformed
            || self.crlf
            || self.comments
            || self.stream_error.is_some();
        if !touches_body || response.extensions().get::<NoResponse>().is_some() {
            return response;
        }
        if self.malformed || self.crlf || self.comments || self.stream_error.is_some() || self.truncate.is_some() {
            // It will have another length.
            response.headers_mut().remove(CONTENT_LENGTH);
        }
        let fault = self.clone();
        let (parts, body) = response.into_parts();
        let events = stream::unfold((body.into_data_stream(), 0_usize), |(mut body, count)| async move {
            let piece = body.next().await?;
            Some(((count, piece), (body, count + 1)))
        });
        let pause = Duration::from_millis(self.chunk_delay_ms.unwrap_or_default());
        let size = self.chunk_size.unwrap_or(usize::MAX);
        let edited = events
            .map(move |(count, piece)| piece.map(|piece| fault.edit(count, &piece)))
            .scan(false, |ended, piece| {
                let out = if *ended { None } else { Some(piece) };
                if let Some(Ok((_, last))) = &out {
                    *ended = *last;
                }
                std::future::ready(out)
            })
            .flat_map(move |piece| {
                let pieces: Vec<Result<Bytes, io::Error>> = match piece {
                    Ok((bytes, _)) => split(&bytes, size).map(Ok).collect(),
                    Err(error) => vec![Err(io::Error::other(error))],
                };
                stream::iter(pieces)
            })
            .then(move |piece| async move {
                tokio::time::sleep(pause).await;
                piece
            });
        let (truncate, reset) = (self.truncate, self.reset_after);
        let limited = edited.scan((0_usize, false), move |(sent, ended), piece| {
            std::future::ready(limit(piece, sent, ended, truncate, reset, connection.as_ref()))
        });
        Response::from_parts(parts, Body::from_stream(limited))
    }

    /// Another piece in place of this one, and whether it is the last.
    fn edit(&self, count: usize, piece: &Bytes) -> (Bytes, bool) {
        if let Some(events) = self.stream_error
            && count >= events
        {
            let error = json!({ "error": { "message": "The model failed, as asked for.", "code": "INTERNAL_ERROR" } });
            return (Bytes::from(format!("data: {error}\n\n")), true);
        }
        if !(self.malformed || self.crlf || self.comments) {
            return (piece.clone(), false);
        }
        let mut text = String::from_utf8_lossy(piece).into_owned();
        if self.malformed {
            text = text.replace('{', "{]");
        }
        if self.comments {
            text = format!(": keep-alive\n\n{text}");
        }
        if self.crlf {
            text = text.replace('\n', "\r\n");
        }
        (Bytes::from(text), false)
    }
}

/// A piece as far as it may go; nothing once the body has ended.
fn limit(
    piece: Result<Bytes, io::Error>,
    sent: &mut usize,
    ended: &mut bool,
    truncate: Option<usize>,
    reset: Option<usize>,
    connection: Option<&Connection>,
) -> Option<Result<Bytes, io::Error>> {
    if *ended {
        return None;
    }
    let bytes = match piece {
        Ok(bytes) => bytes,
        Err(error) => return Some(Err(error)),
    };
    let end = truncate.into_iter().chain(reset).min().unwrap_or(usize::MAX);
    let room = end.saturating_sub(*sent);
    if room == 0 {
        *ended = true;
        // What is cut off at the same place as what is reset is reset.
        return match reset {
            Some(reset) if reset == end => {
                if let Some(connection) = connection {
                    connection.reset();
                }
                Some(Err(io::Error::new(io::ErrorKind::ConnectionReset, "reset, as asked for")))
            }
            _ => None,
        };
    }
    let bytes = bytes.slice(..bytes.len().min(room));
    *sent += bytes.len();
    Some(Ok(bytes))
}

fn split(bytes: &Bytes, size: usize) -> impl Iterator<Item = Bytes> {
    let bytes = bytes.clone();
    let size = size.max(1);
    (0..bytes.len().div_ceil(size)).map(move |index| {
        let start = index * size;
        bytes.slice(start..bytes.len().min(start.saturating_add(size)))
    })
}

/// Statuses that have no body (RFC 9110, section 6.4.1).
fn is_bodiless(status: StatusCode) -> bool {
    status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED || status.is_informational()
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The fault that a request brings along.
pub(crate) fn requested(headers: &HeaderMap) -> Option<Result<Fault, String>> {
    let text = headers.get(HEADER)?.to_str().unwrap_or_default();
    Some(serde_json::from_str(text).map_err(|error| format!("the header {HEADER} is no fault: {error}")))
}

/// Marks a response that is not to be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoResponse;

/// The connection that a request came by. It can be reset when it closes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection(Arc<AtomicBool>);

impl Connection {
    pub(crate) fn reset(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_reset(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The faults to come.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self(Mutex::new(faults))
    }

    pub(crate) fn add(&self, fault: Fault) {
        self.lock().push(fault);
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        self.lock().clone()
    }

    /// The first fault that meets a request. It is used up by as much as once.
    pub(crate) fn next(&self, operation: Option<&str>, path: &str) -> Option<Fault> {
        // The emulator's own paths are how a fault is taken back.
        if path.starts_with(crate::control::PREFIX) {
            return None;
        }
        let mut faults = self.lock();
        let at = faults.iter().position(|fault| {
            fault.operation.as_deref().is_none_or(|id| operation == Some(id))
                && fault.path.as_deref().is_none_or(|wanted| wanted == path)
                && fault.rate.is_none_or(|rate| fastrand::f64() < rate)
        })?;
        let fault = faults.get(at)?.clone();
        match faults.get_mut(at).map(|fault| fault.times.get_or_insert(1)) {
            Some(0) | None => {}
            Some(1) => {
                faults.remove(at);
            }
            Some(times) => *times -= 1,
        }
        Some(fault)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a response or drops it: an error drops the connection.
pub(crate) fn send(response: Response, connection: &Connection) -> Result<Response, io::Error> {
    if response.extensions().get::<NoResponse>().is_some() {
        connection.reset();
        return Err(io::Error::new(io::ErrorKind::ConnectionReset, "reset, as asked for"));
    }
    Ok(response)
}

/// What cannot fail does not.
pub(crate) fn infallible(result: Result<Response, Infallible>) -> Response {
    match result {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
