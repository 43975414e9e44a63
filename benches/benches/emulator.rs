//! How many requests an emulator answers, and how long it takes to start one. Client and emulator share one thread, so
//! that the figures are below what an emulator alone can do.
//!
//! - `requests`: small chats, 64 at once, each another one, so that none comes from the cache.
//! - `start`: an emulator, its first answer, and its end. A process makes its rules once, and not for each emulator.

use std::sync::atomic::{AtomicU64, Ordering};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::{StreamExt, stream};
use pollinations_benches::{config, runtime};
use pollinations_emulator::Emulator;

/// Requests in one measurement, and how many at once.
const CALLS: usize = 250;
const WIDE: usize = 64;

fn requests(criterion: &mut Criterion) {
    static NUMBER: AtomicU64 = AtomicU64::new(0);

    let runtime = runtime();
    let emulator = runtime.block_on(Emulator::builder().balance(1e9).start()).unwrap();
    let http = reqwest::Client::new();
    let url = format!("{}/v1/chat/completions", emulator.base_url());
    let call = || async {
        let text = format!("Hello {}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let body = serde_json::json!({ "model": "openai", "messages": [{ "role": "user", "content": text }] });
        let response = http.post(&url).bearer_auth("sk_benchmark").json(&body).send().await.unwrap();
        assert!(response.status().is_success());
        response.bytes().await.unwrap().len()
    };
    let mut group = criterion.benchmark_group("emulator");
    group.throughput(Throughput::Elements(CALLS as u64));
    group.bench_function("requests", |bencher| {
        bencher
            .to_async(&runtime)
            .iter(|| async { stream::iter(0..CALLS).map(|_| call()).buffer_unordered(WIDE).collect::<Vec<_>>().await });
    });
    group.finish();
}

fn start(criterion: &mut Criterion) {
    let runtime = runtime();
    let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    let mut group = criterion.benchmark_group("emulator");
    group.bench_function("start", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let emulator = Emulator::start().await.unwrap();
            let response = http.get(format!("{}/v1/models", emulator.base_url())).send().await.unwrap();
            assert!(response.status().is_success());
            emulator.stop().await;
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = config();
    targets = requests, start
}
criterion_main!(benches);
