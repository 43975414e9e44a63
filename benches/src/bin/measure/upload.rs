//! Uploads a file of 400 MB: `Media::upload` from a path, compared with a form of bare reqwest with the file as a
//! stream. `src/bin/memory.rs` measures the memory that each takes.

use pollinations_benches::{
    Answer, Server, ours,
    rounds::{Rounds, timed},
    upload,
};

pub fn main() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let server = Server::start(Answer::Upload);
    let (bare, ours) = (reqwest::Client::new(), ours(&server.url));
    let path = upload::file();
    let contestants = vec![
        ("bare", timed(|| runtime.block_on(upload::bare(&bare, &server.url, &path)))),
        ("ours", timed(|| runtime.block_on(upload::ours(&ours, &path)))),
    ];
    Rounds::from_args().every(4).run("upload", contestants);
    let _ = std::fs::remove_file(&path);
}
