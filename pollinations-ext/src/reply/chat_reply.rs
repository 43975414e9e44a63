//! What a model answered.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::HeaderMap;
use pollinations_api::types::{
    AssistantMessage, ChatChoice, ChatCompletion, ChatMessage, CompletionUsage, ContentBlock, FinishReason,
    MessageContent, ReplyAudio, ReplyMessage, ToolCall,
};

use crate::base::{
    error::{Error, ErrorKind},
    header::{REQUEST_ID, header},
};

/// The reply of a model, whole: from [`ChatRequest::send`](crate::chat::ChatRequest::send) or put together from a stream by
/// [`ChatStream::finish`](crate::chat::ChatStream::finish).
///
/// The methods look at the first choice, which is the only one unless several were asked for.
///
/// # Examples
///
/// ```
/// # fn example(reply: pollinations_ext::chat::ChatReply) {
/// println!("{} ({:?})", reply.text(), reply.finish_reason());
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ChatReply {
    completion: ChatCompletion,
    headers: HeaderMap,
}

impl ChatReply {
    pub(crate) fn new(completion: ChatCompletion, headers: HeaderMap) -> Self {
        Self { completion, headers }
    }

    /// The text of the reply; empty if the model answered otherwise, for instance with tool calls.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::chat::ChatReply) {
    /// println!("{}", reply.text());
    /// # }
    /// ```
    pub fn text(&self) -> &str {
        self.message().and_then(|message| message.content.as_deref()).unwrap_or_default()
    }

    /// What the model thought before it answered (`reasoning_content`), where it says so.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::chat::ChatReply) {
    /// println!("{}", reply.reasoning().unwrap_or("no thoughts"));
    /// # }
    /// ```
    pub fn reasoning(&self) -> Option<&str> {
        self.message()?.reasoning_content.as_deref()
    }

    /// The parts of a reply that is more than text: thoughts, and images that code of the model has made.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::chat::ChatReply) {
    /// println!("{} blocks", reply.content_blocks().len());
    /// # }
    /// ```
    pub fn content_blocks(&self) -> &[ContentBlock] {
        self.message().and_then(|message| message.content_blocks.as_deref()).unwrap_or_default()
    }

    /// The addresses of the images among the [`content_blocks`](Self::content_blocks), data URLs mostly.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::chat::ChatReply) {
    /// for url in reply.image_urls() {
    ///     println!("{url}");
    /// }
    /// # }
    /// ```
    pub fn image_urls(&self) -> impl Iterator<Item = &str> {
        self.content_blocks().iter().filter_map(|block| match block {
            ContentBlock::ImageUrl(image) => Some(image.image_url.url.as_str()),
            _ => None,
        })
    }

    /// The tools that the model wants called.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::chat::ChatReply) {
    /// for call in reply.tool_calls() {
    ///     println!("{}({})", call.function.name, call.function.arguments);
    /// }
    /// # }
    /// ```
    pub fn tool_calls(&self) -> &[ToolCall] {
        self.message().and_then(|message| message.tool_calls.as_deref()).unwrap_or_default()
    }

    /// The spoken reply: its words, and the sound in base64.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::chat::ChatReply) {
    /// println!("{:?}", reply.audio().map(|audio| &audio.transcript));
    /// # }
    /// ```
    pub fn audio(&self) -> Option<&ReplyAudio> {
        self.message()?.audio.as_ref()
    }

    /// The sound of the spoken reply, in the format that was asked for; nothing if there is none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] when it is not base64.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// let reply = pollinations.chat("openai-audio").user("Say hello").speak("alloy", "mp3").send().await?;
    /// if let Some(sound) = reply.audio_bytes()? {
    ///     std::fs::write("hello.mp3", sound)?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn audio_bytes(&self) -> Result<Option<Bytes>, Error> {
        let Some(audio) = self.audio() else { return Ok(None) };
        match decode(&audio.data) {
            Some(bytes) => Ok(Some(bytes.into())),
            None => Err(Error::new(ErrorKind::Decode, "the sound of the reply is not base64")),
        }
    }

    /// Why the reply ends where it does.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::chat::ChatReply) {
    /// println!("{:?}", reply.finish_reason());
    /// # }
    /// ```
    pub fn finish_reason(&self) -> Option<&FinishReason> {
        self.choice()?.finish_reason.as_ref()
    }

    /// The tokens that were used; nothing for a stream that did not report them.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::chat::ChatReply) {
    /// println!("{} tokens", reply.usage().map_or(0, |usage| usage.total_tokens));
    /// # }
    /// ```
    pub fn usage(&self) -> Option<&CompletionUsage> {
        self.completion.usage.as_ref()
    }

    /// The message of the first choice.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::chat::ChatReply) {
    /// println!("{:?}", reply.message());
    /// # }
    /// ```
    pub fn message(&self) -> Option<&ReplyMessage> {
        self.choice()?.message.as_ref()
    }

    /// The reply as a message of the conversation, to go on from.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations, reply: pollinations_ext::chat::ChatReply) {
    /// let request = pollinations.chat("openai").user("Name a flower").message(reply.to_message()).user("Another");
    /// # }
    /// ```
    pub fn to_message(&self) -> ChatMessage {
        self.message().map_or_else(|| AssistantMessage::default().into(), to_message)
    }

    /// The model that the service used.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::chat::ChatReply) {
    /// println!("{:?}", reply.model());
    /// # }
    /// ```
    pub fn model(&self) -> Option<&str> {
        header(&self.headers, "x-model-used").or(Some(self.completion.model.as_str()).filter(|model| !model.is_empty()))
    }

    /// The id under which the service knows the request.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::chat::ChatReply) {
    /// println!("{:?}", reply.request_id());
    /// # }
    /// ```
    pub fn request_id(&self) -> Option<&str> {
        header(&self.headers, REQUEST_ID)
    }

    fn choice(&self) -> Option<&ChatChoice> {
        self.completion.choices.first()
    }

    /// The whole response.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::chat::ChatReply) {
    /// println!("{} choices", reply.completion().choices.len());
    /// # }
    /// ```
    pub fn completion(&self) -> &ChatCompletion {
        &self.completion
    }

    /// The whole response, to keep.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::chat::ChatReply) {
    /// let completion = reply.into_completion();
    /// # }
    /// ```
    pub fn into_completion(self) -> ChatCompletion {
        self.completion
    }

    /// The headers of the response, such as `x-usage-prompt-text-tokens`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::chat::ChatReply) {
    /// println!("{:?}", reply.headers());
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

/// A reply that came some other way than by this client, and so without headers.
///
/// # Examples
///
/// ```
/// use pollinations_ext::{chat::ChatReply, types::ChatCompletion};
///
/// let body = r#"{"id":"1","object":"chat.completion","created":0,"model":"openai",
///     "choices":[{"message":{"role":"assistant","content":"Hello"}}]}"#;
/// let reply = ChatReply::from(serde_json::from_str::<ChatCompletion>(body)?);
/// assert_eq!(reply.text(), "Hello");
/// # Ok::<(), serde_json::Error>(())
/// ```
impl From<ChatCompletion> for ChatReply {
    fn from(completion: ChatCompletion) -> Self {
        Self::new(completion, HeaderMap::new())
    }
}

/// What a model said, as it is sent back to it.
pub(super) fn to_message(message: &ReplyMessage) -> ChatMessage {
    let mut said = AssistantMessage::default();
    said.content = message.content.clone().map(MessageContent::Text);
    said.function_call = message.function_call.clone();
    said.tool_calls = message.tool_calls.clone().unwrap_or_default();
    said.into()
}

/// Decodes base64, also when it is the sum of pieces that were encoded one by one and so has padding in between.
fn decode(data: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(data.len() / 4 * 3);
    let mut rest = data;
    while !rest.is_empty() {
        let end =
            rest.find('=').map_or(rest.len(), |at| at + rest[at..].bytes().take_while(|byte| *byte == b'=').count());
        let (piece, tail) = rest.split_at(end);
        BASE64_STANDARD.decode_vec(piece, &mut bytes).ok()?;
        rest = tail;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_in_pieces_is_one_sound() {
        for data in ["aGVsbG8=", "aGVs", "aGU=bGxv", "aA==ZQ==bGxv"] {
            let expected = if data == "aGVs" { &b"hel"[..] } else { b"hello" };
            assert_eq!(decode(data).unwrap(), expected, "{data}");
        }
        assert_eq!(decode("a"), None);
        assert_eq!(decode("===="), None);
    }
}
