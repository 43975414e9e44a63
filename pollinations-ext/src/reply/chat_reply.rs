//! Whole chat replies.

use std::sync::OnceLock;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::HeaderMap;
use pollinations_api::types::{
    AssistantMessage, ChatChoice, ChatCompletion, ChatMessage, CompletionUsage, ContentBlock, FinishReason, ReplyAudio,
    ReplyMessage, ToolCall,
};
use serde_json::Value;

use super::{
    next_turn,
    parts::{
        images,
        sources::{self, Source},
        thoughts, usage,
    },
    tidy,
};
use crate::base::{
    error::{Error, ErrorKind},
    header::{REQUEST_ID, header},
};

/// The whole reply of a model, from [`ChatRequest::send`](crate::chat::ChatRequest::send) or, after a stream, from
/// [`ChatStream::finish`](crate::chat::ChatStream::finish).
///
/// The methods return the first choice, which is the only one unless you asked for several.
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
    /// Boxed, because replies are moved often.
    completion: Box<ChatCompletion>,
    headers: HeaderMap,
    /// Content that was read from other fields, when it was first asked for.
    elsewhere: OnceLock<Box<Elsewhere>>,
}

/// Content in fields where the document does not expect it.
#[derive(Clone, Debug, Default)]
struct Elsewhere {
    reasoning: Option<String>,
    refusal: Option<String>,
    images: Vec<String>,
    sources: Vec<Source>,
    tool_calls: Vec<ToolCall>,
}

impl ChatReply {
    pub(crate) fn new(mut completion: Box<ChatCompletion>, headers: HeaderMap) -> Self {
        tidy::completion(&mut completion);
        Self { completion, headers, elsewhere: OnceLock::new() }
    }

    fn elsewhere(&self) -> &Elsewhere {
        self.elsewhere.get_or_init(|| {
            let sources = sources::of(&self.completion);
            let Some(message) = self.message() else { return Box::new(Elsewhere { sources, ..Elsewhere::default() }) };
            Box::new(Elsewhere {
                reasoning: thoughts::find(message.extra(), message.content_blocks.as_deref()).map(|(_, text)| text),
                refusal: refusal(message),
                images: images::of(message),
                sources,
                tool_calls: message
                    .function_call
                    .clone()
                    .map(|function| ToolCall::new(function, ""))
                    .into_iter()
                    .collect(),
            })
        })
    }

    /// The text of the reply. Empty if the model answered in another way, such as with tool calls.
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

    /// The model's reasoning before its answer, if the provider sends it.
    ///
    /// Providers send it as `reasoning_content`, `reasoning` or `reasoning_details`, or within the content. This
    /// method reads all of these. If several fields have the same text, you get it once.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::chat::ChatReply) {
    /// println!("{}", reply.reasoning().unwrap_or("no thoughts"));
    /// # }
    /// ```
    pub fn reasoning(&self) -> Option<&str> {
        let own = self.message()?.reasoning_content.as_deref().filter(|text| !text.is_empty());
        own.or_else(|| self.elsewhere().reasoning.as_deref())
    }

    /// Why the model refuses to answer, if the provider sends it as `refusal`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::chat::ChatReply) {
    /// match reply.refusal() {
    ///     Some(refusal) => println!("refused: {refusal}"),
    ///     None => println!("{}", reply.text()),
    /// }
    /// # }
    /// ```
    pub fn refusal(&self) -> Option<&str> {
        self.elsewhere().refusal.as_deref()
    }

    /// The sources that the model cites, without duplicates. Providers send them as `citations`, `search_results` or
    /// `annotations`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::chat::ChatReply) {
    /// for (number, source) in reply.sources().iter().enumerate() {
    ///     println!("[{}] {} {:?}", number + 1, source.url, source.title);
    /// }
    /// # }
    /// ```
    pub fn sources(&self) -> &[Source] {
        &self.elsewhere().sources
    }

    /// The parts of a reply with more than text: reasoning, and images from code execution.
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

    /// The URLs of the images in the reply. Most are data URLs. They come from
    /// [`content_blocks`](Self::content_blocks), from `images`, or from the content, depending on the provider.
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
        self.elsewhere().images.iter().map(String::as_str)
    }

    /// The tool calls in the reply. This includes calls in the older form, `function_call`, which have no ID.
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
        let calls = self.message().and_then(|message| message.tool_calls.as_deref()).unwrap_or_default();
        if calls.is_empty() { &self.elsewhere().tool_calls } else { calls }
    }

    /// The spoken reply: its transcript, and the audio as base64.
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

    /// The audio of the spoken reply, in the format you asked for. `None` if there is no audio.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] if the audio is not valid base64.
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
            None => Err(Error::new(ErrorKind::Decode, "the audio of the reply is not valid base64")),
        }
    }

    /// Why the reply ended, such as `stop`, `length` or `tool_calls`.
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

    /// The tokens used. `None` if a stream did not report them.
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

    /// The cost of the reply in the provider's currency, if the provider reports it in the usage.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::{chat::ChatReply, types::ChatCompletion};
    ///
    /// let body = r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10,"cost":0.0005}}"#;
    /// let reply = ChatReply::from(serde_json::from_str::<ChatCompletion>(body)?);
    /// assert_eq!(reply.cost(), Some(0.0005));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn cost(&self) -> Option<f64> {
        usage::cost(self.usage()?)
    }

    /// How many prompt tokens came from the provider's cache, if the provider reports it under any of the usual
    /// names.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::{chat::ChatReply, types::ChatCompletion};
    ///
    /// let body = r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10,
    ///     "prompt_tokens_details":{"cached_tokens":8}}}"#;
    /// let reply = ChatReply::from(serde_json::from_str::<ChatCompletion>(body)?);
    /// assert_eq!(reply.cached_tokens(), Some(8));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn cached_tokens(&self) -> Option<u64> {
        usage::cached(self.usage()?)
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

    /// The reply as a message for the next turn of the conversation.
    ///
    /// It keeps everything that the provider added, even fields that are not in the API document: signatures of
    /// reasoning and of tool calls, `reasoning_details`, cache marks.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations, reply: pollinations_ext::chat::ChatReply) {
    /// let request = pollinations.chat("openai").user("Name a flower").message(reply.to_message()).user("Another");
    /// # }
    /// ```
    pub fn to_message(&self) -> ChatMessage {
        self.message().map_or_else(|| AssistantMessage::default().into(), next_turn::message)
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

    /// The request ID, for support requests to the service.
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

    /// Returns the whole response.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::chat::ChatReply) {
    /// let completion = reply.into_completion();
    /// # }
    /// ```
    pub fn into_completion(self) -> ChatCompletion {
        *self.completion
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

/// Converts a reply from another source, which has no headers.
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
        Self::new(Box::new(completion), HeaderMap::new())
    }
}

/// Why the model refuses to answer.
fn refusal(message: &ReplyMessage) -> Option<String> {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let part = || message.extra().get("content")?.as_array()?.iter().find_map(|part| text(part.get("refusal")?));
    message.extra().get("refusal").and_then(text).or_else(part)
}

/// Decodes base64, even if it consists of separately encoded chunks with padding in between.
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
    fn audio_in_several_base64_pieces_is_joined() {
        for data in ["aGVsbG8=", "aGVs", "aGU=bGxv", "aA==ZQ==bGxv"] {
            let expected = if data == "aGVs" { &b"hel"[..] } else { b"hello" };
            assert_eq!(decode(data).unwrap(), expected, "{data}");
        }
        assert_eq!(decode("a"), None);
        assert_eq!(decode("===="), None);
    }
}
