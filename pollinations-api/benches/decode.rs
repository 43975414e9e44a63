//! Compares reading a chunk of a chat into our types with reading it into the same structs with serde's derive, which
//! is strict: the time and the allocations.
//!
//! `cargo bench -p pollinations-api --bench decode`

use std::{alloc::System, hint::black_box, time::Instant};

use pollinations_api::types::ChatCompletionChunk;
use serde::Deserialize;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[derive(Deserialize)]
#[allow(dead_code, reason = "only read into")]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    citations: Vec<String>,
    created: Option<i64>,
    error: Option<serde_json::Value>,
    id: Option<String>,
    model: Option<String>,
    object: String,
    system_fingerprint: Option<String>,
    usage: Option<Usage>,
    user_tier: Option<String>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only read into")]
struct Choice {
    delta: Option<Delta>,
    finish_reason: Option<String>,
    index: Option<u64>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only read into")]
struct Delta {
    content: Option<String>,
    reasoning_content: Option<String>,
    role: Option<String>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only read into")]
struct Usage {
    completion_tokens: u64,
    prompt_tokens: u64,
    total_tokens: u64,
}

const ROUNDS: usize = 40;
const TIMES: usize = 20_000;

/// The nanoseconds in the fastest round, and the allocations of one run.
fn measure<T>(decode: impl Fn() -> T) -> (f64, usize) {
    let region = Region::new(ALLOCATOR);
    black_box(decode());
    let allocations = region.change().allocations;
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..TIMES {
            black_box(decode());
        }
        best = best.min(start.elapsed().as_secs_f64() / TIMES as f64 * 1e9);
    }
    (best, allocations)
}

fn main() {
    let text = r#"{"id":"chatcmpl-9f8d7c6b5a4e","object":"chat.completion.chunk","created":1760000000,"model":"openai/gpt-5-mini","choices":[{"index":0,"delta":{"role":"assistant","content":" tulip"},"finish_reason":null}]}"#;
    let text = black_box(text);
    let (strict, strict_allocations) = measure(|| serde_json::from_str::<Chunk>(text).unwrap());
    let (ours, our_allocations) = measure(|| serde_json::from_str::<ChatCompletionChunk>(text).unwrap());
    let (strict_again, _) = measure(|| serde_json::from_str::<Chunk>(text).unwrap());
    let strict = strict.min(strict_again);
    println!("strict {strict:.0} ns, {strict_allocations} allocations");
    println!("ours   {ours:.0} ns, {our_allocations} allocations: {:.2} of the speed", strict / ours);
}
