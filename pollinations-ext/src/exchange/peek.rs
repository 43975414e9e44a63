//! The beginning of a body, looked at and put back.

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};

use crate::base::{error::Error, maybe_send::Body};

/// The beginning of a body, and the body with its beginning.
pub(super) struct Peeked {
    pub(super) bytes: Bytes,
    /// Whether that is all.
    pub(super) is_whole: bool,
    pub(super) body: Body,
}

/// Reads a body up to a limit, in bytes, or until `is_done` says that no more will come. An error comes when the body is
/// read.
pub(super) async fn peek(body: Body, limit: usize, is_done: impl Fn(&[u8]) -> bool) -> Peeked {
    let mut rest = body.into_inner();
    let mut bytes = BytesMut::new();
    let mut error: Option<Error> = None;
    let mut is_whole = false;
    while bytes.len() < limit && !is_whole && error.is_none() {
        match rest.next().await {
            Some(Ok(piece)) => bytes.extend_from_slice(&piece),
            Some(Err(broken)) => error = Some(broken),
            None => is_whole = true,
        }
        is_whole |= error.is_none() && is_done(&bytes);
    }
    let bytes = bytes.freeze();
    let first = (!bytes.is_empty()).then(|| Ok(bytes.clone()));
    let again = stream::iter(first.into_iter().chain(error.map(Err)));
    // What comes after the end of a stream is for its reader to judge.
    Peeked { bytes, is_whole, body: Body::new(Box::pin(again.chain(rest))) }
}
