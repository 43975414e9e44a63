//! The retry budget: limits the retries of all calls of a client.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

/// Limits the retries of all calls of a client, with a token bucket.
///
/// The bucket starts full. Each retry takes a token, each call adds a fraction of a token, and a call that succeeds
/// after retries returns its tokens. While the service is up, the bucket stays full and has no effect. If the service
/// is down, a client sends at most `1 + ratio` requests per call, plus the tokens. If the bucket is empty, calls fail
/// without a retry.
///
/// # Examples
///
/// ```
/// use pollinations_ext::{RetryBudget, RetryPolicy};
///
/// assert_eq!(RetryBudget::default(), RetryBudget::new(10, 0.2));
/// let policy = RetryPolicy::default().budget(RetryBudget::new(100, 0.5));
/// # let _ = policy;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryBudget {
    tokens: u32,
    ratio: f64,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self::new(10, 0.2)
    }
}

impl RetryBudget {
    /// Creates a bucket with this many tokens. Each call adds `ratio` of a token (0 to 1).
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::RetryBudget;
    ///
    /// // At most 5 retries in an outage, and one more for every 20 calls.
    /// let budget = RetryBudget::new(5, 0.05);
    /// assert_eq!(budget.to_string(), "a budget of 5 and 0.05 for each call");
    /// ```
    pub fn new(tokens: u32, ratio: f64) -> Self {
        let ratio = if ratio.is_nan() { 0.0 } else { ratio.clamp(0.0, 1.0) };
        Self { tokens, ratio }
    }
}

impl fmt::Display for RetryBudget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a budget of {} and {} for each call", self.tokens, self.ratio)
    }
}

/// The units that a token is counted in.
const UNIT: u64 = 1000;

/// The bucket of one client.
#[derive(Debug)]
pub(crate) struct Bucket {
    level: AtomicU64,
    capacity: u64,
    deposit: u64,
}

impl Bucket {
    pub(crate) fn new(budget: RetryBudget) -> Self {
        let capacity = u64::from(budget.tokens) * UNIT;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the ratio is from 0 to 1")]
        let deposit = (budget.ratio * 1000.0) as u64;
        Self { level: AtomicU64::new(capacity), capacity, deposit }
    }

    /// Counts a new call.
    pub(super) fn begin(&self) {
        self.add(self.deposit);
    }

    /// Takes a token. Returns false if there is none.
    pub(crate) fn take(&self) -> bool {
        self.level.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |level| level.checked_sub(UNIT)).is_ok()
    }

    /// Whether the bucket has a token.
    pub(super) fn has_one(&self) -> bool {
        self.level.load(Ordering::Relaxed) >= UNIT
    }

    /// Returns the tokens of a call that succeeded.
    pub(crate) fn give_back(&self, tokens: u32) {
        if tokens > 0 {
            self.add(u64::from(tokens) * UNIT);
        }
    }

    fn add(&self, amount: u64) {
        let full = |level: u64| (level < self.capacity).then(|| level.saturating_add(amount).min(self.capacity));
        // An error means that the bucket is full.
        let _ = self.level.fetch_update(Ordering::Relaxed, Ordering::Relaxed, full);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_used_up_and_refilled_by_calls() {
        let bucket = Bucket::new(RetryBudget::new(2, 0.25));
        bucket.begin();
        assert!(bucket.take() && bucket.take() && !bucket.take(), "a full bucket must not grow");
        (0..3).for_each(|_| bucket.begin());
        assert!(!bucket.take());
        bucket.begin();
        assert!(bucket.take() && !bucket.take());
        bucket.give_back(7);
        assert!(bucket.take() && bucket.take() && !bucket.take());
    }

    #[test]
    fn invalid_ratios_are_clamped() {
        assert_eq!(RetryBudget::new(1, f64::NAN), RetryBudget::new(1, 0.0));
        assert_eq!(RetryBudget::new(1, -3.0), RetryBudget::new(1, 0.0));
        assert_eq!(RetryBudget::new(1, 3.0), RetryBudget::new(1, 1.0));
    }
}
