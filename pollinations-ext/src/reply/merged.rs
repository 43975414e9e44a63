//! The pieces of a reply put together.

use std::collections::BTreeMap;

use http::HeaderMap;
use pollinations_api::types::{
    AudioDelta, ChatChoice, ChatCompletion, ChatCompletionChunk, ChatDelta, ChatMessage, ChunkChoice, FinishReason,
    FunctionCall, ReplyAudio, ReplyMessage, ToolCall, ToolCallDelta,
};

use super::chat_reply::{self, ChatReply};

/// A reply as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Merged {
    /// The fields that do not come in pieces, each as it came last.
    whole: ChatCompletionChunk,
    choices: BTreeMap<u64, MergedChoice>,
    /// Bytes that the pieces took, more or less.
    pub(super) size: usize,
}

#[derive(Debug, Default)]
struct MergedChoice {
    message: ReplyMessage,
    tool_calls: BTreeMap<u64, ToolCall>,
    finish_reason: Option<FinishReason>,
}

impl Merged {
    /// Adds a chunk that came in an event of this size, in bytes.
    pub(super) fn add(&mut self, chunk: &ChatCompletionChunk, size: usize) {
        let whole = &mut self.whole;
        keep(&mut whole.id, &chunk.id);
        keep(&mut whole.model, &chunk.model);
        keep(&mut whole.created, &chunk.created);
        keep(&mut whole.system_fingerprint, &chunk.system_fingerprint);
        keep(&mut whole.user_tier, &chunk.user_tier);
        keep(&mut whole.usage, &chunk.usage);
        if !chunk.citations.is_empty() {
            whole.citations.clone_from(&chunk.citations);
        }
        for choice in &chunk.choices {
            let merged = self.choices.entry(choice.index.unwrap_or_default()).or_insert_with(|| {
                self.size += size_of::<MergedChoice>();
                MergedChoice::default()
            });
            merged.add(choice);
            self.size += choice.delta.as_ref().map_or(0, |delta| weight(delta, size));
        }
    }

    /// What the model has said so far, as a message of the conversation.
    pub(super) fn to_message(&self) -> ChatMessage {
        let message = self.choices.values().next().map(MergedChoice::message).unwrap_or_default();
        chat_reply::to_message(&message)
    }

    /// Whether nothing is missing although nothing said that this is the end.
    pub(super) fn is_complete(&self, with_usage: bool) -> bool {
        let finished = !self.choices.is_empty() && self.choices.values().all(|choice| choice.finish_reason.is_some());
        finished && (!with_usage || self.whole.usage.is_some())
    }

    pub(super) fn into_reply(self, headers: HeaderMap) -> ChatReply {
        let whole = self.whole;
        let choices = self.choices.into_iter().map(|(index, choice)| choice.into_choice(index)).collect();
        let choices: Vec<ChatChoice> = choices;
        let created = whole.created.unwrap_or_default();
        let (id, model) = (whole.id.unwrap_or_default(), whole.model.unwrap_or_default());
        let mut completion = ChatCompletion::new(choices, created, id, model);
        completion.citations = whole.citations;
        completion.system_fingerprint = whole.system_fingerprint;
        completion.usage = whole.usage;
        completion.user_tier = whole.user_tier;
        ChatReply::new(completion, headers)
    }
}

impl MergedChoice {
    fn add(&mut self, choice: &ChunkChoice) {
        keep(&mut self.finish_reason, &choice.finish_reason);
        let Some(delta) = &choice.delta else { return };
        append(&mut self.message.content, &delta.content);
        append(&mut self.message.reasoning_content, &delta.reasoning_content);
        if let Some(blocks) = &delta.content_blocks {
            self.message.content_blocks.get_or_insert_default().extend(blocks.iter().cloned());
        }
        for call in delta.tool_calls.iter().flatten() {
            self.add_tool_call(call);
        }
        if let Some(audio) = &delta.audio {
            self.add_audio(audio);
        }
    }

    /// Calls come in pieces too: the id and the name first, the arguments after.
    fn add_tool_call(&mut self, delta: &ToolCallDelta) {
        let index = delta.index.unwrap_or_default();
        let call = self.tool_calls.entry(index).or_insert_with(|| ToolCall::new(FunctionCall::new("", ""), ""));
        if let Some(id) = delta.id.as_ref().filter(|id| !id.is_empty()) {
            call.id.clone_from(id);
        }
        if let Some(function) = &delta.function {
            call.function.name.push_str(function.name.as_deref().unwrap_or_default());
            call.function.arguments.push_str(function.arguments.as_deref().unwrap_or_default());
        }
    }

    fn add_audio(&mut self, delta: &AudioDelta) {
        let audio = self.message.audio.get_or_insert_with(|| ReplyAudio::new("", ""));
        keep(&mut audio.id, &delta.id);
        keep(&mut audio.expires_at, &delta.expires_at);
        audio.data.push_str(delta.data.as_deref().unwrap_or_default());
        audio.transcript.push_str(delta.transcript.as_deref().unwrap_or_default());
    }

    fn message(&self) -> ReplyMessage {
        let mut message = self.message.clone();
        if !self.tool_calls.is_empty() {
            message.tool_calls = Some(self.tool_calls.values().cloned().collect());
        }
        message
    }

    fn into_choice(self, index: u64) -> ChatChoice {
        let mut choice = ChatChoice::default();
        choice.message = Some(self.message());
        choice.finish_reason = self.finish_reason;
        choice.index = Some(index);
        choice
    }
}

/// Bytes that a piece adds to a reply: those of its text, or all of its event if there is more to it.
fn weight(delta: &ChatDelta, event: usize) -> usize {
    if delta.content_blocks.is_some() || delta.tool_calls.is_some() || delta.audio.is_some() {
        return event;
    }
    [&delta.content, &delta.reasoning_content].into_iter().flatten().map(String::len).sum()
}

/// Takes a value that came, and leaves the old one if none did.
fn keep<T: Clone>(kept: &mut Option<T>, new: &Option<T>) {
    if new.is_some() {
        kept.clone_from(new);
    }
}

/// Adds a piece of text. Servers begin with an empty one also where no text follows, as before a call of a tool.
fn append(text: &mut Option<String>, piece: &Option<String>) {
    if let Some(piece) = piece.as_ref().filter(|piece| !piece.is_empty()) {
        text.get_or_insert_default().push_str(piece);
    }
}
