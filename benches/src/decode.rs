//! Functions that turn bytes into typed chunks: with our crate, with the least possible work, and with other crates.
//! Each returns the number of chunks.

use std::convert::Infallible;

use bytes::{Bytes, BytesMut};
#[cfg(feature = "peers")]
use eventsource_stream::Eventsource;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use pollinations_ext::{chat::ChatStream, sse::Decoder, types::ChatCompletionChunk};

use crate::{EVENT, strict};

/// The pieces as a stream.
pub fn source(pieces: &[Bytes]) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + Unpin + use<> {
    stream::iter(pieces.to_vec().into_iter().map(Ok))
}

/// The lower limit for our types: serde_json on events that are already split.
///
/// # Panics
///
/// If a chunk is invalid.
pub fn limit(events: &[u8]) -> usize {
    let mut count = 0;
    for event in events.chunks_exact(EVENT) {
        let chunk: ChatCompletionChunk = serde_json::from_slice(&event["data: ".len()..EVENT - 2]).expect("a chunk");
        count += usize::from(std::hint::black_box(&chunk).id.is_some());
    }
    count
}

/// The same into a struct with serde's derive, which reads strictly.
///
/// # Panics
///
/// If a chunk is invalid.
pub fn strict(events: &[u8]) -> usize {
    let mut count = 0;
    for event in events.chunks_exact(EVENT) {
        let chunk: strict::Chunk = serde_json::from_slice(&event["data: ".len()..EVENT - 2]).expect("a chunk");
        count += usize::from(std::hint::black_box(&chunk).id.is_some());
    }
    count
}

/// The same over HTTP: splits the bytes of bare reqwest by the length of the events, which is known in advance.
///
/// # Panics
///
/// If the stream fails.
pub async fn limit_stream(response: reqwest::Response, events: usize) -> usize {
    let mut body = response.bytes_stream();
    let mut rest = BytesMut::new();
    let mut count = 0;
    while let Some(piece) = body.next().await {
        let piece = piece.expect("a piece");
        let mut piece = &piece[..];
        if count < events && !rest.is_empty() {
            let (end, after) = piece.split_at(piece.len().min(EVENT - rest.len()));
            rest.extend_from_slice(end);
            piece = after;
            if rest.len() == EVENT {
                count += limit(&rest);
                rest.clear();
            }
        }
        let whole = piece.len().min((events - count) * EVENT) / EVENT * EVENT;
        count += limit(&piece[..whole]);
        rest.extend_from_slice(&piece[whole..]);
    }
    count
}

/// A [`ChatStream`], which also collects the reply.
///
/// # Panics
///
/// If the stream fails.
pub fn ours(pieces: &[Bytes]) -> usize {
    finished(async {
        let mut stream = ChatStream::from_bytes(source(pieces));
        let mut count = 0;
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.expect("a chunk");
            count += usize::from(std::hint::black_box(&chunk).id.is_some());
        }
        count
    })
}

/// [`Decoder`] and serde_json, which is the same work as with the decoders of other crates.
///
/// # Panics
///
/// If the stream fails.
pub fn decoder(pieces: &[Bytes]) -> usize {
    finished(async {
        let mut source = source(pieces);
        let mut decoder = Decoder::new();
        let mut count = 0;
        while let Some(Ok(mut piece)) = source.next().await {
            while decoder.advance(&mut piece).expect("an event") {
                if decoder.data() == b"[DONE]" {
                    return count;
                }
                let text = std::str::from_utf8(decoder.data()).expect("text");
                let chunk: ChatCompletionChunk = serde_json::from_str(text).expect("a chunk");
                count += usize::from(std::hint::black_box(&chunk).id.is_some());
            }
        }
        count
    })
}

/// The decoder of async-openai.
///
/// # Panics
///
/// If the stream fails.
#[cfg(feature = "peers")]
pub fn eventsource_stream(pieces: &[Bytes]) -> usize {
    let events = source(pieces).eventsource().map(|event| event.expect("an event").data);
    finished(typed(events))
}

/// `sseer`.
///
/// # Panics
///
/// If the stream fails.
#[cfg(feature = "peers")]
pub fn sseer(pieces: &[Bytes]) -> usize {
    let events = sseer::event_stream::EventStream::new(source(pieces)).map(|event| event.expect("an event").data);
    finished(typed(events))
}

/// `sse-stream`.
///
/// # Panics
///
/// If the stream fails.
#[cfg(feature = "peers")]
pub fn sse_stream(pieces: &[Bytes]) -> usize {
    let events = sse_stream::SseByteStream::new(source(pieces));
    finished(typed(events.map(|event| event.expect("an event").data.unwrap_or_default())))
}

#[cfg(feature = "peers")]
async fn typed<D: std::ops::Deref<Target = str>>(events: impl Stream<Item = D>) -> usize {
    let mut events = std::pin::pin!(events);
    let mut count = 0;
    while let Some(data) = events.next().await {
        if &*data == "[DONE]" {
            break;
        }
        let chunk: ChatCompletionChunk = serde_json::from_str(&data).expect("a chunk");
        count += usize::from(std::hint::black_box(&chunk).id.is_some());
    }
    count
}

/// The result of a future that never has to wait.
fn finished<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("all bytes are available")
}
