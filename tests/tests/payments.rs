//! What a client does when it is out of pollen: five ways, over real sockets. How long each waits is tested with a
//! paused clock in `pollinations-ext` itself.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use pollinations_ext::{Builder, ErrorKind, PaymentAnswer, PaymentPolicy, Pollinations, RetryPolicy};
use pollinations_tests::{Script, Step};

fn broke(reason: &str) -> Step {
    let error = format!(
        r#"{{"status":402,"success":false,"error":{{"code":"PAYMENT_REQUIRED","message":"No pollen left","timestamp":"t","details":{{"reason":"{reason}"}}}}}}"#
    );
    Step::json(402, error)
}

fn balance() -> Step {
    Step::json(200, r#"{"balance": 3.5}"#)
}

fn builder(script: &Script, payment: PaymentPolicy) -> Builder {
    let policy = RetryPolicy::default().base_delay(Duration::from_millis(1)).payment(payment);
    Pollinations::builder().base_url(&script.url).key("sk_first".parse().unwrap()).retry(policy)
}

/// The key of a request.
fn key(request: &str) -> &str {
    request.lines().find_map(|line| line.strip_prefix("authorization: Bearer ")).unwrap()
}

#[tokio::test]
async fn backing_off_is_the_default() {
    let script = Script::play(vec![broke("account_balance"), balance()]).await;
    let client = builder(&script, PaymentPolicy::default()).build().unwrap();
    assert_eq!(client.account().balance().await.unwrap().balance, 3.5);
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn failing_at_once() {
    let script = Script::play(vec![broke("account_balance"), balance()]).await;
    let error = builder(&script, PaymentPolicy::Fail).build().unwrap().account().balance().await.unwrap_err();
    assert!(error.is_payment_required());
    assert_eq!(error.attempts(), 1);
}

#[tokio::test]
async fn the_next_key_is_taken_and_kept() {
    let script = Script::play(vec![broke("key_budget"), broke("key_budget"), balance(), balance()]).await;
    let builder = builder(&script, PaymentPolicy::NextKey);
    let builder = builder.fallback_key("sk_second".parse().unwrap()).fallback_key("sk_third".parse().unwrap());
    let client = builder.build().unwrap();
    client.account().balance().await.unwrap();
    client.account().balance().await.unwrap();
    let requests = script.requests();
    let keys: Vec<&str> = requests.iter().map(|request| key(request)).collect();
    assert_eq!(keys, ["sk_first", "sk_second", "sk_third", "sk_third"]);

    // Without another, the error is that of the last.
    let script = Script::play(vec![broke("key_budget")]).await;
    let builder = self::builder(&script, PaymentPolicy::NextKey).fallback_key("sk_second".parse().unwrap());
    let error = builder.build().unwrap().account().balance().await.unwrap_err();
    assert_eq!((error.is_payment_required(), error.attempts()), (true, 2));
}

#[tokio::test]
async fn calls_that_fail_together_ask_once() {
    // Ten of them fail with the first key; whatever comes after is answered.
    let mut steps = vec![broke("account_balance"); 10];
    steps.push(balance());
    let script = Arc::new(Script::play(steps).await);
    let asked = Arc::new(AtomicUsize::new(0));
    let (count, seen) = (Arc::clone(&asked), Arc::clone(&script));
    let builder = builder(&script, PaymentPolicy::Ask).on_payment_required(move |required| {
        let (count, seen) = (Arc::clone(&count), Arc::clone(&seen));
        async move {
            count.fetch_add(1, Ordering::SeqCst);
            assert_eq!(required.operation, "account_balance");
            assert_eq!(required.message, "No pollen left");
            assert_eq!(required.reason.as_deref(), Some("account_balance"));
            // Until all ten have failed.
            while seen.requests().len() < 10 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            PaymentAnswer::Key("sk_fresh".parse().unwrap())
        }
    });
    let client = builder.build().unwrap();
    let calls = join_all((0..10).map(|_| async { client.account().balance().await })).await;
    assert!(calls.iter().all(Result::is_ok), "{calls:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let requests = script.requests();
    assert_eq!(requests.iter().filter(|request| key(request) == "sk_fresh").count(), 10);
}

#[tokio::test]
async fn asking_may_end_in_nothing() {
    let script = Script::play(vec![broke("account_balance")]).await;
    let given_up = builder(&script, PaymentPolicy::Ask).on_payment_required(|_| async { PaymentAnswer::GiveUp });
    let without_anybody_to_ask = builder(&script, PaymentPolicy::Ask);
    for builder in [given_up, without_anybody_to_ask] {
        let error = builder.build().unwrap().account().balance().await.unwrap_err();
        assert_eq!((error.is_payment_required(), error.attempts()), (true, 1));
    }
    // Topped up, says somebody, but it is not so.
    let topped_up = builder(&script, PaymentPolicy::Ask).on_payment_required(|_| async { PaymentAnswer::Retry });
    assert_eq!(topped_up.build().unwrap().account().balance().await.unwrap_err().attempts(), 3);
}

fn profile(reset: Duration) -> Step {
    let reset = humantime::format_rfc3339_millis(std::time::SystemTime::now() + reset);
    Step::json(200, format!(r#"{{"tier":"seed","createdAt":"2026-01-01T00:00:00Z","nextResetAt":"{reset}"}}"#))
}

#[tokio::test]
async fn waiting_for_the_daily_reset() {
    let limit = Duration::from_secs(60);
    let wait = Duration::from_millis(2000);
    let start = Instant::now();
    let script = Script::play(vec![broke("account_balance"), profile(wait), balance()]).await;
    let builder = builder(&script, PaymentPolicy::WaitForReset { limit });
    // Less time than the wait takes: it is not part of the call's.
    let client = builder.timeout(Duration::from_millis(1500)).build().unwrap();
    assert_eq!(client.account().balance().await.unwrap().balance, 3.5);
    assert!(start.elapsed() >= Duration::from_millis(1900), "{:?}", start.elapsed());
    assert!(script.requests()[1].starts_with("GET /account/profile "));
}

#[tokio::test]
async fn a_reset_that_does_not_help_is_not_waited_for() {
    let limit = Duration::from_secs(60);
    let day = Duration::from_secs(86_400);
    for (steps, requests) in [
        (vec![broke("account_balance"), profile(day)], 2),
        (vec![broke("account_balance"), Step::json(403, "{}")], 2),
        (vec![broke("account_balance"), Step::json(200, r#"{"nextResetAt":null}"#)], 2),
        // No reset renews the budget of a key.
        (vec![broke("key_budget"), profile(Duration::ZERO)], 1),
    ] {
        let script = Script::play(steps).await;
        let client = builder(&script, PaymentPolicy::WaitForReset { limit }).build().unwrap();
        let error = client.account().balance().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Api, 1));
        assert_eq!(script.requests().len(), requests);
    }
}

#[tokio::test]
async fn every_key_stays_out_of_errors() {
    let echo = r#"{"error":"sk_first and sk_second and sk_third have no pollen"}"#;
    let script = Script::play(vec![Step::json(402, echo)]).await;
    let builder = builder(&script, PaymentPolicy::NextKey).fallback_key("sk_second".parse().unwrap());
    let client = builder.fallback_key("sk_third".parse().unwrap()).build().unwrap();
    let error = client.account().balance().await.unwrap_err();
    assert_eq!(error.attempts(), 3);
    assert_eq!(error.message(), "[key] and [key] and [key] have no pollen");
    assert!(!format!("{client:?}").contains("second"));
}
