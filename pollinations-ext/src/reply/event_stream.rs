//! Streams of typed events, merged into a reply.
//!
//! The Messages API and the Responses API both stream events with a `type`. They differ in how events are merged.
//! This module has the parts they share: keep-alives, errors in any form, limits, and detecting truncated streams.

use std::{
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::Stream;
use http::HeaderMap;
use serde_json::Value;

use super::sorter::{Sorter, Step, is_error, too_large, too_soon};
use crate::{
    base::{
        error::{Error, ErrorKind, Partial},
        header::request_id,
        json::{self, Read, read_value},
        maybe_send::{MaybeSend, body},
    },
    exchange::{
        body::in_event,
        raw::RawResponse,
        reading::{
            events::{Event, Events},
            guard::Guard,
        },
        transport::{MAX_BODY, Shared},
    },
    key::Keyring,
};

/// Merges the events of a stream.
pub(crate) trait Merge: Default {
    /// An event, as callers see it.
    type Event: Read;

    /// The prefixes of the API's event types. Other events may be errors.
    const TYPES: &'static [&'static str];

    /// Adds an event, with its size in bytes.
    fn add(&mut self, event: &Value, bytes: usize) -> Added;

    /// Records that the stream announced its end, as OpenAI's chats do with `[DONE]`.
    fn done(&mut self);

    /// The size of the reply so far, in bytes.
    fn size(&self) -> usize;

    /// Whether the reply is complete, so that the stream may end here.
    fn is_complete(&self) -> bool;

    /// The reply so far, if any of it has arrived.
    fn into_partial(self) -> Option<Partial>;
}

/// The effect of an event on the reply.
pub(crate) enum Added {
    /// It added to the reply.
    Piece,
    /// It ended the reply. Later events do not belong to it.
    End,
    /// The reply failed with this error.
    #[cfg_attr(not(feature = "responses"), allow(dead_code, reason = "only responses have such an event"))]
    Failed(Value),
}

/// The events of one response.
pub(crate) struct EventStream<M> {
    operation: &'static str,
    events: Events,
    sorter: Sorter,
    merged: M,
    max_reply: usize,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Open,
    Complete,
    Failed,
}

impl<M: Merge> EventStream<M> {
    pub(crate) fn new(shared: &Shared, operation: &'static str, events: Events) -> Self {
        let sorter = Sorter::new(Arc::clone(&shared.keys), events.idle());
        Self { operation, events, sorter, merged: M::default(), max_reply: shared.max_body, state: State::Open }
    }

    /// Reads events that have already been received.
    pub(crate) fn recorded(shared: &Shared, operation: &'static str, response: &RawResponse) -> Self {
        let bytes = futures_util::stream::iter([Ok::<_, std::io::Error>(response.body().clone())]);
        Self::new(shared, operation, Events::new(Guard::new(body(bytes), None), response.headers().clone()))
    }

    /// Reads events from another source than this client.
    pub(crate) fn from_bytes<S, E>(operation: &'static str, bytes: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + MaybeSend + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let events = Events::new(Guard::new(body(bytes), None), HeaderMap::new());
        let sorter = Sorter::new(Arc::new(Keyring::new(None, [])), None);
        Self { operation, events, sorter, merged: M::default(), max_reply: MAX_BODY, state: State::Open }
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.events.headers()
    }

    /// The next event, or `None` after the end of the reply or an error.
    pub(crate) fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<M::Event, Error>>> {
        if self.state != State::Open {
            return Poll::Ready(None);
        }
        let error = loop {
            let queued = self.sorter.next_queued();
            let event = match &queued {
                Some(data) => Event { name: None, data, is_last: false },
                None => match ready!(self.events.poll_event(context)) {
                    Some(Ok(event)) => event,
                    Some(Err(error)) => break error,
                    None if self.merged.is_complete() => {
                        self.state = State::Complete;
                        return Poll::Ready(None);
                    }
                    None => break too_soon(),
                },
            };
            match read(&mut self.merged, &mut self.sorter, event) {
                Ok(Outcome::Skip) => {}
                Ok(Outcome::End) => {
                    self.state = State::Complete;
                    return Poll::Ready(None);
                }
                Ok(Outcome::Event(event, is_end)) => {
                    if self.merged.size() > self.max_reply {
                        break too_large(self.max_reply);
                    }
                    if is_end {
                        self.state = State::Complete;
                    }
                    return Poll::Ready(Some(Ok(event)));
                }
                Err(error) => break error,
            }
        };
        self.state = State::Failed;
        let partial = std::mem::take(&mut self.merged).into_partial();
        Poll::Ready(Some(Err(self.locate(error.with_partial(partial)))))
    }

    /// The merged reply, after the last event.
    pub(crate) fn into_merged(self) -> Result<(M, HeaderMap), Error> {
        if self.state == State::Failed {
            return Err(self.locate(Error::new(ErrorKind::Truncated, "the stream failed earlier")));
        }
        let headers = self.events.headers().clone();
        Ok((self.merged, headers))
    }

    /// Adds the operation and the request ID to an error.
    pub(crate) fn locate(&self, error: Error) -> Error {
        let request_id = request_id(self.headers());
        error.with_operation(self.operation).with_request_id(request_id).redacted(self.sorter.keys())
    }
}

enum Outcome<E> {
    /// An event that callers do not see.
    Skip,
    End,
    /// An event, and whether it is the last one.
    Event(E, bool),
}

/// Parses an event and adds it to the reply.
fn read<M: Merge>(merged: &mut M, sorter: &mut Sorter, event: Event<'_>) -> Result<Outcome<M::Event>, Error> {
    let value = match json::read::<Value>(event.data) {
        Ok(value @ Value::Object(_)) => value,
        // A list may be an error. All other JSON is a keep-alive.
        Ok(_) => return unread(merged, sorter, event, &serde::de::Error::custom("it is not an object")),
        Err(error) => return unread(merged, sorter, event, &error),
    };
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
    let is_known = M::TYPES.iter().any(|start| kind.starts_with(start));
    if is_error(&event) || !is_known && in_event(&value) {
        return Err(sorter.failed(event.data));
    }
    if matches!(kind, "ping" | "keepalive") || event.name == Some("ping") {
        return sorter.skip().map(|_| Outcome::Skip);
    }
    sorter.seen();
    let is_end = match merged.add(&value, event.data.len()) {
        Added::Piece => false,
        Added::End => true,
        Added::Failed(error) => return Err(sorter.failed(error.to_string().as_bytes())),
    };
    // The text has already been parsed and repaired, so convert the parsed value.
    let read = read_value(&value).map_err(|error| sorter.unreadable(&error, event.data))?;
    Ok(Outcome::Event(read, is_end))
}

fn unread<M: Merge>(
    merged: &mut M,
    sorter: &mut Sorter,
    event: Event<'_>,
    error: &serde_json::Error,
) -> Result<Outcome<M::Event>, Error> {
    Ok(match sorter.unread(event, error, merged.is_complete())? {
        // A stream that ends without any event is truncated.
        Step::End if merged.size() == 0 => return Err(too_soon()),
        Step::End => {
            merged.done();
            Outcome::End
        }
        Step::Chunk | Step::Skip => Outcome::Skip,
    })
}
