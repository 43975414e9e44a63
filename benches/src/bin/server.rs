//! The server of the benchmarks for clients in other languages: prints where it listens, and runs until it is stopped.

use pollinations_benches::{Answer, Server};

fn main() {
    let server = Server::start(Answer::Reply);
    println!("{}", server.url);
    // Whoever started it closes its input.
    let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
}
