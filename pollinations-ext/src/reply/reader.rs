//! Reads the chunks of a reply from events.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::HeaderMap;
use pollinations_api::types::{ChatCompletion, ChatCompletionChunk, ChatMessage, ChunkChoice};
use serde_json::Value;

pub(super) use super::sorter::Step;
use super::{
    chat_reply::ChatReply,
    merged::Merged,
    sorter::{Sorter, is_error, too_large},
};
use crate::{
    base::{error::Error, json},
    exchange::{body::in_event, reading::events::Event},
    key::Keyring,
};

/// Merges chunks into a reply.
pub(super) struct Reader {
    sorter: Sorter,
    merged: Merged,
    /// The maximum size of the reply in bytes.
    max_reply: usize,
}

impl Reader {
    pub(super) fn new(keys: Arc<Keyring>, max_reply: usize, idle: Option<Duration>) -> Self {
        Self { sorter: Sorter::new(keys, idle), merged: Merged::default(), max_reply }
    }

    pub(super) fn keys(&self) -> &Keyring {
        self.sorter.keys()
    }

    /// The next document of the last event, if that event had several.
    pub(super) fn next_queued(&mut self) -> Option<Bytes> {
        self.sorter.next_queued()
    }

    /// Adds a chunk to the reply, with the size of its event.
    pub(super) fn keep(&mut self, chunk: &mut ChatCompletionChunk, size: usize) -> Result<(), Error> {
        self.sorter.seen();
        self.merged.add(chunk, size);
        if self.merged.size > self.max_reply { Err(too_large(self.max_reply)) } else { Ok(()) }
    }

    /// Handles an event that was parsed as a chunk but may be something else: an error or a keep-alive.
    #[cold]
    pub(super) fn unusual(&mut self, event: Event<'_>) -> Result<Step, Error> {
        let value = json::read::<Value>(event.data).unwrap_or_default();
        if is_error(&event) || in_event(&value) {
            return Err(self.sorter.failed(event.data));
        }
        let is_ping = event.name == Some("ping") || value.get("type") == Some(&"ping".into());
        if is_ping { self.sorter.skip() } else { Ok(Step::Chunk) }
    }

    /// Handles an event that could not be parsed as a chunk: the end, an error in another form, a keep-alive, several
    /// documents, or an incomplete document.
    #[cold]
    pub(super) fn unread(&mut self, event: Event<'_>, error: &serde_json::Error) -> Result<Step, Error> {
        let is_complete = self.is_complete();
        self.sorter.unread(event, error, is_complete)
    }

    /// Whether the stream may end here although nothing announced the end, because some servers leave out `[DONE]`.
    pub(super) fn is_complete(&self) -> bool {
        self.merged.is_complete()
    }

    pub(super) fn to_message(&self) -> ChatMessage {
        self.merged.to_message()
    }

    pub(super) fn into_reply(self, headers: HeaderMap) -> ChatReply {
        self.merged.into_reply(headers)
    }

    /// The reply so far, if any of it has arrived. Used when the stream has ended.
    pub(super) fn take_partial(&mut self) -> Option<ChatCompletion> {
        let merged = std::mem::take(&mut self.merged);
        (!merged.is_empty()).then(|| merged.into_completion())
    }
}

/// Whether an event can only be a chunk of a reply. This is true of all valid chunks.
pub(super) fn is_usual(event: &Event<'_>, chunk: &ChatCompletionChunk) -> bool {
    const SIGNS: [&str; 4] = ["base_resp", "errors", "success", "type"];
    let has_error = |choice: &ChunkChoice| choice.extra().get("error").is_some();
    event.name.is_none()
        && chunk.error.is_none()
        && (!chunk.choices.is_empty() || chunk.usage.is_some())
        && !chunk.choices.iter().any(has_error)
        && SIGNS.iter().all(|sign| chunk.extra().get(sign).is_none())
}
