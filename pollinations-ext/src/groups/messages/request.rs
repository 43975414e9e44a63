//! Messages API requests.

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
    base::{error::Error, file::File},
    exchange::{
        options::{Options, call_options, setters},
        raw::RawResponse,
        reading::looks::is_stream,
        transport::Shared,
    },
    function::Functions,
};

/// A request to Anthropic's Messages API.
///
/// Operation `create_message`. The request contains the model, `max_tokens`, the turns and the settings you set, and
/// nothing else. Works with models that list `/v1/messages` in their `supported_endpoints`.
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

    /// Sets the system prompt: an instruction for the whole conversation. For a system prompt made of blocks, use
    /// [`with_body`](Self::with_body).
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

    /// Adds a user turn.
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

    /// Adds an assistant turn: an earlier reply of the model. For a reply that you received from this client, use
    /// [`turn`](Self::turn) with [`MessageReply::to_turn`](crate::messages::MessageReply::to_turn).
    ///
    /// If this is the last turn, the model continues from this text.
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

    /// Adds a turn of any kind.
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

    /// Adds several turns, for example the conversation so far.
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

    /// Adds an image to the last user turn. The file is read when the request is sent, and sent as base64.
    ///
    /// The content type is detected from the first bytes, unless you set one on the file. If the file is not an
    /// image, the request fails with [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest).
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

    /// Adds an image to the last user turn by URL. The service downloads it.
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

    /// Adds a block to the last turn if it is a user turn, otherwise to a new user turn.
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
        /// Sets the sampling temperature: 0 (most predictable) to 1.
        temperature: f64, "0.2";
        /// Samples only from the most likely tokens that together reach this probability: 0 to 1. The service's
        /// default is 1.
        top_p: f64, "0.9";
    }

    /// Ends the reply when the model would write one of these texts. `stop_sequence` in the reply says which one.
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
    /// [`MessageReply::thinking`](crate::messages::MessageReply::thinking) returns the reasoning.
    ///
    /// For `disabled` or `adaptive`, use [`with_body`](Self::with_body).
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

    /// Sets the effort of the model, such as `low` or `high`.
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

    /// Changes the request body directly, to set fields without a setter.
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
        until "the reply has arrived, or begins to stream",
        example "pollinations.messages(\"claude\", 1024).user(\"Hello\")",
        field
    );

    /// Sends the request and returns the whole reply.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Api`](crate::ErrorKind::Api) with status 400 if the service rejects a value, 401 if the API key
    /// is invalid, 402 if you are out of credit, 403 if the key may not use the model, 429 if you reach the rate
    /// limit. The service describes them in Anthropic's format. [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if
    /// a file is not an image, and [`ErrorKind::Io`](crate::ErrorKind::Io) if a file cannot be read.
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
        let send = move |client: &Client| client.create_message().body(*body).prepare();
        let (response, attempts) = shared.whole(OPERATION, &options, send).await?;
        if is_stream(response.body()) {
            return MessageStream::recorded(&shared, &response).finish().await;
        }
        decode(&shared, &response, attempts)
    }

    /// Sends the request and returns the raw response.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send).
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
        let send = move |client: &Client| client.create_message().body(*body).prepare();
        shared.raw(OPERATION, &options, send).await
    }

    /// Sends the request and streams the reply. Sets `stream` in the body.
    ///
    /// A failure before the first event is retried like that of any other request, with one exception: if it is
    /// unknown whether the service processed the request, it is only retried if you set
    /// [`RetryPolicy::retry_non_idempotent`](crate::RetryPolicy::retry_non_idempotent), because each stream is billed.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send). Later errors come from the stream.
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
        let send = move |client: &Client| client.create_message().body(*body).prepare();
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

    /// The same request with its images read, so that it can be sent several times.
    pub(super) async fn loaded(self) -> Result<Self, Error> {
        let functions = self.functions.clone();
        let (shared, options, body) = self.load().await?;
        Ok(Self { shared, options, body, images: Vec::new(), functions })
    }
}

/// Decodes a message. Not part of [`MessagesRequest::send`], so that it is compiled with this crate.
fn decode(shared: &Shared, response: &RawResponse, attempts: u32) -> Result<MessageReply, Error> {
    let message = shared.decode_or_tidy(response, attempts, tidy::is_usual, tidy::read)?;
    Ok(MessageReply::new(message, response.headers().clone()))
}
