//! The retry policy.

use std::{fmt, time::Duration};

use super::{budget::RetryBudget, payment::PaymentPolicy};

/// The minimum wait after a 429 without `Retry-After`. The rate limit counts requests over ten seconds.
const RATE_LIMIT_DELAY: Duration = Duration::from_secs(1);

/// Controls when and how often failed requests are retried.
///
/// A request is retried, unchanged, if connecting fails, and after the statuses 402, 408, 429, 500, 502, 503, 504,
/// 520 to 524, 527, 529 and 530. The wait before a retry is random, between zero and a bound that doubles each time
/// (exponential backoff with full jitter). If the server sends a wait, in `Retry-After` (RFC 9110, section 10.2.3),
/// `retry-after-ms` or its body, that wait is used. After a 429 without one, the wait is at least a second, and
/// longer each time. After a 402, waiting alone seldom helps: see [`PaymentPolicy`].
///
/// If the connection breaks or a timeout expires before the response is complete, it depends on the request:
///
/// - Most generations are coalesced by the service
///   ([`Operation::is_coalesced`](crate::api::Operation::is_coalesced)): the same request joins the running
///   generation, and only one is billed. They are retried, even if it was the
///   [`attempt_timeout`](crate::Builder::attempt_timeout) that expired.
/// - A request that only reads is retried.
/// - A stream, or a generation that is not coalesced, could be billed twice. It is only retried with
///   [`retry_non_idempotent`](Self::retry_non_idempotent). Otherwise the call fails, and
///   [`outcome_unknown`](crate::Error::outcome_unknown) is `true`.
/// - An upload, or a change to an account such as creating a key, is not retried.
///
/// If a reused connection closes within a second without a byte of a response, the request is retried too: the server
/// had closed the connection while it was idle (RFC 9112, section 9.3.1).
///
/// A request whose body cannot be sent twice is not retried. A stream is never retried after its first event. All
/// calls of a client and its clones share one [`RetryBudget`], so that retries do not make an outage worse.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use pollinations_ext::RetryPolicy;
///
/// let patient = RetryPolicy::default().max_retries(5).max_delay(Duration::from_secs(30));
/// assert_eq!(patient.delays(), [500, 1000, 2000, 4000, 8000].map(Duration::from_millis));
/// println!("{patient}");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a policy does nothing until a client or a request has it"]
pub struct RetryPolicy {
    max_retries: u32,
    base_delay: Duration,
    max_delay: Duration,
    max_retry_after: Duration,
    max_elapsed: Option<Duration>,
    budget: Option<RetryBudget>,
    payment: PaymentPolicy,
    retry_non_idempotent: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: 2,
            base_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(8),
            max_retry_after: Duration::from_secs(120),
            max_elapsed: None,
            budget: Some(RetryBudget::default()),
            payment: PaymentPolicy::default(),
            retry_non_idempotent: false,
        }
    }
}

impl RetryPolicy {
    /// Never retries a request.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::RetryPolicy;
    ///
    /// assert!(RetryPolicy::none().delays().is_empty());
    /// ```
    pub fn none() -> Self {
        Self { max_retries: 0, payment: PaymentPolicy::Fail, ..Self::default() }
    }

    /// Sets the maximum number of retries. The default is 2, so there are up to three attempts. Attempts with another
    /// key after a 402 do not count: see [`PaymentPolicy::NextKey`].
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::RetryPolicy;
    ///
    /// assert_eq!(RetryPolicy::default().max_retries(5).delays().len(), 5);
    /// ```
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// Sets the bound of the first wait. The default is 0.5 s. The bound doubles with each retry.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use pollinations_ext::RetryPolicy;
    ///
    /// let policy = RetryPolicy::default().base_delay(Duration::from_secs(2));
    /// assert_eq!(policy.delays(), [2, 4].map(Duration::from_secs));
    /// ```
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// Sets the maximum bound, at which the doubling stops. The default is 8 s.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use pollinations_ext::RetryPolicy;
    ///
    /// let policy = RetryPolicy::default().max_delay(Duration::from_millis(800));
    /// assert_eq!(policy.delays(), [500, 800].map(Duration::from_millis));
    /// ```
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// Sets the longest `Retry-After` to honor. The default is 120 s. If the server asks for a longer wait, the call
    /// fails without a retry, and [`Error::retry_after`](crate::Error::retry_after) has the wait.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use pollinations_ext::RetryPolicy;
    ///
    /// let impatient = RetryPolicy::default().max_retry_after(Duration::from_secs(10));
    /// # let _ = impatient;
    /// ```
    pub fn max_retry_after(mut self, wait: Duration) -> Self {
        self.max_retry_after = wait;
        self
    }

    /// Sets how long after the start of a call a retry may still begin. By default there is no such limit, and only
    /// the timeout of the call applies.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use pollinations_ext::RetryPolicy;
    ///
    /// let policy = RetryPolicy::default().max_retries(10).max_elapsed(Duration::from_secs(20));
    /// # let _ = policy;
    /// ```
    pub fn max_elapsed(mut self, limit: Duration) -> Self {
        self.max_elapsed = Some(limit);
        self
    }

    /// Sets the budget that limits the retries of all calls together, or `None` for no limit.
    ///
    /// The size of the budget is that in the client's policy. In the policy of a single call, `None` turns the limit
    /// off for that call, and any other value has no effect.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::{RetryBudget, RetryPolicy};
    ///
    /// let frugal = RetryPolicy::default().budget(RetryBudget::new(3, 0.1));
    /// let spendthrift = RetryPolicy::default().budget(None);
    /// # let _ = (frugal, spendthrift);
    /// ```
    pub fn budget(mut self, budget: impl Into<Option<RetryBudget>>) -> Self {
        self.budget = budget.into();
        self
    }

    /// Sets what to do if the account or the API key is out of credit (402). The default is a short wait, as after
    /// other failures.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::{PaymentPolicy, RetryPolicy};
    ///
    /// let policy = RetryPolicy::default().payment(PaymentPolicy::Fail);
    /// # let _ = policy;
    /// ```
    pub fn payment(mut self, policy: PaymentPolicy) -> Self {
        self.payment = policy;
        self
    }

    /// Sets whether to retry a stream, or a generation that the service does not coalesce, if its outcome is unknown.
    /// The default is `false`, because you could be billed twice.
    ///
    /// Uploads and changes to an account are never retried in that case.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::RetryPolicy;
    ///
    /// // For a program that would rather pay twice than fail.
    /// let policy = RetryPolicy::default().retry_non_idempotent(true);
    /// # let _ = policy;
    /// ```
    pub fn retry_non_idempotent(mut self, on: bool) -> Self {
        self.retry_non_idempotent = on;
        self
    }

    /// The former name of [`retry_non_idempotent`](Self::retry_non_idempotent).
    #[deprecated(since = "0.1.0", note = "use `retry_non_idempotent`")]
    pub fn resend_uncached(self, on: bool) -> Self {
        self.retry_non_idempotent(on)
    }

    /// Returns the bounds of the waits, one for each retry. Each wait is random, between zero and its bound.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use pollinations_ext::RetryPolicy;
    ///
    /// assert_eq!(RetryPolicy::default().delays(), [500, 1000].map(Duration::from_millis));
    /// ```
    pub fn delays(&self) -> Vec<Duration> {
        (1..=self.max_retries).map(|attempts| self.bound(attempts)).collect()
    }

    /// The wait before the next attempt, or `None` if there is no next attempt.
    ///
    /// `attempts` is the number of attempts so far, `asked` the wait that the server asked for.
    pub(crate) fn wait(&self, attempts: u32, asked: Option<Duration>) -> Option<Duration> {
        if attempts > self.max_retries {
            return None;
        }
        match asked {
            Some(wait) => (wait <= self.max_retry_after).then_some(wait),
            None => Some(self.bound(attempts).mul_f64(fastrand::f64())),
        }
    }

    /// The wait before the next attempt after a 429 without `Retry-After`: at least a second, and longer each time,
    /// up to the maximum bound.
    pub(crate) fn wait_for_rate(&self, attempts: u32) -> Option<Duration> {
        let longest = self.max_delay.max(RATE_LIMIT_DELAY);
        let doublings = attempts.saturating_sub(1).min(31);
        let least = RATE_LIMIT_DELAY.saturating_mul(1 << doublings).min(longest);
        // Up to half of the wait is added at random, so that the ranges do not overlap.
        (attempts <= self.max_retries).then(|| least + least.mul_f64(fastrand::f64() / 2.0))
    }

    /// Whether another attempt may follow after this many.
    pub(super) fn has_more(&self, attempts: u32) -> bool {
        attempts <= self.max_retries
    }

    pub(super) fn resends_uncached(&self) -> bool {
        self.retry_non_idempotent
    }

    /// Whether an attempt may still start after this much time.
    pub(crate) fn has_time(&self, elapsed: Duration) -> bool {
        self.max_elapsed.is_none_or(|limit| elapsed <= limit)
    }

    pub(crate) fn retry_budget(&self) -> Option<RetryBudget> {
        self.budget
    }

    pub(crate) fn payment_policy(&self) -> PaymentPolicy {
        self.payment
    }

    pub(super) fn retries(&self) -> u32 {
        self.max_retries
    }

    /// The longest wait after this many attempts, if the server does not send one.
    fn bound(&self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(31);
        self.base_delay.saturating_mul(1 << doublings).min(self.max_delay)
    }
}

impl fmt::Display for RetryPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            max_retries,
            base_delay,
            max_delay,
            max_retry_after,
            max_elapsed,
            budget,
            payment,
            retry_non_idempotent,
        } = self;
        if *max_retries == 0 {
            formatter.write_str("no retries")?;
        } else {
            write!(formatter, "{max_retries} retries after up to {base_delay:?}, doubling to {max_delay:?}")?;
            write!(formatter, ", or as the server asks up to {max_retry_after:?}")?;
            if let Some(limit) = max_elapsed {
                write!(formatter, ", none later than {limit:?}")?;
            }
            match budget {
                Some(budget) => write!(formatter, "; {budget}")?,
                None => formatter.write_str("; no budget")?,
            }
            if *retry_non_idempotent {
                formatter.write_str("; including requests that could be billed twice")?;
            }
        }
        write!(formatter, "; on 402: {payment}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_maximum_delay_doubles_up_to_its_limit() {
        let policy = RetryPolicy::default();
        let bounds: Vec<u128> = (1..=6).map(|attempts| policy.bound(attempts).as_millis()).collect();
        assert_eq!(bounds, [500, 1000, 2000, 4000, 8000, 8000]);
        assert_eq!(policy.bound(u32::MAX), Duration::from_secs(8));
    }

    #[test]
    fn delays_are_spread_randomly_below_the_maximum() {
        let policy = RetryPolicy::default();
        let waits: Vec<Duration> = (0..200).filter_map(|_| policy.wait(1, None)).collect();
        assert_eq!(waits.len(), 200);
        assert!(waits.iter().all(|wait| *wait < Duration::from_millis(500)));
        assert!(waits.iter().any(|wait| *wait < Duration::from_millis(200)));
        assert!(waits.iter().any(|wait| *wait > Duration::from_millis(300)));
    }

    #[test]
    fn the_number_of_retries_is_limited() {
        let policy = RetryPolicy::default();
        assert!(policy.wait(2, None).is_some());
        assert!(policy.wait(3, None).is_none());
        assert!(RetryPolicy::none().wait(1, None).is_none());
    }

    #[test]
    fn delays_for_a_rate_limit_start_at_one_second_and_grow() {
        let policy = RetryPolicy::default().max_retries(4).base_delay(Duration::ZERO);
        for _ in 0..50 {
            let waits: Vec<f64> =
                (1..=6).filter_map(|n| policy.wait_for_rate(n)).map(|wait| wait.as_secs_f64()).collect();
            assert_eq!(waits.len(), 4);
            assert!(waits[0] >= 1.0 && waits.windows(2).all(|pair| pair[0] < pair[1]), "{waits:?}");
        }
        let short = policy.max_delay(Duration::ZERO).wait_for_rate(4).unwrap();
        assert!((1.0..1.5).contains(&short.as_secs_f64()), "{short:?}");
    }

    #[test]
    fn a_retry_after_above_the_maximum_ends_the_retries() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.wait(1, Some(Duration::from_secs(120))), Some(Duration::from_secs(120)));
        assert_eq!(policy.wait(1, Some(Duration::from_secs(121))), None);
    }

    #[test]
    fn a_policy_can_be_printed() {
        assert_eq!(
            RetryPolicy::default().to_string(),
            "2 retries after up to 500ms, doubling to 8s, or as the server asks up to 120s; \
             a budget of 10 and 0.2 for each call; on 402: wait as after other failures"
        );
        let limit = Duration::from_secs(60);
        let policy = RetryPolicy::default().max_elapsed(limit).budget(None).payment(PaymentPolicy::NextKey);
        assert!(
            policy.to_string().ends_with(", none later than 60s; no budget; on 402: take the next key"),
            "{policy}"
        );
        assert_eq!(RetryPolicy::none().to_string(), "no retries; on 402: fail at once");
    }
}
