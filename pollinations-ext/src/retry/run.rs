//! The loop that makes attempts until one succeeds or nothing more can be done.

use std::{pin::pin, time::Duration};

use http::StatusCode;
use tracing::{Instrument as _, debug_span, field::Empty};

use super::Failure;
use super::{
    budget::Bucket,
    observer::{Attempt, Observer},
    payment::{Payment, PaymentPolicy},
    policy::RetryPolicy,
};
use crate::base::time::{Instant, sleep};

/// One request, as often as it takes.
pub(crate) trait Exchange {
    /// What a success is.
    type Output;

    /// Sends the request once more, for this long at the most.
    async fn attempt(&mut self, left: Duration) -> Result<Self::Output, Failure>;

    /// The status that a success came with.
    fn status(output: &Self::Output) -> StatusCode;

    /// Whether the request, as it was last sent, can be sent again.
    fn is_repeatable(&self) -> bool;

    /// Does what the policy says about a 402.
    async fn pay(&mut self, policy: PaymentPolicy, failure: &Failure) -> Payment;
}

/// What a call may take.
pub(crate) struct Limits<'a> {
    pub(crate) operation: &'a str,
    pub(crate) policy: &'a RetryPolicy,
    /// The budget of the client; nothing if this call has none.
    pub(crate) bucket: Option<&'a Bucket>,
    /// For all attempts and the waits between them, but for the time that payment takes: an answer to the question, or
    /// the daily reset.
    pub(crate) timeout: Duration,
    pub(crate) observer: Option<&'a Observer>,
}

/// Makes attempts until one succeeds, the policy has had enough, or time runs out. Returns how many were made.
pub(crate) async fn run<E: Exchange>(exchange: &mut E, limits: &Limits<'_>) -> (Result<E::Output, Failure>, u32) {
    let Limits { operation, policy, bucket, timeout, observer } = *limits;
    let start = Instant::now();
    // Not counted against the time limit.
    let mut paying = Duration::ZERO;
    let mut payments = 0;
    let mut taken = 0;
    let mut attempts = 0;
    if let Some(bucket) = bucket {
        bucket.begin();
    }
    loop {
        attempts += 1;
        let begun = Instant::now();
        let left = timeout.saturating_sub(begun.duration_since(start).saturating_sub(paying));
        let span = debug_span!(
            "pollinations.attempt",
            "pollinations.operation" = operation,
            attempt = attempts,
            status = Empty,
            delay = Empty
        );
        let result = {
            let sending = pin!(exchange.attempt(left));
            sending.instrument(span.clone()).await
        };
        let status = match &result {
            Ok(output) => Some(E::status(output)),
            Err(failure) => failure.status(),
        };
        if let Some(status) = status {
            span.record("status", status.as_u16());
        }
        let report = Attempt {
            operation,
            number: attempts,
            status,
            error: result.as_ref().err().map(Failure::kind),
            elapsed: begun.elapsed(),
            delay: None,
        };
        let tell = |delay: Option<Duration>| {
            if let Some(delay) = delay {
                span.record("delay", delay.as_secs_f64());
            }
            if let Some(observer) = observer {
                observer.tell(&Attempt { delay, ..report.clone() });
            }
        };
        let failure = match result {
            Ok(output) => {
                tell(None);
                if let Some(bucket) = bucket {
                    bucket.give_back(taken);
                }
                return (Ok(output), attempts);
            }
            Err(failure) => failure,
        };
        let spent = start.elapsed().saturating_sub(paying);
        let fits = |wait: Duration| spent.saturating_add(wait) < timeout && policy.has_time(spent.saturating_add(wait));
        let payment = policy.payment_policy();
        // Whoever can be asked for another key can sign in again.
        let is_signed_out = failure.is_signed_out() && payment == PaymentPolicy::Ask;
        if !exchange.is_repeatable() || !(failure.is_retryable() || is_signed_out) {
            tell(None);
            return (Err(failure), attempts);
        }
        let is_unpaid = failure.is_payment_required() && payment != PaymentPolicy::Backoff;
        let wait = if is_unpaid || is_signed_out {
            let asked = Instant::now();
            let settled =
                if may_pay(payment, payments, policy) { exchange.pay(payment, &failure).await } else { Payment::Never };
            payments += 1;
            let wait = match settled {
                Payment::Settled if fits(Duration::ZERO) => Some(Duration::ZERO),
                Payment::In(wait) => Some(wait),
                Payment::Settled | Payment::Never => None,
            };
            paying = paying.saturating_add(asked.elapsed()).saturating_add(wait.unwrap_or_default());
            wait
        } else {
            policy.wait(attempts, failure.retry_after()).filter(|wait| fits(*wait)).filter(|_| {
                let granted = bucket.is_none_or(Bucket::take);
                taken += u32::from(granted && bucket.is_some());
                granted
            })
        };
        tell(wait);
        match wait {
            Some(wait) => sleep(wait).await,
            None => return (Err(failure), attempts),
        }
    }
}

/// Whether there is any point in trying to pay once more: there are as many keys as there are, the callback is asked as
/// often as a request may be repeated, and the daily reset comes once.
fn may_pay(payment: PaymentPolicy, payments: u32, policy: &RetryPolicy) -> bool {
    match payment {
        PaymentPolicy::NextKey => true,
        PaymentPolicy::Ask => payments < policy.retries(),
        PaymentPolicy::WaitForReset { .. } => payments == 0,
        PaymentPolicy::Backoff | PaymentPolicy::Fail => false,
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::VecDeque,
        sync::{Arc, Mutex},
    };

    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue};

    use super::*;
    use crate::{
        base::error::{Error, ErrorKind},
        retry::budget::RetryBudget,
    };

    /// Answers in order, and writes down when it was asked.
    struct Scripted {
        answers: VecDeque<Result<&'static str, Failure>>,
        payments: VecDeque<Payment>,
        start: Instant,
        asked: Vec<Duration>,
        paid: Vec<PaymentPolicy>,
        repeatable: bool,
        /// How long each attempt takes.
        slowness: Duration,
        /// How long it takes to pay.
        hesitation: Duration,
    }

    impl Scripted {
        fn new(answers: impl IntoIterator<Item = Result<&'static str, Failure>>) -> Self {
            Self {
                answers: answers.into_iter().collect(),
                payments: VecDeque::new(),
                start: Instant::now(),
                asked: Vec::new(),
                paid: Vec::new(),
                repeatable: true,
                slowness: Duration::ZERO,
                hesitation: Duration::ZERO,
            }
        }

        fn paying(mut self, payments: impl IntoIterator<Item = Payment>) -> Self {
            self.payments = payments.into_iter().collect();
            self
        }

        async fn run(&mut self, policy: &RetryPolicy) -> (Result<&'static str, Failure>, u32) {
            let bucket = policy.retry_budget().map(Bucket::new);
            let timeout = Duration::from_secs(600);
            let limits = Limits { operation: "test", policy, bucket: bucket.as_ref(), timeout, observer: None };
            run(self, &limits).await
        }
    }

    impl Exchange for Scripted {
        type Output = &'static str;

        async fn attempt(&mut self, left: Duration) -> Result<&'static str, Failure> {
            self.asked.push(self.start.elapsed());
            if left <= self.slowness {
                sleep(left).await;
                return Err(Failure::Other(Error::new(ErrorKind::Timeout, "late")));
            }
            sleep(self.slowness).await;
            self.answers.pop_front().unwrap_or(Ok("done"))
        }

        fn status(_: &&'static str) -> StatusCode {
            StatusCode::OK
        }

        fn is_repeatable(&self) -> bool {
            self.repeatable
        }

        async fn pay(&mut self, policy: PaymentPolicy, _: &Failure) -> Payment {
            sleep(self.hesitation).await;
            self.paid.push(policy);
            self.payments.pop_front().unwrap_or(Payment::Never)
        }
    }

    fn status(code: u16, headers: &[(&'static str, &str)]) -> Failure {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect();
        Failure::Status { status: StatusCode::from_u16(code).unwrap(), headers: Box::new(headers), body: Bytes::new() }
    }

    fn fails<T>(code: u16) -> Result<T, Failure> {
        Err(status(code, &[]))
    }

    #[tokio::test(start_paused = true)]
    async fn waits_stay_below_their_bounds() {
        let mut exchange = Scripted::new([fails(503), fails(500), fails(502)]);
        let (result, attempts) = exchange.run(&RetryPolicy::default().max_retries(3)).await;
        assert_eq!((result.unwrap(), attempts), ("done", 4));
        for (pair, bound) in exchange.asked.windows(2).zip([500, 1000, 2000]) {
            // A timer of Tokio is right to the millisecond.
            assert!(pair[1] - pair[0] <= Duration::from_millis(bound + 1), "{:?}", exchange.asked);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn retry_after_is_taken_to_the_letter() {
        for (name, value, seconds) in [("retry-after", "90", 90.0), ("retry-after-ms", "1500", 1.5)] {
            let mut exchange = Scripted::new([Err(status(429, &[(name, value)]))]);
            assert!(exchange.run(&RetryPolicy::default()).await.0.is_ok());
            assert_eq!(exchange.asked[1].as_secs_f64(), seconds);
        }
        let date = httpdate::fmt_http_date(std::time::SystemTime::now() + Duration::from_secs(30));
        let mut exchange = Scripted::new([Err(status(503, &[("retry-after", &date)]))]);
        assert!(exchange.run(&RetryPolicy::default()).await.0.is_ok());
        assert!((28..=30).contains(&exchange.asked[1].as_secs()), "{:?}", exchange.asked);
    }

    #[tokio::test(start_paused = true)]
    async fn no_attempt_begins_after_the_time_for_retries() {
        let mut exchange = Scripted::new([fails(500), fails(500), fails(500), fails(500)]);
        exchange.slowness = Duration::from_secs(8);
        let policy = RetryPolicy::default().max_retries(9).max_elapsed(Duration::from_secs(20));
        let (result, attempts) = exchange.run(&policy).await;
        assert!(result.is_err());
        assert_eq!(attempts, 3, "{:?}", exchange.asked);
    }

    #[tokio::test(start_paused = true)]
    async fn the_call_as_a_whole_has_a_time_limit() {
        let mut exchange = Scripted::new((0..1000).map(|_| fails(500)));
        exchange.slowness = Duration::from_secs(100);
        let policy = RetryPolicy::default().max_retries(1000).budget(None);
        let (result, _) = exchange.run(&policy).await;
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Timeout);
        assert_eq!(exchange.start.elapsed(), Duration::from_secs(600));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_gone_is_not_sent_again() {
        let mut exchange = Scripted::new([fails(503)]);
        exchange.repeatable = false;
        let (result, attempts) = exchange.run(&RetryPolicy::default()).await;
        assert_eq!((result.unwrap_err().status().unwrap().as_u16(), attempts), (503, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn an_empty_budget_ends_the_retries_of_every_call() {
        let policy = RetryPolicy::default().max_retries(3).budget(RetryBudget::new(4, 0.0));
        let bucket = Bucket::new(policy.retry_budget().unwrap());
        let mut made = 0;
        for _ in 0..10 {
            let mut exchange = Scripted::new((0..10).map(|_| fails(503)));
            let timeout = Duration::from_secs(600);
            let limits = Limits { operation: "test", policy: &policy, bucket: Some(&bucket), timeout, observer: None };
            made += run(&mut exchange, &limits).await.1;
        }
        assert_eq!(made, 10 + 4);
    }

    #[tokio::test(start_paused = true)]
    async fn success_gives_the_budget_back() {
        let policy = RetryPolicy::default().budget(RetryBudget::new(2, 0.0));
        let bucket = Bucket::new(policy.retry_budget().unwrap());
        for _ in 0..10 {
            let mut exchange = Scripted::new([fails(503), fails(503)]);
            let timeout = Duration::from_secs(600);
            let limits = Limits { operation: "test", policy: &policy, bucket: Some(&bucket), timeout, observer: None };
            assert!(run(&mut exchange, &limits).await.0.is_ok());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn payment_by_backing_off() {
        let mut exchange = Scripted::new([fails(402), fails(402), fails(402)]);
        let (result, attempts) = exchange.run(&RetryPolicy::default()).await;
        assert_eq!((result.unwrap_err().status().unwrap().as_u16(), attempts), (402, 3));
        assert!(exchange.paid.is_empty());
        assert!(exchange.asked[2] <= Duration::from_millis(1502));
    }

    #[tokio::test(start_paused = true)]
    async fn payment_with_the_next_key_as_long_as_there_is_one() {
        let policy = RetryPolicy::default().max_retries(0).payment(PaymentPolicy::NextKey);
        let mut exchange = Scripted::new((0..9).map(|_| fails(402))).paying([Payment::Settled; 4]);
        let (result, attempts) = exchange.run(&policy).await;
        assert_eq!((result.unwrap_err().status().unwrap().as_u16(), attempts), (402, 5));
        assert_eq!(exchange.start.elapsed(), Duration::ZERO, "another key need not wait");
    }

    #[tokio::test(start_paused = true)]
    async fn payment_by_asking_at_most_once_a_retry() {
        let policy = RetryPolicy::default().payment(PaymentPolicy::Ask);
        let mut exchange = Scripted::new((0..9).map(|_| fails(402))).paying([Payment::Settled; 9]);
        assert_eq!(exchange.run(&policy).await.1, 3);
        let mut exchange = Scripted::new([fails(402)]).paying([Payment::Settled]);
        // Somebody who thinks it over for an hour does not use up the time of the call.
        exchange.hesitation = Duration::from_secs(3600);
        assert!(exchange.run(&policy).await.0.is_ok());
        assert_eq!(exchange.asked[1], Duration::from_secs(3600));
    }

    #[tokio::test(start_paused = true)]
    async fn payment_after_the_daily_reset() {
        let limit = Duration::from_secs(24 * 3600);
        let policy = RetryPolicy::default().payment(PaymentPolicy::WaitForReset { limit });
        let reset = Duration::from_secs(5 * 3600);
        let mut exchange = Scripted::new([fails(402), fails(500)]).paying([Payment::In(reset)]);
        let (result, attempts) = exchange.run(&policy).await;
        assert_eq!((result.unwrap(), attempts), ("done", 3), "the wait is not part of the call's time");
        assert_eq!(exchange.asked[1], reset);

        // It comes once.
        let mut exchange = Scripted::new([fails(402), fails(402)]).paying([Payment::In(reset); 2]);
        assert_eq!(exchange.run(&policy).await.1, 2);
        // And it may be too far away, which `pay` tells.
        let mut exchange = Scripted::new([fails(402)]).paying([Payment::Never]);
        assert_eq!(exchange.run(&policy).await.1, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn payment_refused() {
        let policy = RetryPolicy::default().payment(PaymentPolicy::Fail);
        let mut exchange = Scripted::new([fails(402)]);
        assert_eq!(exchange.run(&policy).await.1, 1);
        assert!(exchange.paid.is_empty());
        // Other failures are retried all the same.
        let mut exchange = Scripted::new([fails(503)]);
        assert!(exchange.run(&policy).await.0.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_observer_hears_of_every_attempt() {
        let log = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&log);
        let observer = Observer::new(move |attempt| seen.lock().unwrap().push(attempt.to_string()));
        let mut exchange = Scripted::new([
            Err(status(429, &[("retry-after", "3")])),
            Err(Failure::Other(Error::new(ErrorKind::Truncated, "cut"))),
        ]);
        let policy = RetryPolicy::default().base_delay(Duration::ZERO);
        let timeout = Duration::from_secs(600);
        let limits = Limits { operation: "test", policy: &policy, bucket: None, timeout, observer: Some(&observer) };
        assert!(run(&mut exchange, &limits).await.0.is_ok());
        assert_eq!(
            *log.lock().unwrap(),
            [
                "test: attempt 1: 429 Too Many Requests, next in 3s",
                "test: attempt 2: Truncated, next in 0ns",
                "test: attempt 3: 200 OK",
            ]
        );
    }
}
