//! Streams the body of one response: server-sent events (WHATWG HTML, section 9.2), or plain text.

use std::{
    future::poll_fn,
    pin::Pin,
    str,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes, BytesMut};
use futures_core::Stream;
use futures_util::StreamExt;
use http::HeaderMap;

use super::guard::Guard;
use crate::base::{
    error::{Error, ErrorKind},
    header::request_id,
    sse::Decoder,
};

/// One event of a response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event<'a> {
    /// The name of the event, if it has one.
    pub(crate) name: Option<&'a str>,
    pub(crate) data: &'a [u8],
    /// Whether the response ended before the empty line after the event. The event may still be complete.
    pub(crate) is_last: bool,
}

/// The data of the events of a response.
pub(crate) struct Events {
    body: Guard,
    decoder: Decoder,
    input: Bytes,
    /// Whether the decoder is at the first event, which has not been returned yet.
    opened: bool,
    /// Whether the response has ended.
    ended: bool,
    headers: HeaderMap,
}

impl Events {
    pub(crate) fn new(body: Guard, headers: HeaderMap) -> Self {
        Self { body, decoder: Decoder::new(), input: Bytes::new(), opened: false, ended: false, headers }
    }

    /// Waits for the first event. `input` has the bytes that have already been read.
    pub(crate) async fn open(body: Guard, input: Bytes, headers: HeaderMap) -> Result<Self, Error> {
        let mut events = Self::new(body, headers);
        events.input = input;
        match poll_fn(|context| events.poll_advance(context)).await? {
            true => events.opened = true,
            false => {
                let error = Error::new(ErrorKind::Truncated, "the stream ended before its first event");
                return Err(error.with_request_id(request_id(&events.headers)));
            }
        }
        Ok(events)
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The idle timeout.
    pub(crate) fn idle(&self) -> Option<Duration> {
        self.body.idle()
    }

    /// The next event, or `None` at the end of the response.
    pub(crate) fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Event<'_>, Error>>> {
        let opened = std::mem::take(&mut self.opened);
        let found = opened || ready!(self.poll_advance(context))?;
        let Self { decoder, ended, .. } = self;
        Poll::Ready(found.then(|| Ok(Event { name: decoder.event(), data: decoder.data(), is_last: *ended })))
    }

    /// Advances to the next event. Returns false at the end.
    fn poll_advance(&mut self, context: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        loop {
            match self.decoder.advance(&mut self.input) {
                Ok(true) => return Poll::Ready(Ok(true)),
                Ok(false) => {}
                Err(error) => return Poll::Ready(Err(self.locate(error))),
            }
            if self.ended {
                return Poll::Ready(Ok(false));
            }
            match ready!(Pin::new(&mut self.body).poll_next(context)) {
                Some(Ok(piece)) => self.input = piece,
                Some(Err(error)) => return Poll::Ready(Err(self.locate(error))),
                None => {
                    self.ended = true;
                    return Poll::Ready(self.decoder.finish().map_err(|error| self.locate(error)));
                }
            }
        }
    }

    fn locate(&self, error: Error) -> Error {
        error.with_request_id(request_id(&self.headers))
    }
}

/// Streams a text, split between characters.
pub(crate) struct TextPieces {
    body: Guard,
    first: Option<Bytes>,
    /// The beginning of an incomplete character.
    partial: BytesMut,
    headers: HeaderMap,
}

impl TextPieces {
    /// `first` has the bytes that have already been read, if any.
    pub(crate) async fn open(mut body: Guard, first: Option<Bytes>, headers: HeaderMap) -> Result<Self, Error> {
        let first = match first {
            Some(first) => Some(first),
            // A model may return an empty text.
            None => body.next().await.transpose().map_err(|error| error.with_request_id(request_id(&headers)))?,
        };
        Ok(Self { body, first, partial: BytesMut::new(), headers })
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Adds a chunk and returns the complete characters.
    fn decode(&mut self, piece: &[u8]) -> Result<String, Error> {
        self.partial.extend_from_slice(piece);
        let end = match str::from_utf8(&self.partial) {
            Ok(_) => self.partial.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return Err(self.error(ErrorKind::Decode, "the text is not UTF-8")),
        };
        let text = String::from_utf8_lossy(self.partial.get(..end).unwrap_or_default()).into_owned();
        self.partial.advance(end);
        Ok(text)
    }

    fn error(&self, kind: ErrorKind, message: &str) -> Error {
        Error::new(kind, message).with_request_id(request_id(&self.headers))
    }
}

impl Stream for TextPieces {
    type Item = Result<String, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            let piece = match this.first.take() {
                Some(first) => Some(Ok(first)),
                None => ready!(Pin::new(&mut this.body).poll_next(context)),
            };
            let text = match piece {
                Some(Ok(piece)) => this.decode(&piece),
                Some(Err(error)) => Err(error.with_request_id(request_id(&this.headers))),
                None if this.partial.is_empty() => return Poll::Ready(None),
                None => {
                    this.partial.clear();
                    Err(this.error(ErrorKind::Truncated, "the text ended within a character"))
                }
            };
            match text {
                // Half a character cannot be shown yet.
                Ok(text) if text.is_empty() => {}
                text => return Poll::Ready(Some(text)),
            }
        }
    }
}
