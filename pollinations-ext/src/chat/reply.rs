//! What a model answered.

use http::HeaderMap;
use pollinations_api::{
    ResponseValue,
    types::{ChatChoice, ChatCompletion, CompletionUsage, FinishReason, ReplyMessage, ToolCall},
};

/// The reply of a model, whole: from [`ChatRequest::send`](super::ChatRequest::send) or put together from a stream by
/// [`ChatStream::finish`](super::ChatStream::finish).
///
/// The methods look at the first choice, which is the only one unless several were asked for.
#[derive(Clone, Debug)]
pub struct ChatReply {
    completion: ChatCompletion,
    headers: HeaderMap,
}

impl ChatReply {
    pub(super) fn new(response: ResponseValue<ChatCompletion>) -> Self {
        let headers = response.headers().clone();
        Self { completion: response.into_inner(), headers }
    }

    pub(super) fn from_stream(completion: ChatCompletion, headers: HeaderMap) -> Self {
        Self { completion, headers }
    }

    /// The text of the reply; empty if the model answered otherwise, for instance with tool calls.
    pub fn text(&self) -> &str {
        self.message().and_then(|message| message.content.as_deref()).unwrap_or_default()
    }

    /// What the model thought before it answered, where it says so.
    pub fn reasoning(&self) -> Option<&str> {
        self.message()?.reasoning_content.as_deref()
    }

    /// The tools that the model wants called.
    pub fn tool_calls(&self) -> &[ToolCall] {
        self.message().and_then(|message| message.tool_calls.as_deref()).unwrap_or_default()
    }

    /// Why the reply ends where it does.
    pub fn finish_reason(&self) -> Option<&FinishReason> {
        self.choice()?.finish_reason.as_ref()
    }

    /// The tokens that were used; nothing for a stream that did not report them.
    pub fn usage(&self) -> Option<&CompletionUsage> {
        self.completion.usage.as_ref()
    }

    /// The message of the first choice.
    pub fn message(&self) -> Option<&ReplyMessage> {
        self.choice()?.message.as_ref()
    }

    fn choice(&self) -> Option<&ChatChoice> {
        self.completion.choices.first()
    }

    /// The whole response.
    pub fn completion(&self) -> &ChatCompletion {
        &self.completion
    }

    /// The whole response, to keep.
    pub fn into_completion(self) -> ChatCompletion {
        self.completion
    }

    /// The headers of the response, such as `x-model-used`.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}
