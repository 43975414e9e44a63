//! Asking for a chat completion.

use std::sync::Arc;

use pollinations_api::{
    Client,
    types::{
        AssistantMessage, ChatCompletionRequest, ChatMessage, MessageContent, ReasoningEffort, ResponseFormat,
        StopSequences, StreamOptions, SystemMessage, UserMessage,
    },
};

use super::{reply::ChatReply, stream::ChatStream};
use crate::{
    error::Error,
    transport::{Options, Receive, Shared, call_options},
};

const OPERATION: &str = "chat_completions";

/// Asks a model for a reply to a conversation.
///
/// Operation `chat_completions`. The body carries the model, the messages and what was set here, and nothing else.
///
/// # Examples
///
/// ```
/// # use pollinations_ext::Pollinations;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = Pollinations::builder().base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let reply = pollinations
///     .chat("openai")
///     .system("Answer in one word")
///     .user("Name a flower")
///     .temperature(0.2)
///     .send()
///     .await?;
/// println!("{}", reply.text());
/// # assert!(reply.text().contains("Name a flower"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until `send` or `stream` is called"]
pub struct ChatRequest {
    shared: Arc<Shared>,
    options: Options,
    body: ChatCompletionRequest,
}

impl ChatRequest {
    pub(crate) fn new(shared: Arc<Shared>, model: String) -> Self {
        let body = ChatCompletionRequest { model: Some(model), ..ChatCompletionRequest::default() };
        Self { shared, options: Options::default(), body }
    }

    /// Adds an instruction that stands above the conversation.
    pub fn system(self, text: impl Into<String>) -> Self {
        self.message(SystemMessage { cache_control: None, content: MessageContent::Text(text.into()), name: None })
    }

    /// Adds what the user says.
    pub fn user(self, text: impl Into<String>) -> Self {
        self.message(UserMessage { content: MessageContent::Text(text.into()), name: None })
    }

    /// Adds what the model said before.
    pub fn assistant(self, text: impl Into<String>) -> Self {
        let content = Some(MessageContent::Text(text.into()));
        self.message(AssistantMessage { content, ..AssistantMessage::default() })
    }

    /// Adds a message of any kind.
    pub fn message(mut self, message: impl Into<ChatMessage>) -> Self {
        self.body.messages.push(message.into());
        self
    }

    /// Adds several messages, such as a conversation so far.
    pub fn messages(mut self, messages: impl IntoIterator<Item = ChatMessage>) -> Self {
        self.body.messages.extend(messages);
        self
    }

    /// How freely the model chooses its words: 0 (strict) to 2; 1 if it is not set.
    pub fn temperature(mut self, temperature: f64) -> Self {
        self.body.temperature = Some(temperature);
        self
    }

    /// Chooses among the likeliest words that together have this probability: 0 to 1; 1 if it is not set.
    pub fn top_p(mut self, probability: f64) -> Self {
        self.body.top_p = Some(probability);
        self
    }

    /// Tokens that the reply may have at the most.
    pub fn max_tokens(mut self, tokens: u64) -> Self {
        self.body.max_tokens = Some(tokens);
        self
    }

    /// The same seed and the same request give, as far as the model can, the same reply; -1 for a new one each time.
    pub fn seed(mut self, seed: i64) -> Self {
        self.body.seed = Some(seed);
        self
    }

    /// Ends the reply where one of these would come, at most four.
    pub fn stop<S: Into<String>>(mut self, sequences: impl IntoIterator<Item = S>) -> Self {
        self.body.stop = Some(StopSequences::Many(sequences.into_iter().map(Into::into).collect()));
        self
    }

    /// How long a reasoning model thinks before it answers.
    pub fn reasoning_effort(mut self, effort: impl Into<ReasoningEffort>) -> Self {
        self.body.reasoning_effort = Some(effort.into());
        self
    }

    /// The form of the reply: text, any JSON object, or JSON after a schema.
    pub fn response_format(mut self, format: impl Into<ResponseFormat>) -> Self {
        self.body.response_format = Some(format.into());
        self
    }

    /// Sets any field of the body, for those that have no method here.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Pollinations;
    /// # fn example(pollinations: Pollinations) {
    /// let request = pollinations.chat("openai").user("Hello").with_body(|body| body.presence_penalty = Some(0.5));
    /// # let _ = request;
    /// # }
    /// ```
    pub fn with_body(mut self, change: impl FnOnce(&mut ChatCompletionRequest)) -> Self {
        change(&mut self.body);
        self
    }

    call_options!(until "the reply is there, or begins to stream");

    /// Sends the request and returns the whole reply.
    ///
    /// # Errors
    ///
    /// Status 400 when the service refuses a value, 401 without a valid key, 402 without pollen, 403 for a model that
    /// the key may not use; [`ErrorKind::Decode`](crate::ErrorKind::Decode) when the reply cannot be read. Failures
    /// that may pass are retried first.
    pub async fn send(self) -> Result<ChatReply, Error> {
        let body = self.body;
        let send = |client: Client| async move { client.chat_completions().body(body).send().await };
        Ok(ChatReply::new(self.shared.call(Receive::Whole, OPERATION, &self.options, send).await?))
    }

    /// Sends the request and returns the reply as it is written, from its first event on.
    ///
    /// This sets `stream`, and asks for the usage in the last chunk unless `stream_options` say otherwise.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send). Later failures come out of the stream.
    pub async fn stream(self) -> Result<ChatStream, Error> {
        let mut body = self.body;
        body.stream = Some(true);
        let options = body.stream_options.get_or_insert(StreamOptions { include_usage: Some(true) });
        let with_usage = options.include_usage == Some(true);
        let send = |client: Client| async move { client.chat_completions().body(body).send().await };
        let events = self.shared.events(OPERATION, &self.options, send).await?;
        Ok(ChatStream::new(self.shared, OPERATION, events, with_usage))
    }
}
