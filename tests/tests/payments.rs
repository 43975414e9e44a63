//! The five payment policies for a client that is out of pollen, over real sockets. Unit tests in `pollinations-ext`
//! check the delays with a paused clock.

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

fn out_of_pollen(reason: &str) -> Step {
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
async fn the_default_policy_retries_a_402_with_backoff() {
    let script = Script::play(vec![out_of_pollen("account_balance"), balance()]).await;
    let client = builder(&script, PaymentPolicy::default()).build().unwrap();
    assert_eq!(client.account().balance().await.unwrap().balance, 3.5);
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn the_fail_policy_returns_the_402_at_once() {
    let script = Script::play(vec![out_of_pollen("account_balance"), balance()]).await;
    let error = builder(&script, PaymentPolicy::Fail).build().unwrap().account().balance().await.unwrap_err();
    assert!(error.is_payment_required());
    assert_eq!(error.attempts(), 1);
}

#[tokio::test]
async fn the_next_key_policy_switches_to_the_next_key_and_keeps_it() {
    let script =
        Script::play(vec![out_of_pollen("key_budget"), out_of_pollen("key_budget"), balance(), balance()]).await;
    let builder = builder(&script, PaymentPolicy::NextKey);
    let builder = builder.fallback_key("sk_second".parse().unwrap()).fallback_key("sk_third".parse().unwrap());
    let client = builder.build().unwrap();
    client.account().balance().await.unwrap();
    client.account().balance().await.unwrap();
    let requests = script.requests();
    let keys: Vec<&str> = requests.iter().map(|request| key(request)).collect();
    assert_eq!(keys, ["sk_first", "sk_second", "sk_third", "sk_third"]);

    // After the last key, the call fails with the error for that key.
    let script = Script::play(vec![out_of_pollen("key_budget")]).await;
    let builder = self::builder(&script, PaymentPolicy::NextKey).fallback_key("sk_second".parse().unwrap());
    let error = builder.build().unwrap().account().balance().await.unwrap_err();
    assert_eq!((error.is_payment_required(), error.attempts()), (true, 2));
}

#[tokio::test]
async fn concurrent_calls_ask_the_user_only_once() {
    // Ten calls fail with the first key. All later requests succeed.
    let mut steps = vec![out_of_pollen("account_balance"); 10];
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
            // Wait until all ten calls have failed.
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
async fn the_call_fails_if_the_user_gives_up_or_cannot_be_asked() {
    let script = Script::play(vec![out_of_pollen("account_balance")]).await;
    let given_up = builder(&script, PaymentPolicy::Ask).on_payment_required(|_| async { PaymentAnswer::GiveUp });
    let without_a_callback = builder(&script, PaymentPolicy::Ask);
    for builder in [given_up, without_a_callback] {
        let error = builder.build().unwrap().account().balance().await.unwrap_err();
        assert_eq!((error.is_payment_required(), error.attempts()), (true, 1));
    }
    // The callback says that the account was topped up, but it was not.
    let topped_up = builder(&script, PaymentPolicy::Ask).on_payment_required(|_| async { PaymentAnswer::Retry });
    assert_eq!(topped_up.build().unwrap().account().balance().await.unwrap_err().attempts(), 3);
}

fn profile(reset: Duration) -> Step {
    let reset = humantime::format_rfc3339_millis(std::time::SystemTime::now() + reset);
    Step::json(200, format!(r#"{{"tier":"seed","createdAt":"2026-01-01T00:00:00Z","nextResetAt":"{reset}"}}"#))
}

#[tokio::test]
async fn the_wait_policy_waits_for_the_daily_reset() {
    let limit = Duration::from_secs(60);
    let wait = Duration::from_millis(2000);
    let start = Instant::now();
    let script = Script::play(vec![out_of_pollen("account_balance"), profile(wait), balance()]).await;
    let builder = builder(&script, PaymentPolicy::WaitForReset { limit });
    // The timeout is shorter than the wait, because the wait does not count towards the timeout.
    let client = builder.timeout(Duration::from_millis(1500)).build().unwrap();
    assert_eq!(client.account().balance().await.unwrap().balance, 3.5);
    assert!(start.elapsed() >= Duration::from_millis(1900), "{:?}", start.elapsed());
    assert!(script.requests()[1].starts_with("GET /account/profile "));
}

#[tokio::test]
async fn the_wait_policy_fails_at_once_if_the_reset_is_too_far_away_or_does_not_help() {
    let limit = Duration::from_secs(60);
    let day = Duration::from_secs(86_400);
    for (steps, requests) in [
        (vec![out_of_pollen("account_balance"), profile(day)], 2),
        (vec![out_of_pollen("account_balance"), Step::json(403, "{}")], 2),
        (vec![out_of_pollen("account_balance"), Step::json(200, r#"{"nextResetAt":null}"#)], 2),
        // The daily reset does not renew the budget of a key.
        (vec![out_of_pollen("key_budget"), profile(Duration::ZERO)], 1),
    ] {
        let script = Script::play(steps).await;
        let client = builder(&script, PaymentPolicy::WaitForReset { limit }).build().unwrap();
        let error = client.account().balance().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Api, 1));
        assert_eq!(script.requests().len(), requests);
    }
}

#[tokio::test]
async fn errors_contain_none_of_the_keys() {
    let echo = r#"{"error":"sk_first and sk_second and sk_third have no pollen"}"#;
    let script = Script::play(vec![Step::json(402, echo)]).await;
    let builder = builder(&script, PaymentPolicy::NextKey).fallback_key("sk_second".parse().unwrap());
    let client = builder.fallback_key("sk_third".parse().unwrap()).build().unwrap();
    let error = client.account().balance().await.unwrap_err();
    assert_eq!(error.attempts(), 3);
    assert_eq!(error.message(), "[key] and [key] and [key] have no pollen");
    assert!(!format!("{client:?}").contains("second"));
}
