//! Small chat calls over loopback HTTP, beside bare reqwest and async-openai, which send the same to the same server:
//! over connections that stay open, one after the other (`sequential`) and 64 at once (`wide`).
//!
//! `benches/run` gives client and server one core between them. On two, most of what is measured is how long the
//! operating system takes to wake the other one, which is ten times as long as the call.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::{StreamExt, stream};
use pollinations_benches::{Answer, Server, async_openai, async_openai_request, body, config, ours, runtime};
use pollinations_ext::types::ChatCompletion;

/// Calls in one measurement, and how many at once.
const CALLS: usize = 250;
const WIDE: usize = 64;

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
        let mut group = criterion.benchmark_group(name);
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

criterion_group! {
    name = benches;
    config = config();
    targets = calls
}
criterion_main!(benches);
