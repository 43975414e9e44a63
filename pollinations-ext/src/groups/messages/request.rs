//! Asking for a message.

use std::sync::Arc;

use pollinations_api::{
    Client,
    types::{
        MessageBlock, MessageOutputConfig, MessageRequest, MessageRole, MessageSystem, MessageThinking, MessageTurn,
        MessageTurnContent,
    },
};

use super::{
    image::{self, Image},
    reply::MessageReply,
    stream::{MessageStream, OPERATION},
    tidy,
};
use crate::{
    base::{error::Error, file::File, json},
    exchange::{
        options::{Options, call_options, setters},
        raw::RawResponse,
        reading::looks::is_stream,
        transport::Shared,
    },
    function::Functions,
};

/// Asks a model for a reply by Anthropic's Messages API.
///
/// Operation `create_message`. The body has the model, `max_tokens`, the turns, and what you set here; nothing else.
/// For models that list `/v1/messages` in their `supported_endpoints`.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let reply = pollinations
///     .messages("claude", 1024)
///     .system("Answer in one word")
///     .user("Name a flower")
///     .temperature(0.2)
///     .send()
///     .await?;
/// println!("{}", reply.text());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until `send`, `stream` or `run` is called"]
pub struct MessagesRequest {
    pub(super) shared: Arc<Shared>,
    pub(super) options: Options,
    pub(super) body: Box<MessageRequest>,
    images: Vec<Image>,
    pub(super) functions: Functions,
}

impl MessagesRequest {
    pub(crate) fn new(shared: Arc<Shared>, model: String, max_tokens: u64) -> Self {
        Self {
            shared,
            options: Options::default(),
            body: Box::new(MessageRequest::new(max_tokens, Vec::new(), model)),
            images: Vec::new(),
            functions: Functions::default(),
        }
    }

    /// The system prompt: instructions that come before the conversation. Use [`with_body`](Self::with_body) for one in
    /// blocks.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.messages("claude", 1024).system("Be brief").user("Hello");
    /// # }
    /// ```
    pub fn system(mut self, text: impl Into<String>) -> Self {
        self.body.system = Some(MessageSystem::Text(text.into()));
        self
    }

    /// Adds what the user says.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.messages("claude", 1024).user("Hello");
    /// # }
    /// ```
    pub fn user(self, text: impl Into<String>) -> Self {
        self.turn(MessageTurn::new(MessageTurnContent::Text(text.into()), MessageRole::User))
    }

    /// Adds what the model said before. Use [`turn`](Self::turn) with
    /// [`MessageReply::to_turn`](crate::messages::MessageReply::to_turn) for a reply that this client has received.
    ///
    /// As the last turn, this is the beginning of the reply, and the model goes on from there.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.messages("claude", 1024).user("Hello").assistant("Hi!").user("How are you?");
    /// # }
    /// ```
    pub fn assistant(self, text: impl Into<String>) -> Self {
        self.turn(MessageTurn::new(MessageTurnContent::Text(text.into()), MessageRole::Assistant))
    }

    /// Adds a turn of the conversation.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::types::{MessageRole, MessageTextBlock, MessageTurn, MessageTurnContent};
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let blocks = vec![MessageTextBlock::new("Hello").into(), MessageTextBlock::new("Who are you?").into()];
    /// let turn = MessageTurn::new(MessageTurnContent::Blocks(blocks), MessageRole::User);
    /// let request = pollinations.messages("claude", 1024).turn(turn);
    /// # }
    /// ```
    pub fn turn(mut self, turn: MessageTurn) -> Self {
        self.body.messages.push(turn);
        self
    }

    /// Adds several turns: a conversation that you keep.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations, kept: Vec<pollinations_ext::types::MessageTurn>) {
    /// let request = pollinations.messages("claude", 1024).turns(kept).user("And now?");
    /// # }
    /// ```
    pub fn turns(mut self, turns: impl IntoIterator<Item = MessageTurn>) -> Self {
        self.body.messages.extend(turns);
        self
    }

    /// Adds an image to what the user says. It is read when the request is sent, and goes along as base64.
    ///
    /// Its content type is what the first bytes say, unless the file has another. If it is not an image, the request
    /// fails with [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let request = pollinations.messages("claude", 1024).user("What is this?").image(File::path("cat.png"));
    /// println!("{}", request.send().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub fn image(mut self, image: File) -> Self {
        self.images.push(Image::add(image, &mut self.body.messages));
        self
    }

    /// Adds an image at an address to what the user says. The service fetches it.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request =
    ///     pollinations.messages("claude", 1024).user("What is this?").image_url("https://example.com/cat.png");
    /// # }
    /// ```
    pub fn image_url(mut self, url: impl Into<String>) -> Self {
        image::add_block(&mut self.body.messages, image::at(url.into()));
        self
    }

    /// Adds a block to what the user says: to the last turn if that is the user's, or else to a new one.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::types::MessageTextBlock;
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let mut block = MessageTextBlock::new("A long document …");
    /// block.extra_mut().insert("citations", true);
    /// let request = pollinations.messages("claude", 1024).user("Sum it up").block(block);
    /// # }
    /// ```
    pub fn block(mut self, block: impl Into<MessageBlock>) -> Self {
        image::add_block(&mut self.body.messages, block.into());
        self
    }

    setters! {
        on body, example "pollinations.messages(\"claude\", 1024).user(\"Hello\")";
        /// Sampling temperature, from 0 (most predictable) to 1.
        temperature: f64, "0.2";
        /// Sample only from the likeliest tokens that together reach this probability, from 0 to 1; 1 by default.
        top_p: f64, "0.9";
    }

    /// Ends the reply where one of these texts would come. The reply's `stop_sequence` says which.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.messages("claude", 1024).user("Count").stop_sequences(["10", "ten"]);
    /// # }
    /// ```
    pub fn stop_sequences<S: Into<String>>(mut self, sequences: impl IntoIterator<Item = S>) -> Self {
        self.body.stop_sequences = sequences.into_iter().map(Into::into).collect();
        self
    }

    /// Lets the model think before it answers, for at most this many tokens. They count toward `max_tokens`.
    /// [`MessageReply::thinking`](crate::messages::MessageReply::thinking) has the thoughts.
    ///
    /// Use [`with_body`](Self::with_body) for `disabled` or `adaptive`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.messages("claude", 8192).user("Prove it").thinking(4096);
    /// # }
    /// ```
    pub fn thinking(mut self, budget_tokens: u32) -> Self {
        let mut thinking = MessageThinking::new("enabled");
        thinking.budget_tokens = Some(budget_tokens.into());
        self.body.thinking = Some(thinking);
        self
    }

    /// How much effort the model makes, such as `low` or `high`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.messages("claude", 1024).user("Hello").effort("low");
    /// # }
    /// ```
    pub fn effort(mut self, effort: impl Into<String>) -> Self {
        self.body.output_config.get_or_insert_with(MessageOutputConfig::default).effort = Some(effort.into());
        self
    }

    /// Changes the body by hand. Use it for fields without a setter.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::types::MessageThinking;
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.messages("claude", 1024).user("Hello").with_body(|body| {
    ///     body.thinking = Some(MessageThinking::new("adaptive"));
    /// });
    /// # }
    /// ```
    pub fn with_body(mut self, change: impl FnOnce(&mut MessageRequest)) -> Self {
        change(&mut self.body);
        self
    }

    call_options!(
        until "the reply is there, or begins to stream",
        example "pollinations.messages(\"claude\", 1024).user(\"Hello\")",
        field
    );

    /// Sends the request and returns the whole reply.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Api`](crate::ErrorKind::Api) with status 400 when the service refuses a value, 401 without a valid
    /// key, 402 without enough pollen, 403 for a model that the key may not use, 429 for too many requests. The service
    /// describes them in Anthropic's format. Also [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for a
    /// file that is not an image, and [`ErrorKind::Io`](crate::ErrorKind::Io) for one that cannot be read.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let reply = pollinations.messages("claude", 1024).user("Hello").send().await?;
    /// println!("{}", reply.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<MessageReply, Error> {
        let (shared, options, body) = self.load().await?;
        let send = |client: Client| async move { client.create_message().body(*body).send().await };
        let (response, attempts) = shared.whole(OPERATION, &options, send).await?;
        if is_stream(response.body()) {
            return MessageStream::recorded(&shared, &response).finish().await;
        }
        let message = match shared.decode(&response, attempts) {
            Ok(message) if tidy::is_usual(&message) => message,
            read => match json::read(response.body()).and_then(tidy::read) {
                Ok(message) => message,
                Err(_) => read?,
            },
        };
        Ok(MessageReply::new(message, response.headers().clone()))
    }

    /// Sends the request and returns the response as it came.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let response = pollinations.messages("claude", 1024).user("Hello").send_raw().await?;
    /// println!("{}", response.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        let (shared, options, body) = self.load().await?;
        let send = |client: Client| async move { client.create_message().body(*body).send().await };
        shared.raw(OPERATION, &options, send).await
    }

    /// Sends the request and returns the reply as it is written. Adds `stream` to the body.
    ///
    /// A failure before the first event is retried like any other. If it is not known whether the request was carried
    /// out, it is not repeated unless [`RetryPolicy::retry_non_idempotent`](crate::RetryPolicy::retry_non_idempotent)
    /// says so, because a stream is paid each time.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send). Later failures come out of the stream.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let mut stream = pollinations.messages("claude", 1024).user("Tell a story").stream().await?;
    /// while let Some(event) = stream.next().await {
    ///     print!("{}", event?.text());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stream(self) -> Result<MessageStream, Error> {
        let (shared, options, mut body) = self.load().await?;
        body.stream = Some(true);
        let send = |client: Client| async move { client.create_message().body(*body).send().await };
        let events = shared.events(OPERATION, &options, send).await?;
        Ok(MessageStream::new(&shared, events))
    }

    /// Reads the images.
    async fn load(self) -> Result<(Arc<Shared>, Options, Box<MessageRequest>), Error> {
        let mut body = self.body;
        for image in &self.images {
            image.load_into(&mut body.messages).await.map_err(|error| error.with_operation(OPERATION))?;
        }
        Ok((self.shared, self.options, body))
    }

    /// The same with its images read, so that it can be sent several times.
    pub(super) async fn loaded(self) -> Result<Self, Error> {
        let functions = self.functions.clone();
        let (shared, options, body) = self.load().await?;
        Ok(Self { shared, options, body, images: Vec::new(), functions })
    }
}
