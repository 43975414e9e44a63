//! Saves a video of 200 MB to a file in four ways: with `Download::save`, by copying the byte stream of reqwest with and
//! without `sync_data`, and by reading everything into memory first. `src/bin/memory.rs` measures the memory.

use pollinations_benches::{
    Answer, Server, VIDEO, download, ours,
    rounds::{Rounds, timed},
};

pub fn main() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let server = Server::start(Answer::Video(VIDEO));
    let (bare, ours) = (reqwest::Client::new(), ours(&server.url));
    let path = std::env::temp_dir().join(format!("pollinations-bench-{}.mp4", std::process::id()));
    let contestants = vec![
        ("bare", timed(|| runtime.block_on(download::bare(&bare, &server.url, &path, true)))),
        ("unsynced", timed(|| runtime.block_on(download::bare(&bare, &server.url, &path, false)))),
        ("ours", timed(|| runtime.block_on(download::ours(&ours, &path)))),
        ("in-memory", timed(|| runtime.block_on(download::in_memory(&bare, &server.url, &path)))),
    ];
    Rounds::from_args().every(2).run("download", contestants);
    let _ = std::fs::remove_file(&path);
}
