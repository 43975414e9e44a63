//! The `tracing` spans of a call. This is a separate test program, because `tracing` caches for the whole process which
//! spans are enabled.

use std::time::Duration;

use pollinations_ext::{KeyPlacement, Pollinations, RetryPolicy};
use pollinations_tests::{Log, Script, Step};
use tracing::{Level, instrument::WithSubscriber};
use tracing_subscriber::fmt::format::FmtSpan;

const KEY: &str = "sk_must_never_show";

async fn script() -> Script {
    let busy = Step::Answer(429, vec![("retry-after-ms", "20".to_owned())], String::new());
    Script::play(vec![busy, Step::Close, Step::json(200, r#"{"balance": 3.5}"#)]).await
}

fn builder(script: &Script) -> pollinations_ext::Builder {
    let quick = RetryPolicy::default().base_delay(Duration::from_millis(1));
    Pollinations::builder().base_url(&script.url).key(KEY.parse().unwrap()).retry(quick)
}

#[tokio::test]
async fn every_attempt_has_a_span_without_the_key() {
    for placement in [KeyPlacement::Header, KeyPlacement::Query] {
        let script = script().await;
        let client = builder(&script).key_placement(placement).build().unwrap();
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_span_events(FmtSpan::CLOSE)
            .with_ansi(false)
            .with_writer(log.clone())
            .finish();
        client.account().balance().into_future().with_subscriber(subscriber).await.unwrap();
        let text = log.take();
        let closed: Vec<&str> = text.lines().filter(|line| line.contains("close time.busy")).collect();
        for part in [
            r#"pollinations.attempt{pollinations.operation="account_balance" attempt=1 status=429 delay=0.02}"#,
            r#"pollinations.attempt{pollinations.operation="account_balance" attempt=2 delay="#,
            r#"pollinations.attempt{pollinations.operation="account_balance" attempt=3 status=200}"#,
        ] {
            assert!(closed.iter().any(|line| line.contains(part)), "{part} is not in\n{text}");
        }
        // Each span says why the attempt ended.
        for (attempt, end) in [(1, "rate limited"), (2, "lost"), (3, "answered")] {
            let has_ended =
                |line: &&str| line.contains(&format!("attempt={attempt} ")) && line.contains("attempt ended");
            let line = text.lines().find(has_ended).unwrap_or_else(|| panic!("{attempt} is not in\n{text}"));
            assert!(line.contains(&format!("end=\"{end}\" joins=false")), "{line}");
        }
        assert!(!text.contains("must_never"), "{text}");
    }
}
