//! A number of calls or events and nothing else, to be counted by valgrind: `benches/run --only count` runs it with two
//! numbers, and what lies between them is what each call and each event takes.
//!
//! - `count call 100`: small chat calls, one after the other
//! - `count event 1000`: events of a stream, to typed chunks

use std::env;

use pollinations_benches::{Answer, Server, decode, events, ours, pieces, runtime};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["call", number] => {
            let number: usize = number.parse().expect("a number");
            let server = Server::start(Answer::Reply);
            let client = ours(&server.url);
            runtime().block_on(async {
                for _ in 0..number {
                    client.chat("openai").user("Hello").send().await.expect("a reply");
                }
            });
        }
        ["event", number] => {
            let number: usize = number.parse().expect("a number");
            assert_eq!(decode::ours(&pieces(events(number), 4096)), number + 1);
        }
        _ => {
            eprintln!("count call NUMBER, or count event NUMBER");
            std::process::exit(2);
        }
    }
}
