//! The loop that makes attempts until one succeeds or nothing more can be done.

use std::{pin::pin, time::Duration};

use http::StatusCode;
use tracing::{Instrument as _, debug, debug_span, field::Empty};

use super::{
    budget::Bucket,
    failure::Failure,
    observer::{Attempt, AttemptEnd, Observer},
    payment::{Payment, PaymentPolicy},
    policy::RetryPolicy,
    repeat::Repeat,
};
use crate::base::time::{Instant, sleep};

/// A request that can be sent several times.
pub(crate) trait Exchange {
    /// The result of a successful attempt.
    type Output;

    /// Sends the request once. `left` is the remaining time of the call. With `patience`, fails with
    /// [`Failure::Late`] if there is no response within that time.
    async fn attempt(&mut self, left: Duration, patience: Option<Duration>) -> Result<Self::Output, Failure>;

    /// The status of a successful response.
    fn status(output: &Self::Output) -> StatusCode;

    /// Whether the request, as it was last sent, can be sent again.
    fn is_repeatable(&self) -> bool;

    /// The effect of sending the request again.
    fn repeat(&self) -> Repeat;

    /// Follows the payment policy after a 402.
    async fn pay(&mut self, policy: PaymentPolicy, failure: &Failure) -> Payment;
}

/// The limits of a call.
pub(crate) struct Limits<'a> {
    pub(crate) operation: &'a str,
    pub(crate) policy: &'a RetryPolicy,
    /// The client's retry budget. `None` if this call has no budget.
    pub(crate) bucket: Option<&'a Bucket>,
    /// The timeout for all attempts and the waits between them. Time for payment does not count: the callback, or the
    /// daily reset.
    pub(crate) timeout: Duration,
    /// The timeout of an attempt, if the next attempt joins the running generation.
    pub(crate) attempt_timeout: Duration,
    /// Attempts that the call has already made, whose response broke off later.
    pub(crate) attempts: u32,
    pub(crate) observer: Option<&'a Observer>,
}

/// The result of all attempts.
pub(crate) struct Outcome<T> {
    pub(crate) result: Result<T, Failure>,
    pub(crate) attempts: u32,
    /// Whether a failed attempt may have been processed, so that a retry could bill twice or repeat a change.
    pub(crate) is_unknown: bool,
}

/// Makes attempts until one succeeds, the policy allows no more, or the timeout expires.
pub(crate) async fn run<E: Exchange>(exchange: &mut E, limits: &Limits<'_>) -> Outcome<E::Output> {
    let Limits { operation, policy, bucket, timeout, attempt_timeout, observer, .. } = *limits;
    let repeat = exchange.repeat();
    let mut is_unknown = false;
    let start = Instant::now();
    let mut begun = start;
    // Does not count toward the timeout.
    let mut paying = Duration::ZERO;
    let mut payments = 0;
    let mut taken = 0;
    let mut attempts = limits.attempts;
    if let Some(bucket) = bucket
        && attempts == 0
    {
        bucket.begin();
    }
    loop {
        attempts += 1;
        let spent = begun.duration_since(start).saturating_sub(paying);
        let left = timeout.saturating_sub(spent);
        // An attempt is only dropped if another one follows. The last attempt may take the rest of the call's time.
        let follows = attempt_timeout < left
            && policy.has_more(attempts)
            && policy.has_time(spent.saturating_add(attempt_timeout))
            && bucket.is_none_or(Bucket::has_one);
        let patience = Some(attempt_timeout).filter(|_| repeat == Repeat::Joins && follows && exchange.is_repeatable());
        let span = debug_span!(
            "pollinations.attempt",
            "pollinations.operation" = operation,
            attempt = attempts,
            status = Empty,
            delay = Empty
        );
        let result = {
            let sending = pin!(exchange.attempt(left, patience));
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
            end: result.as_ref().map_or_else(AttemptEnd::of, |_| AttemptEnd::Answered),
            // Reading the clock takes time, and only the observer needs it.
            elapsed: observer.map_or(Duration::ZERO, |_| begun.elapsed()),
            delay: None,
            joins: false,
        };
        let may_join = result.as_ref().is_err_and(|failure| repeat.joins(failure));
        let tell = |delay: Option<Duration>| {
            if let Some(delay) = delay {
                span.record("delay", delay.as_secs_f64());
            }
            let joins = may_join && delay.is_some();
            debug!(parent: &span, end = report.end.name(), joins, "attempt ended");
            if let Some(observer) = observer {
                observer.tell(&Attempt { delay, joins, ..report.clone() });
            }
        };
        let failure = match result {
            Ok(output) => {
                tell(None);
                if let Some(bucket) = bucket {
                    bucket.give_back(taken);
                }
                return Outcome { result: Ok(output), attempts, is_unknown };
            }
            Err(failure) => failure,
        };
        let spent = start.elapsed().saturating_sub(paying);
        let fits = |wait: Duration| spent.saturating_add(wait) < timeout && policy.has_time(spent.saturating_add(wait));
        is_unknown |= repeat.leaves_unknown(&failure);
        let payment = policy.payment_policy();
        // A callback that can provide another key can also sign the user in again. A request that was rejected with
        // 401 had no effect.
        let is_signed_out = failure.is_signed_out() && payment == PaymentPolicy::Ask;
        let may_repeat = is_signed_out || repeat.allows(&failure, policy.resends_uncached());
        if !exchange.is_repeatable() || !may_repeat {
            tell(None);
            return Outcome { result: Err(failure), attempts, is_unknown };
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
            let asked = failure.retry_after();
            let wait = match &failure {
                // The next attempt only joins the running generation, so it needs no delay.
                Failure::Late(_) => policy.has_more(attempts).then_some(Duration::ZERO),
                _ if failure.is_rate_limited() && asked.is_none() => policy.wait_for_rate(attempts),
                _ => policy.wait(attempts, asked),
            };
            wait.filter(|wait| fits(*wait)).filter(|_| {
                let granted = bucket.is_none_or(Bucket::take);
                taken += u32::from(granted && bucket.is_some());
                granted
            })
        };
        tell(wait);
        match wait {
            Some(wait) => sleep(wait).await,
            None => return Outcome { result: Err(failure), attempts, is_unknown },
        }
        begun = Instant::now();
    }
}

/// Whether to handle another 402. The number of keys is limited, the callback runs at most as often as a request may
/// be retried, and the daily reset is only awaited once.
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

    /// Returns scripted results in order, and records the times of the attempts.
    struct Scripted {
        answers: VecDeque<Result<&'static str, Failure>>,
        payments: VecDeque<Payment>,
        start: Instant,
        asked: Vec<Duration>,
        paid: Vec<PaymentPolicy>,
        repeatable: bool,
        repeat: Repeat,
        /// How long each attempt takes.
        latency: Duration,
        /// How long the payment takes.
        payment_time: Duration,
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
                repeat: Repeat::Reads,
                latency: Duration::ZERO,
                payment_time: Duration::ZERO,
            }
        }

        fn with_payments(mut self, payments: impl IntoIterator<Item = Payment>) -> Self {
            self.payments = payments.into_iter().collect();
            self
        }

        fn with_repeat(mut self, repeat: Repeat) -> Self {
            self.repeat = repeat;
            self
        }

        async fn run(&mut self, policy: &RetryPolicy) -> (Result<&'static str, Failure>, u32) {
            let outcome = self.outcome(policy).await;
            (outcome.result, outcome.attempts)
        }

        async fn outcome(&mut self, policy: &RetryPolicy) -> Outcome<&'static str> {
            let bucket = policy.retry_budget().map(Bucket::new);
            run(self, &Limits { bucket: bucket.as_ref(), ..limits(policy) }).await
        }
    }

    impl Exchange for Scripted {
        type Output = &'static str;

        async fn attempt(&mut self, left: Duration, patience: Option<Duration>) -> Result<&'static str, Failure> {
            self.asked.push(self.start.elapsed());
            if let Some(patience) = patience.filter(|patience| *patience <= self.latency) {
                sleep(patience).await;
                return Err(Failure::Late(patience));
            }
            if left <= self.latency {
                sleep(left).await;
                return Err(Failure::Other(Error::new(ErrorKind::Timeout, "late")));
            }
            sleep(self.latency).await;
            self.answers.pop_front().unwrap_or(Ok("done"))
        }

        fn status(_: &&'static str) -> StatusCode {
            StatusCode::OK
        }

        fn is_repeatable(&self) -> bool {
            self.repeatable
        }

        fn repeat(&self) -> Repeat {
            self.repeat
        }

        async fn pay(&mut self, policy: PaymentPolicy, _: &Failure) -> Payment {
            sleep(self.payment_time).await;
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

    fn limits(policy: &RetryPolicy) -> Limits<'_> {
        Limits {
            operation: "test",
            policy,
            bucket: None,
            timeout: Duration::from_secs(600),
            attempt_timeout: Duration::from_secs(120),
            attempts: 0,
            observer: None,
        }
    }

    fn lost<T>() -> Result<T, Failure> {
        Err(Failure::Other(Error::new(ErrorKind::Truncated, "cut")))
    }

    fn fails<T>(code: u16) -> Result<T, Failure> {
        Err(status(code, &[]))
    }

    #[tokio::test(start_paused = true)]
    async fn delays_stay_below_their_maximum() {
        let mut exchange = Scripted::new([fails(503), fails(500), fails(502)]);
        let (result, attempts) = exchange.run(&RetryPolicy::default().max_retries(3)).await;
        assert_eq!((result.unwrap(), attempts), ("done", 4));
        for (pair, bound) in exchange.asked.windows(2).zip([500, 1000, 2000]) {
            // Tokio's timers have a resolution of a millisecond.
            assert!(pair[1] - pair[0] <= Duration::from_millis(bound + 1), "{:?}", exchange.asked);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn retry_after_is_honored_exactly() {
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
    async fn no_attempt_begins_after_max_elapsed() {
        let mut exchange = Scripted::new([fails(500), fails(500), fails(500), fails(500)]);
        exchange.latency = Duration::from_secs(8);
        let policy = RetryPolicy::default().max_retries(9).max_elapsed(Duration::from_secs(20));
        let (result, attempts) = exchange.run(&policy).await;
        assert!(result.is_err());
        assert_eq!(attempts, 3, "{:?}", exchange.asked);
    }

    #[tokio::test(start_paused = true)]
    async fn the_timeout_covers_the_whole_call() {
        let mut exchange = Scripted::new((0..1000).map(|_| fails(500)));
        exchange.latency = Duration::from_secs(100);
        let policy = RetryPolicy::default().max_retries(1000).budget(None);
        let (result, _) = exchange.run(&policy).await;
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Timeout);
        assert_eq!(exchange.start.elapsed(), Duration::from_secs(600));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_whose_body_cannot_be_repeated_is_not_retried() {
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
            made += run(&mut exchange, &Limits { bucket: Some(&bucket), ..limits(&policy) }).await.attempts;
        }
        assert_eq!(made, 10 + 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_refills_the_budget() {
        let policy = RetryPolicy::default().budget(RetryBudget::new(2, 0.0));
        let bucket = Bucket::new(policy.retry_budget().unwrap());
        for _ in 0..10 {
            let mut exchange = Scripted::new([fails(503), fails(503)]);
            let limits = Limits { bucket: Some(&bucket), ..limits(&policy) };
            assert!(run(&mut exchange, &limits).await.result.is_ok());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_402_is_retried_with_backoff_by_default() {
        let mut exchange = Scripted::new([fails(402), fails(402), fails(402)]);
        let (result, attempts) = exchange.run(&RetryPolicy::default()).await;
        assert_eq!((result.unwrap_err().status().unwrap().as_u16(), attempts), (402, 3));
        assert!(exchange.paid.is_empty());
        assert!(exchange.asked[2] <= Duration::from_millis(1502));
    }

    #[tokio::test(start_paused = true)]
    async fn a_402_is_retried_with_each_further_key() {
        let policy = RetryPolicy::default().max_retries(0).payment(PaymentPolicy::NextKey);
        let mut exchange = Scripted::new((0..9).map(|_| fails(402))).with_payments([Payment::Settled; 4]);
        let (result, attempts) = exchange.run(&policy).await;
        assert_eq!((result.unwrap_err().status().unwrap().as_u16(), attempts), (402, 5));
        assert_eq!(exchange.start.elapsed(), Duration::ZERO, "a new key must be used at once");
    }

    #[tokio::test(start_paused = true)]
    async fn the_user_is_asked_at_most_once_per_retry() {
        let policy = RetryPolicy::default().payment(PaymentPolicy::Ask);
        let mut exchange = Scripted::new((0..9).map(|_| fails(402))).with_payments([Payment::Settled; 9]);
        assert_eq!(exchange.run(&policy).await.1, 3);
        let mut exchange = Scripted::new([fails(402)]).with_payments([Payment::Settled]);
        // A callback that takes an hour does not use up the timeout of the call.
        exchange.payment_time = Duration::from_secs(3600);
        assert!(exchange.run(&policy).await.0.is_ok());
        assert_eq!(exchange.asked[1], Duration::from_secs(3600));
    }

    #[tokio::test(start_paused = true)]
    async fn a_402_can_be_retried_after_the_daily_reset() {
        let limit = Duration::from_secs(24 * 3600);
        let policy = RetryPolicy::default().payment(PaymentPolicy::WaitForReset { limit });
        let reset = Duration::from_secs(5 * 3600);
        let mut exchange = Scripted::new([fails(402), fails(500)]).with_payments([Payment::In(reset)]);
        let (result, attempts) = exchange.run(&policy).await;
        assert_eq!((result.unwrap(), attempts), ("done", 3), "the wait must not count towards the timeout");
        assert_eq!(exchange.asked[1], reset);

        // The call waits for the daily reset only once.
        let mut exchange = Scripted::new([fails(402), fails(402)]).with_payments([Payment::In(reset); 2]);
        assert_eq!(exchange.run(&policy).await.1, 2);
        // The reset may be too far away, which `pay` reports.
        let mut exchange = Scripted::new([fails(402)]).with_payments([Payment::Never]);
        assert_eq!(exchange.run(&policy).await.1, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_402_can_fail_at_once() {
        let policy = RetryPolicy::default().payment(PaymentPolicy::Fail);
        let mut exchange = Scripted::new([fails(402)]);
        assert_eq!(exchange.run(&policy).await.1, 1);
        assert!(exchange.paid.is_empty());
        // Other failures are still retried.
        let mut exchange = Scripted::new([fails(503)]);
        assert!(exchange.run(&policy).await.0.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_observer_is_called_for_every_attempt() {
        let log = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&log);
        let observer = Observer::new(move |attempt| seen.lock().unwrap().push(attempt.to_string()));
        let mut exchange = Scripted::new([
            Err(status(429, &[("retry-after", "3")])),
            Err(Failure::Other(Error::new(ErrorKind::Truncated, "cut"))),
        ]);
        let policy = RetryPolicy::default().base_delay(Duration::ZERO);
        let limits = Limits { observer: Some(&observer), ..limits(&policy) };
        assert!(run(&mut exchange, &limits).await.result.is_ok());
        assert_eq!(
            *log.lock().unwrap(),
            [
                "test: attempt 1: 429 Too Many Requests, next in 3s",
                "test: attempt 2: Truncated, next in 0ns",
                "test: attempt 3: 200 OK",
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_times_out_only_if_the_next_one_can_join_its_generation() {
        // Two attempts are dropped. The last one has the rest of the call's time.
        let mut exchange = Scripted::new([]).with_repeat(Repeat::Joins);
        exchange.latency = Duration::from_secs(300);
        let (result, attempts) = exchange.run(&RetryPolicy::default()).await;
        assert_eq!((result.unwrap(), attempts), ("done", 3));
        assert_eq!(exchange.asked, [0, 120, 240].map(Duration::from_secs));

        // Requests that do not join a running generation, or are not retried, have all of the call's time from the
        // start.
        for (repeat, policy) in [
            (Repeat::Reads, RetryPolicy::default()),
            (Repeat::Pays, RetryPolicy::default().retry_non_idempotent(true)),
            (Repeat::Joins, RetryPolicy::none()),
            (Repeat::Joins, RetryPolicy::default().budget(RetryBudget::new(0, 0.0))),
            (Repeat::Joins, RetryPolicy::default().max_elapsed(Duration::from_secs(60))),
        ] {
            let mut exchange = Scripted::new([]).with_repeat(repeat);
            exchange.latency = Duration::from_secs(300);
            assert_eq!(exchange.run(&policy).await.1, 1, "{repeat:?} {policy}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn non_idempotent_requests_are_only_retried_with_retry_non_idempotent() {
        for (repeat, resend, attempts, is_unknown) in [
            (Repeat::Joins, false, 2, false),
            (Repeat::Reads, false, 2, false),
            (Repeat::Pays, false, 1, true),
            (Repeat::Pays, true, 2, true),
            (Repeat::Uploads, true, 1, true),
            (Repeat::Changes, true, 1, true),
        ] {
            let policy = RetryPolicy::default().retry_non_idempotent(resend);
            let outcome = Scripted::new([lost()]).with_repeat(repeat).outcome(&policy).await;
            assert_eq!((outcome.attempts, outcome.is_unknown), (attempts, is_unknown), "{repeat:?} {resend}");
        }
        // A later rejection says nothing about the outcome of the attempt before.
        let policy = RetryPolicy::default().retry_non_idempotent(true);
        let outcome = Scripted::new([lost(), fails(400)]).with_repeat(Repeat::Pays).outcome(&policy).await;
        assert!(outcome.result.is_err() && outcome.is_unknown);
        // A rejected request is retried, and then the outcome is known.
        let outcome = Scripted::new([fails(503)]).with_repeat(Repeat::Pays).outcome(&RetryPolicy::default()).await;
        assert_eq!((outcome.attempts, outcome.is_unknown), (2, false));
    }

    #[tokio::test(start_paused = true)]
    async fn delays_for_a_rate_limit_without_retry_after_grow() {
        let mut exchange = Scripted::new([fails(429), fails(429), fails(429)]);
        assert!(exchange.run(&RetryPolicy::default().max_retries(3).base_delay(Duration::ZERO)).await.0.is_ok());
        let waits: Vec<Duration> = exchange.asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(waits[0] >= Duration::from_secs(1) && waits.windows(2).all(|pair| pair[0] < pair[1]), "{waits:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_observer_gets_the_end_of_each_attempt_and_whether_the_next_joins() {
        let log = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&log);
        let observer = Observer::new(move |attempt| seen.lock().unwrap().push((attempt.end, attempt.joins)));
        let policy = RetryPolicy::default().max_retries(9);
        let mut exchange =
            Scripted::new([fails(524), lost(), fails(402), fails(429), fails(500)]).with_repeat(Repeat::Joins);
        let limits = Limits { observer: Some(&observer), ..limits(&policy) };
        assert!(run(&mut exchange, &limits).await.result.is_ok());
        assert_eq!(
            *log.lock().unwrap(),
            [
                (AttemptEnd::Refused, true),
                (AttemptEnd::Lost, true),
                (AttemptEnd::PaymentRequired, false),
                (AttemptEnd::RateLimited, false),
                (AttemptEnd::Refused, false),
                (AttemptEnd::Answered, false),
            ]
        );
    }
}
