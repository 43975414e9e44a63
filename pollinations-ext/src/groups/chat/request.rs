//! The chat request.

use std::sync::Arc;

use pollinations_api::types::{
    AssistantMessage, ChatCompletion, ChatCompletionRequest, ChatMessage, DeveloperMessage, FunctionDefinition,
    FunctionTool, MessageContent, StreamOptions, SystemMessage, Tool, ToolMessage, UserMessage,
};
use serde_json::{Map, Value};

use super::{attachment::Attachment, body::Body};
use crate::{
    base::{error::Error, file::File, json::Read as _},
    exchange::{
        options::{Options, call_options},
        raw::RawResponse,
        reading::looks::is_stream,
        transport::Shared,
    },
    function::{Function, Functions},
    reply::{chat_reply::ChatReply, chat_stream::ChatStream},
};

pub(super) const OPERATION: &str = "chat_completions";

/// A chat with a model, from [`Pollinations::chat`](crate::Pollinations::chat). Add messages and settings, then send
/// it.
///
/// Operation `chat_completions`. The request contains the model, the messages and the settings you set, and nothing
/// else.
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
    pub(super) shared: Arc<Shared>,
    pub(super) options: Options,
    /// Boxed, because every method moves it.
    pub(super) body: Box<ChatCompletionRequest>,
    attachments: Vec<Attachment>,
    pub(super) functions: Functions,
}

impl ChatRequest {
    pub(crate) fn new(shared: Arc<Shared>, model: String) -> Self {
        let mut body = Box::<ChatCompletionRequest>::default();
        body.model = Some(model);
        Self { shared, options: Options::default(), body, attachments: Vec::new(), functions: Functions::default() }
    }

    /// Adds a system message: an instruction for the whole conversation.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.chat("openai").system("Answer in French").user("Hello");
    /// # }
    /// ```
    pub fn system(self, text: impl Into<String>) -> Self {
        self.message(SystemMessage::new(MessageContent::Text(text.into())))
    }

    /// Adds a developer message. Newer OpenAI models use it in place of a system message.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.chat("openai").developer("Answer in French").user("Hello");
    /// # }
    /// ```
    pub fn developer(self, text: impl Into<String>) -> Self {
        self.message(DeveloperMessage::new(MessageContent::Text(text.into())))
    }

    /// Adds a user message.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.chat("openai").user("Name a flower");
    /// # }
    /// ```
    pub fn user(self, text: impl Into<String>) -> Self {
        self.message(UserMessage::new(MessageContent::Text(text.into())))
    }

    /// Adds an earlier reply of the model.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.chat("openai").user("Name a flower").assistant("Tulip").user("Another");
    /// # }
    /// ```
    pub fn assistant(self, text: impl Into<String>) -> Self {
        let mut message = AssistantMessage::default();
        message.content = Some(MessageContent::Text(text.into()));
        self.message(message)
    }

    /// Adds the result of the tool call with this ID.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let request = pollinations.chat("openai").user("What time is it?").function("clock", "Tells the time", None);
    /// let reply = request.clone().send().await?;
    /// let answers = request.message(reply.to_message());
    /// let answers = reply.tool_calls().iter().fold(answers, |request, call| request.tool_result(&call.id, "5 pm"));
    /// println!("{}", answers.send().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub fn tool_result(self, call_id: impl Into<String>, result: impl Into<String>) -> Self {
        let mut message = ToolMessage::new(call_id);
        message.content = Some(MessageContent::Text(result.into()));
        self.message(message)
    }

    /// Adds a message of any kind.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::types::UserMessage;
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let mut message = UserMessage::new("Hello".to_owned());
    /// message.name = Some("ada".to_owned());
    /// let request = pollinations.chat("openai").message(message);
    /// # }
    /// ```
    pub fn message(mut self, message: impl Into<ChatMessage>) -> Self {
        self.body.messages.push(message.into());
        self
    }

    /// Adds several messages, for example the conversation so far.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations, saved: &str) -> Result<(), serde_json::Error> {
    /// let messages: Vec<pollinations_ext::types::ChatMessage> = serde_json::from_str(saved)?;
    /// let request = pollinations.chat("openai").messages(messages).user("Go on");
    /// # Ok(())
    /// # }
    /// ```
    pub fn messages(mut self, messages: impl IntoIterator<Item = ChatMessage>) -> Self {
        self.body.messages.extend(messages);
        self
    }

    /// Adds an image to the last user message. The file is read when the request is sent, and sent as a data URL.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::File;
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.chat("openai").user("What is this?").image(File::path("cat.png"));
    /// # }
    /// ```
    pub fn image(self, image: File) -> Self {
        self.attach(Attachment::image(image))
    }

    /// Adds an image that the model loads from this URL.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.chat("openai").user("What is this?").image_url("https://example.com/cat.png");
    /// # }
    /// ```
    pub fn image_url(self, url: impl Into<String>) -> Self {
        self.attach(Attachment::image_url(url.into()))
    }

    /// Adds a video that the model loads from this URL.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.chat("gemini").user("What happens?").video_url("https://example.com/cat.mp4");
    /// # }
    /// ```
    pub fn video_url(self, url: impl Into<String>) -> Self {
        self.attach(Attachment::video_url(url.into()))
    }

    /// Adds a recording for the model to listen to: wav, mp3, flac or opus. The format is detected from the first bytes
    /// of the file, or from its content type. The file is read when the request is sent.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::File;
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.chat("openai-audio").user("Who speaks?").audio(File::path("speech.wav"));
    /// # }
    /// ```
    pub fn audio(self, recording: File) -> Self {
        self.attach(Attachment::audio(recording))
    }

    /// Adds a file for the model to read, such as a PDF. It is read when the request is sent, and sent as a data URL.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::File;
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.chat("gemini").user("Sum this up").file(File::path("report.pdf"));
    /// # }
    /// ```
    pub fn file(self, file: File) -> Self {
        self.attach(Attachment::file(file))
    }

    fn attach(mut self, attachment: Attachment) -> Self {
        let attachment = attachment.add_to(&mut self.body.messages);
        self.attachments.extend(attachment.needs_loading().then_some(attachment));
        self
    }

    /// Adds a tool: a function, or a tool that is built into the model, such as code execution in Gemini.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::types::Tool;
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.chat("gemini").user("Plot a sine").tool(Tool::code_execution());
    /// # }
    /// ```
    pub fn tool(mut self, tool: impl Into<Tool>) -> Self {
        self.body.tools.push(tool.into());
        self
    }

    /// Adds a function that you run yourself when the reply asks for it ([`ChatReply::tool_calls`]). `parameters` is
    /// the JSON schema of its arguments, or `None` if it has none.
    ///
    /// To have a Rust function called for you, use [`rust_function`](Self::rust_function).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let parameters = serde_json::json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    /// let request = pollinations
    ///     .chat("openai")
    ///     .user("How is the weather in Paris?")
    ///     .function("weather", "Tells the weather of a city", parameters);
    /// # }
    /// ```
    pub fn function(
        self,
        name: impl Into<String>,
        description: impl Into<String>,
        parameters: impl Into<Option<Value>>,
    ) -> Self {
        let parameters = match parameters.into() {
            Some(Value::Object(parameters)) => parameters,
            _ => Map::new(),
        };
        let mut function = FunctionDefinition::new(name);
        function.description = Some(description.into());
        function.parameters = parameters;
        self.tool(FunctionTool::new(function))
    }

    /// Adds a Rust function. [`run`](Self::run) calls it when the model asks for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::chat::Function;
    /// use pollinations_ext::schemars::{self, JsonSchema};
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize, JsonSchema)]
    /// struct City {
    ///     name: String,
    /// }
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let weather = Function::new("weather", "Tells the weather of a city", |city: City| async move {
    ///     Ok::<_, std::io::Error>(format!("{}: sunny, 21 °C", city.name))
    /// });
    /// let request = pollinations.chat("openai").user("How is the weather in Paris?").rust_function(weather);
    /// # }
    /// ```
    pub fn rust_function(mut self, function: Function) -> Self {
        let tool = FunctionTool::new(function.definition().clone());
        self.functions.add(function);
        self.tool(tool)
    }

    /// The former name of [`rust_function`](Self::rust_function).
    #[deprecated(since = "0.1.0", note = "use `rust_function`")]
    pub fn callable(self, function: Function) -> Self {
        self.rust_function(function)
    }

    /// Sets how many times [`run`](Self::run) lets the model call functions before it fails. The default is 8.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.chat("openai").user("Hello").max_rounds(3);
    /// # }
    /// ```
    pub fn max_rounds(mut self, rounds: u32) -> Self {
        self.functions.max_rounds = rounds;
        self
    }

    /// Changes the request body directly, to set fields without a method.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.chat("openai").user("Hello").with_body(|body| body.functions.clear());
    /// # }
    /// ```
    pub fn with_body(mut self, change: impl FnOnce(&mut ChatCompletionRequest)) -> Self {
        change(&mut self.body);
        self
    }

    call_options!(
        until "the reply has arrived, or begins to stream",
        example "pollinations.chat(\"openai\").user(\"Hello\")",
        field
    );

    /// Sends the request and returns the whole reply.
    ///
    /// # Errors
    ///
    /// Status 400 if the service rejects a value, 401 if the API key is invalid, 402 if you are out of credit, 403 if
    /// the key may not use the model. [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the reply cannot be parsed.
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if a file cannot be read. Temporary failures are retried first.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.chat("openai").user("Name a flower").send().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(mut self) -> Result<ChatReply, Error> {
        self.load().await?;
        let (response, attempts) = self.shared.whole(OPERATION, &self.options, Body(self.body)).await?;
        if is_stream(response.body()) {
            return Box::pin(ChatStream::recorded(&self.shared, OPERATION, &response).finish()).await;
        }
        decode(&self.shared, response, attempts)
    }

    /// Sends the request and returns the raw response.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send), except that the response is not decoded.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let response = pollinations.chat("openai").user("Name a flower").send_raw().await?;
    /// println!("{:?} {}", response.headers().get("x-model-used"), response.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(mut self) -> Result<RawResponse, Error> {
        self.load().await?;
        self.shared.raw(OPERATION, &self.options, Body(self.body)).await
    }

    /// Sends the request and streams the reply. Returns when the first event has arrived.
    ///
    /// This sets `stream`. It also asks for the usage in the last chunk, unless you set
    /// [`stream_options`](Self::stream_options).
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send). Later errors come from the stream.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let mut stream = pollinations.chat("openai").user("Tell a story").stream().await?;
    /// while let Some(chunk) = stream.next().await {
    ///     print!("{}", chunk?.text());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stream(mut self) -> Result<ChatStream, Error> {
        self.load().await?;
        self.body.stream = Some(true);
        self.body.stream_options.get_or_insert_with(|| {
            let mut options = StreamOptions::default();
            options.include_usage = Some(true);
            options
        });
        let events = self.shared.events(OPERATION, &self.options, Body(self.body)).await?;
        Ok(ChatStream::new(&self.shared, OPERATION, events))
    }

    /// Reads the files and inserts them into their messages.
    pub(super) async fn load(&mut self) -> Result<(), Error> {
        for attachment in std::mem::take(&mut self.attachments) {
            Box::pin(attachment.load_into(&mut self.body.messages))
                .await
                .map_err(|error| error.with_operation(OPERATION))?;
        }
        Ok(())
    }

    /// Reads the files once, for a request that is sent several times.
    pub(super) async fn loaded(mut self) -> Result<Self, Error> {
        self.load().await?;
        Ok(self)
    }
}

/// Decodes a reply. Not part of [`ChatRequest::send`], so that it is compiled with this crate.
fn decode(shared: &Shared, response: RawResponse, attempts: u32) -> Result<ChatReply, Error> {
    let mut completion = Box::new(ChatCompletion::absent());
    shared.decode_in_place(&mut *completion, &response, attempts)?;
    Ok(ChatReply::new(completion, response.into_headers()))
}
