//! The one error of this crate.

use std::{error::Error as StdError, fmt, time::Duration};

use http::StatusCode;
use pollinations_api::types::{ChatCompletion, ErrorCode};

use super::reason::{PaymentKind, RateLimit};

/// What went wrong, where, and whether trying again can help.
///
/// One type for every call. It never holds the API key: neither in its text, nor in its sources, nor in an address.
///
/// # Examples
///
/// ```
/// use pollinations_ext::{ErrorKind, PaymentKind, Pollinations};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = pollinations_emulator::Emulator::builder().balance(0.0).start().await?;
/// let pollinations = Pollinations::builder()
///     .base_url(emulator.base_url())
///     .key("sk_test".parse()?)
///     .retry(pollinations_ext::RetryPolicy::none())
///     .build()?;
/// let error = pollinations.chat("openai").user("Hello").send().await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Api);
/// assert_eq!(error.status().map(|status| status.as_u16()), Some(402));
/// assert_eq!(error.code().map(|code| code.as_str()), Some("INSUFFICIENT_BALANCE"));
/// assert_eq!(error.payment(), Some(PaymentKind::Balance));
/// # Ok(())
/// # }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    operation: Option<String>,
    status: Option<StatusCode>,
    code: Option<ErrorCode>,
    request_id: Option<String>,
    details: Option<serde_json::Value>,
    body: Option<String>,
    text: Option<String>,
    partial: Option<Box<ChatCompletion>>,
    attempts: u32,
    retry_after: Option<Duration>,
    payment: Option<PaymentKind>,
    rate_limit: Option<RateLimit>,
    fix_url: Option<String>,
    outcome_unknown: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kinds of [`Error`].
///
/// # Examples
///
/// ```
/// use pollinations_ext::{ApiKey, ErrorKind};
///
/// assert_eq!(ApiKey::new("hunter2").unwrap_err().kind(), ErrorKind::Key);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no API key, or it is none.
    Key,
    /// The request cannot be made as it was asked for: a wrong address, an empty prompt, a value that is not JSON.
    Request,
    /// No connection to the server could be made.
    Connect,
    /// The connection broke before the whole response was there.
    Connection,
    /// Time ran out: that of the call, or that between two pieces of a response.
    Timeout,
    /// The server answered with an error: see [`Error::status`] and [`Error::code`].
    Api,
    /// The server answered with something that this version cannot read.
    Decode,
    /// The response is larger than the limit.
    TooLarge,
    /// The model failed in the middle of a stream.
    Stream,
    /// A stream ended before its end.
    Truncated,
    /// A file could not be read or written.
    Io,
    /// The model answered with something else than the structure it was asked for: see [`Error::text`].
    Structure,
    /// The model went on calling tools for longer than it may.
    ToolRounds,
    /// The user, or the service for him, did not grant a key.
    Denied,
    /// The time in which a key could be granted is over.
    Expired,
    /// A grant came back without the state that was sent, or with another: somebody else may have made it.
    State,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            operation: None,
            status: None,
            code: None,
            request_id: None,
            details: None,
            body: None,
            text: None,
            partial: None,
            attempts: 0,
            retry_after: None,
            payment: None,
            rate_limit: None,
            fix_url: None,
            outcome_unknown: false,
            source: None,
        }))
    }

    pub(crate) fn key(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Key, message)
    }

    pub(crate) fn request(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Request, message)
    }

    pub(crate) fn io(message: impl Into<String>, error: std::io::Error) -> Self {
        Self::new(ErrorKind::Io, format!("{}: {error}", message.into())).source_error(error)
    }

    /// An error of the HTTP client. Its address goes, since a key may be in it.
    pub(crate) fn transport(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let kind = Self::kind_of(&error);
        let what = match kind {
            ErrorKind::Timeout => "no answer in time",
            ErrorKind::Connect => "cannot connect to the server",
            ErrorKind::Request => "the request cannot be sent",
            _ => "the connection broke",
        };
        let message = format!("{what} ({})", innermost(&error));
        Self::new(kind, message).source_error(error)
    }

    /// What broke off a body: an error of the HTTP client, or of whatever else the bytes came from.
    pub(crate) fn broken(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        match error.into().downcast::<reqwest::Error>() {
            Ok(error) => Self::transport(*error),
            Err(error) => {
                let mut broken = Self::new(ErrorKind::Connection, format!("the connection broke ({error})"));
                broken.0.source = Some(error);
                broken
            }
        }
    }

    pub(crate) fn kind_of(error: &reqwest::Error) -> ErrorKind {
        match () {
            () if error.is_timeout() => ErrorKind::Timeout,
            () if is_connect(error) => ErrorKind::Connect,
            () if error.is_builder() => ErrorKind::Request,
            () => ErrorKind::Connection,
        }
    }

    fn source_error(mut self, error: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(error));
        self
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_code(mut self, code: Option<ErrorCode>) -> Self {
        self.0.code = code;
        self
    }

    pub(crate) fn with_details(mut self, details: Option<serde_json::Value>) -> Self {
        self.0.details = details;
        self
    }

    pub(crate) fn with_request_id(mut self, request_id: Option<String>) -> Self {
        self.0.request_id = self.0.request_id.or(request_id);
        self
    }

    pub(crate) fn with_body(mut self, body: Option<String>) -> Self {
        self.0.body = body;
        self
    }

    pub(crate) fn with_text(mut self, text: impl Into<String>) -> Self {
        self.0.text = Some(text.into());
        self
    }

    pub(crate) fn with_partial(mut self, partial: Option<ChatCompletion>) -> Self {
        self.0.partial = partial.map(Box::new);
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn with_payment(mut self, payment: Option<PaymentKind>) -> Self {
        self.0.payment = payment;
        self
    }

    pub(crate) fn with_rate_limit(mut self, limit: Option<RateLimit>) -> Self {
        self.0.rate_limit = limit;
        self
    }

    pub(crate) fn with_fix_url(mut self, url: Option<String>) -> Self {
        self.0.fix_url = url;
        self
    }

    pub(crate) fn with_outcome_unknown(mut self) -> Self {
        self.0.outcome_unknown = true;
        self
    }

    pub(crate) fn with_operation(mut self, operation: &str) -> Self {
        self.0.operation.get_or_insert_with(|| operation.to_owned());
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Rewrites every text that a server may have put its own words into: it can repeat what it was sent in any header.
    pub(crate) fn rewritten(mut self, rewrite: impl Fn(&str) -> String) -> Self {
        let inner = &mut *self.0;
        inner.message = rewrite(&inner.message);
        for text in [&mut inner.request_id, &mut inner.body, &mut inner.fix_url].into_iter().flatten() {
            *text = rewrite(text);
        }
        if let Some(details) = &mut inner.details {
            rewrite_texts(details, &rewrite);
        }
        // A code is one of a few words.
        inner.code.take_if(|code| rewrite(code.as_str()) != code.as_str());
        self
    }

    /// What kind of error this is.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// if error.kind() == pollinations_ext::ErrorKind::Truncated {
    ///     println!("the stream was cut off");
    /// }
    /// # }
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What went wrong, in the server's words where it had any.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// println!("{}", error.message());
    /// # }
    /// ```
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The operation that failed, by its id in the service's document, such as `chat_completions`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// println!("{:?} failed", error.operation());
    /// # }
    /// ```
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// The HTTP status of the response, if there was one.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// if error.status().is_some_and(|status| status == 403) {
    ///     println!("the key may not use this model");
    /// }
    /// # }
    /// ```
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The service's own code for the error, such as `PAYMENT_REQUIRED`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// use pollinations_ext::types::ErrorCode;
    ///
    /// if error.code() == Some(&ErrorCode::RateLimited) {
    ///     println!("not so fast");
    /// }
    /// # }
    /// ```
    pub fn code(&self) -> Option<&ErrorCode> {
        self.0.code.as_ref()
    }

    /// The id under which the service knows the request; good to have when asking for help.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// println!("please quote {:?}", error.request_id());
    /// # }
    /// ```
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// What the service says beyond the message, as JSON: `fieldErrors` of a request that is not valid, or the `reason`
    /// of a 402 (`key_budget` or `account_balance`).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// if let Some(fields) = error.details().and_then(|details| details.get("fieldErrors")) {
    ///     println!("{fields}");
    /// }
    /// # }
    /// ```
    pub fn details(&self) -> Option<&serde_json::Value> {
        self.0.details.as_ref()
    }

    /// The beginning of the body of an error response, or of a response or an event that could not be read: 1 KiB at
    /// most, and without the key. The reason that it gives is in [`message`](Self::message); this is for what else it
    /// says.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// println!("{:?}", error.body());
    /// # }
    /// ```
    pub fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    /// What the model said instead of the structure it was asked for, in full.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// if let Some(text) = error.text() {
    ///     println!("the model said: {text}");
    /// }
    /// # }
    /// ```
    pub fn text(&self) -> Option<&str> {
        self.0.text.as_deref()
    }

    /// What came of a streamed chat before it failed or broke off: the text, the thoughts, the tool calls; or of a text
    /// that was read by [`TextStream::finish`](crate::TextStream::finish). Nothing for other errors, and if nothing had
    /// come.
    ///
    /// It may end anywhere, within a word or the arguments of a call. [`ChatReply::from`](crate::chat::ChatReply) reads
    /// it like a whole reply.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::{ErrorKind, chat::{ChatReply, ChatStream}};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let event = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Once upon\"}}]}\n\n";
    /// let cut_off = futures_util::stream::iter([Ok::<_, std::io::Error>(event.into())]);
    /// let error = ChatStream::from_bytes(cut_off).finish().await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Truncated);
    /// let reply = error.partial().cloned().map(ChatReply::from);
    /// assert_eq!(reply.unwrap().text(), "Once upon");
    /// # }
    /// ```
    pub fn partial(&self) -> Option<&ChatCompletion> {
        self.0.partial.as_deref()
    }

    /// How many requests were sent. 0 when the error came up before the first.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// println!("after {} attempts", error.attempts());
    /// # }
    /// ```
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long the server asked to wait before the next attempt.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// if let Some(wait) = error.retry_after() {
    ///     println!("not before {wait:?}");
    /// }
    /// # }
    /// ```
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether time ran out.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// println!("{}", error.is_timeout());
    /// # }
    /// ```
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout
    }

    /// Whether there was no pollen left for the call (status 402).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// if error.is_payment_required() {
    ///     println!("please top up");
    /// }
    /// # }
    /// ```
    pub fn is_payment_required(&self) -> bool {
        self.0.status == Some(StatusCode::PAYMENT_REQUIRED)
    }

    /// What is used up, when the service asks for payment: status 402, or a reply that is really such a refusal (see
    /// [`Builder::refusals_as_text`](crate::Builder::refusals_as_text)). Nothing for other errors.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// use pollinations_ext::PaymentKind;
    ///
    /// match error.payment() {
    ///     Some(PaymentKind::KeyBudget) => println!("raise the budget of the key: {:?}", error.fix_url()),
    ///     Some(_) => println!("top up: {:?}", error.fix_url()),
    ///     None => println!("{error}"),
    /// }
    /// # }
    /// ```
    pub fn payment(&self) -> Option<PaymentKind> {
        self.0.payment
    }

    /// The page where a person can solve the problem: buy pollen, raise the budget of a key (402), or allow a model for
    /// it (403). Nothing if the service names none.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// if let Some(url) = error.fix_url() {
    ///     println!("please open {url}");
    /// }
    /// # }
    /// ```
    pub fn fix_url(&self) -> Option<&str> {
        self.0.fix_url.as_deref()
    }

    /// Which rate limit was hit, for status 429. Nothing for other errors.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// if error.rate_limit() == Some(pollinations_ext::RateLimit::Key) {
    ///     println!("a secret key has no such limit");
    /// }
    /// # }
    /// ```
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.0.rate_limit
    }

    /// Whether the request may have been carried out, and paid, although its answer was lost.
    ///
    /// Then sending it again may be done or paid twice. This is never so where sending again is safe: for requests that
    /// only read, and for generations that the service coalesces ([`Operation::is_coalesced`]) and that are not
    /// streamed: the same request joins the generation that is running. It is so for a stream whose connection broke
    /// before its first event, for an upload, and for changes to an account such as a new key.
    ///
    /// [`Operation::is_coalesced`]: crate::api::Operation::is_coalesced
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// if error.is_retryable() && !error.outcome_unknown() {
    ///     println!("it is safe to try again");
    /// }
    /// # }
    /// ```
    pub fn outcome_unknown(&self) -> bool {
        self.0.outcome_unknown
    }

    /// Whether the same call may succeed later: the connection failed, or the status is one of 402, 408, 429, 500, 502,
    /// 503, 504, 520 to 524, 527, 529 and 530. For 402 somebody has to add pollen, or the daily reset has to come.
    ///
    /// [`outcome_unknown`](Self::outcome_unknown) says whether it may also be paid twice.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// if error.is_retryable() {
    ///     println!("later, perhaps");
    /// }
    /// # }
    /// ```
    pub fn is_retryable(&self) -> bool {
        match self.0.kind {
            ErrorKind::Connect | ErrorKind::Connection | ErrorKind::Timeout | ErrorKind::Truncated => true,
            ErrorKind::Api => self.0.status.is_some_and(is_retryable_status),
            _ => false,
        }
    }
}

/// Rewrites every text of a JSON value.
fn rewrite_texts(value: &mut serde_json::Value, rewrite: &impl Fn(&str) -> String) {
    match value {
        serde_json::Value::String(text) => *text = rewrite(text),
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| rewrite_texts(item, rewrite)),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(|field| rewrite_texts(field, rewrite)),
        _ => {}
    }
}

/// The statuses after which a request is worth repeating.
pub(crate) fn is_retryable_status(status: StatusCode) -> bool {
    matches!(status.as_u16(), 402 | 408 | 429 | 500 | 502..=504 | 520..=524 | 527 | 529 | 530)
}

#[cfg(not(target_arch = "wasm32"))]
fn is_connect(error: &reqwest::Error) -> bool {
    error.is_connect()
}

/// A browser does not tell connections from requests.
#[cfg(target_arch = "wasm32")]
fn is_connect(_: &reqwest::Error) -> bool {
    false
}

/// The cause at the bottom, which is the one that says something: "connection refused".
fn innermost(error: &dyn StdError) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        if let Some(operation) = &inner.operation {
            write!(formatter, "{operation}: ")?;
        }
        if let Some(status) = inner.status {
            write!(formatter, "{}", status.as_u16())?;
            if let Some(code) = &inner.code {
                write!(formatter, " {code}")?;
            }
            formatter.write_str(": ")?;
        }
        formatter.write_str(&inner.message)?;
        let mut notes = Vec::new();
        notes.extend(inner.request_id.as_ref().map(|id| format!("request {id}")));
        if inner.attempts > 1 {
            notes.push(format!("after {} attempts", inner.attempts));
        }
        if inner.outcome_unknown {
            notes.push("the outcome is unknown: the request may have been carried out".to_owned());
        }
        notes.extend(inner.retry_after.map(|wait| format!("the server asks to wait {} s", wait.as_secs())));
        if !notes.is_empty() {
            write!(formatter, " ({})", notes.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        formatter
            .debug_struct("Error")
            .field("kind", &inner.kind)
            .field("message", &inner.message)
            .field("operation", &inner.operation)
            .field("status", &inner.status)
            .field("code", &inner.code)
            .field("request_id", &inner.request_id)
            .field("details", &inner.details)
            .field("body", &inner.body)
            .field("text", &inner.text)
            .field("has_partial", &inner.partial.is_some())
            .field("attempts", &inner.attempts)
            .field("retry_after", &inner.retry_after)
            .field("payment", &inner.payment)
            .field("rate_limit", &inner.rate_limit)
            .field("fix_url", &inner.fix_url)
            .field("outcome_unknown", &inner.outcome_unknown)
            .field("source", &inner.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}
