//! The error type of this crate.

use std::{borrow::Cow, error::Error as StdError, fmt, time::Duration};

use http::StatusCode;
use pollinations_api::types::{ChatCompletion, ErrorCode, MessageResponse, ResponseReply};

use super::reason::{PaymentKind, RateLimit};

/// The error of every call: what went wrong, where, and whether trying again can help.
///
/// Its text is one line, such as
/// `chat_completions: 402 INSUFFICIENT_BALANCE: … (request 5f0c…, after 3 attempts); fix it at https://enter.pollinations.ai/…`.
/// Match on [`kind`](Self::kind), or ask [`payment`](Self::payment), [`rate_limit`](Self::rate_limit),
/// [`is_retryable`](Self::is_retryable) and [`outcome_unknown`](Self::outcome_unknown).
///
/// An error never contains the API key: not in its text, its sources, or a URL.
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
    partial: Option<Box<Partial>>,
    attempts: u32,
    retry_after: Option<Duration>,
    payment: Option<PaymentKind>,
    rate_limit: Option<RateLimit>,
    fix_url: Option<String>,
    outcome_unknown: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Inner {
    /// What the caller can do, unless the message says so already.
    fn advice(&self) -> Option<Cow<'static, str>> {
        if let Some(url) = &self.fix_url {
            // The service often has the address in its message.
            return (!self.message.contains(url.as_str())).then(|| format!("fix it at {url}").into());
        }
        let advice = match (self.kind, self.status, self.partial.as_deref()) {
            (ErrorKind::Api, Some(StatusCode::UNAUTHORIZED), _) => {
                "check the API key, or get a new one at https://enter.pollinations.ai"
            }
            (ErrorKind::Api, Some(status), _)
                if status.is_server_error() && is_retryable_status(status) && self.retry_after.is_none() =>
            {
                "try again later"
            }
            (_, _, Some(partial)) => partial.advice(),
            (ErrorKind::Decode, ..) if self.body.is_some() => "`Error::body` has what the server sent",
            (ErrorKind::Structure, ..) => "`Error::text` has the answer",
            _ => return None,
        };
        Some(advice.into())
    }
}

/// What arrived of a reply before its stream failed, in the form of its API.
pub(crate) enum Partial {
    Chat(ChatCompletion),
    Message(MessageResponse),
    Response(ResponseReply),
}

impl Partial {
    /// Tells the caller where to find it.
    fn advice(&self) -> &'static str {
        match self {
            Self::Chat(_) => "`Error::partial` has what arrived",
            Self::Message(_) => "`Error::partial_message` has what arrived",
            Self::Response(_) => "`Error::partial_response` has what arrived",
        }
    }
}

impl From<ChatCompletion> for Partial {
    fn from(completion: ChatCompletion) -> Self {
        Self::Chat(completion)
    }
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
    /// The API key is missing or malformed.
    Key,
    /// The request is invalid, so nothing was sent: an invalid URL, an empty prompt, a value that is not JSON.
    Request,
    /// The client cannot connect to the server: DNS, TLS, a proxy, or no network.
    Connect,
    /// The connection broke before the whole response arrived.
    Connection,
    /// A timeout expired: that of the call ([`Builder::timeout`](crate::Builder::timeout)), or that for silence within a
    /// response ([`Builder::idle_timeout`](crate::Builder::idle_timeout)).
    Timeout,
    /// The server answered with an error status: see [`Error::status`] and [`Error::code`].
    Api,
    /// The server sent something that this version cannot read: see [`Error::body`].
    Decode,
    /// A response is larger than [`Builder::max_response_bytes`](crate::Builder::max_response_bytes), an event of a stream
    /// is larger than 8 MiB, or a file is larger than the service accepts.
    TooLarge,
    /// The model failed in the middle of a stream and said so. [`Error::partial`] has what arrived.
    Stream,
    /// A stream ended before the reply was complete. [`Error::partial`] has what arrived.
    Truncated,
    /// A file could not be read or written, or the local port for a sign-in is taken.
    Io,
    /// The model's answer does not fit the type you asked for: see [`Error::text`].
    Structure,
    /// The model called functions more often than [`ChatRequest::max_rounds`](crate::chat::ChatRequest::max_rounds)
    /// allows.
    ToolRounds,
    /// The user denied access, or the service did not grant a key.
    Denied,
    /// The user did not finish signing in before the code expired.
    Expired,
    /// The answer to a sign-in has no state or a wrong one, so it may be forged.
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

    /// An error of the HTTP client, without its URL, because that may contain a key.
    pub(crate) fn transport(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let kind = Self::kind_of(&error);
        let what = match kind {
            ErrorKind::Timeout => "the request timed out",
            ErrorKind::Connect => "cannot connect to the server",
            ErrorKind::Request => "the request cannot be sent",
            _ => "the connection broke",
        };
        let advice = if kind == ErrorKind::Connect { "; check the network and the base URL" } else { "" };
        let message = format!("{what} ({}){advice}", innermost(&error));
        Self::new(kind, message).source_error(error)
    }

    /// The error that interrupted a body, from the HTTP client or from another source of bytes.
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

    pub(crate) fn with_partial(mut self, partial: Option<impl Into<Partial>>) -> Self {
        self.0.partial = partial.map(|partial| Box::new(partial.into()));
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

    /// Rewrites every text that comes from the server, because a server can repeat the key in any of them.
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

    /// What went wrong, in the server's own words if it sent any.
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

    /// The service's id for the request. Quote it when you ask the service's support for help.
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

    /// Further details as JSON, such as `fieldErrors` of an invalid request, or the `reason` of a 402 (`key_budget` or
    /// `account_balance`).
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

    /// The first 1 KiB of an error response, or of a response or event that could not be read, without the key.
    ///
    /// [`message`](Self::message) already has the reason that the body gives.
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

    /// The full answer of the model, if it does not fit the type you asked for ([`ErrorKind::Structure`]).
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

    /// What a streamed chat delivered before it failed: text, reasoning and tool calls. Also the text so far of
    /// [`TextStream::finish`](crate::TextStream::finish). `None` for other errors, and if nothing had arrived.
    ///
    /// It can end anywhere, even within a word or the arguments of a tool call. Use
    /// [`ChatReply::from`](crate::chat::ChatReply) to read it like a complete reply.
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
        match self.0.partial.as_deref() {
            Some(Partial::Chat(completion)) => Some(completion),
            _ => None,
        }
    }

    /// What arrived of a streamed message before the stream failed or broke off: the same as [`partial`](Self::partial),
    /// for [`MessageStream`](crate::messages::MessageStream). `None` for other errors, and if nothing had arrived.
    ///
    /// The content may end anywhere. The `input` of a tool call that did not arrive in full is a JSON string with the
    /// part that did. [`MessageReply::from`](crate::messages::MessageReply) reads it like a whole reply.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// use pollinations_ext::messages::MessageReply;
    ///
    /// if let Some(reply) = error.partial_message().cloned().map(MessageReply::from) {
    ///     println!("{} … ({error})", reply.text());
    /// }
    /// # }
    /// ```
    pub fn partial_message(&self) -> Option<&MessageResponse> {
        match self.0.partial.as_deref() {
            Some(Partial::Message(message)) => Some(message),
            _ => None,
        }
    }

    /// What arrived of a streamed response before the stream failed or broke off: the same as
    /// [`partial`](Self::partial), for [`ResponseStream`](crate::responses::ResponseStream). `None` for other errors, and
    /// if nothing had arrived.
    ///
    /// The text and the arguments of calls may end anywhere.
    /// [`ModelResponse::from`](crate::responses::ModelResponse) reads it like a whole response.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(error: pollinations_ext::Error) {
    /// use pollinations_ext::responses::ModelResponse;
    ///
    /// if let Some(response) = error.partial_response().cloned().map(ModelResponse::from) {
    ///     println!("{} … ({error})", response.text());
    /// }
    /// # }
    /// ```
    pub fn partial_response(&self) -> Option<&ResponseReply> {
        match self.0.partial.as_deref() {
            Some(Partial::Response(response)) => Some(response),
            _ => None,
        }
    }

    /// How many requests were sent: 0 if the error occurred before the first one.
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

    /// How long the server asks you to wait before the next attempt.
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

    /// Whether a timeout expired.
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

    /// Whether the account or the key is out of credit (status 402).
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

    /// What is used up, if the service asks for payment: after status 402, or after a chat reply that is really a refusal
    /// (see [`Builder::refusals_as_text`](crate::Builder::refusals_as_text)). `None` for other errors.
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

    /// The page where a person can fix the problem: buy pollen, raise the budget of a key (402), or allow the key to use a
    /// model (403). `None` if the service names none.
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

    /// Which rate limit you hit, for status 429. `None` for other errors.
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

    /// Whether the outcome is unknown: the request may have been processed and billed, but its answer was lost.
    ///
    /// Sending such a request again may repeat its effect, or be billed twice. This is `true` for a stream whose connection
    /// broke before its first event, for an upload, and for changes to an account such as a new key. It is `false` if
    /// sending again is safe: for requests that only read, and for generations that the service coalesces
    /// ([`Operation::is_coalesced`]) and that are not streamed, because the same request joins the running generation.
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

    /// Whether the same call can succeed later: the connection failed, or the status is 402, 408, 429, 500, 502, 503, 504,
    /// 520 to 524, 527, 529 or 530. After a 402, somebody has to add pollen first, or the daily reset has to pass.
    ///
    /// [`outcome_unknown`](Self::outcome_unknown) says whether the call may also be billed twice.
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

/// The statuses after which repeating a request can help.
pub(crate) fn is_retryable_status(status: StatusCode) -> bool {
    matches!(status.as_u16(), 402 | 408 | 429 | 500 | 502..=504 | 520..=524 | 527 | 529 | 530)
}

#[cfg(not(target_arch = "wasm32"))]
fn is_connect(error: &reqwest::Error) -> bool {
    error.is_connect()
}

/// A browser does not distinguish a failed connection from a failed request.
#[cfg(target_arch = "wasm32")]
fn is_connect(_: &reqwest::Error) -> bool {
    false
}

/// The innermost cause, which is the most specific, such as "connection refused".
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
            notes.push("the outcome is unknown: the request may or may not have been processed".to_owned());
        }
        notes.extend(inner.retry_after.map(|wait| format!("retry after {} s", wait.as_secs())));
        if !notes.is_empty() {
            write!(formatter, " ({})", notes.join(", "))?;
        }
        match inner.advice() {
            Some(advice) => write!(formatter, "; {advice}"),
            None => Ok(()),
        }
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
