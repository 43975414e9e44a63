//! Many concurrent calls, some of which fail. This is a separate test program, because it measures the memory of the
//! process.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use futures_util::{StreamExt, future::join_all, stream};
use peak_alloc::PeakAlloc;
use pollinations_emulator::{Emulator, Fault};
use pollinations_ext::{ErrorKind, Pollinations, RetryBudget, RetryPolicy};
use pollinations_tests::Document;
use tokio::{runtime::Handle, time::sleep};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// The number of concurrent streams, and the number of words in each. Each word is a separate event.
const STREAMS: usize = 1_000;
const WORDS: usize = 200;

/// The number of calls, which are first made one at a time, and then `AT_ONCE` at a time.
const CALLS: usize = 10_000;
const AT_ONCE: usize = 200;

/// The rate of each of the two faults that affect a call.
const FAILURES: f64 = 0.02;

/// How many bytes the heap may grow between two waves of calls. A leak would grow with the 10,000 calls of a wave.
const FLAT: usize = 2 * 1024 * 1024;

fn client(emulator: &Emulator) -> Pollinations {
    let policy = RetryPolicy::default().base_delay(Duration::from_millis(1)).budget(RetryBudget::new(1_000, 1.0));
    Pollinations::builder().base_url(emulator.base_url()).key("sk_test".parse().unwrap()).retry(policy).build().unwrap()
}

async fn unreliable() -> Emulator {
    let emulator = Emulator::builder().balance(1e9).start().await.unwrap();
    emulator.inject(Fault::status(500).rate(FAILURES).always());
    emulator.inject(Fault::default().reset_after(5_000).rate(FAILURES).always().operation("chat_completions"));
    emulator.inject(Fault::reset().rate(FAILURES).always().operation("account_balance"));
    emulator
}

/// Checks that all tasks end by themselves.
async fn assert_no_tasks_left() {
    for _ in 0..500 {
        if Handle::current().metrics().num_alive_tasks() == 0 {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("{} tasks are left", Handle::current().metrics().num_alive_tasks());
}

/// The results of the streams.
#[derive(Default)]
struct Streams {
    complete: AtomicUsize,
    interrupted: AtomicUsize,
    refused: AtomicUsize,
    events: AtomicUsize,
}

impl Streams {
    /// Reads one stream, and checks that the text is complete or, if an error occurs, correct up to the error.
    async fn read(&self, client: &Pollinations, number: usize) {
        let prompt: Vec<String> = (0..WORDS).map(|word| format!("{number}.{word}")).collect();
        let prompt = prompt.join(" ");
        let said = format!("You said: {prompt}");
        let mut stream = match client.chat("openai").user(prompt).stream().await {
            Ok(stream) => stream,
            Err(error) => {
                assert!(error.is_retryable(), "{error:?}");
                self.refused.fetch_add(1, Ordering::Relaxed);
                return;
            }
        };
        let mut text = String::new();
        while let Some(chunk) = stream.next().await {
            match chunk {
                Ok(chunk) => text += chunk.text(),
                Err(error) => {
                    assert!(matches!(error.kind(), ErrorKind::Connection | ErrorKind::Truncated), "{error:?}");
                    assert!(said.starts_with(&text) && text.len() < said.len(), "{text}");
                    assert!(stream.next().await.is_none(), "a stream must end after an error");
                    self.interrupted.fetch_add(1, Ordering::Relaxed);
                    return;
                }
            }
            self.events.fetch_add(1, Ordering::Relaxed);
        }
        assert_eq!(text, said);
        self.complete.fetch_add(1, Ordering::Relaxed);
    }
}

async fn streams(table: &mut String) {
    let emulator = unreliable().await;
    let client = client(&emulator);
    let streams = Streams::default();
    let begun = Instant::now();
    join_all((0..STREAMS).map(|number| streams.read(&client, number))).await;
    let seconds = begun.elapsed().as_secs_f64();
    let [complete, interrupted, refused, events] =
        [streams.complete, streams.interrupted, streams.refused, streams.events].map(AtomicUsize::into_inner);
    assert_eq!(complete + interrupted + refused, STREAMS);
    assert!(complete > STREAMS * 9 / 10, "{complete} of {STREAMS} were complete");
    assert!(interrupted > 0, "no stream was interrupted");
    assert!(events > complete * WORDS);
    let _ = writeln!(
        table,
        "| {STREAMS} streams at once, {WORDS} words each | {complete} complete, {interrupted} failed in the middle, {refused} \
         refused; {events} events, each received once and in order | {seconds:.1} s |"
    );
    drop(client);
    emulator.stop().await;
    assert_no_tasks_left().await;
}

/// Makes all calls, `at_once` at a time, and returns how many succeeded.
async fn wave(client: &Pollinations, at_once: usize) -> usize {
    let calls = stream::iter(0..CALLS).map(|_| async {
        match client.account().balance().await {
            Ok(balance) => {
                assert!(balance.balance > 0.0);
                1
            }
            Err(error) => {
                assert!(error.is_retryable(), "{error:?}");
                0
            }
        }
    });
    calls.buffer_unordered(at_once).fold(0, |sum, one| async move { sum + one }).await
}

async fn calls(table: &mut String) {
    let emulator = unreliable().await;
    let client = client(&emulator);
    for at_once in [1, AT_ONCE] {
        let mut held = Vec::new();
        let mut figures = (0, 0, 0.0);
        for _ in 0..2 {
            let begun = Instant::now();
            let good = wave(&client, at_once).await;
            let sent = emulator.journal().len();
            figures = (good, sent, begun.elapsed().as_secs_f64());
            assert!(good > CALLS * 99 / 100, "{good} of {CALLS}");
            assert!(sent > CALLS, "{sent} requests: nothing failed");
            // The memory of the emulator's journal does not count.
            emulator.clear_journal();
            sleep(Duration::from_millis(100)).await;
            held.push(HEAP.current_usage());
        }
        let grown = held[1].saturating_sub(held[0]);
        assert!(grown < FLAT, "the heap grew by {grown} bytes");
        let (good, sent, seconds) = figures;
        let _ = writeln!(
            table,
            "| {CALLS} calls, {at_once} at once | {good} succeeded, with {sent} requests; the heap grew by {} KiB \
             since the first {CALLS} | {seconds:.1} s |",
            grown / 1024
        );
    }
    drop(client);
    emulator.stop().await;
    assert_no_tasks_left().await;
}

/// During an outage, the retry budget limits the retries of all calls of a client together.
async fn outage() -> String {
    const CALLS: usize = 100;
    let emulator = Emulator::start().await.unwrap();
    emulator.inject(Fault::status(503).always());
    let policy = RetryPolicy::default().base_delay(Duration::from_millis(5));
    let client = Pollinations::builder().base_url(emulator.base_url()).key("sk_test".parse().unwrap()).retry(policy);
    let client = client.build().unwrap();
    let results = join_all((0..CALLS).map(|_| client.account().balance().into_future())).await;
    assert!(results.iter().all(|result| result.as_ref().is_err_and(|error| error.status().unwrap() == 503)));
    let sent = emulator.journal().len();
    // The limit of the default `RetryBudget`: 10 tokens, and a fifth of a token for each call.
    let bound = CALLS * 12 / 10 + 10;
    assert!((CALLS + 1..=bound).contains(&sent), "{sent} requests for {CALLS} calls");
    let without = client.chat("openai").retry(RetryPolicy::none()).user("x").send().await.unwrap_err();
    assert_eq!(without.attempts(), 1);
    drop(client);
    emulator.stop().await;
    format!(
        "A server that always answers 503, and {CALLS} calls at once with the default `RetryPolicy`: {sent} requests \
         reached it. The budget allows {bound}; without one it would have been {}.",
        3 * CALLS
    )
}

/// All parts are one test, because each part measures the whole process.
#[test]
fn many_concurrent_calls_neither_leak_nor_overload_the_server() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (load, outage) = runtime.block_on(async {
        let outage = outage().await;
        assert_no_tasks_left().await;
        let mut table = String::from("| test | result | time |\n|---|---|---|\n");
        streams(&mut table).await;
        calls(&mut table).await;
        (table, outage)
    });
    let page = Document::new("docs/reliability.md");
    page.figures("outage", &outage);
    page.figures("load", &load);
}
