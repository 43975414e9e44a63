//! The error type of this crate.

mod display;
mod kind;
mod make;
mod partial;

use std::{error::Error as StdError, time::Duration};

use http::StatusCode;
pub use kind::ErrorKind;
pub(crate) use partial::Partial;
use pollinations_api::types::{ChatCompletion, ErrorCode, MessageResponse, ResponseReply};

use super::reason::{PaymentKind, RateLimit};

/// The error of every call: what went wrong, where, and whether trying again can help.
///
/// Its text is one line, such as `chat_completions: 402 INSUFFICIENT_BALANCE: … (request 5f0c…, after 3 attempts); fix
/// it at https://enter.pollinations.ai/…`. Match on [`kind`](Self::kind), or ask [`payment`](Self::payment),
/// [`rate_limit`](Self::rate_limit), [`is_retryable`](Self::is_retryable) and
/// [`outcome_unknown`](Self::outcome_unknown).
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

impl Error {
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

    /// The full answer of the model, if it does not fit the type you asked for ([`ErrorKind::StructuredOutput`]).
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

    /// What arrived of a streamed message before the stream failed or broke off: the same as
    /// [`partial`](Self::partial), for [`MessageStream`](crate::messages::MessageStream). `None` for other errors, and
    /// if nothing had arrived.
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
    /// [`partial`](Self::partial), for [`ResponseStream`](crate::responses::ResponseStream). `None` for other errors,
    /// and if nothing had arrived.
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

    /// What is used up, if the service asks for payment: after status 402, or after a chat reply that is really a
    /// refusal (see [`Builder::refusals_as_text`](crate::Builder::refusals_as_text)). `None` for other errors.
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

    /// The page where a person can fix the problem: buy pollen, raise the budget of a key (402), or allow the key to
    /// use a model (403). `None` if the service names none.
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
    /// Sending such a request again may repeat its effect, or be billed twice. This is `true` for a stream whose
    /// connection broke before its first event, for an upload, and for changes to an account such as a new key. It is
    /// `false` if sending again is safe: for requests that only read, and for generations that the service coalesces
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

    /// Whether the same call can succeed later: the connection failed, or the status is 402, 408, 429, 500, 502, 503,
    /// 504, 520 to 524, 527, 529 or 530. After a 402, somebody has to add pollen first, or the daily reset has to pass.
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

/// The statuses after which repeating a request can help.
pub(crate) fn is_retryable_status(status: StatusCode) -> bool {
    matches!(status.as_u16(), 402 | 408 | 429 | 500 | 502..=504 | 520..=524 | 527 | 529 | 530)
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}
