//! Measures the memory of one client and prints one number. Each measurement needs a new process, so that no other one
//! affects it.
//!
//! - `memory download ours|bare|in-memory`: bytes by which the peak of resident memory grows while 200 MB are saved
//! - `memory upload ours|bare`: the same while a file of 400 MB is sent
//! - `memory idle ours|bare [streams]`: resident bytes for each of 1,000 open streams that receive nothing
//! - `memory allocations strict|limit`: heap allocations for each event of a stream, minus those for reading the same
//!   JSON into a struct with serde's derive, or into our types

use std::{alloc::System, env, fs};

use futures_util::{StreamExt, future::join_all};
use pollinations_benches::{
    Answer, EVENT, EVENTS, Server, VIDEO, body, decode, download, events, ours, pieces, upload,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Streams that are open at once.
const STREAMS: usize = 1_000;

/// A line of `/proc/self/status`, in bytes.
fn status(name: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = text.lines().find(|line| line.starts_with(name)).expect("a known line");
    line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok()).expect("a number") * 1024
}

async fn download(peer: &str) -> u64 {
    let small = Server::start(Answer::Reply);
    let server = Server::start(Answer::Video(VIDEO));
    let path = env::temp_dir().join(format!("pollinations-memory-{}.mp4", std::process::id()));
    let (bare, ours) = (reqwest::Client::new(), ours(&server.url));
    // The first call sets up TLS and everything else that is kept.
    bare.post(&small.url).json(&body(false)).send().await.expect("a reply").bytes().await.expect("a reply");
    pollinations_benches::ours(&small.url).chat("openai").user("Hello").send().await.expect("a reply");
    let before = status("VmHWM");
    match peer {
        "ours" => download::ours(&ours, &path).await,
        "bare" => download::bare(&bare, &server.url, &path, true).await,
        _ => download::in_memory(&bare, &server.url, &path).await,
    }
    let _ = fs::remove_file(&path);
    status("VmHWM").saturating_sub(before)
}

async fn upload(peer: &str) -> u64 {
    let server = Server::start(Answer::Upload);
    let (bare, ours) = (reqwest::Client::new(), ours(&server.url));
    let path = upload::file();
    // The first call sets up TLS and everything else that is kept.
    bare.post(&server.url).json(&body(false)).send().await.expect("a reply").bytes().await.expect("a reply");
    ours.media()
        .upload(pollinations_ext::File::bytes(&b"\x89PNG\r\n\x1a\n"[..]).name("x.png"))
        .send()
        .await
        .expect("an upload");
    let before = status("VmHWM");
    match peer {
        "ours" => upload::ours(&ours, &path).await,
        _ => upload::bare(&bare, &server.url, &path).await,
    }
    let _ = fs::remove_file(&path);
    status("VmHWM").saturating_sub(before)
}

async fn idle(peer: &str, streams: usize) -> u64 {
    let server = Server::start(Answer::Idle);
    let url = format!("{}/v1/chat/completions", server.url);
    if peer == "ours" {
        let client = ours(&server.url);
        let open = || async {
            let mut stream = client.chat("openai").user("Hello").stream().await.expect("a stream");
            stream.next().await.expect("an event").expect("a chunk");
            // The stream waits for the next chunk, as it would in a program.
            assert!(futures_util::poll!(std::pin::pin!(stream.next())).is_pending());
            stream
        };
        let first = open().await;
        let before = status("VmRSS");
        let held = join_all((0..streams).map(|_| open())).await;
        let after = status("VmRSS");
        drop((first, held));
        return after.saturating_sub(before) / streams as u64;
    }
    let client = reqwest::Client::new();
    let open = || async {
        let response = client.post(&url).json(&body(true)).send().await.expect("a stream");
        let mut bytes = response.bytes_stream();
        assert_eq!(bytes.next().await.expect("an event").expect("a piece").len(), EVENT);
        assert!(futures_util::poll!(bytes.next()).is_pending());
        bytes
    };
    let first = open().await;
    let before = status("VmRSS");
    let held = join_all((0..streams).map(|_| open())).await;
    let after = status("VmRSS");
    drop((first, held));
    after.saturating_sub(before) / streams as u64
}

/// How many more allocations for each event our stream makes than the other reader.
fn allocations(other: fn(&[u8]) -> usize) -> f64 {
    let stream = events(EVENTS);
    let whole = stream.slice(..EVENTS * EVENT);
    let pieces = pieces(stream, 4096);
    let count = |work: &dyn Fn() -> usize| {
        let region = Region::new(HEAP);
        std::hint::black_box(work());
        let change = region.change();
        change.allocations + change.reallocations
    };
    let other = count(&|| other(&whole));
    let ours = count(&|| decode::ours(&pieces));
    (ours as f64 - other as f64) / EVENTS as f64
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    match words[..] {
        ["download", peer] => println!("{}", runtime.block_on(download(peer))),
        ["upload", peer] => println!("{}", runtime.block_on(upload(peer))),
        ["idle", peer] => println!("{}", runtime.block_on(idle(peer, STREAMS))),
        ["idle", peer, streams] => println!("{}", runtime.block_on(idle(peer, streams.parse().expect("a number")))),
        ["allocations", "limit"] => println!("{:.4}", allocations(decode::limit)),
        ["allocations", "strict"] => println!("{:.4}", allocations(decode::strict)),
        _ => {
            eprintln!(
                "memory download ours|bare|in-memory, upload ours|bare, idle ours|bare [streams], or allocations strict|limit"
            );
            std::process::exit(2);
        }
    }
}
