//! 1,000 vectors of 1,536 floats each, over loopback HTTP, as JSON numbers and as base64. The comparison for JSON is
//! bare reqwest with serde_json into `Vec<f32>`. For base64 it is serde_json into a `String`, then the `base64` crate.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use pollinations_benches::{
    Answer, Server, embeddings, ours,
    rounds::{Rounds, timed},
    runtime,
};
use serde::{Deserialize, de::DeserializeOwned};

/// A struct for a reply in one of the two formats, as a program would declare it.
#[derive(Deserialize)]
struct Reply<T> {
    data: Vec<Item<T>>,
}

#[derive(Deserialize)]
struct Item<T> {
    embedding: T,
}

async fn bare<T: DeserializeOwned>(client: &reqwest::Client, url: &str) -> impl Iterator<Item = T> {
    let response = client.post(format!("{url}/v1/embeddings")).json(&embeddings::body()).send().await.unwrap();
    let reply: Reply<T> = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    reply.data.into_iter().map(|item| item.embedding)
}

fn decoded(text: &str) -> Vec<f32> {
    let bytes = BASE64_STANDARD.decode(text).unwrap();
    bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

pub fn main() {
    let runtime = runtime();
    let client = reqwest::Client::new();
    let (json, base64) = (Server::start(Answer::Embeddings), Server::start(Answer::EmbeddingsBase64));
    let (ours_json, ours_base64) = (ours(&json.url), ours(&base64.url));
    let vectors = embeddings::vectors();
    let check = |seen: Vec<Vec<f32>>| {
        assert_eq!(seen.len(), vectors.len());
        assert_eq!(seen.last(), vectors.last());
        seen
    };
    let with_bare = |server: &Server| runtime.block_on(async { check(bare(&client, &server.url).await.collect()) });
    let with_base64 = || {
        runtime
            .block_on(async { check(bare::<String>(&client, &base64.url).await.map(|text| decoded(&text)).collect()) })
    };
    let with_ours = |client: &pollinations_ext::Pollinations| {
        runtime.block_on(async { check(client.embed("Hello").send().await.unwrap().into_vectors()) })
    };
    let contestants = vec![
        ("serde_json", timed(|| with_bare(&json))),
        ("ours-json", timed(|| with_ours(&ours_json))),
        ("base64", timed(with_base64)),
        ("ours-base64", timed(|| with_ours(&ours_base64))),
    ];
    Rounds::from_args().every(4).run("embeddings", contestants);
}
