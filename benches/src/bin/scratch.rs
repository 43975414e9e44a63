use pollinations_benches::{Answer, Server, body, many, ours, rounds::{Rounds, timed}, runtime};
use pollinations_ext::types::ChatCompletion;
use std::time::Duration;
fn main() {
    let runtime = runtime();
    let server = Server::start(Answer::Reply);
    let (bare, ours) = (reqwest::Client::new(), ours(&server.url));
    let url = format!("{}/v1/chat/completions", server.url);
    let with_bare = || async {
        let response = bare.post(&url).bearer_auth("sk_benchmark").json(&body(false)).send().await.unwrap();
        let reply: ChatCompletion = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        reply.choices.len()
    };
    let with_rtimeout = || async {
        let response = bare.post(&url).bearer_auth("sk_benchmark").timeout(Duration::from_secs(300)).json(&body(false)).send().await.unwrap();
        let reply: ChatCompletion = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        reply.choices.len()
    };
    let with_timeout = || async {
        tokio::time::timeout(Duration::from_secs(300), with_bare()).await.unwrap()
    };
    let with_10clock = || async {
        for _ in 0..10 { std::hint::black_box(std::time::Instant::now()); }
        with_bare().await
    };
    let with_ours = || async { ours.chat("openai").user("Hello").send().await.unwrap().completion().choices.len() };
    for (name, width) in [("sequential", 1), ("wide", 64)] {
        let contestants = vec![
            ("bare", timed(|| runtime.block_on(many(250, width, with_bare)))),
            ("rtimeout", timed(|| runtime.block_on(many(250, width, with_rtimeout)))),
            ("timeout", timed(|| runtime.block_on(many(250, width, with_timeout)))),
            ("10clock", timed(|| runtime.block_on(many(250, width, with_10clock)))),
            ("ours", timed(|| runtime.block_on(many(250, width, with_ours)))),
        ];
        Rounds::from_args().run(name, contestants);
    }
}
