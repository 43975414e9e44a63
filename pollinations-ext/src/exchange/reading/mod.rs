//! Reads the body of a response, with limits.

pub(crate) mod events;
pub(crate) mod guard;
pub(crate) mod look;
pub(crate) mod looks;
pub(crate) mod opening;
pub(crate) mod refusal;

use std::{pin::pin, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use reqwest::Response;

use crate::{
    base::{
        error::Error,
        maybe_send::{Body, body},
        time::timeout,
    },
    retry::Failure,
};

/// The maximum number of bytes to read of an error body.
pub(crate) const MAX_ERROR_BODY: usize = 64 * 1024;

/// The body of a response, as a stream of chunks.
pub(crate) fn pieces(response: Response) -> Body {
    body(response.bytes_stream())
}

/// Waits for this long, or without a limit.
pub(crate) async fn within<T>(limit: Option<Duration>, waiting: impl Future<Output = T>) -> Result<T, Failure> {
    match limit {
        Some(limit) => timeout(limit, pin!(waiting)).await.map_err(|_| Failure::Late(limit)),
        None => Ok(waiting.await),
    }
}

/// How the reading of a body ended.
pub(crate) enum End {
    Complete,
    Broken(Error),
    TooLarge,
}

/// Reads a body up to a limit in bytes. If the body breaks off, returns the bytes read before.
pub(crate) async fn read(body: Body, limit: usize) -> (Bytes, End) {
    // Without an idle timeout, this cannot fail.
    read_within(None, body, limit, 0).await.unwrap_or((Bytes::new(), End::TooLarge))
}

/// The same with an idle timeout. `expected` is the size of the body, if known. It avoids copies of a long body.
pub(crate) async fn read_within(
    silence: Option<Duration>,
    body: Body,
    limit: usize,
    expected: u64,
) -> Result<(Bytes, End), Failure> {
    let expected = usize::try_from(expected).unwrap_or(limit).min(limit);
    let mut body = body.into_inner();
    let mut pieces: Option<BytesMut> = None;
    let mut first = Bytes::new();
    loop {
        let chunk = match within(silence, body.next()).await? {
            Some(Ok(chunk)) => chunk,
            None => return Ok((pieces.map_or(first, BytesMut::freeze), End::Complete)),
            Some(Err(error)) => return Ok((pieces.map_or(first, BytesMut::freeze), End::Broken(error))),
        };
        let length = pieces.as_ref().map_or(first.len(), BytesMut::len);
        let room = limit.saturating_sub(length);
        let kept = chunk.slice(..chunk.len().min(room));
        // Most bodies arrive in one chunk, which does not have to be copied.
        match &mut pieces {
            Some(pieces) => pieces.extend_from_slice(&kept),
            None if first.is_empty() => first = kept,
            None => {
                let mut both = BytesMut::with_capacity(expected.max(length + kept.len()));
                both.extend_from_slice(&first);
                both.extend_from_slice(&kept);
                pieces = Some(both);
            }
        }
        if chunk.len() > room {
            return Ok((pieces.map_or(first, BytesMut::freeze), End::TooLarge));
        }
    }
}
