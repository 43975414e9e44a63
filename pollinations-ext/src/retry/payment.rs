//! What to do if the account or key is out of credit (402).

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    base::{
        maybe_send::{BoxFuture, MaybeSend},
        reason::PaymentKind,
    },
    key::ApiKey,
};

/// What a call does if the account or the API key is out of credit (status 402).
///
/// # Examples
///
/// ```
/// use pollinations_ext::{PaymentPolicy, Pollinations, RetryPolicy};
///
/// let pollinations = Pollinations::builder()
///     .key("sk_first".parse()?)
///     .fallback_key("sk_second".parse()?)
///     .retry(RetryPolicy::default().payment(PaymentPolicy::NextKey))
///     .build()?;
/// # let _ = pollinations;
/// # Ok::<(), pollinations_ext::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PaymentPolicy {
    /// Waits and retries, as after other failures. This is the default, since somebody may be topping up.
    #[default]
    Backoff,
    /// Switches to the client's next fallback key ([`Builder::fallback_key`](crate::Builder::fallback_key)) without a wait,
    /// for this call and all later calls of the client. Fails if no fallback key is left.
    NextKey,
    /// Calls the client's callback ([`Builder::on_payment_required`](crate::Builder::on_payment_required)). Fails if
    /// there is no callback. The callback also runs if the API key has expired or was revoked (401), so that it can
    /// sign the user in again: see [`PaymentRequired::is_signed_out`]. If several calls fail at the same time, it
    /// runs once. Waiting for it does not count toward the call's timeout.
    Ask,
    /// Waits for the account's daily reset (`nextResetAt` of its profile), then retries once. This wait does not
    /// count toward the call's timeout.
    ///
    /// Fails without a wait if the reset is further away than the limit, or the profile has no reset. Also fails
    /// without a wait if a reset cannot help: the budget of the key is used up ([`PaymentKind::KeyBudget`]), or the
    /// model does not accept quest pollen ([`PaymentKind::QuestPollen`]).
    WaitForReset {
        /// The maximum wait.
        limit: Duration,
    },
    /// Returns the error without a retry.
    Fail,
}

impl fmt::Display for PaymentPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backoff => formatter.write_str("wait as after other failures"),
            Self::NextKey => formatter.write_str("take the next key"),
            Self::Ask => formatter.write_str("ask"),
            Self::WaitForReset { limit } => write!(formatter, "wait for the daily reset, {limit:?} at most"),
            Self::Fail => formatter.write_str("fail at once"),
        }
    }
}

/// Details of a 402 (out of credit), as passed to the callback of
/// [`Builder::on_payment_required`](crate::Builder::on_payment_required).
///
/// # Examples
///
/// ```
/// use pollinations_ext::{PaymentAnswer, PaymentRequired};
///
/// async fn ask(required: PaymentRequired) -> PaymentAnswer {
///     println!("{}: {} {}", required.operation, required.kind, required.fix_url.unwrap_or_default());
///     PaymentAnswer::GiveUp
/// }
/// # let _ = ask;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentRequired {
    /// The operation, by its name in the service's document.
    pub operation: String,
    /// What is used up. [`PaymentKind::Unspecified`] if the user has to sign in again.
    pub kind: PaymentKind,
    /// The service's message.
    pub message: String,
    /// The page where a person can fix the problem, if the service provides one.
    pub fix_url: Option<String>,
    /// `key_budget` if the budget of the key is used up, `account_balance` if the account is empty, `signed_out` if
    /// the key has expired or was revoked. `None` on older servers.
    pub reason: Option<String>,
}

impl PaymentRequired {
    /// Whether the API key has expired or was revoked, so that the user has to sign in again.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(required: pollinations_ext::PaymentRequired) {
    /// if required.is_signed_out() {
    ///     println!("Please sign in again.");
    /// }
    /// # }
    /// ```
    pub fn is_signed_out(&self) -> bool {
        self.reason.as_deref() == Some("signed_out")
    }
}

/// The callback's answer to [`PaymentRequired`].
///
/// # Examples
///
/// ```
/// use pollinations_ext::{PaymentAnswer, PaymentRequired};
///
/// async fn ask(required: PaymentRequired) -> PaymentAnswer {
///     println!("{}: {}", required.operation, required.message);
///     PaymentAnswer::GiveUp
/// }
/// # let _ = ask;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PaymentAnswer {
    /// The problem is fixed: retry with the same key.
    Retry,
    /// Use this key, for this call and all later calls of the client.
    Key(ApiKey),
    /// Return the error.
    GiveUp,
}

type Answering = BoxFuture<PaymentAnswer>;

/// The callback.
#[derive(Clone)]
pub(crate) struct Ask(Arc<dyn Fn(PaymentRequired) -> Answering + Send + Sync>);

impl Ask {
    pub(crate) fn new<F, R>(ask: F) -> Self
    where
        F: Fn(PaymentRequired) -> R + Send + Sync + 'static,
        R: Future<Output = PaymentAnswer> + MaybeSend + 'static,
    {
        Self(Arc::new(move |required| Box::pin(ask(required))))
    }

    pub(crate) async fn answer(&self, required: PaymentRequired) -> PaymentAnswer {
        (self.0)(required).await
    }
}

impl fmt::Debug for Ask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Ask")
    }
}

/// What can be done after a 402.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Payment {
    /// The request can be retried now.
    Settled,
    /// The request can be retried after this time.
    In(Duration),
    /// Nothing.
    Never,
}
