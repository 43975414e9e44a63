//! Reads request bodies.

use std::sync::{Arc, Mutex};

use axum::body::{Body, BodyDataStream, Bytes};
use bytes::BytesMut;
use futures_util::{StreamExt, stream};

use crate::{base::lock, journal};

/// The size limit of bodies that are read as a whole, in bytes.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// How many bytes of an unwanted body are read, so that its client can read the answer: many clients send the whole
/// body first.
const MAX_REST: usize = 1024 * 1024 * 1024;

/// A request body.
pub(super) enum Incoming {
    /// Read before the operation runs.
    Whole(Bytes),
    /// A large file, which the operation reads itself, so that it is in memory only once.
    Open(Open),
}

impl Incoming {
    /// Reads the body, unless it may be a large file.
    pub(super) async fn receive(body: Body, is_large: bool) -> Result<Self, Unread> {
        if is_large {
            let coming = Coming { pieces: body.into_data_stream(), beginning: Vec::new() };
            return Ok(Self::Open(Open(Arc::new(Mutex::new(coming)))));
        }
        let mut pieces = body.into_data_stream();
        let Some(first) = pieces.next().await else { return Ok(Self::Whole(Bytes::new())) };
        let first = first.map_err(|_| Unread::Broken)?;
        let Some(second) = pieces.next().await else { return Ok(Self::Whole(first)) };
        // A body of one piece, which most are, needs no copy.
        let mut whole = BytesMut::from(first);
        whole.extend_from_slice(&second.map_err(|_| Unread::Broken)?);
        let mut length = whole.len();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|_| Unread::Broken)?;
            length += piece.len();
            if length <= MAX_BODY {
                whole.extend_from_slice(&piece);
            } else if length > MAX_REST {
                break;
            } else {
                whole = BytesMut::new();
            }
        }
        if length > MAX_BODY { Err(Unread::TooLarge) } else { Ok(Self::Whole(whole.freeze())) }
    }

    /// The part of the body that is known before the operation runs.
    pub(super) fn known(&self) -> &[u8] {
        match self {
            Self::Whole(bytes) => bytes,
            Self::Open(_) => &[],
        }
    }

    /// The body for the operation.
    pub(super) fn body(&self) -> Body {
        match self {
            Self::Whole(bytes) => Body::from(bytes.clone()),
            Self::Open(Open(coming)) => {
                let coming = Arc::clone(coming);
                Body::from_stream(stream::poll_fn(move |context| {
                    let mut coming = lock(&coming);
                    let piece = coming.pieces.poll_next_unpin(context);
                    if let std::task::Poll::Ready(Some(Ok(piece))) = &piece {
                        coming.look(piece);
                    }
                    piece
                }))
            }
        }
    }

    /// Reads what the operation has left of the body, and returns the part that the journal shows.
    pub(super) async fn finish(self) -> Bytes {
        let Open(coming) = match self {
            Self::Whole(bytes) => return bytes,
            Self::Open(open) => open,
        };
        let next = || stream::poll_fn(|context| lock(&coming).pieces.poll_next_unpin(context));
        let mut rest = 0;
        while rest < MAX_REST
            && let Some(Ok(piece)) = next().next().await
        {
            lock(&coming).look(&piece);
            rest += piece.len();
        }
        std::mem::take(&mut lock(&coming).beginning).into()
    }
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unread {
    /// It is larger than the limit.
    TooLarge,
    /// It ends too early, or its chunks are malformed.
    Broken,
}

/// A body that is being read.
pub(super) struct Open(Arc<Mutex<Coming>>);

struct Coming {
    pieces: BodyDataStream,
    beginning: Vec<u8>,
}

impl Coming {
    /// Keeps the beginning for the journal.
    fn look(&mut self, piece: &Bytes) {
        let room = journal::MAX_BODY.saturating_sub(self.beginning.len());
        self.beginning.extend_from_slice(piece.get(..room).unwrap_or(piece));
    }
}
