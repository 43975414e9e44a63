//! How many requests an emulator answers, and how long it takes to start one. Client and emulator share one thread, so
//! an emulator that has a thread for itself is faster.
//!
//! - `requests`: small chats, 64 at once. All are different, so none is answered from the cache.
//! - `start`: starting an emulator, one request, and stopping it. All emulators of a process share the rules, which are
//!   compiled only once.

use std::sync::atomic::{AtomicU64, Ordering};

use pollinations_benches::{
    many,
    rounds::{Rounds, timed},
    runtime,
};
use pollinations_emulator::Emulator;

/// Requests in one measurement, and how many are made at once.
const CALLS: usize = 250;
const WIDE: usize = 64;

pub fn main() {
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
        usize::from(!response.bytes().await.unwrap().is_empty())
    };
    let unpooled = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    let start = || {
        runtime.block_on(async {
            let emulator = Emulator::start().await.unwrap();
            let response = unpooled.get(format!("{}/v1/models", emulator.base_url())).send().await.unwrap();
            assert!(response.status().is_success());
            emulator.stop().await;
        });
    };
    let contestants = vec![("requests", timed(|| runtime.block_on(many(CALLS, WIDE, call)))), ("start", timed(start))];
    Rounds::from_args().run("emulator", contestants);
}
