//! Small chat calls over loopback HTTP, compared with bare reqwest and async-openai, which send the same requests to
//! the same server. Connections stay open. Calls are made one after the other (`sequential`) and 64 at once (`wide`).
//!
//! `benches/run` gives client and server one core between them. On two cores, the result is mostly the time that the
//! operating system takes to wake the other core, which is ten times as long as the call.

use pollinations_benches::{
    Answer, Server, async_openai, async_openai_request, body, many, ours,
    rounds::{Rounds, timed},
    runtime,
};
use pollinations_ext::types::ChatCompletion;

/// Calls in one measurement, and how many are made at once.
const CALLS: usize = 250;
const WIDE: usize = 64;

pub fn main() {
    let runtime = runtime();
    let server = Server::start(Answer::Reply);
    let (bare, ours, openai) = (reqwest::Client::new(), ours(&server.url), async_openai(&server.url));
    let url = format!("{}/v1/chat/completions", server.url);
    let with_bare = || async {
        let response = bare.post(&url).bearer_auth("sk_benchmark").json(&body(false)).send().await.unwrap();
        let reply: ChatCompletion = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        reply.choices.len()
    };
    let with_ours = || async { ours.chat("openai").user("Hello").send().await.unwrap().completion().choices.len() };
    let with_openai = || async { openai.chat().create(async_openai_request()).await.unwrap().choices.len() };
    for (name, width) in [("sequential", 1), ("wide", WIDE)] {
        let contestants = vec![
            ("bare", timed(|| runtime.block_on(many(CALLS, width, with_bare)))),
            ("ours", timed(|| runtime.block_on(many(CALLS, width, with_ours)))),
            ("async-openai", timed(|| runtime.block_on(many(CALLS, width, with_openai)))),
        ];
        Rounds::from_args().run(name, contestants);
    }
}
