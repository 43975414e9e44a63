//! What is told of a call while it is made: to the observer, and to `tracing`.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use pollinations_ext::{KeyPlacement, Pollinations, RetryPolicy};
use pollinations_tests::{Script, Step};
use tracing::{Level, instrument::WithSubscriber};
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

const KEY: &str = "sk_must_never_show";

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

async fn script() -> Script {
    let busy = Step::Answer(429, vec![("retry-after-ms", "20".to_owned())], String::new());
    Script::play(vec![busy, Step::Close, Step::json(200, r#"{"balance": 3.5}"#)]).await
}

fn builder(script: &Script) -> pollinations_ext::Builder {
    let quick = RetryPolicy::default().base_delay(Duration::from_millis(1));
    Pollinations::builder().base_url(&script.url).key(KEY.parse().unwrap()).retry(quick)
}

#[tokio::test]
async fn the_observer_hears_of_every_attempt() {
    let script = script().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heard);
    let client = builder(&script)
        .observer(move |attempt| {
            assert!(attempt.elapsed < Duration::from_secs(10));
            let delay = attempt.delay.map(|delay| delay.as_millis());
            log.lock().unwrap().push((
                attempt.operation.to_owned(),
                attempt.number,
                attempt.status,
                attempt.error,
                delay,
            ));
        })
        .build()
        .unwrap();
    client.account().balance().await.unwrap();
    let heard = heard.lock().unwrap();
    let numbers: Vec<(u32, Option<u16>)> =
        heard.iter().map(|(_, number, status, ..)| (*number, status.map(|status| status.as_u16()))).collect();
    assert_eq!(numbers, [(1, Some(429)), (2, None), (3, Some(200))]);
    assert_eq!(heard[0].4, Some(20));
    assert_eq!(heard[1].3, Some(pollinations_ext::ErrorKind::Connection));
    assert_eq!((heard[2].3, heard[2].4), (None, None));
    assert!(heard.iter().all(|(operation, ..)| operation == "account_balance"));
}

#[tokio::test]
async fn attempts_are_spans_and_the_key_is_in_none() {
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
        let text = log.text();
        let closed: Vec<&str> = text.lines().filter(|line| line.contains("close time.busy")).collect();
        for part in [
            r#"pollinations.attempt{pollinations.operation="account_balance" attempt=1 status=429 delay=0.02}"#,
            r#"pollinations.attempt{pollinations.operation="account_balance" attempt=2 delay="#,
            r#"pollinations.attempt{pollinations.operation="account_balance" attempt=3 status=200}"#,
        ] {
            assert!(closed.iter().any(|line| line.contains(part)), "{part} is not in\n{text}");
        }
        assert!(!text.contains("must_never"), "{text}");
    }
}
