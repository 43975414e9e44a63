//! Makes a given number of calls or decodes a given number of events. `benches/run --only count` runs it under valgrind
//! with two numbers and gets the instructions of one call or event from the difference.
//!
//! - `count call 100`: small chat calls, one after the other
//! - `count bare-call 100`: the same with bare reqwest and serde_json
//! - `count event 1000`: events to typed chunks, in streams of 1,000
//! - `count strict-event 1000`: events that are already split, into a struct with the same fields and serde's derive
//! - `count stream 1000`: events to typed chunks, in streams of 1,000 over HTTP
//! - `count bare-stream 1000`: the same with bare reqwest and serde_json, which know the length of the events

use std::env;

use futures_util::StreamExt;
use pollinations_benches::{Answer, EVENT, Server, body, decode, events, ours, pieces, runtime};
use pollinations_ext::types::ChatCompletion;

/// Events in a stream.
const EACH: usize = 1_000;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let number = arguments.get(1).and_then(|number| number.parse().ok()).unwrap_or_default();
    match arguments.first().map(String::as_str) {
        Some("call") => {
            let server = Server::start(Answer::Reply);
            let client = ours(&server.url);
            runtime().block_on(async {
                for _ in 0..number {
                    client.chat("openai").user("Hello").send().await.expect("a reply");
                }
            });
        }
        Some("bare-call") => {
            let server = Server::start(Answer::Reply);
            let client = reqwest::Client::new();
            let url = format!("{}/v1/chat/completions", server.url);
            runtime().block_on(async {
                for _ in 0..number {
                    let request = client.post(&url).bearer_auth("sk_benchmark").json(&body(false));
                    let bytes = request.send().await.expect("a reply").bytes().await.expect("a reply");
                    std::hint::black_box(serde_json::from_slice::<ChatCompletion>(&bytes).expect("a reply"));
                }
            });
        }
        Some("event") => {
            let pieces = pieces(events(EACH), 4096);
            (0..number / EACH).for_each(|_| assert_eq!(decode::ours(&pieces), EACH + 1));
        }
        Some("strict-event") => {
            let events = events(EACH);
            (0..number / EACH).for_each(|_| assert_eq!(decode::strict(&events[..EACH * EVENT]), EACH));
        }
        Some("stream") => {
            let server = Server::start(Answer::Events(EACH));
            let client = ours(&server.url);
            runtime().block_on(async {
                for _ in 0..number / EACH {
                    let stream = client.chat("openai").user("Hello").stream().await.expect("a stream");
                    assert_eq!(stream.map(|chunk| chunk.expect("a chunk")).count().await, EACH + 1);
                }
            });
        }
        Some("bare-stream") => {
            let server = Server::start(Answer::Events(EACH));
            let client = reqwest::Client::new();
            let url = format!("{}/v1/chat/completions", server.url);
            runtime().block_on(async {
                for _ in 0..number / EACH {
                    let request = client.post(&url).bearer_auth("sk_benchmark").json(&body(true));
                    let response = request.send().await.expect("a stream");
                    assert_eq!(decode::limit_stream(response, EACH).await, EACH);
                }
            });
        }
        _ => {
            eprintln!("count call|bare-call|event|strict-event|stream|bare-stream NUMBER");
            std::process::exit(2);
        }
    }
}
