//! The error type of this crate.

mod display;
mod kind;
mod make;
mod partial;

use std::{error::Error as StdError, time::Duration};

use http::StatusCode;
pub use kind::ErrorKind;
pub(crate) use partial::Partial;
#[cfg(feature = "messages")]
use pollinations_api::types::MessageResponse;
#[cfg(feature = "responses")]
use pollinations_api::types::ResponseReply;
use pollinations_api::types::{ChatCompletion, ErrorCode};

use super::reason::{PaymentKind, RateLimit};

/// The error of every call. It tells you what went wrong, where, and whether a retry can help.
///
/// Its text is one line, such as `chat_completions: 402 INSUFFICIENT_BALANCE: … (request 5f0c…, after 3 attempts); fix
/// it at https://enter.pollinations.ai/…`. Match on [`kind`](Self::kind), or ask [`payment`](Self::payment),
/// [`rate_limit`](Self::rate_limit), [`is_retryable`](Self::is_retryable) and
/// [`outcome_unknown`](Self::outcome_unknown).
///
/// An error never contains the API key: neither its message, nor its sources, nor a URL in it.
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

impl Error {
    /// The kind of error.
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

    /// The error message. If the server sent one, it is the server's.
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

    /// The operation that failed, by its name in the service's document, such as `chat_completions`.
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

    /// The service's error code, such as `PAYMENT_REQUIRED`.
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

    /// The request ID. Quote it when you ask the service's support for help.
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

    /// Further details as JSON, such as the `fieldErrors` of an invalid request, or the `reason` of a 402
    /// (`key_budget` or `account_balance`).
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

    /// The first 1 KiB of an error response, or of a response or event that could not be parsed. API keys are
    /// removed.
    ///
    /// [`message`](Self::message) already includes the reason from the body.
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

    /// The full reply of the model, if it does not match the type you asked for ([`ErrorKind::StructuredOutput`]).
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

    /// The part of a streamed chat reply that arrived before the error: text, reasoning and tool calls.
    /// [`TextStream::finish`](crate::TextStream::finish) also stores its text here. `None` for other errors, and if
    /// nothing arrived.
    ///
    /// The reply may stop anywhere, even within a word or the arguments of a tool call. Convert it with
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

    /// The part of a streamed message that arrived before the error: like [`partial`](Self::partial), but for a
    /// [`MessageStream`](crate::messages::MessageStream). `None` for other errors, and if nothing arrived.
    ///
    /// The content may stop anywhere. If the `input` of a tool call is incomplete, it is a JSON string with the part
    /// that arrived. Convert the message with [`MessageReply::from`](crate::messages::MessageReply) to read it like a
    /// complete reply.
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
    #[cfg(feature = "messages")]
    pub fn partial_message(&self) -> Option<&MessageResponse> {
        match self.0.partial.as_deref() {
            Some(Partial::Message(message)) => Some(message),
            _ => None,
        }
    }

    /// The part of a streamed response that arrived before the error: like [`partial`](Self::partial), but for a
    /// [`ResponseStream`](crate::responses::ResponseStream). `None` for other errors, and if nothing arrived.
    ///
    /// The text and the arguments of calls may stop anywhere. Convert the response with
    /// [`ModelResponse::from`](crate::responses::ModelResponse) to read it like a complete response.
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
    #[cfg(feature = "responses")]
    pub fn partial_response(&self) -> Option<&ResponseReply> {
        match self.0.partial.as_deref() {
            Some(Partial::Response(response)) => Some(response),
            _ => None,
        }
    }

    /// The number of requests sent: 0 if the error occurred before the first one.
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

    /// How long the server asks you to wait before you retry (`Retry-After`).
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

    /// Whether the account or the API key is out of credit (status 402).
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

    /// What is used up, after status 402 or a chat reply that is really a refusal (see
    /// [`Builder::refusals_as_text`](crate::Builder::refusals_as_text)). `None` for other errors.
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

    /// The page where a person can fix the problem: buy pollen or raise the budget of a key (402), or allow the key
    /// to use a model (403). `None` if the service does not provide one.
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

    /// The rate limit you reached (status 429). `None` for other errors.
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

    /// Whether the outcome is unknown: the request may have been processed and billed, but the response was lost.
    ///
    /// Retrying such a request may repeat its effect, or bill you twice. This is `true` for a stream whose connection
    /// broke before its first event, for an upload, and for changes to an account, such as creating a key. It is
    /// `false` if a retry is safe: for requests that only read, and for generations that are not streamed and that
    /// the service coalesces ([`Operation::is_coalesced`]). With those, the same request joins the running
    /// generation.
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

    /// Whether a retry can succeed: the connection failed, or the status is 402, 408, 429, 500, 502, 503, 504, 520 to
    /// 524, 527, 529 or 530. After a 402, somebody has to add pollen first, or you have to wait for the daily reset.
    ///
    /// Check [`outcome_unknown`](Self::outcome_unknown) to see whether a retry could bill you twice.
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

/// The statuses for which a retry can help.
pub(crate) fn is_retryable_status(status: StatusCode) -> bool {
    matches!(status.as_u16(), 402 | 408 | 429 | 500 | 502..=504 | 520..=524 | 527 | 529 | 530)
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}
