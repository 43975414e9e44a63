//! Conversations, which keep the messages of earlier turns.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
use futures_util::StreamExt;
use pollinations_api::types::ChatMessage;

use super::request::ChatRequest;
use crate::{
    base::error::Error,
    reply::{
        chat_reply::ChatReply,
        chat_stream::{ChatChunk, ChatStream},
    },
};

/// A conversation with a model. Each turn sends all earlier messages. A turn that fails leaves the conversation
/// unchanged, so you can try it again.
///
/// Create it with [`ChatRequest::conversation`]. The settings and functions of that request apply to every turn.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let mut conversation = pollinations.chat("openai").system("Be brief").temperature(0.3).conversation();
/// conversation.say("My name is Ada").await?;
/// let reply = conversation.say("What is my name?").await?;
/// println!("{}", reply.text());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Conversation {
    so_far: ChatRequest,
}

impl ChatRequest {
    /// Turns this request into a conversation that continues from its messages, with the same settings.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let mut conversation = pollinations.chat("openai").system("Be brief").conversation();
    /// println!("{}", conversation.say("Name a flower").await?.text());
    /// println!("{}", conversation.say("Another one").await?.text());
    /// assert_eq!(conversation.messages().len(), 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn conversation(self) -> Conversation {
        Conversation { so_far: self }
    }
}

impl Conversation {
    /// Sends a message, calls the functions that the model asks for, and returns the final reply.
    ///
    /// # Errors
    ///
    /// Same as [`ChatRequest::run`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let mut conversation = pollinations.chat("openai").conversation();
    /// println!("{}", conversation.say("Hello").await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn say(&mut self, text: impl Into<String>) -> Result<ChatReply, Error> {
        self.turn(|request| request.user(text)).await
    }

    /// Takes a turn with more than text, such as images, several messages or a setting. Settings also apply to later
    /// turns.
    ///
    /// # Errors
    ///
    /// Same as [`ChatRequest::run`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let mut conversation = pollinations.chat("openai").conversation();
    /// let reply = conversation.turn(|turn| turn.user("What is this?").image(File::path("cat.png"))).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn turn(&mut self, add: impl FnOnce(ChatRequest) -> ChatRequest) -> Result<ChatReply, Error> {
        let mut request = add(self.so_far.clone()).loaded().await?;
        let (reply, messages) = request.clone().run().await?.into_parts();
        request.body.messages = messages;
        self.so_far = request;
        Ok(reply)
    }

    /// Sends a message and streams the reply. The turn is added to the conversation when you have read the stream to
    /// its end, or called [`ConversationStream::finish`]. Functions are not called: if the model asks for one, you
    /// get the reply with the tool call.
    ///
    /// # Errors
    ///
    /// Same as [`ChatRequest::stream`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let mut conversation = pollinations.chat("openai").conversation();
    /// let mut stream = conversation.stream("Tell a story").await?;
    /// while let Some(chunk) = stream.next().await {
    ///     print!("{}", chunk?.text());
    /// }
    /// drop(stream);
    /// assert_eq!(conversation.messages().len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stream(&mut self, text: impl Into<String>) -> Result<ConversationStream<'_>, Error> {
        let request = self.so_far.clone().user(text).loaded().await?;
        let stream = request.clone().stream().await?;
        Ok(ConversationStream { conversation: self, request: Some(request), stream })
    }

    /// All messages so far, oldest first. You can save them as JSON and load them again.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(conversation: pollinations_ext::chat::Conversation) -> Result<(), serde_json::Error> {
    /// let saved = serde_json::to_string(conversation.messages())?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn messages(&self) -> &[ChatMessage] {
        &self.so_far.body.messages
    }

    /// Removes all but the first `keep` messages, such as the system message.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(mut conversation: pollinations_ext::chat::Conversation) {
    /// conversation.truncate(1);
    /// # }
    /// ```
    pub fn truncate(&mut self, keep: usize) {
        self.so_far.body.messages.truncate(keep);
    }
}

/// The streamed reply to a turn of a [`Conversation`].
///
/// # Examples
///
/// ```no_run
/// # async fn example(mut conversation: pollinations_ext::chat::Conversation) -> Result<(), pollinations_ext::Error> {
/// let reply = conversation.stream("Tell a story").await?.finish().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is read from a stream until it is polled"]
pub struct ConversationStream<'a> {
    conversation: &'a mut Conversation,
    /// The turn's request. `None` once the turn has been added to the conversation.
    request: Option<ChatRequest>,
    stream: ChatStream,
}

impl ConversationStream<'_> {
    /// The next chunk, or `None` after the end of the reply or an error.
    ///
    /// # Errors
    ///
    /// Same as [`ChatStream::next`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(mut conversation: pollinations_ext::chat::Conversation) -> Result<(), pollinations_ext::Error> {
    /// let mut stream = conversation.stream("Tell a story").await?;
    /// while let Some(chunk) = stream.next().await {
    ///     print!("{}", chunk?.text());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Result<ChatChunk, Error>> {
        StreamExt::next(self).await
    }

    /// Reads the rest of the stream, adds the turn to the conversation, and returns the whole reply.
    ///
    /// # Errors
    ///
    /// Same as [`ChatStream::finish`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(mut conversation: pollinations_ext::chat::Conversation) -> Result<(), pollinations_ext::Error> {
    /// let reply = conversation.stream("Tell a story").await?.finish().await?;
    /// println!("{}", reply.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn finish(mut self) -> Result<ChatReply, Error> {
        while let Some(chunk) = self.next().await {
            chunk?;
        }
        self.stream.finish().await
    }

    fn remember(&mut self) {
        if self.stream.is_complete()
            && let Some(mut request) = self.request.take()
        {
            request.body.messages.push(self.stream.merged_message());
            self.conversation.so_far = request;
        }
    }
}

impl Stream for ConversationStream<'_> {
    type Item = Result<ChatChunk, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let item = Pin::new(&mut this.stream).poll_next(context);
        if matches!(item, Poll::Ready(None)) {
            this.remember();
        }
        item
    }
}
