//! Merges the chunks of a reply.

use std::collections::BTreeMap;

use http::HeaderMap;
use pollinations_api::types::{
    AudioDelta, ChatChoice, ChatCompletion, ChatCompletionChunk, ChatDelta, ChatMessage, ChunkChoice, CompletionUsage,
    ContentBlock, FinishReason, FunctionCallDelta, ReplyAudio, ReplyMessage,
};
use serde_json::{Map, Value};

use super::{
    chat_reply::ChatReply,
    next_turn,
    parts::{
        blocks,
        calls::{Call, Calls},
        joined, thoughts,
    },
};
use crate::base::json::{Read, read_value};

/// The reply so far.
#[derive(Debug, Default)]
pub(super) struct Merged {
    /// Fields that are not split into deltas. The last value counts.
    whole: ChatCompletionChunk,
    choices: BTreeMap<u64, MergedChoice>,
    /// Additional fields that are not in the document.
    extra: Map<String, Value>,
    /// The approximate size of the chunks in bytes.
    pub(super) size: usize,
}

#[derive(Debug, Default)]
struct MergedChoice {
    message: ReplyMessage,
    calls: Calls,
    function_call: Option<Call>,
    finish_reason: Option<FinishReason>,
    /// The field that the reasoning is read from, if it is not `reasoning_content`.
    thoughts: Option<thoughts::Place>,
    /// Additional fields of the message, and of the choice around it.
    message_extra: Map<String, Value>,
    extra: Map<String, Value>,
}

impl Merged {
    /// Adds a chunk from an event of this size in bytes. If the chunk has content in an unusual field, it is moved to
    /// the usual one.
    pub(super) fn add(&mut self, chunk: &mut ChatCompletionChunk, size: usize) {
        self.keep_whole(chunk);
        let mut grew = false;
        if !chunk.extra().is_empty() {
            for (name, value) in chunk.extra().iter().filter(|(name, _)| !is_known(name)) {
                grew |= joined::add(&mut self.extra, name, value);
            }
        }
        for choice in &mut chunk.choices {
            let merged = self.choices.entry(choice.index.unwrap_or_default()).or_insert_with(|| {
                self.size += size_of::<MergedChoice>();
                MergedChoice::default()
            });
            grew |= merged.add(choice);
            self.size += choice.delta.as_ref().map_or(0, |delta| weight(delta, size));
        }
        if grew {
            self.size += size;
        }
    }

    fn keep_whole(&mut self, chunk: &ChatCompletionChunk) {
        let whole = &mut self.whole;
        // Some providers send a chunk with only a comment and otherwise empty fields.
        keep(&mut whole.id, &chunk.id, |id| !id.is_empty());
        keep(&mut whole.model, &chunk.model, |model| !model.is_empty());
        keep(&mut whole.created, &chunk.created, |created| *created != 0);
        keep(&mut whole.system_fingerprint, &chunk.system_fingerprint, |fingerprint| !fingerprint.is_empty());
        keep(&mut whole.user_tier, &chunk.user_tier, |_| true);
        let is_better = |usage: &CompletionUsage| !is_empty(usage);
        keep(&mut whole.usage, &chunk.usage, is_better);
        if whole.usage.is_none() {
            whole.usage.clone_from(&chunk.usage);
        }
        if !chunk.citations.is_empty() {
            whole.citations.clone_from(&chunk.citations);
        }
        // Sources that are objects instead of URLs.
        if let Some(citations @ Value::Array(_)) = chunk.extra().get("citations") {
            whole.extra_mut().insert("citations", citations.clone());
        }
    }

    /// Whether nothing has arrived yet.
    pub(super) fn is_empty(&self) -> bool {
        self.choices.is_empty()
    }

    /// The reply so far, as a message of the conversation.
    pub(super) fn to_message(&self) -> ChatMessage {
        let message = self.choices.values().next().map(MergedChoice::message).unwrap_or_default();
        next_turn::message(&message)
    }

    /// Whether the reply is complete although no event announced its end. The usage may be missing, because not every
    /// server sends it when asked to.
    pub(super) fn is_complete(&self) -> bool {
        !self.choices.is_empty() && self.choices.values().all(|choice| choice.finish_reason.is_some())
    }

    pub(super) fn into_reply(self, headers: HeaderMap) -> ChatReply {
        ChatReply::new(Box::new(self.into_completion()), headers)
    }

    pub(super) fn into_completion(self) -> ChatCompletion {
        let Self { whole, choices, mut extra, .. } = self;
        let choices: Vec<ChatChoice> = choices.into_iter().map(|(index, choice)| choice.into_choice(index)).collect();
        let citations = whole.extra().get("citations").cloned();
        let created = whole.created.unwrap_or_default();
        let (id, model) = (whole.id.unwrap_or_default(), whole.model.unwrap_or_default());
        let mut completion = ChatCompletion::new(choices, created, id, model);
        completion.citations = whole.citations;
        completion.system_fingerprint = whole.system_fingerprint;
        completion.usage = whole.usage;
        completion.user_tier = whole.user_tier;
        completion.prompt_filter_results = typed(&mut extra, "prompt_filter_results");
        if let Some(citations) = citations {
            completion.extra_mut().insert("citations", citations);
        }
        for (name, value) in extra {
            completion.extra_mut().insert(name, value);
        }
        completion
    }
}

impl MergedChoice {
    /// Adds a delta. Returns whether it had content in a field that is not in the document.
    fn add(&mut self, choice: &mut ChunkChoice) -> bool {
        keep(&mut self.finish_reason, &choice.finish_reason, |reason| !reason.as_str().trim().is_empty());
        let mut grew = false;
        if !choice.extra().is_empty() {
            self.adapt(choice);
            let own = ["delta", "finish_reason", "index", "message", "text"];
            for (name, value) in choice.extra().iter().filter(|(name, _)| !own.contains(name)) {
                grew |= joined::add(&mut self.extra, name, value);
            }
        }
        let Some(delta) = &mut choice.delta else { return grew };
        if !delta.extra().is_empty() || delta.content_blocks.is_some() {
            grew |= self.add_unusual(delta);
        }
        append(&mut self.message.content, &delta.content);
        append(&mut self.message.reasoning_content, &delta.reasoning_content);
        if let Some(pieces) = &delta.content_blocks {
            blocks::add(self.message.content_blocks.get_or_insert_default(), pieces);
        }
        if let Some(calls) = &delta.tool_calls {
            self.calls.add(calls);
        }
        if let Some(audio) = &delta.audio {
            self.add_audio(audio);
        }
        grew
    }

    /// Treats a whole message in an event, or the text of an older API, as a delta, unless deltas came before it. In
    /// that case it repeats them.
    fn adapt(&self, choice: &mut ChunkChoice) {
        // A bare text where an object belongs is the text.
        let bare = |name: &str| choice.extra().get(name).and_then(Value::as_str);
        if let Some(text) = bare("delta").or_else(|| bare("message").filter(|_| self.message.content.is_none()))
            && choice.delta.is_none()
        {
            let text = text.to_owned();
            choice.delta.get_or_insert_default().content = Some(text);
            return;
        }
        let is_said = self.message.content.is_some() || !self.calls.is_empty() || self.function_call.is_some();
        if is_said || choice.delta.as_ref().is_some_and(says_something) {
            return;
        }
        if let Some(message @ Value::Object(_)) = choice.extra().get("message") {
            choice.delta = read_value(message).ok().or(choice.delta.take());
        } else if let Some(text) = choice.extra().get("text").and_then(Value::as_str) {
            choice.delta.get_or_insert_default().content = Some(text.to_owned());
        }
    }

    /// Reads content from unusual fields: reasoning, parts of the content, calls in the older form, and fields that
    /// are not in the document.
    fn add_unusual(&mut self, delta: &mut ChatDelta) -> bool {
        if delta.reasoning_content.as_ref().is_none_or(String::is_empty)
            && let Some((place, text)) = thoughts::find(delta.extra(), delta.content_blocks.as_deref())
            && (self.thoughts == Some(place) || self.thoughts.is_none() && self.message.reasoning_content.is_none())
        {
            self.thoughts = Some(place);
            delta.reasoning_content = Some(text);
        }
        let mut grew = false;
        let mut parts = Vec::new();
        for (name, value) in delta.extra().iter() {
            match name {
                "function_call" => {
                    if let Ok(piece) = read_value::<FunctionCallDelta>(value) {
                        self.function_call.get_or_insert_default().add_function(&piece);
                        grew = true;
                    }
                }
                "content" => parts.extend(value.as_array().into_iter().flatten().filter(|part| !is_text(part))),
                "role" | "tool_calls" | "audio" | "content_blocks" | "reasoning_content" => {}
                _ => grew |= joined::add(&mut self.message_extra, name, value),
            }
        }
        let parts: Vec<ContentBlock> = parts.into_iter().filter_map(|part| read_value(part).ok()).collect();
        if !parts.is_empty() {
            grew = true;
            blocks::add(self.message.content_blocks.get_or_insert_default(), &parts);
        }
        grew
    }

    fn add_audio(&mut self, delta: &AudioDelta) {
        let audio = self.message.audio.get_or_insert_with(|| ReplyAudio::new("", ""));
        keep(&mut audio.id, &delta.id, |id| !id.is_empty());
        keep(&mut audio.expires_at, &delta.expires_at, |_| true);
        audio.data.push_str(delta.data.as_deref().unwrap_or_default());
        audio.transcript.push_str(delta.transcript.as_deref().unwrap_or_default());
        for (name, value) in
            delta.extra().iter().filter(|(name, _)| !matches!(*name, "data" | "transcript" | "id" | "expires_at"))
        {
            audio.extra_mut().insert(name, value.clone());
        }
    }

    fn message(&self) -> ReplyMessage {
        let mut message = self.message.clone();
        if !self.calls.is_empty() {
            message.tool_calls = Some(self.calls.whole());
        }
        message.function_call = self.function_call.as_ref().map(Call::function);
        for (name, value) in &self.message_extra {
            message.extra_mut().insert(name.clone(), value.clone());
        }
        message
    }

    fn into_choice(mut self, index: u64) -> ChatChoice {
        let mut choice = ChatChoice::default();
        choice.message = Some(self.message());
        choice.finish_reason = self.finish_reason;
        choice.index = Some(index);
        choice.content_filter_results = typed(&mut self.extra, "content_filter_results");
        choice.logprobs = typed(&mut self.extra, "logprobs");
        for (name, value) in self.extra {
            choice.extra_mut().insert(name, value);
        }
        choice
    }
}

/// The fields that the type of a chunk has. If one of them is in the additional fields too, it could not be parsed.
fn is_known(name: &str) -> bool {
    const KNOWN: [&str; 10] = [
        "choices",
        "citations",
        "created",
        "error",
        "id",
        "model",
        "object",
        "system_fingerprint",
        "usage",
        "user_tier",
    ];
    KNOWN.contains(&name)
}

/// Parses a field that the type of the message has, but the type of a delta lacks.
fn typed<T: Read>(extra: &mut Map<String, Value>, name: &str) -> Option<T> {
    let value = read_value(extra.get(name)?).ok()?;
    extra.remove(name);
    Some(value)
}

fn is_empty(usage: &CompletionUsage) -> bool {
    usage.prompt_tokens == 0 && usage.completion_tokens == 0 && usage.total_tokens == 0 && usage.extra().is_empty()
}

fn says_something(delta: &ChatDelta) -> bool {
    let has_text = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    has_text(&delta.content)
        || has_text(&delta.reasoning_content)
        || delta.tool_calls.is_some()
        || delta.audio.is_some()
}

fn is_text(part: &Value) -> bool {
    part.is_string() || part.get("type").is_some_and(|kind| kind == "text")
}

/// The number of bytes that a delta adds to a reply: the length of its text, or the size of the event if it has more
/// than text.
fn weight(delta: &ChatDelta, event: usize) -> usize {
    if delta.content_blocks.is_some() || delta.tool_calls.is_some() || delta.audio.is_some() {
        return event;
    }
    [&delta.content, &delta.reasoning_content].into_iter().flatten().map(String::len).sum()
}

/// Keeps a new value, unless it is empty.
fn keep<T: Clone>(kept: &mut Option<T>, new: &Option<T>, says_something: impl FnOnce(&T) -> bool) {
    if new.as_ref().is_some_and(says_something) {
        kept.clone_from(new);
    }
}

/// Appends text. Servers often begin with an empty text even if no text follows, for example before a tool call.
fn append(text: &mut Option<String>, piece: &Option<String>) {
    if let Some(piece) = piece.as_ref().filter(|piece| !piece.is_empty()) {
        text.get_or_insert_default().push_str(piece);
    }
}
