//! Small chat calls over TLS and HTTP/2, 64 at once, compared with bare reqwest. Both trust the certificate of the
//! local server.
//!
//! It also prints how many connections each client has opened, as `connections/ours 1`.

use pollinations_benches::{
    body, many,
    rounds::{Rounds, timed},
    runtime,
    tls::TlsServer,
};
use pollinations_ext::types::ChatCompletion;

/// Calls in one measurement, and how many are made at once.
const CALLS: usize = 256;
const WIDE: usize = 64;

pub fn main() {
    let runtime = runtime();
    // Each client has its own server, to count its connections.
    let (for_bare, for_ours) = (TlsServer::start(), TlsServer::start());
    let bare = for_bare.client();
    let key = "sk_benchmark".parse().unwrap();
    let ours = pollinations_ext::Pollinations::builder().base_url(&for_ours.url).key(key);
    let ours = ours.http_client(for_ours.client()).build().unwrap();
    let url = format!("{}/v1/chat/completions", for_bare.url);
    let with_bare = || async {
        let response = bare.post(&url).bearer_auth("sk_benchmark").json(&body(false)).send().await.unwrap();
        let reply: ChatCompletion = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        reply.choices.len()
    };
    let with_ours = || async { ours.chat("openai").user("Hello").send().await.unwrap().completion().choices.len() };
    // Until the first call has shown that the server supports HTTP/2, reqwest opens a connection for each call.
    runtime.block_on(async { assert_eq!((with_bare().await, with_ours().await), (1, 1)) });
    let contestants = vec![
        ("bare", timed(|| runtime.block_on(many(CALLS, WIDE, with_bare)))),
        ("ours", timed(|| runtime.block_on(many(CALLS, WIDE, with_ours)))),
    ];
    Rounds::from_args().run("tls", contestants);
    println!("connections/bare {}", for_bare.connections());
    println!("connections/ours {}", for_ours.connections());
}
