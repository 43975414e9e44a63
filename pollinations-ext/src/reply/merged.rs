//! The pieces of a reply put together.

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

/// A reply as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Merged {
    /// The fields that do not come in pieces, each as it came last.
    whole: ChatCompletionChunk,
    choices: BTreeMap<u64, MergedChoice>,
    /// What came besides, under names that the document does not know.
    extra: Map<String, Value>,
    /// Bytes that the pieces took, more or less.
    pub(super) size: usize,
}

#[derive(Debug, Default)]
struct MergedChoice {
    message: ReplyMessage,
    calls: Calls,
    function_call: Option<Call>,
    finish_reason: Option<FinishReason>,
    /// Where the thoughts are read from, if that is not their own field.
    thoughts: Option<thoughts::Place>,
    /// What came with the message, and with the choice around it.
    message_extra: Map<String, Value>,
    extra: Map<String, Value>,
}

impl Merged {
    /// Adds a chunk that came in an event of this size, in bytes. Where it has the content of a reply in an unusual
    /// place, it gets it in the usual one.
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
        // Providers send chunks of nothing but a remark, with empty fields around it.
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
        // Sources that are more than addresses.
        if let Some(citations @ Value::Array(_)) = chunk.extra().get("citations") {
            whole.extra_mut().insert("citations", citations.clone());
        }
    }

    /// Whether anything has come.
    pub(super) fn is_empty(&self) -> bool {
        self.choices.is_empty()
    }

    /// What the model has said so far, as a message of the conversation.
    pub(super) fn to_message(&self) -> ChatMessage {
        let message = self.choices.values().next().map(MergedChoice::message).unwrap_or_default();
        next_turn::message(&message)
    }

    /// Whether nothing is missing although nothing said that this is the end. The usage may be: not every server keeps
    /// to its promise of one.
    pub(super) fn is_complete(&self) -> bool {
        !self.choices.is_empty() && self.choices.values().all(|choice| choice.finish_reason.is_some())
    }

    pub(super) fn into_reply(self, headers: HeaderMap) -> ChatReply {
        ChatReply::new(self.into_completion(), headers)
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
    /// Adds a piece. Returns whether it has added to a field that the document does not know.
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

    /// A whole message in an event, or the text of an older API, counts as what the event adds; unless pieces came
    /// before, of which it is the sum.
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
            choice.delta = serde_json::from_value(message.clone()).ok().or(choice.delta.take());
        } else if let Some(text) = choice.extra().get("text").and_then(Value::as_str) {
            choice.delta.get_or_insert_default().content = Some(text.to_owned());
        }
    }

    /// What is not in its usual place: thoughts, parts of a content, calls in their older form, and what the document
    /// does not know at all.
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
                    if let Ok(piece) = serde_json::from_value::<FunctionCallDelta>(value.clone()) {
                        self.function_call.get_or_insert_default().add_function(&piece);
                        grew = true;
                    }
                }
                "content" => parts.extend(value.as_array().into_iter().flatten().filter(|part| !is_text(part))),
                "role" | "tool_calls" | "audio" | "content_blocks" | "reasoning_content" => {}
                _ => grew |= joined::add(&mut self.message_extra, name, value),
            }
        }
        let parts: Vec<ContentBlock> =
            parts.into_iter().filter_map(|part| serde_json::from_value(part.clone()).ok()).collect();
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

/// The fields of a chunk that its type knows: what is kept of them besides is what could not be read.
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

/// Reads a field that the type of the whole knows, but not that of the pieces.
fn typed<T: serde::de::DeserializeOwned>(extra: &mut Map<String, Value>, name: &str) -> Option<T> {
    let value = serde_json::from_value(extra.get(name)?.clone()).ok()?;
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

/// Bytes that a piece adds to a reply: those of its text, or all of its event if there is more to it.
fn weight(delta: &ChatDelta, event: usize) -> usize {
    if delta.content_blocks.is_some() || delta.tool_calls.is_some() || delta.audio.is_some() {
        return event;
    }
    [&delta.content, &delta.reasoning_content].into_iter().flatten().map(String::len).sum()
}

/// Takes a value that came, unless it says nothing, and leaves the old one otherwise.
fn keep<T: Clone>(kept: &mut Option<T>, new: &Option<T>, says_something: impl FnOnce(&T) -> bool) {
    if new.as_ref().is_some_and(says_something) {
        kept.clone_from(new);
    }
}

/// Adds a piece of text. Servers begin with an empty one also where no text follows, as before a call of a tool.
fn append(text: &mut Option<String>, piece: &Option<String>) {
    if let Some(piece) = piece.as_ref().filter(|piece| !piece.is_empty()) {
        text.get_or_insert_default().push_str(piece);
    }
}
