//! What faults do to the body of a response.

use std::{io, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    response::Response,
};
use futures_util::{StreamExt, stream};
use serde_json::json;

use super::{
    Fault,
    connection::{Connection, NoResponse},
    whole,
};

impl Fault {
    /// Applies the fault to the body of a response.
    pub(crate) fn spoil(&self, mut response: Response, connection: Option<Connection>) -> Response {
        if let Some(value) = self.content_type.as_ref().and_then(|kind| HeaderValue::from_str(kind).ok()) {
            response.headers_mut().insert(CONTENT_TYPE, value);
        }
        let touches_body = self.chunk_delay_ms.is_some()
            || self.chunk_size.is_some()
            || self.reset_after.is_some()
            || self.truncate.is_some()
            || self.malformed
            || self.crlf
            || self.comments
            || self.keep_alives
            || self.one_chunk
            || self.stream_error.is_some();
        // A WebSocket handshake has no body.
        let has_no_body = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        if !touches_body || has_no_body || response.extensions().get::<NoResponse>().is_some() {
            return response;
        }
        if self.edits() || self.one_chunk || self.stream_error.is_some() || self.truncate.is_some() {
            // The length changes.
            response.headers_mut().remove(CONTENT_LENGTH);
        }
        let fault = self.clone();
        let (parts, mut body) = response.into_parts();
        if self.one_chunk {
            body = Body::from_stream(stream::once(async move {
                to_bytes(body, usize::MAX).await.map(|bytes| whole::one_chunk(&bytes))
            }));
        }
        let events = stream::unfold((body.into_data_stream(), 0_usize), |(mut body, count)| async move {
            let piece = body.next().await?;
            Some(((count, piece), (body, count + 1)))
        });
        let pause = Duration::from_millis(self.chunk_delay_ms.unwrap_or_default());
        // Cut pieces so that one ends where the reset comes.
        let end = self.reset_after.unwrap_or(usize::MAX);
        let size = self.chunk_size.unwrap_or(usize::MAX).min(end);
        let edited = events
            .map(move |(count, piece)| piece.map(|piece| fault.edit(count, &piece)))
            .scan(false, |ended, piece| {
                let out = if *ended { None } else { Some(piece) };
                if let Some(Ok((_, last))) = &out {
                    *ended = *last;
                }
                std::future::ready(out)
            })
            .flat_map(move |piece| {
                let pieces: Vec<Result<Bytes, io::Error>> = match piece {
                    Ok((bytes, _)) => split(&bytes, size).map(Ok).collect(),
                    Err(error) => vec![Err(io::Error::other(error))],
                };
                stream::iter(pieces)
            })
            .then(move |piece| async move {
                tokio::time::sleep(pause).await;
                piece
            });
        let (truncate, reset) = (self.truncate, self.reset_after);
        let limited = edited.scan((0_usize, false), move |(sent, ended), piece| {
            std::future::ready(limit(piece, sent, ended, truncate, reset, connection.as_ref()))
        });
        Response::from_parts(parts, Body::from_stream(limited))
    }

    /// Whether the fault changes the text of the body.
    fn edits(&self) -> bool {
        self.malformed || self.crlf || self.comments || self.keep_alives
    }

    /// Edits a piece of the body. Also returns whether the body ends with it.
    fn edit(&self, count: usize, piece: &Bytes) -> (Bytes, bool) {
        if let Some(events) = self.stream_error
            && count >= events
        {
            return (failed(piece), true);
        }
        if !self.edits() {
            return (piece.clone(), false);
        }
        let mut text = String::from_utf8_lossy(piece).into_owned();
        if self.malformed {
            text = text.replace('{', "{]");
        }
        if self.keep_alives {
            text = format!("data: keep-alive\n\n{text}");
        }
        if self.comments {
            text = format!(": keep-alive\n\n{text}");
        }
        if self.crlf {
            text = text.replace('\n', "\r\n");
        }
        (Bytes::from(text), false)
    }
}

/// An event that says that the model has failed. `piece` is the event that it replaces, and decides the format.
fn failed(piece: &[u8]) -> Bytes {
    const MESSAGE: &str = "The model failed, as asked for.";
    if piece.starts_with(b"event: response.") {
        let error = json!({ "type": "error", "code": "server_error", "message": MESSAGE, "param": null });
        return Bytes::from(format!("event: error\ndata: {error}\n\n"));
    }
    if piece.starts_with(b"event: ") {
        let error = json!({ "type": "error", "error": { "type": "api_error", "message": MESSAGE } });
        return Bytes::from(format!("event: error\ndata: {error}\n\n"));
    }
    let error = json!({ "error": { "message": MESSAGE, "code": "INTERNAL_ERROR" } });
    Bytes::from(format!("data: {error}\n\n"))
}

/// Cuts a piece where the body has to end. `None` after that.
fn limit(
    piece: Result<Bytes, io::Error>,
    sent: &mut usize,
    ended: &mut bool,
    truncate: Option<usize>,
    reset: Option<usize>,
    connection: Option<&Connection>,
) -> Option<Result<Bytes, io::Error>> {
    if *ended {
        return None;
    }
    let bytes = match piece {
        Ok(bytes) => bytes,
        Err(error) => return Some(Err(error)),
    };
    let end = truncate.into_iter().chain(reset).min().unwrap_or(usize::MAX);
    let room = end.saturating_sub(*sent);
    if room == 0 {
        *ended = true;
        // If the body is to be truncated and reset at the same place, reset it.
        return match reset {
            Some(reset) if reset == end => {
                if let Some(connection) = connection {
                    connection.reset();
                }
                Some(Err(io::Error::new(io::ErrorKind::ConnectionReset, "reset, as asked for")))
            }
            _ => None,
        };
    }
    let bytes = bytes.slice(..bytes.len().min(room));
    *sent += bytes.len();
    Some(Ok(bytes))
}

fn split(bytes: &Bytes, size: usize) -> impl Iterator<Item = Bytes> {
    let bytes = bytes.clone();
    let size = size.max(1);
    (0..bytes.len().div_ceil(size)).map(move |index| {
        let start = index * size;
        bytes.slice(start..bytes.len().min(start.saturating_add(size)))
    })
}
