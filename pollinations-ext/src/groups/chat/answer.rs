//! Sends a conversation to `POST /text`, which returns only the content of the reply.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header::ACCEPT};
use pollinations_api::{
    Client,
    types::{ReplyMessage, ToolCall},
};
use serde_json::Value;

use super::request::ChatRequest;
use crate::{
    base::{
        error::Error,
        header::header,
        json::{self, read_value},
    },
    exchange::{
        raw::RawResponse,
        reading::opening::Opened,
        transport::{Receive, Shared},
    },
    reply::{
        chat_stream::ChatStream,
        text_stream::{PlainText, TextStream},
    },
};

const OPERATION: &str = "generate_text_from_messages";

impl ChatRequest {
    /// Sends the conversation to `POST /text` and returns only the content of the reply: text or audio. If the reply
    /// is more than that, for example if it has tool calls, you get the whole message.
    ///
    /// Operation `generate_text_from_messages`. Accepts all settings of a chat. To get the whole completion, with its
    /// usage and finish reason, use [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let answer = pollinations.chat("openai").user("Hello").assistant("Hi!").user("Name a flower").answer().await?;
    /// println!("{}", answer.text());
    /// # assert_eq!(answer.text(), "You said: Name a flower");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn answer(mut self) -> Result<ChatAnswer, Error> {
        self.load().await?;
        self.options.default_header(ACCEPT, anything());
        let body = self.body;
        let send = move |client: &Client| client.generate_text_from_messages().body(*body).prepare();
        self.shared.raw(OPERATION, &self.options, send).await.map(ChatAnswer::new)
    }

    /// Sends the conversation to `POST /text` and streams the text while the model writes it. Sets `stream` in the
    /// body.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send). Later errors come from the stream.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let mut stream = pollinations.chat("openai").user("Tell a story").answer_stream().await?;
    /// while let Some(piece) = stream.next().await {
    ///     print!("{}", piece?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn answer_stream(mut self) -> Result<TextStream, Error> {
        self.load().await?;
        self.options.default_header(ACCEPT, anything());
        self.body.stream = Some(true);
        let body = self.body;
        let send = move |client: &Client| client.generate_text_from_messages().body(*body).prepare();
        let opened = self.shared.open(Receive::Pieces, OPERATION, &self.options, send).await?;
        Ok(streamed(&self.shared, opened))
    }
}

/// Streams the text of a response, which is sent either as events or as plain text.
fn streamed(shared: &Shared, opened: Opened) -> TextStream {
    match opened {
        Opened::Events(events) => ChatStream::new(shared, OPERATION, events).text_stream(),
        Opened::Text(pieces) => TextStream::new(OPERATION, PlainText { pieces, keys: Arc::clone(&shared.keys) }),
    }
}

/// The reply of `POST /text`: text, audio, or a JSON message. The content type of the response decides which.
///
/// # Examples
///
/// ```
/// # fn example(answer: pollinations_ext::chat::ChatAnswer) {
/// match answer.audio() {
///     Some(sound) => println!("{} bytes of sound", sound.len()),
///     None => println!("{}", answer.text()),
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ChatAnswer {
    response: RawResponse,
    message: Option<Box<ReplyMessage>>,
}

impl ChatAnswer {
    fn new(response: RawResponse) -> Self {
        let is_json = response.content_type().is_some_and(|kind| kind.starts_with("application/json"));
        // JSON that the model wrote has the same content type.
        let message = is_json.then(|| json::read::<Value>(response.body()).ok()).flatten().filter(|value| {
            value.get("role").is_some_and(|role| role == "assistant") || value.get("tool_calls").is_some()
        });
        let message = message.and_then(|message| read_value(&message).ok()).map(Box::new);
        Self { response, message }
    }

    /// The text: the whole reply, or the content of the message. Empty if the reply is audio.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(answer: pollinations_ext::chat::ChatAnswer) {
    /// println!("{}", answer.text());
    /// # }
    /// ```
    pub fn text(&self) -> String {
        match &self.message {
            Some(message) => message.content.clone().unwrap_or_default(),
            None if self.audio().is_some() => String::new(),
            None => self.response.text(),
        }
    }

    /// The audio, if the reply is audio. [`content_type`](Self::content_type) has its format.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = pollinations.chat("openai-audio").user("Say hello").speak("alloy", "mp3").answer().await?;
    /// if let Some(sound) = answer.audio() {
    ///     std::fs::write("hello.mp3", sound)?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn audio(&self) -> Option<&Bytes> {
        self.content_type().is_some_and(|kind| kind.starts_with("audio/")).then(|| self.response.body())
    }

    /// The message, if the reply is a message, for example because the model called tools.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(answer: pollinations_ext::chat::ChatAnswer) {
    /// println!("{:?}", answer.message());
    /// # }
    /// ```
    pub fn message(&self) -> Option<&ReplyMessage> {
        self.message.as_deref()
    }

    /// The tools that the model calls.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(answer: pollinations_ext::chat::ChatAnswer) {
    /// for call in answer.tool_calls() {
    ///     println!("{}({})", call.function.name, call.function.arguments);
    /// }
    /// # }
    /// ```
    pub fn tool_calls(&self) -> &[ToolCall] {
        self.message().and_then(|message| message.tool_calls.as_deref()).unwrap_or_default()
    }

    /// The content type, such as `text/plain; charset=utf-8` or `audio/mpeg`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(answer: pollinations_ext::chat::ChatAnswer) {
    /// println!("{:?}", answer.content_type());
    /// # }
    /// ```
    pub fn content_type(&self) -> Option<&str> {
        self.response.content_type()
    }

    /// The model that the service used.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(answer: pollinations_ext::chat::ChatAnswer) {
    /// println!("{:?}", answer.model());
    /// # }
    /// ```
    pub fn model(&self) -> Option<&str> {
        header(self.headers(), "x-model-used")
    }

    /// The request ID, for support requests to the service.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(answer: pollinations_ext::chat::ChatAnswer) {
    /// println!("{:?}", answer.request_id());
    /// # }
    /// ```
    pub fn request_id(&self) -> Option<&str> {
        self.response.request_id()
    }

    /// The headers of the response.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(answer: pollinations_ext::chat::ChatAnswer) {
    /// println!("{:?}", answer.headers());
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }
}

/// Accepts any response: text, audio, JSON or events.
fn anything() -> HeaderValue {
    HeaderValue::from_static("*/*")
}
