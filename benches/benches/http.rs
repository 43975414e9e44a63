//! Calls over loopback HTTP, beside bare reqwest and async-openai, which send the same to the same server.
//!
//! - `stream`: 100,000 chunks, eight in each chunk of HTTP's chunked coding, to typed chunks. Bare reqwest knows how long
//!   each event is and gives it to serde_json.
//! - `sequential` and `wide`: small chat calls over connections that stay open, one after the other and 64 at once.
//! - `first`: from the moment the server writes the first event of a stream to the moment the client has it as a type.

use std::time::{Duration, Instant};

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};
use futures_util::{StreamExt, stream};
use pollinations_benches::{Answer, EVENT, EVENTS, Server, async_openai, async_openai_request, body, decode, ours};
use pollinations_ext::types::{ChatCompletion, ChatCompletionChunk};
use tokio::runtime::Runtime;

/// Calls in one measurement, and how many at once.
const CALLS: usize = 1_000;
const WIDE: usize = 64;

fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    group
}

/// One thread for the client, and one for the server. With more, what is measured is mostly how long the operating
/// system takes to wake a thread for each chunk.
fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn streams(criterion: &mut Criterion) {
    let runtime = runtime();
    let server = Server::start(Answer::Events(EVENTS));
    let (bare, ours, openai) = (reqwest::Client::new(), ours(&server.url), async_openai(&server.url));
    let url = format!("{}/v1/chat/completions", server.url);
    let mut group = group(criterion, "stream");
    group.throughput(Throughput::Elements(EVENTS as u64));
    group.bench_function("bare", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let response = bare.post(&url).json(&body(true)).send().await.unwrap();
            assert_eq!(decode::limit_stream(response, EVENTS).await, EVENTS);
        });
    });
    group.bench_function("ours", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let mut stream = ours.chat("openai").user("Hello").stream().await.unwrap();
            let mut count = 0;
            while let Some(chunk) = stream.next().await {
                count += usize::from(chunk.unwrap().id.is_some());
            }
            assert_eq!(count, EVENTS + 1);
        });
    });
    group.bench_function("async-openai", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let mut stream = openai.chat().create_stream(async_openai_request()).await.unwrap();
            let mut count = 0;
            while let Some(chunk) = stream.next().await {
                count += usize::from(!chunk.unwrap().id.is_empty());
            }
            assert_eq!(count, EVENTS + 1);
        });
    });
    group.finish();
}

fn calls(criterion: &mut Criterion) {
    let runtime = runtime();
    let server = Server::start(Answer::Reply);
    let (bare, ours, openai) = (reqwest::Client::new(), ours(&server.url), async_openai(&server.url));
    let url = format!("{}/v1/chat/completions", server.url);
    let with_bare = || async {
        let response = bare.post(&url).bearer_auth("sk_benchmark").json(&body(false)).send().await.unwrap();
        let reply: ChatCompletion = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        reply.choices.len()
    };
    let with_ours = || async { ours.chat("openai").user("Hello").send().await.unwrap().completion().choices.len() };
    let with_openai = || async { openai.chat().create(async_openai_request()).await.unwrap().choices.len() };
    for (name, width) in [("sequential", 1), ("wide", WIDE)] {
        let mut group = group(criterion, name);
        group.throughput(Throughput::Elements(CALLS as u64));
        macro_rules! peer {
            ($name:literal, $call:expr) => {
                group.bench_function($name, |bencher| {
                    bencher.to_async(&runtime).iter(|| async {
                        let calls = stream::iter(0..CALLS).map(|_| $call());
                        assert_eq!(
                            calls.buffer_unordered(width).fold(0, |sum, one| async move { sum + one }).await,
                            CALLS
                        );
                    });
                });
            };
        }
        peer!("bare", with_bare);
        peer!("ours", with_ours);
        peer!("async-openai", with_openai);
        group.finish();
    }
}

fn first(criterion: &mut Criterion) {
    let runtime = runtime();
    let server = Server::start(Answer::First);
    let (bare, ours) = (reqwest::Client::new(), ours(&server.url));
    let url = format!("{}/v1/chat/completions", server.url);
    let mut group = group(criterion, "first");
    group.measurement_time(Duration::from_secs(3));
    group.bench_function("bare", |bencher| {
        bencher.to_async(&runtime).iter_custom(|times| {
            let (bare, url, server) = (&bare, &url, &server);
            async move {
                let mut sum = Duration::ZERO;
                for _ in 0..times {
                    let response = bare.post(url).json(&body(true)).send().await.unwrap();
                    let mut bytes = response.bytes_stream();
                    let event = bytes.next().await.unwrap().unwrap();
                    let chunk: ChatCompletionChunk = serde_json::from_slice(&event["data: ".len()..EVENT - 2]).unwrap();
                    assert!(chunk.id.is_some());
                    sum += Instant::now().duration_since(server.wrote());
                    while bytes.next().await.is_some() {}
                }
                sum
            }
        });
    });
    group.bench_function("ours", |bencher| {
        bencher.to_async(&runtime).iter_custom(|times| {
            let (ours, server) = (&ours, &server);
            async move {
                let mut sum = Duration::ZERO;
                for _ in 0..times {
                    let mut stream = ours.chat("openai").user("Hello").stream().await.unwrap();
                    let chunk = stream.next().await.unwrap().unwrap();
                    assert!(chunk.id.is_some());
                    sum += Instant::now().duration_since(server.wrote());
                    while stream.next().await.is_some() {}
                }
                sum
            }
        });
    });
    group.finish();
}

criterion_group!(benches, streams, calls, first);
criterion_main!(benches);
