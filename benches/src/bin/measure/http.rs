//! Streams over loopback HTTP, compared with bare reqwest and async-openai, which send the same requests to the same
//! server.
//!
//! - `stream`: 100,000 events to typed chunks, with eight events in each chunk of HTTP's chunked encoding. The
//!   contestant with bare reqwest knows the length of the events in advance and passes each to serde_json.
//! - `first`: the time from when the server writes the first event of a stream until the client returns the typed
//!   chunk.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use pollinations_benches::{
    Answer, EVENT, Server, async_openai, async_openai_request, body, decode, ours,
    rounds::{Rounds, timed},
    runtime,
};
use pollinations_ext::types::ChatCompletionChunk;

/// Chunks of a long stream.
const CHUNKS: usize = 100_000;

/// Streams in one measurement of `first`.
const FIRSTS: u32 = 20;

fn streams(rounds: Rounds) {
    let runtime = runtime();
    let server = Server::start(Answer::Events(CHUNKS));
    let (bare, ours, openai) = (reqwest::Client::new(), ours(&server.url), async_openai(&server.url));
    let url = format!("{}/v1/chat/completions", server.url);
    let with_bare = || {
        runtime.block_on(async {
            let response = bare.post(&url).json(&body(true)).send().await.unwrap();
            assert_eq!(decode::limit_stream(response, CHUNKS).await, CHUNKS);
        });
    };
    let with_ours = || {
        runtime.block_on(async {
            let mut stream = ours.chat("openai").user("Hello").stream().await.unwrap();
            let mut count = 0;
            while let Some(chunk) = stream.next().await {
                count += usize::from(chunk.unwrap().id.is_some());
            }
            assert_eq!(count, CHUNKS + 1);
        });
    };
    let with_openai = || {
        runtime.block_on(async {
            let mut stream = openai.chat().create_stream(async_openai_request()).await.unwrap();
            let mut count = 0;
            while let Some(chunk) = stream.next().await {
                count += usize::from(!chunk.unwrap().id.is_empty());
            }
            assert_eq!(count, CHUNKS + 1);
        });
    };
    let contestants =
        vec![("bare", timed(with_bare)), ("ours", timed(with_ours)), ("async-openai", timed(with_openai))];
    rounds.run("stream", contestants);
}

fn first(rounds: Rounds) {
    let runtime = runtime();
    let server = Server::start(Answer::First);
    let (bare, ours) = (reqwest::Client::new(), ours(&server.url));
    let url = format!("{}/v1/chat/completions", server.url);
    let since = || Instant::now().duration_since(server.wrote());
    let with_bare = || {
        runtime.block_on(async {
            let mut sum = Duration::ZERO;
            for _ in 0..FIRSTS {
                let response = bare.post(&url).json(&body(true)).send().await.unwrap();
                let mut bytes = response.bytes_stream();
                let event = bytes.next().await.unwrap().unwrap();
                let chunk: ChatCompletionChunk = serde_json::from_slice(&event["data: ".len()..EVENT - 2]).unwrap();
                assert!(chunk.id.is_some());
                sum += since();
                while bytes.next().await.is_some() {}
            }
            sum / FIRSTS
        })
    };
    let with_ours = || {
        runtime.block_on(async {
            let mut sum = Duration::ZERO;
            for _ in 0..FIRSTS {
                let mut stream = ours.chat("openai").user("Hello").stream().await.unwrap();
                let chunk = stream.next().await.unwrap().unwrap();
                assert!(chunk.id.is_some());
                sum += since();
                while stream.next().await.is_some() {}
            }
            sum / FIRSTS
        })
    };
    rounds.run("first", vec![("bare", Box::new(with_bare)), ("ours", Box::new(with_ours))]);
}

pub fn main() {
    let rounds = Rounds::from_args();
    streams(rounds.every(4));
    first(rounds);
}
