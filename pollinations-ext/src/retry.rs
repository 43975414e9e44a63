//! When a request is sent again, and after how long.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header::RETRY_AFTER};

/// How failed requests are repeated.
///
/// A request is repeated, unchanged, after a failure to connect, after a connection that broke before the response was
/// there, and after the statuses 402, 408, 429, 500, 502, 503 and 504. The wait before it is drawn at random between
/// zero and a bound that doubles each time ("full jitter"), unless the server names a wait in `Retry-After` (RFC 9110,
/// section 10.2.3) or `retry-after-ms`.
///
/// A request whose body cannot be sent twice is not repeated. A stream is repeated until its first event and never
/// after.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use pollinations_ext::RetryPolicy;
///
/// let patient = RetryPolicy::default().max_retries(5).max_delay(Duration::from_secs(30));
/// assert_eq!(format!("{:?}", RetryPolicy::none()).contains("max_retries: 0"), true);
/// # let _ = patient;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    max_retries: u32,
    base_delay: Duration,
    max_delay: Duration,
    max_retry_after: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: 2,
            base_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(8),
            max_retry_after: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// Never repeats a request.
    pub fn none() -> Self {
        Self { max_retries: 0, ..Self::default() }
    }

    /// Repeats a request at most this often; 2 by default, which makes three attempts.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// The bound of the first wait; 0.5 s by default.
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// The bound that the doubling stops at; 8 s by default.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// The longest wait that is taken when the server asks for one; 120 s by default. When it asks for more, the error
    /// is returned at once, with [`Error::retry_after`](crate::Error::retry_after).
    pub fn max_retry_after(mut self, wait: Duration) -> Self {
        self.max_retry_after = wait;
        self
    }

    /// The wait before the next attempt; nothing if there should be none.
    ///
    /// `attempts` have been made. `asked` is what the server asked for.
    pub(crate) fn wait(&self, attempts: u32, asked: Option<Duration>) -> Option<Duration> {
        if attempts > self.max_retries {
            return None;
        }
        match asked {
            Some(wait) => (wait <= self.max_retry_after).then_some(wait),
            None => Some(self.bound(attempts).mul_f64(fastrand::f64())),
        }
    }

    /// The longest wait after this many attempts without a word from the server.
    fn bound(&self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(31);
        self.base_delay.saturating_mul(1 << doublings).min(self.max_delay)
    }
}

/// The wait that a response asks for.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(milliseconds) = text("retry-after-ms").and_then(|text| text.parse::<f64>().ok()) {
        return Duration::try_from_secs_f64(milliseconds / 1000.0).ok();
    }
    let value = text(RETRY_AFTER.as_str())?;
    match value.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        // A date that has passed means now.
        Err(_) => Some(httpdate::parse_http_date(value).ok()?.duration_since(SystemTime::now()).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: &'static str, value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        retry_after(&headers)
    }

    #[test]
    fn the_bound_doubles_up_to_its_limit() {
        let policy = RetryPolicy::default();
        let bounds: Vec<u128> = (1..=6).map(|attempts| policy.bound(attempts).as_millis()).collect();
        assert_eq!(bounds, [500, 1000, 2000, 4000, 8000, 8000]);
        assert_eq!(policy.bound(u32::MAX), Duration::from_secs(8));
    }

    #[test]
    fn waits_are_spread_below_the_bound() {
        let policy = RetryPolicy::default();
        let waits: Vec<Duration> = (0..200).filter_map(|_| policy.wait(1, None)).collect();
        assert_eq!(waits.len(), 200);
        assert!(waits.iter().all(|wait| *wait < Duration::from_millis(500)));
        assert!(waits.iter().any(|wait| *wait < Duration::from_millis(200)));
        assert!(waits.iter().any(|wait| *wait > Duration::from_millis(300)));
    }

    #[test]
    fn attempts_are_counted() {
        let policy = RetryPolicy::default();
        assert!(policy.wait(2, None).is_some());
        assert!(policy.wait(3, None).is_none());
        assert!(RetryPolicy::none().wait(1, None).is_none());
    }

    #[test]
    fn the_server_may_name_the_wait() {
        assert_eq!(asked("retry-after", "7"), Some(Duration::from_secs(7)));
        assert_eq!(asked("retry-after-ms", "250"), Some(Duration::from_millis(250)));
        assert_eq!(asked("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        let later = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(30));
        let wait = asked("retry-after", &later).unwrap();
        assert!((28..=30).contains(&wait.as_secs()), "{wait:?}");
        for nonsense in ["soon", "-1", "NaN", "inf", ""] {
            assert_eq!(asked("retry-after", nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn too_long_a_wait_is_not_taken() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.wait(1, Some(Duration::from_secs(120))), Some(Duration::from_secs(120)));
        assert_eq!(policy.wait(1, Some(Duration::from_secs(121))), None);
    }
}
