//! Streams over loopback HTTP, beside bare reqwest and async-openai, which send the same to the same server.
//!
//! - `stream`: 10,000 chunks, eight in each chunk of HTTP's chunked coding, to typed chunks. Bare reqwest knows how long
//!   each event is and gives it to serde_json.
//! - `first`: from the moment the server writes the first event of a stream to the moment the client has it as a type.

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::StreamExt;
use pollinations_benches::{
    Answer, EVENT, EVENTS, Server, async_openai, async_openai_request, body, config, decode, ours, runtime,
};
use pollinations_ext::types::ChatCompletionChunk;

fn streams(criterion: &mut Criterion) {
    let runtime = runtime();
    let server = Server::start(Answer::Events(EVENTS));
    let (bare, ours, openai) = (reqwest::Client::new(), ours(&server.url), async_openai(&server.url));
    let url = format!("{}/v1/chat/completions", server.url);
    let mut group = criterion.benchmark_group("stream");
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

fn first(criterion: &mut Criterion) {
    let runtime = runtime();
    let server = Server::start(Answer::First);
    let (bare, ours) = (reqwest::Client::new(), ours(&server.url));
    let url = format!("{}/v1/chat/completions", server.url);
    let mut group = criterion.benchmark_group("first");
    // Criterion knows nothing of the waits in between.
    group.measurement_time(Duration::from_millis(20));
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

criterion_group! {
    name = benches;
    config = config();
    targets = streams, first
}
criterion_main!(benches);
