//! Events that are not part of the reply: the end, errors in any form, keep-alives, broken documents.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::Value;

use crate::{
    base::{
        error::{Error, ErrorKind},
        json::{self, DONE},
        time::Instant,
    },
    exchange::{
        body::{ErrorBody, in_event},
        reading::MAX_ERROR_BODY,
        reading::events::Event,
    },
    key::Keyring,
};

/// What an unusual event means for the reader of a stream.
pub(super) enum Step {
    /// It is part of the reply after all.
    Chunk,
    /// It is a keep-alive.
    Skip,
    /// It is the end of the reply.
    End,
}

/// Classifies events that could not be parsed as part of the reply.
pub(super) struct Sorter {
    keys: Arc<Keyring>,
    /// The idle timeout, which keep-alives do not reset.
    idle: Option<Duration>,
    /// When the current run of keep-alives began.
    idle_since: Option<Instant>,
    /// Documents that were in the same event.
    queued: VecDeque<Bytes>,
}

impl Sorter {
    pub(super) fn new(keys: Arc<Keyring>, idle: Option<Duration>) -> Self {
        Self { keys, idle, idle_since: None, queued: VecDeque::new() }
    }

    pub(super) fn keys(&self) -> &Keyring {
        &self.keys
    }

    /// The next document of the last event, if that event had several.
    pub(super) fn next_queued(&mut self) -> Option<Bytes> {
        self.queued.pop_front()
    }

    /// Records that a part of the reply has arrived.
    pub(super) fn seen(&mut self) {
        self.idle_since = None;
    }

    /// Handles an event that could not be parsed as part of the reply: the end, an error in another form, a
    /// keep-alive, several documents, or an incomplete document. `is_complete` says whether the reply may end here.
    #[cold]
    pub(super) fn unread(
        &mut self,
        event: Event<'_>,
        error: &serde_json::Error,
        is_complete: bool,
    ) -> Result<Step, Error> {
        let data = event.data.trim_ascii();
        if data.eq_ignore_ascii_case(DONE) {
            return Ok(Step::End);
        }
        if is_error(&event) {
            return Err(self.failed(data));
        }
        match json::read::<Value>(data) {
            Ok(value) if in_event(&value) => Err(self.failed(data)),
            Ok(value) if value.is_array() || value.is_object() => Err(self.unreadable(error, data)),
            // `null`, a number or a text.
            Ok(_) => self.skip(),
            Err(error) if data.starts_with(b"{") || data.starts_with(b"[") => {
                self.broken(event, data, &error, is_complete)
            }
            // Some proxies write the name of the field into the data.
            Err(_) => match data.strip_prefix(b"data:").map(<[u8]>::trim_ascii_start) {
                Some(data) if data.eq_ignore_ascii_case(DONE) => Ok(Step::End),
                Some(data) if data.starts_with(b"{") => {
                    self.queued.push_back(Bytes::copy_from_slice(data));
                    Ok(Step::Skip)
                }
                _ => self.skip(),
            },
        }
    }

    /// Handles invalid JSON: several documents, a truncated document, or a broken one.
    fn broken(
        &mut self,
        event: Event<'_>,
        data: &[u8],
        error: &serde_json::Error,
        is_complete: bool,
    ) -> Result<Step, Error> {
        if let Some(documents) = json::documents(data) {
            self.queued.extend(documents.into_iter().map(Bytes::copy_from_slice));
            return Ok(Step::Skip);
        }
        if event.is_last {
            return if is_complete { Ok(Step::End) } else { Err(too_soon()) };
        }
        Err(self.unreadable(error, data))
    }

    /// Skips a keep-alive. A stream of nothing but keep-alives is idle.
    pub(super) fn skip(&mut self) -> Result<Step, Error> {
        let since = self.idle_since.get_or_insert_with(Instant::now).elapsed();
        match self.idle {
            Some(idle) if since > idle => {
                let seconds = idle.as_secs_f64();
                let message =
                    format!("the server only sent keep-alives for {seconds} s; raise `idle_timeout` to wait longer");
                Err(Error::new(ErrorKind::Timeout, message))
            }
            _ => Ok(Step::Skip),
        }
    }

    /// The error in an event.
    pub(super) fn failed(&self, data: &[u8]) -> Error {
        let body = data.get(..MAX_ERROR_BODY).unwrap_or(data);
        Error::stream(ErrorBody::parse(body, "the model failed", &self.keys))
    }

    pub(super) fn unreadable(&self, error: &serde_json::Error, data: &[u8]) -> Error {
        self.keys.undecodable("an event of the stream cannot be read", error, data)
    }
}

/// Whether an event has a name for errors: `error`, `exception`, or one that ends so.
pub(super) fn is_error(event: &Event<'_>) -> bool {
    event.name.is_some_and(|name| {
        let last = name.rsplit(['.', '_', '-', ':']).next().unwrap_or(name).to_ascii_lowercase();
        last == "error" || last.ends_with("exception")
    })
}

/// The error for a stream that ends before the reply is complete.
pub(super) fn too_soon() -> Error {
    Error::new(ErrorKind::Truncated, "the stream ended before the reply was complete")
}

/// The error for a reply that is larger than allowed.
pub(super) fn too_large(limit: usize) -> Error {
    Error::new(
        ErrorKind::TooLarge,
        format!("the reply is larger than {limit} bytes; raise `max_response_bytes` to allow more"),
    )
}
