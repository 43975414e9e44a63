//! The server of the benchmarks, for clients in other languages. It prints its URL and runs until its input is closed.

use pollinations_benches::{Answer, Server};

fn main() {
    let server = Server::start(Answer::Reply);
    println!("{}", server.url);
    // The caller closes our standard input to stop us.
    let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
}
