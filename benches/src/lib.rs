//! Shared code of the benchmarks: a server that takes very little time, and the code that the client is compared with.
//!
//! The server sends bytes that were prepared in advance, so that the benchmarks measure the client.

#![forbid(unsafe_code)]

pub mod decode;
#[cfg(feature = "peers")]
pub mod document;
#[cfg(feature = "peers")]
pub mod download;
pub mod embeddings;
#[cfg(feature = "peers")]
pub mod rounds;
mod server;
pub mod strict;
#[cfg(feature = "peers")]
pub mod tls;
#[cfg(feature = "peers")]
pub mod upload;

pub use server::{Answer, Server};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::runtime::Runtime;

/// The length of one event of a stream, including `data: ` and the empty line after it.
pub const EVENT: usize = 219;

/// The number of events in a stream.
pub const EVENTS: usize = 10_000;

/// The size of the long video.
pub const VIDEO: usize = 200_000_000;

/// The event at the end of a stream.
pub const DONE: &str = "data: [DONE]\n\n";

/// The JSON of one chunk of a chat, which makes an event of [`EVENT`] bytes.
pub fn chunk(number: usize) -> String {
    let before = format!(
        r#"{{"id":"chatcmpl-0123456789abcdef01234567","object":"chat.completion.chunk","created":1760000000,"model":"openai","choices":[{{"index":0,"delta":{{"content":"word {number:06}"#
    );
    let after = r#""},"finish_reason":null}]}"#;
    let room = EVENT - "data: \n\n".len() - before.len() - after.len();
    format!("{before}{}{after}", ".".repeat(room))
}

/// A stream of `count` events, with its end.
pub fn events(count: usize) -> Bytes {
    let mut text = String::with_capacity(count * EVENT + DONE.len());
    for number in 0..count {
        text += &format!("data: {}\n\n", chunk(number));
    }
    assert_eq!(text.len(), count * EVENT);
    text += r#"data: {"id":"1","object":"chat.completion.chunk","created":1760000000,"model":"openai","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    text += "\n\n";
    text += DONE;
    text.into()
}

/// The same bytes in pieces of 1 to `longest` bytes, the same ones every time.
pub fn pieces(mut stream: Bytes, longest: usize) -> Vec<Bytes> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut pieces = Vec::new();
    while !stream.is_empty() {
        // xorshift64 is fast, random enough, and needs no dependency.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let length = 1 + usize::try_from(state % longest as u64).unwrap_or_default();
        pieces.push(stream.split_to(length.min(stream.len())));
    }
    pieces
}

/// A runtime with one thread for the client. The server has its own. With more threads, the result would mostly be the
/// time that the operating system takes to wake a thread for each chunk.
///
/// # Panics
///
/// If it cannot be made.
pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Makes `calls` calls, `at_once` at a time. Each must return 1.
///
/// # Panics
///
/// If a call returns something else.
pub async fn many<F: Future<Output = usize>>(calls: usize, at_once: usize, call: impl Fn() -> F) {
    let calls_made = stream::iter(0..calls).map(|_| call()).buffer_unordered(at_once);
    assert_eq!(calls_made.fold(0, |sum, one| async move { sum + one }).await, calls);
}

/// A small but complete reply of a chat.
pub const REPLY: &str = r#"{"id":"chatcmpl-0123456789abcdef","object":"chat.completion","created":1760000000,"model":"openai","choices":[{"index":0,"message":{"role":"assistant","content":"Hello! How can I help you today?"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":9,"total_tokens":18}}"#;

/// A client of this crate for the server. Retries stay on, as they are by default.
///
/// # Panics
///
/// If it cannot be made.
pub fn ours(url: &str) -> pollinations_ext::Pollinations {
    let key = "sk_benchmark".parse().expect("a key");
    pollinations_ext::Pollinations::builder().base_url(url).key(key).build().expect("a client")
}

/// A client of async-openai.
#[cfg(feature = "peers")]
pub fn async_openai(url: &str) -> async_openai::Client<async_openai::config::OpenAIConfig> {
    let config =
        async_openai::config::OpenAIConfig::new().with_api_base(format!("{url}/v1")).with_api_key("sk_benchmark");
    async_openai::Client::with_config(config)
}

/// The request that async-openai sends.
///
/// # Panics
///
/// If it cannot be built.
#[cfg(feature = "peers")]
pub fn async_openai_request() -> async_openai::types::chat::CreateChatCompletionRequest {
    use async_openai::types::chat::{ChatCompletionRequestUserMessageArgs, CreateChatCompletionRequestArgs};

    let message = ChatCompletionRequestUserMessageArgs::default().content("Hello").build().expect("a message");
    CreateChatCompletionRequestArgs::default().model("openai").messages([message.into()]).build().expect("a request")
}

/// The body that bare reqwest sends.
pub fn body(stream: bool) -> serde_json::Value {
    serde_json::json!({ "model": "openai", "messages": [{ "role": "user", "content": "Hello" }], "stream": stream })
}
