//! Message replies.

use std::ops::Deref;

use http::HeaderMap;
use pollinations_api::types::{
    MessageBlock, MessageResponse, MessageRole, MessageToolUseBlock, MessageTurn, MessageTurnContent, MessageUsage,
};
use serde_json::{Map, Value};

use crate::base::header::{REQUEST_ID, header};

/// A reply of the Messages API, from [`MessagesRequest::send`](crate::messages::MessagesRequest::send), or merged
/// from a stream by [`MessageStream::finish`](crate::messages::MessageStream::finish).
///
/// Dereferences to the generated [`MessageResponse`](crate::types::MessageResponse).
///
/// # Examples
///
/// ```
/// # fn example(reply: pollinations_ext::messages::MessageReply) {
/// println!("{}: {} blocks", reply.model, reply.content.len());
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MessageReply {
    message: MessageResponse,
    headers: HeaderMap,
}

impl MessageReply {
    pub(super) fn new(message: MessageResponse, headers: HeaderMap) -> Self {
        Self { message, headers }
    }

    /// The text of all `text` blocks. Empty if there are no text blocks, for example if the model only calls tools.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::messages::MessageReply) {
    /// println!("{}", reply.text());
    /// # }
    /// ```
    pub fn text(&self) -> String {
        let texts = self.message.content.iter().filter_map(|block| match block {
            MessageBlock::Text(block) => Some(block.text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// The model's reasoning: the text of all `thinking` blocks. Empty if there are no such blocks, or if they are
    /// redacted.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::messages::MessageReply) {
    /// println!("{}", reply.thinking());
    /// # }
    /// ```
    pub fn thinking(&self) -> String {
        let thoughts = self.message.content.iter().filter_map(|block| match block {
            MessageBlock::Thinking(block) => Some(block.thinking.as_str()),
            _ => None,
        });
        thoughts.collect()
    }

    /// The tool calls, in order. Answer each one with [`tool_result`](crate::messages::MessagesRequest::tool_result),
    /// or let [`run`](crate::messages::MessagesRequest::run) do it.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::messages::MessageReply) {
    /// for call in reply.tool_uses() {
    ///     println!("{}({})", call.name, call.input);
    /// }
    /// # }
    /// ```
    pub fn tool_uses(&self) -> Vec<&MessageToolUseBlock> {
        let calls = self.message.content.iter().filter_map(|block| match block {
            MessageBlock::ToolUse(call) => Some(call),
            _ => None,
        });
        calls.collect()
    }

    /// Why the reply ended: `end_turn`, `max_tokens`, `stop_sequence`, `tool_use`, `pause_turn`, `refusal`, or
    /// another value from the provider.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::messages::MessageReply) {
    /// if reply.stop_reason() == Some("max_tokens") {
    ///     println!("{} …", reply.text());
    /// }
    /// # }
    /// ```
    pub fn stop_reason(&self) -> Option<&str> {
        self.message.stop_reason.as_deref()
    }

    /// The tokens that the reply used.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::messages::MessageReply) {
    /// println!("{} tokens in, {} out", reply.usage().input_tokens, reply.usage().output_tokens);
    /// # }
    /// ```
    pub fn usage(&self) -> &MessageUsage {
        &self.message.usage
    }

    /// The reply as a turn, to send with the next request.
    ///
    /// All blocks are kept unchanged, including thinking blocks and their signatures, because the provider rejects
    /// the next turn otherwise. Two things are repaired because the provider rejects them too: empty text is left
    /// out, and the incomplete arguments of a call become an empty object.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let request = pollinations.messages("claude", 1024).user("Name a flower");
    /// let reply = request.clone().send().await?;
    /// let next = request.turn(reply.to_turn()).user("Another one").send().await?;
    /// # assert_eq!(next.text(), "You said: Another one");
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_turn(&self) -> MessageTurn {
        let blocks = self.message.content.iter().filter_map(|block| match block {
            MessageBlock::Text(text) if text.text.is_empty() => None,
            MessageBlock::ToolUse(call) if call.input.is_string() => {
                let mut call = call.clone();
                call.input = Value::Object(Map::new());
                Some(call.into())
            }
            block => Some(block.clone()),
        });
        let blocks = blocks.collect();
        MessageTurn::new(MessageTurnContent::Blocks(blocks), MessageRole::Assistant)
    }

    /// The request ID, for support requests to the service.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::messages::MessageReply) {
    /// println!("{:?}", reply.request_id());
    /// # }
    /// ```
    pub fn request_id(&self) -> Option<&str> {
        header(&self.headers, REQUEST_ID)
    }

    /// The headers of the response, such as `x-model-used`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::messages::MessageReply) {
    /// println!("{:?}", reply.headers().get("x-model-used"));
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the generated type.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::messages::MessageReply) {
    /// let message = reply.into_message();
    /// # }
    /// ```
    pub fn into_message(self) -> MessageResponse {
        self.message
    }
}

impl Deref for MessageReply {
    type Target = MessageResponse;

    fn deref(&self) -> &Self::Target {
        &self.message
    }
}

/// A reply without headers, such as a stored one, or [`Error::partial_message`](crate::Error::partial_message).
impl From<MessageResponse> for MessageReply {
    fn from(message: MessageResponse) -> Self {
        Self { message, headers: HeaderMap::new() }
    }
}
