//! What is told of each attempt.

use std::{fmt, sync::Arc, time::Duration};

use http::StatusCode;

use crate::base::error::ErrorKind;

/// One attempt that has ended, as [`Builder::observer`](crate::Builder::observer) hears of it. It holds no key.
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
    /// The operation, by its id in the service's document, such as `chat_completions`.
    pub operation: &'a str,
    /// 1 for the first attempt of a call.
    pub number: u32,
    /// The status of the response, if there was one.
    pub status: Option<StatusCode>,
    /// What went wrong; nothing for a success.
    pub error: Option<ErrorKind>,
    /// How long the attempt took.
    pub elapsed: Duration,
    /// How long the call now waits for its next attempt; nothing if there will be none.
    pub delay: Option<Duration>,
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
            Some(delay) => write!(formatter, ", next in {delay:?}"),
            None => Ok(()),
        }
    }
}

/// Hears of every attempt.
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
