//! Faults: misbehavior on request.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::refusal::Refusal;

mod connection;
mod instead;
mod pending;
mod quirks;
mod spoil;
mod whole;

pub(crate) use connection::{Connection, send};
pub(crate) use pending::{Faults, requested};
pub(crate) use quirks::{Quirk, quirks};

/// A fault: misbehavior for the next requests, or for some of them.
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
///     // Two rate limit errors, then success.
///     .fault(Fault::status(429).retry_after("1").times(2).operation("chat_completions"))
///     .start()
///     .await?;
/// // From now on, every connection is reset after 300 bytes of the body.
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
    /// How many requests it applies to: 1 by default, 0 for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    /// The share of requests that it applies to, 0 to 1; all by default.
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
    plain: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refuse: Option<Refusal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloudflare: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_limit: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quirk: Option<String>,
    carried_out: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    generation_ms: Option<u64>,
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
    keep_alives: bool,
    one_chunk: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_error: Option<usize>,
}

impl Fault {
    /// Answers with this status and an error in the service's envelope. 429 is the rate limit of the edge, which sends
    /// no `Retry-After`.
    pub fn status(status: u16) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    /// Resets the connection without an answer. The request is not executed.
    pub fn reset() -> Self {
        Self { reset: true, ..Self::default() }
    }

    /// Refuses to generate. The refusal has the form that [`Builder::refusals`](crate::Builder::refusals) sets: a reply
    /// of the assistant with status 200, or status 402 or 403. The key and the request are checked first, so a request
    /// without a key still gets 401. Nothing is charged.
    pub fn refuse(refusal: Refusal) -> Self {
        Self { refuse: Some(refusal), ..Self::default() }
    }

    /// Answers like Cloudflare, which stands in front of the service: with an HTML page and one of its own statuses
    /// (520 to 530), or with its rate limit (1015), which has status 429. With [`plain`](Self::plain), it is a line of
    /// text instead of a page.
    pub fn cloudflare(code: u16) -> Self {
        Self { cloudflare: Some(code), ..Self::default() }
    }

    /// Answers with the rate limit of a publishable key: status 429, a flat body with `retryAfterSeconds`, and
    /// `Retry-After`. For the rate limit of the edge, which does not say how long to wait, use
    /// [`status(429)`](Self::status).
    pub fn key_limit(seconds: u64) -> Self {
        Self { key_limit: Some(seconds), ..Self::default() }
    }

    /// Answers in a form that a provider really sends, by its name, such as `chat/content-text-parts`.
    /// [`Emulator::quirks`](crate::Emulator::quirks) lists the names. An unknown name answers 400.
    pub fn quirk(name: impl Into<String>) -> Self {
        Self { quirk: Some(name.into()), ..Self::default() }
    }

    /// Executes and charges the request, but resets the connection before the answer is sent.
    pub fn lost() -> Self {
        Self { reset: true, carried_out: true, ..Self::default() }
    }

    /// Applies only to this operation, by its id in `openapi.json`.
    pub fn operation(mut self, id: impl Into<String>) -> Self {
        self.operation = Some(id.into());
        self
    }

    /// Applies only to this path.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Applies to this many requests; 1 by default.
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times.max(1));
        self
    }

    /// Applies to every request.
    pub fn always(mut self) -> Self {
        self.times = Some(0);
        self
    }

    /// Applies to this share of the requests, 0 to 1. Together with [`always`](Self::always), it makes an unreliable
    /// server.
    pub fn rate(mut self, rate: f64) -> Self {
        self.rate = Some(rate);
        self
    }

    /// Sends `Retry-After`, in seconds or as an HTTP date.
    pub fn retry_after(mut self, value: impl Into<String>) -> Self {
        self.retry_after = Some(value.into());
        self
    }

    /// Sends `retry-after-ms`, in milliseconds.
    pub fn retry_after_ms(mut self, milliseconds: u64) -> Self {
        self.retry_after_ms = Some(milliseconds);
        self
    }

    /// Sets `details.reason` of the error, such as `key_budget` for a 402.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Answers with this body, and with status 200 unless another is set.
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Replaces the content type, but not the body.
    pub fn content_type(mut self, kind: impl Into<String>) -> Self {
        self.content_type = Some(kind.into());
        self
    }

    /// Sends the error as an HTML page.
    pub fn html(mut self) -> Self {
        self.html = true;
        self
    }

    /// Sends Cloudflare's answer as a line of text, such as `error code: 524`.
    pub fn plain(mut self) -> Self {
        self.plain = true;
        self
    }

    /// Sets the error code. By default, it follows from the status. The codes of a 402 come with a `fixUrl`.
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Sets the `requestId` in the body of the error, which may differ from the header `x-request-id`.
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// Executes and charges the request and caches its result, although the client gets the error or the reset. This is
    /// what happens when Cloudflare stops waiting for the service (524).
    pub fn carried_out(mut self) -> Self {
        self.carried_out = true;
        self
    }

    /// Makes the generation take this long. It continues if the client disconnects, and identical requests share it.
    pub fn generation(mut self, time: Duration) -> Self {
        self.generation_ms = Some(milliseconds(time));
        self
    }

    /// Waits before the response begins.
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay_ms = Some(milliseconds(delay));
        self
    }

    /// Waits before each chunk of the body.
    pub fn chunk_delay(mut self, delay: Duration) -> Self {
        self.chunk_delay_ms = Some(milliseconds(delay));
        self
    }

    /// Sends the body in chunks of this many bytes. With 1, an event stream is split at every byte.
    pub fn chunk_size(mut self, bytes: usize) -> Self {
        self.chunk_size = Some(bytes.max(1));
        self
    }

    /// Resets the connection after this many bytes of the body.
    pub fn reset_after(mut self, bytes: usize) -> Self {
        self.reset_after = Some(bytes);
        self
    }

    /// Ends the body after this many bytes without an error, as if it were complete.
    pub fn truncate(mut self, bytes: usize) -> Self {
        self.truncate = Some(bytes);
        self
    }

    /// Makes the JSON in the body invalid.
    pub fn malformed(mut self) -> Self {
        self.malformed = true;
        self
    }

    /// Ends the lines of an event stream with CR LF.
    pub fn crlf(mut self) -> Self {
        self.crlf = true;
        self
    }

    /// Sends a comment before each event.
    pub fn comments(mut self) -> Self {
        self.comments = true;
        self
    }

    /// Sends a keep-alive event that is not JSON before each event.
    pub fn keep_alives(mut self) -> Self {
        self.keep_alives = true;
        self
    }

    /// Sends the whole answer of an event stream in one chunk, its usage included.
    pub fn one_chunk(mut self) -> Self {
        self.one_chunk = true;
        self
    }

    /// Ends an event stream with an error event after this many events.
    pub fn stream_error(mut self, events: usize) -> Self {
        self.stream_error = Some(events);
        self
    }

    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.unwrap_or_default())
    }

    /// How long the generation takes, if the fault sets it.
    pub(crate) fn generation_time(&self) -> Option<Duration> {
        self.generation_ms.map(Duration::from_millis)
    }

    /// Whether the request is executed although its answer is replaced.
    pub(crate) fn is_carried_out(&self) -> bool {
        self.carried_out
    }

    /// Whether the answer comes from the network in front of the service, which sends no request id.
    pub(crate) fn is_from_in_front(&self) -> bool {
        self.cloudflare.is_some()
    }

    /// The reason to refuse the request, if the fault sets one.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        self.refuse
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
