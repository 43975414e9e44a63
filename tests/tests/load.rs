//! Many calls at once, with failures among them. Alone in its program, since it counts what the process holds.

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

/// Streams at once, and the words of each, which come in an event by themselves.
const STREAMS: usize = 1_000;
const WORDS: usize = 200;

/// Calls one after the other, and as many again so many at once.
const CALLS: usize = 10_000;
const AT_ONCE: usize = 200;

/// The part of the answers that go wrong, in each of two ways.
const FAILURES: f64 = 0.02;

/// Bytes that the heap may grow by between two waves of calls. What a wave left behind would grow by its 10,000 calls.
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

/// Everything that was started ends by itself.
async fn nothing_is_left() {
    for _ in 0..500 {
        if Handle::current().metrics().num_alive_tasks() == 0 {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("{} tasks are left", Handle::current().metrics().num_alive_tasks());
}

/// What became of the streams.
#[derive(Default)]
struct Streams {
    whole: AtomicUsize,
    broken: AtomicUsize,
    refused: AtomicUsize,
    events: AtomicUsize,
}

impl Streams {
    /// Reads one stream: what comes is what was said, word for word, up to the end or an error.
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
                    assert!(stream.next().await.is_none(), "nothing comes after an error");
                    self.broken.fetch_add(1, Ordering::Relaxed);
                    return;
                }
            }
            self.events.fetch_add(1, Ordering::Relaxed);
        }
        assert_eq!(text, said);
        self.whole.fetch_add(1, Ordering::Relaxed);
    }
}

async fn streams(table: &mut String) {
    let emulator = unreliable().await;
    let client = client(&emulator);
    let streams = Streams::default();
    let begun = Instant::now();
    join_all((0..STREAMS).map(|number| streams.read(&client, number))).await;
    let seconds = begun.elapsed().as_secs_f64();
    let [whole, broken, refused, events] =
        [streams.whole, streams.broken, streams.refused, streams.events].map(AtomicUsize::into_inner);
    assert_eq!(whole + broken + refused, STREAMS);
    assert!(whole > STREAMS * 9 / 10, "{whole} of {STREAMS} were whole");
    assert!(broken > 0, "no stream was broken off");
    assert!(events > whole * WORDS);
    let _ = writeln!(
        table,
        "| {STREAMS} streams at once, {WORDS} words each | {whole} complete, {broken} failed in the middle, {refused} \
         refused; {events} events, each received once and in order | {seconds:.1} s |"
    );
    drop(client);
    emulator.stop().await;
    nothing_is_left().await;
}

/// Makes the calls so many at once, and returns how many came to something.
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
            // What the emulator remembers is its own business.
            emulator.clear_journal();
            sleep(Duration::from_millis(100)).await;
            held.push(HEAP.current_usage());
        }
        let grown = held[1].saturating_sub(held[0]);
        assert!(grown < FLAT, "the heap has grown by {grown} bytes");
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
    nothing_is_left().await;
}

/// When the service is down, the calls of a client together do not make it worse.
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
    // What `RetryBudget` promises, by its defaults: 10 tokens and a fifth of one for each call.
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

/// One test, since each part looks at what is left of the process.
#[test]
fn many_calls_at_once() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (load, outage) = runtime.block_on(async {
        let outage = outage().await;
        nothing_is_left().await;
        let mut table = String::from("| test | result | time |\n|---|---|---|\n");
        streams(&mut table).await;
        calls(&mut table).await;
        (table, outage)
    });
    let page = Document::new("docs/reliability.md");
    page.figures("outage", &outage);
    page.figures("load", &load);
}
