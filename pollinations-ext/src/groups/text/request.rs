//! Text from a single prompt.

use std::sync::Arc;

use pollinations_api::{Client, types::ReasoningEffort};

use super::reply::TextReply;
use crate::{
    base::error::Error,
    exchange::{
        address,
        options::{Options, call_options, into_setters, setters, with_parameters},
        raw::RawResponse,
        reading::opening::Opened,
        transport::{Receive, Shared},
    },
    reply::{
        chat_stream::ChatStream,
        text_stream::{PlainText, TextStream},
    },
};

const GET: &str = "generate_text";
const POST: &str = "generate_text_post";

/// A request for text from a single prompt.
///
/// Operations `generate_text` and `generate_text_post`. Both have the prompt in the URL path. It may contain any
/// characters. The service has defaults for the parameters you do not set.
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
    more: More,
}

#[derive(Clone, Debug, Default)]
struct Parameters {
    model: Option<String>,
    seed: Option<i64>,
    system: Option<String>,
    json: Option<bool>,
    temperature: Option<f64>,
    stream: Option<bool>,
}

/// Parameters added to the query by hand: the document has them for `GET`, but not for `POST`.
#[derive(Clone, Debug, Default)]
struct More {
    top_p: Option<f64>,
    presence_penalty: Option<f64>,
    frequency_penalty: Option<f64>,
    repetition_penalty: Option<f64>,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    voice: Option<String>,
    reasoning_effort: Option<ReasoningEffort>,
    safe: Option<String>,
}

impl More {
    /// Adds the parameters to a query.
    fn add_to(&self, options: &mut Options) {
        let numbers = [
            ("top_p", self.top_p),
            ("presence_penalty", self.presence_penalty),
            ("frequency_penalty", self.frequency_penalty),
            ("repetition_penalty", self.repetition_penalty),
        ];
        let counts = [("max_tokens", self.max_tokens), ("max_completion_tokens", self.max_completion_tokens)];
        let effort = self.reasoning_effort.as_ref().map(ToString::to_string);
        let texts = [("voice", self.voice.clone()), ("reasoning_effort", effort), ("safe", self.safe.clone())];
        let numbers = numbers.into_iter().map(|(name, value)| (name, value.map(|value| value.to_string())));
        let counts = counts.into_iter().map(|(name, value)| (name, value.map(|value| value.to_string())));
        for (name, value) in numbers.chain(counts).chain(texts) {
            if let Some(value) = value {
                options.query(name.to_owned(), value);
            }
        }
    }
}

/// Writes the request of either operation. Both have the same parameters.
macro_rules! prepare {
    ($client:ident . $operation:ident, $prompt:expr, $parameters:ident) => {
        with_parameters!(
            $client.$operation().prompt($prompt),
            $parameters: model, seed, system, json, temperature, stream,
        )
        .prepare()
    };
}

impl TextRequest {
    pub(crate) fn new(shared: Arc<Shared>, prompt: String) -> Self {
        Self { shared, options: Options::default(), prompt, parameters: Parameters::default(), more: More::default() }
    }

    into_setters! {
        on parameters, example "pollinations.text(\"A haiku\")";
        /// The model, such as `openai` or `gemini-fast`. The default is `openai`.
        model: String, "\"mistral\"";
        /// The system prompt: an instruction that applies to the prompt.
        system: String, "\"Answer in French\"";
    }

    setters! {
        on parameters, example "pollinations.text(\"A haiku\")";
        /// The seed. The same seed returns the same text, if the model supports it. -1 returns a new text each time.
        /// The default is 0.
        seed: i64, "42";
        /// Asks for a reply in JSON. Off by default.
        json: bool, "true";
        /// The sampling temperature: 0 (most predictable) to 2.
        temperature: f64, "0.7";
    }

    into_setters! {
        on more, example "pollinations.text(\"A haiku\")";
        /// The voice, by name, for models that speak.
        voice: String, "\"nova\"";
        /// How much a reasoning model thinks before it answers.
        reasoning_effort: ReasoningEffort, "\"low\"";
    }

    setters! {
        on more, example "pollinations.text(\"A haiku\")";
        /// Samples only from the most likely tokens that together reach this probability: 0 to 1.
        top_p: f64, "0.9";
        /// Penalizes tokens that have occurred at all: -2 to 2.
        presence_penalty: f64, "0.5";
        /// Penalizes tokens in proportion to how often they have occurred: -2 to 2.
        frequency_penalty: f64, "0.5";
        /// Penalizes repetitions, for providers that support it: 0 to 2.
        repetition_penalty: f64, "1.1";
        /// The maximum number of tokens in the reply.
        max_tokens: u64, "100";
        /// The maximum number of tokens in the reply, including reasoning.
        max_completion_tokens: u64, "500";
    }

    /// Runs safety checks on the prompt. Separate them by commas: `privacy`, `secrets`, `sexual`, `violence`,
    /// `shield`, or `nsfw` for `sexual,violence`. Off by default.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.text("A haiku").safety_checks("secrets,violence");
    /// # }
    /// ```
    pub fn safety_checks(mut self, checks: impl Into<String>) -> Self {
        self.more.safe = Some(checks.into());
        self
    }

    call_options!(until "the text has arrived, or begins to stream", example "pollinations.text(\"A haiku\")");

    /// Sends the request with GET and returns the whole text.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the prompt is empty, `.` or `..`, which cannot be part of
    /// a URL path. Status 400 if the service rejects a value, 401 if the API key is invalid, 402 if you are out of
    /// credit, 403 if the key may not use the model.
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

    /// Sends the request with POST, so that HTTP caches do not store the reply.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send).
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
        let send = move |client: &Client| prepare!(client.generate_text_post, prompt, parameters);
        self.shared.raw(POST, &self.options(), send).await.map(TextReply)
    }

    /// Sends the request with GET and returns the raw response.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send).
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
        let send = move |client: &Client| prepare!(client.generate_text, prompt, parameters);
        self.shared.raw(GET, &self.options(), send).await
    }

    /// Sends the request with GET and streams the text.
    ///
    /// The server may send events or plain text. You get text either way.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send). Later errors come from the stream.
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
        let send = move |client: &Client| prepare!(client.generate_text, prompt, parameters);
        let opened = self.shared.open(Receive::Pieces, GET, &self.options(), send).await?;
        Ok(streamed(&self.shared, GET, opened))
    }

    /// Sends the request with POST and streams the text.
    ///
    /// # Errors
    ///
    /// Same as [`stream`](Self::stream).
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
        let send = move |client: &Client| prepare!(client.generate_text_post, prompt, parameters);
        let opened = self.shared.open(Receive::Pieces, POST, &self.options(), send).await?;
        Ok(streamed(&self.shared, POST, opened))
    }

    /// The URL of the text, for a web page to load. It includes the client's API key if that key is publishable.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidKey`](crate::ErrorKind::InvalidKey) if the client's key is secret, because a URL is visible to everyone.
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the prompt is empty, `.` or `..`.
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

    /// The URL of the text without an API key, for a proxy that adds the key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the prompt is empty, `.` or `..`.
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

    /// The options of the call, with the parameters added to the query.
    fn options(&self) -> Options {
        let mut options = self.options.clone();
        self.more.add_to(&mut options);
        options
    }

    fn address(&self) -> Result<reqwest::Url, Error> {
        let prompt = address::segment(&self.prompt, GET)?;
        let parameters = self.parameters.clone();
        let send = move |client: &Client| prepare!(client.generate_text, prompt, parameters);
        self.shared.address(GET, &self.options(), send)
    }
}

/// Streams the text of a response, which is sent either as events or as plain text.
fn streamed(shared: &Shared, operation: &'static str, opened: Opened) -> TextStream {
    match opened {
        Opened::Events(events) => ChatStream::new(shared, operation, events).text_stream(),
        Opened::Text(pieces) => TextStream::new(operation, PlainText { pieces, keys: Arc::clone(&shared.keys) }),
    }
}
