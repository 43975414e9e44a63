//! What the benchmarks share: a server that costs next to nothing, and the other ways to read what it sends.
//!
//! The server writes bytes that were made beforehand, so that what is measured is the client.

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

/// Bytes of one event of a stream, `data: ` and the empty line after it included.
pub const EVENT: usize = 219;

/// Events of a stream.
pub const EVENTS: usize = 10_000;

/// Bytes of the long video.
pub const VIDEO: usize = 200_000_000;

/// What ends a stream.
pub const DONE: &str = "data: [DONE]\n\n";

/// The JSON of one chunk of a chat, as long as an event has room for.
pub fn chunk(number: usize) -> String {
    let before = format!(
        r#"{{"id":"chatcmpl-0123456789abcdef01234567","object":"chat.completion.chunk","created":1760000000,"model":"openai","choices":[{{"index":0,"delta":{{"content":"word {number:06}"#
    );
    let after = r#""},"finish_reason":null}]}"#;
    let room = EVENT - "data: \n\n".len() - before.len() - after.len();
    format!("{before}{}{after}", ".".repeat(room))
}

/// So many events, and the end of the stream.
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
        // xorshift64: fast, even enough, and no dependency.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let length = 1 + usize::try_from(state % longest as u64).unwrap_or_default();
        pieces.push(stream.split_to(length.min(stream.len())));
    }
    pieces
}

/// One thread for the client, and one for the server. With more, what is measured is mostly how long the operating
/// system takes to wake a thread for each chunk.
///
/// # Panics
///
/// When it cannot be made.
pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Makes calls, so many at once, each of which returns 1.
///
/// # Panics
///
/// When one of them returns something else.
pub async fn many<F: Future<Output = usize>>(calls: usize, at_once: usize, call: impl Fn() -> F) {
    let calls_made = stream::iter(0..calls).map(|_| call()).buffer_unordered(at_once);
    assert_eq!(calls_made.fold(0, |sum, one| async move { sum + one }).await, calls);
}

/// A whole reply, as small as a chat has them.
pub const REPLY: &str = r#"{"id":"chatcmpl-0123456789abcdef","object":"chat.completion","created":1760000000,"model":"openai","choices":[{"index":0,"message":{"role":"assistant","content":"Hello! How can I help you today?"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":9,"total_tokens":18}}"#;

/// A client of this crate for the server. Retries stay on, as they are by default.
///
/// # Panics
///
/// When it cannot be made.
pub fn ours(url: &str) -> pollinations_ext::Pollinations {
    let key = "sk_benchmark".parse().expect("a key");
    pollinations_ext::Pollinations::builder().base_url(url).key(key).build().expect("a client")
}

/// The client that most would take for the chat alone.
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
/// When it cannot be built.
#[cfg(feature = "peers")]
pub fn async_openai_request() -> async_openai::types::chat::CreateChatCompletionRequest {
    use async_openai::types::chat::{ChatCompletionRequestUserMessageArgs, CreateChatCompletionRequestArgs};

    let message = ChatCompletionRequestUserMessageArgs::default().content("Hello").build().expect("a message");
    CreateChatCompletionRequestArgs::default().model("openai").messages([message.into()]).build().expect("a request")
}

/// The body that bare reqwest sends, as somebody would write it.
pub fn body(stream: bool) -> serde_json::Value {
    serde_json::json!({ "model": "openai", "messages": [{ "role": "user", "content": "Hello" }], "stream": stream })
}
