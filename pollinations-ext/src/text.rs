//! Text from a prompt alone.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use futures_util::StreamExt;
use http::HeaderMap;
use pollinations_api::{Client, types::TextModel};

use crate::{
    address,
    chat::ChatStream,
    error::Error,
    events::{Opened, TextPieces},
    keyring::Keyring,
    options::{Options, call_options, into_setters, setters},
    raw::{RawResponse, header},
    transport::{Receive, Shared},
};

const GET: &str = "generate_text";
const POST: &str = "generate_text_post";

/// Asks a model for a text.
///
/// Operations `generate_text` and `generate_text_post`. The prompt is part of the address in both; it may have any
/// characters. What is not set is left to the service.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let haiku = pollinations.text("A haiku about snow").model("mistral").seed(7).send().await?;
/// println!("{haiku}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until `send` or `stream` is called"]
pub struct TextRequest {
    shared: Arc<Shared>,
    options: Options,
    prompt: String,
    parameters: Parameters,
}

#[derive(Clone, Debug, Default)]
struct Parameters {
    model: Option<TextModel>,
    seed: Option<i64>,
    system: Option<String>,
    json: Option<bool>,
    temperature: Option<f64>,
    stream: Option<bool>,
}

/// Fills in the parameters of one of the two operations, which have the same.
macro_rules! fill {
    ($client:ident . $operation:ident, $prompt:expr, $parameters:expr) => {{
        let Parameters { model, seed, system, json, temperature, stream } = $parameters;
        let mut request = $client.$operation().prompt($prompt);
        macro_rules! set {
            ($name:ident) => {
                if let Some(value) = $name {
                    request = request.$name(value);
                }
            };
        }
        set!(model);
        set!(seed);
        set!(system);
        set!(json);
        set!(temperature);
        set!(stream);
        request.send()
    }};
}

impl TextRequest {
    pub(crate) fn new(shared: Arc<Shared>, prompt: String) -> Self {
        Self { shared, options: Options::default(), prompt, parameters: Parameters::default() }
    }

    into_setters! {
        on parameters, example "pollinations.text(\"A haiku\")";
        /// The model, such as `openai` or `gemini-fast`; `openai` if it is not set.
        model: TextModel, "\"mistral\"";
        /// An instruction that stands above the prompt.
        system: String, "\"Answer in French\"";
    }

    setters! {
        on parameters, example "pollinations.text(\"A haiku\")";
        /// The same seed gives, as far as the model can, the same text; -1 for a new one each time; 0 if it is not set.
        seed: i64, "42";
        /// Asks for a text in JSON; off if it is not set.
        json: bool, "true";
        /// How freely the model chooses its words: 0 (strict) to 2.
        temperature: f64, "0.7";
    }

    call_options!(until "the text is there, or begins to stream", example "pollinations.text(\"A haiku\")");

    /// Sends the request (`GET`) and returns the whole text.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Request`](crate::ErrorKind::Request) for a prompt that cannot stand in an address: an empty one,
    /// `.` or `..`. Status 400 when the service refuses a value, 401 without a valid key, 402 without pollen, 403 for a
    /// model that the key may not use.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.text("A haiku").send().await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<TextReply, Error> {
        Ok(TextReply(self.send_raw().await?))
    }

    /// Sends the request by `POST`, which no cache on the way keeps.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.text("A haiku").send_post().await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_post(self) -> Result<TextReply, Error> {
        let prompt = address::segment(&self.prompt, POST)?;
        let parameters = self.parameters.clone();
        let send = |client: Client| async move { fill!(client.generate_text_post, prompt, parameters).await };
        self.shared.raw(POST, &self.options, send).await.map(TextReply)
    }

    /// Sends the request (`GET`) and returns the response as it came.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let response = pollinations.text("A haiku").send_raw().await?;
    /// println!("{:?}: {}", response.content_type(), response.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        let prompt = address::segment(&self.prompt, GET)?;
        let parameters = self.parameters.clone();
        let send = |client: Client| async move { fill!(client.generate_text, prompt, parameters).await };
        self.shared.raw(GET, &self.options, send).await
    }

    /// Sends the request (`GET`) and returns the text as it is written.
    ///
    /// Servers answer with events or with plain pieces; both come out as text.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send). Later failures come out of the stream.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let mut stream = pollinations.text("A long story").stream().await?;
    /// while let Some(piece) = stream.next().await {
    ///     print!("{}", piece?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stream(self) -> Result<TextStream, Error> {
        let prompt = address::segment(&self.prompt, GET)?;
        let parameters = Parameters { stream: Some(true), ..self.parameters.clone() };
        let send = |client: Client| async move { fill!(client.generate_text, prompt, parameters).await };
        let opened = self.shared.open(Receive::Pieces, GET, &self.options, send).await?;
        Ok(TextStream::new(&self.shared, GET, opened))
    }

    /// Sends the request by `POST` and returns the text as it is written.
    ///
    /// # Errors
    ///
    /// As [`stream`](Self::stream).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.text("A long story").stream_post().await?.finish().await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stream_post(self) -> Result<TextStream, Error> {
        let prompt = address::segment(&self.prompt, POST)?;
        let parameters = Parameters { stream: Some(true), ..self.parameters.clone() };
        let send = |client: Client| async move { fill!(client.generate_text_post, prompt, parameters).await };
        let opened = self.shared.open(Receive::Pieces, POST, &self.options, send).await?;
        Ok(TextStream::new(&self.shared, POST, opened))
    }

    /// The address of the text, for a page to load. With the client's key in it if that is publishable.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Key`](crate::ErrorKind::Key) when the client's key is secret, since everybody can read an address;
    /// [`ErrorKind::Request`](crate::ErrorKind::Request) for a prompt that cannot stand in one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Pollinations;
    /// let pollinations = Pollinations::builder().key("pk_example".parse()?).build()?;
    /// let url = pollinations.text("50% off?").seed(1).url()?;
    /// assert_eq!(url, "https://gen.pollinations.ai/text/50%25%20off%3F?seed=1&key=pk_example");
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn url(&self) -> Result<String, Error> {
        address::with_key(&self.shared, self.address()?, GET)
    }

    /// The address of the text without a key, for a proxy that adds one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Request`](crate::ErrorKind::Request) for a prompt that cannot stand in an address.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Pollinations;
    /// # let pollinations = Pollinations::builder().without_key().build()?;
    /// assert_eq!(pollinations.text("snow").url_without_key()?, "https://gen.pollinations.ai/text/snow");
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn url_without_key(&self) -> Result<String, Error> {
        self.address().map(String::from)
    }

    fn address(&self) -> Result<reqwest::Url, Error> {
        let prompt = address::segment(&self.prompt, GET)?;
        let parameters = self.parameters.clone();
        let send = |client: Client| async move { fill!(client.generate_text, prompt, parameters).await };
        self.shared.address(GET, &self.options, send)
    }
}

/// A text that a model wrote.
///
/// # Examples
///
/// ```no_run
/// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
/// let reply = pollinations.text("A haiku").send().await?;
/// println!("{reply} (by {:?})", reply.model());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TextReply(RawResponse);

impl TextReply {
    /// The text.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::TextReply) {
    /// println!("{}", reply.text());
    /// # }
    /// ```
    pub fn text(&self) -> String {
        self.0.text()
    }

    /// The model that the service used.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::TextReply) {
    /// println!("{:?}", reply.model());
    /// # }
    /// ```
    pub fn model(&self) -> Option<&str> {
        header(self.headers(), "x-model-used")
    }

    /// The id under which the service knows the request.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::TextReply) {
    /// println!("{:?}", reply.request_id());
    /// # }
    /// ```
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id()
    }

    /// The headers of the response.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::TextReply) {
    /// println!("{:?}", reply.headers());
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }
}

impl fmt::Display for TextReply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text())
    }
}

/// A text as it is written: a [`Stream`] of pieces of [`String`], none of them empty.
///
/// A connection that breaks off is an error and not an end. Dropping the stream closes the connection.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let mut stream = pollinations.text("A long story").stream().await?;
/// while let Some(piece) = stream.next().await {
///     print!("{}", piece?);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is read from a stream until it is polled"]
pub struct TextStream {
    operation: &'static str,
    source: Source,
}

enum Source {
    Chat(Box<ChatStream>),
    Plain(Box<TextPieces>, Arc<Keyring>),
}

impl TextStream {
    fn new(shared: &Shared, operation: &'static str, opened: Opened) -> Self {
        let source = match opened {
            Opened::Events(events) => Source::Chat(Box::new(ChatStream::new(shared, operation, events, false))),
            Opened::Text(text) => Source::Plain(Box::new(text), Arc::clone(&shared.keys)),
        };
        Self { operation, source }
    }

    /// The text of a chat.
    pub(crate) fn chat(operation: &'static str, stream: ChatStream) -> Self {
        Self { operation, source: Source::Chat(Box::new(stream)) }
    }

    /// The next piece; nothing when the text is complete, or has failed.
    ///
    /// # Errors
    ///
    /// As [`ChatStream::next`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(mut stream: pollinations_ext::TextStream) -> Result<(), pollinations_ext::Error> {
    /// while let Some(piece) = stream.next().await {
    ///     print!("{}", piece?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Result<String, Error>> {
        StreamExt::next(self).await
    }

    /// Reads what is left and returns it.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.text("A long story").stream().await?.finish().await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn finish(mut self) -> Result<String, Error> {
        let mut text = String::new();
        while let Some(piece) = self.next().await {
            text += &piece?;
        }
        Ok(text)
    }

    /// The headers of the response, such as `x-model-used`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(stream: pollinations_ext::TextStream) {
    /// println!("{:?}", stream.headers().get("x-model-used"));
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        match &self.source {
            Source::Chat(stream) => stream.headers(),
            Source::Plain(text, _) => text.headers(),
        }
    }
}

impl Stream for TextStream {
    type Item = Result<String, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let piece = match &mut this.source {
            Source::Chat(stream) => loop {
                match ready!(Pin::new(&mut **stream).poll_next(context)) {
                    Some(Ok(chunk)) if chunk.text().is_empty() => {}
                    piece => break piece.map(|chunk| chunk.map(|chunk| chunk.text().to_owned())),
                }
            },
            Source::Plain(text, keys) => {
                let piece = ready!(Pin::new(&mut **text).poll_next(context));
                piece.map(|piece| piece.map_err(|error| error.redacted(keys)))
            }
        };
        Poll::Ready(piece.map(|piece| piece.map_err(|error| error.with_operation(this.operation))))
    }
}

impl fmt::Debug for TextStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TextStream").finish_non_exhaustive()
    }
}
