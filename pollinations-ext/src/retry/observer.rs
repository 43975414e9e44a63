//! Reports each attempt to the observer.

use std::{fmt, sync::Arc, time::Duration};

use http::StatusCode;

use super::{
    failure::{Failure, Fate},
    repeat::Repeat,
};
use crate::base::error::ErrorKind;

/// A finished attempt, as passed to the function of [`Builder::observer`](crate::Builder::observer). It contains no
/// API key.
///
/// # Examples
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use pollinations_ext::Pollinations;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// let log = Arc::new(Mutex::new(Vec::new()));
/// let seen = Arc::clone(&log);
/// let pollinations = Pollinations::builder()
///     .observer(move |attempt| seen.lock().unwrap().push(attempt.to_string()))
///     # .base_url(emulator.base_url())
///     .key("sk_test".parse()?)
///     .build()?;
/// pollinations.account().balance().await?;
/// assert_eq!(*log.lock().unwrap(), ["account_balance: attempt 1: 200 OK"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The operation, by its name in the service's document, such as `chat_completions`.
    pub operation: &'a str,
    /// The number of the attempt, starting at 1.
    pub number: u32,
    /// The status of the response, if there was one.
    pub status: Option<StatusCode>,
    /// What went wrong. `None` after a success.
    pub error: Option<ErrorKind>,
    /// Why the attempt ended.
    pub end: AttemptEnd,
    /// How long the attempt took.
    pub elapsed: Duration,
    /// How long the call waits before its next attempt. `None` if there is no next attempt.
    pub delay: Option<Duration>,
    /// Whether the next attempt joins a generation that may still be running, so that only one is billed. `false` if
    /// there is no next attempt.
    pub joins: bool,
}

/// Why an [`Attempt`] ended.
///
/// # Examples
///
/// ```
/// use pollinations_ext::AttemptEnd;
///
/// assert_eq!(AttemptEnd::RateLimited.to_string(), "rate limited");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttemptEnd {
    /// The response arrived. For a download, this means its headers. If the body breaks off later, the same attempt
    /// is reported again with the reason.
    Answered,
    /// Out of credit: status 402, or a chat reply that is really a refusal.
    PaymentRequired,
    /// Rate limit: status 429.
    RateLimited,
    /// The server, or a gateway in front of it, returned another error status.
    Refused,
    /// Connecting failed. The request was not sent.
    NotSent,
    /// The server had closed a reused connection.
    ConnectionClosed,
    /// No response arrived within the [`attempt_timeout`](crate::Builder::attempt_timeout).
    AttemptTimedOut,
    /// The connection broke, or a timeout expired, before the response was complete.
    Lost,
    /// The response cannot be parsed, or the request could not be sent.
    Failed,
}

impl AttemptEnd {
    pub(super) fn of(failure: &Failure) -> Self {
        match failure.fate() {
            _ if failure.is_payment_required() => Self::PaymentRequired,
            _ if failure.is_rate_limited() => Self::RateLimited,
            _ if matches!(failure, Failure::Late(_)) => Self::AttemptTimedOut,
            Fate::Refused(_) => Self::Refused,
            Fate::Unsent => Self::NotSent,
            Fate::Closed => Self::ConnectionClosed,
            Fate::Unknown => Self::Lost,
            Fate::Ended => Self::Failed,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::PaymentRequired => "payment required",
            Self::RateLimited => "rate limited",
            Self::Refused => "refused",
            Self::NotSent => "not sent",
            Self::ConnectionClosed => "connection closed",
            Self::AttemptTimedOut => "attempt timed out",
            Self::Lost => "lost",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for AttemptEnd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl fmt::Display for Attempt<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: attempt {}: ", self.operation, self.number)?;
        match (self.status, self.error) {
            (Some(status), _) => write!(formatter, "{status}")?,
            (None, Some(kind)) => write!(formatter, "{kind:?}")?,
            (None, None) => formatter.write_str("success")?,
        }
        match self.delay {
            Some(delay) => write!(formatter, ", next in {delay:?}")?,
            None => return Ok(()),
        }
        formatter.write_str(if self.joins { ", to join the same generation" } else { "" })
    }
}

/// Receives every attempt.
#[derive(Clone)]
pub(crate) struct Observer(Arc<dyn Fn(&Attempt<'_>) + Send + Sync>);

impl Observer {
    pub(crate) fn new(observe: impl Fn(&Attempt<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(observe))
    }

    pub(super) fn tell(&self, attempt: &Attempt<'_>) {
        (self.0)(attempt);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Observer")
    }
}

/// Reports an attempt whose response broke off after it had been reported as received: the body of a download.
pub(crate) fn tell_lost(
    observer: Option<&Observer>,
    operation: &str,
    number: u32,
    error: ErrorKind,
    repeat: Repeat,
    delay: Option<Duration>,
) {
    let joins = repeat == Repeat::Joins && delay.is_some();
    tracing::debug!(
        pollinations.operation = operation,
        attempt = number,
        end = AttemptEnd::Lost.name(),
        joins,
        "attempt ended"
    );
    if let Some(observer) = observer {
        let (status, elapsed) = (None, Duration::ZERO);
        let error = Some(error);
        observer.tell(&Attempt { operation, number, status, error, end: AttemptEnd::Lost, elapsed, delay, joins });
    }
}
