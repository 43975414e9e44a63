//! The chunks of a reply, read from events.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use http::HeaderMap;
use pollinations_api::types::{ChatCompletion, ChatCompletionChunk, ChatMessage, ChunkChoice};
use serde_json::Value;

use super::{chat_reply::ChatReply, merged::Merged};
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

/// Makes a reply of the chunks.
pub(super) struct Reader {
    keys: Arc<Keyring>,
    merged: Merged,
    /// Bytes that the reply may have.
    max_reply: usize,
    /// How long there may be nothing but keep-alives.
    idle: Option<Duration>,
    /// Since when there has been nothing else.
    idle_since: Option<Instant>,
    /// Documents that came together in one event.
    queued: VecDeque<Bytes>,
}

/// What an unusual event is for the reader of a stream.
pub(super) enum Step {
    /// A piece of the reply after all.
    Chunk,
    /// Nothing: a keep-alive.
    Skip,
    /// The end of the reply.
    End,
}

impl Reader {
    pub(super) fn new(keys: Arc<Keyring>, max_reply: usize, idle: Option<Duration>) -> Self {
        Self { keys, merged: Merged::default(), max_reply, idle, idle_since: None, queued: VecDeque::new() }
    }

    pub(super) fn keys(&self) -> &Keyring {
        &self.keys
    }

    /// What came in the last event, if that was more than one document.
    pub(super) fn next_queued(&mut self) -> Option<Bytes> {
        self.queued.pop_front()
    }

    /// Adds a chunk to the reply, with the size of the event that it came in.
    pub(super) fn keep(&mut self, chunk: &mut ChatCompletionChunk, size: usize) -> Result<(), Error> {
        self.idle_since = None;
        self.merged.add(chunk, size);
        if self.merged.size > self.max_reply {
            let message =
                format!("the reply is larger than {} bytes; raise `max_response_bytes` to allow more", self.max_reply);
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        Ok(())
    }

    /// Looks at an event that could be read as a chunk, but may be something else: an error or a keep-alive.
    #[cold]
    pub(super) fn unusual(&mut self, event: Event<'_>) -> Result<Step, Error> {
        let value = json::read::<Value>(event.data).unwrap_or_default();
        if event.name == Some("error") || in_event(&value) {
            return Err(self.failed(event.data));
        }
        let is_ping = event.name == Some("ping") || value.get("type") == Some(&"ping".into());
        if is_ping { self.skip() } else { Ok(Step::Chunk) }
    }

    /// Looks at an event that could not be read as a chunk: the end, an error in another form, a keep-alive, several
    /// documents, or the beginning of one.
    #[cold]
    pub(super) fn unread(&mut self, event: Event<'_>, error: &serde_json::Error) -> Result<Step, Error> {
        let data = event.data.trim_ascii();
        if data == DONE {
            return Ok(Step::End);
        }
        if event.name == Some("error") {
            return Err(self.failed(data));
        }
        match json::read::<Value>(data) {
            Ok(value) if in_event(&value) => Err(self.failed(data)),
            Ok(value) if value.is_array() || value.is_object() => Err(self.unreadable(error, data)),
            // `null`, a number, a text.
            Ok(_) => self.skip(),
            Err(error) if data.starts_with(b"{") || data.starts_with(b"[") => self.broken(event, data, &error),
            Err(_) => self.skip(),
        }
    }

    /// Handles text that begins as JSON but is not one document: several documents, one that was cut off, or a broken one.
    fn broken(&mut self, event: Event<'_>, data: &[u8], error: &serde_json::Error) -> Result<Step, Error> {
        if let Some(documents) = json::documents(data) {
            self.queued.extend(documents.into_iter().map(Bytes::copy_from_slice));
            return Ok(Step::Skip);
        }
        if event.is_last {
            return if self.is_complete() { Ok(Step::End) } else { Err(Self::too_soon()) };
        }
        Err(self.unreadable(error, data))
    }

    /// Skips a keep-alive. A stream of nothing else is idle.
    fn skip(&mut self) -> Result<Step, Error> {
        let since = self.idle_since.get_or_insert_with(Instant::now).elapsed();
        match self.idle {
            Some(idle) if since > idle => {
                let message = format!(
                    "the server only sent keep-alives for {} s; raise `idle_timeout` to wait longer",
                    idle.as_secs_f64()
                );
                Err(Error::new(ErrorKind::Timeout, message))
            }
            _ => Ok(Step::Skip),
        }
    }

    fn failed(&self, data: &[u8]) -> Error {
        let body = data.get(..MAX_ERROR_BODY).unwrap_or(data);
        Error::stream(ErrorBody::parse(body, "the model failed", &self.keys))
    }

    fn unreadable(&self, error: &serde_json::Error, data: &[u8]) -> Error {
        self.keys.undecodable("an event of the stream cannot be read", error, data)
    }

    /// The error of a stream that ends before the reply is complete.
    pub(super) fn too_soon() -> Error {
        Error::new(ErrorKind::Truncated, "the stream ended before the reply was complete")
    }

    /// Whether the end of the response is that of the reply, although nothing announced it: some servers leave out
    /// `[DONE]`.
    pub(super) fn is_complete(&self) -> bool {
        self.merged.is_complete()
    }

    pub(super) fn to_message(&self) -> ChatMessage {
        self.merged.to_message()
    }

    pub(super) fn into_reply(self, headers: HeaderMap) -> ChatReply {
        self.merged.into_reply(headers)
    }

    /// What has come, when no more of it will; nothing if there is nothing.
    pub(super) fn take_partial(&mut self) -> Option<ChatCompletion> {
        let merged = std::mem::take(&mut self.merged);
        (!merged.is_empty()).then(|| merged.into_completion())
    }
}

/// Whether an event can be nothing but a piece of a reply. All that conform are.
pub(super) fn is_usual(event: &Event<'_>, chunk: &ChatCompletionChunk) -> bool {
    const SIGNS: [&str; 4] = ["base_resp", "errors", "success", "type"];
    let has_error = |choice: &ChunkChoice| choice.extra().get("error").is_some();
    event.name.is_none()
        && chunk.error.is_none()
        && (!chunk.choices.is_empty() || chunk.usage.is_some())
        && !chunk.choices.iter().any(has_error)
        && SIGNS.iter().all(|sign| chunk.extra().get(sign).is_none())
}
