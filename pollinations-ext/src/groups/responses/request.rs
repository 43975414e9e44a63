//! Responses API requests.

use std::sync::Arc;

use pollinations_api::{
    Client,
    types::{ResponseInput, ResponseRequest, ResponseStatus},
};
use serde_json::{Value, json};

use super::{
    image::{self, Image},
    response::ModelResponse,
    stream::{OPERATION, ResponseStream},
    tidy,
};
use crate::{
    base::{
        error::{Error, ErrorKind},
        file::File,
    },
    exchange::{
        options::{Options, call_options},
        raw::RawResponse,
        reading::looks::is_stream,
        transport::Shared,
    },
    function::Functions,
};

/// A request to OpenAI's Responses API.
///
/// Operation `create_response`. The request contains the model, the input items and the settings you set, and nothing
/// else. Works with models that list `/v1/responses` in their `supported_endpoints`.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let response = pollinations
///     .responses("openai")
///     .instructions("Answer in one word")
///     .user("Name a flower")
///     .temperature(0.2)
///     .send()
///     .await?;
/// println!("{}", response.text());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until `send`, `stream` or `run` is called"]
pub struct ResponsesRequest {
    pub(super) shared: Arc<Shared>,
    pub(super) options: Options,
    pub(super) body: Box<ResponseRequest>,
    pub(super) input: Vec<Value>,
    images: Vec<Image>,
    pub(super) functions: Functions,
}

impl ResponsesRequest {
    pub(crate) fn new(shared: Arc<Shared>, model: String) -> Self {
        let mut body = ResponseRequest::new(ResponseInput::Items(Vec::new()));
        body.model = Some(model);
        Self {
            shared,
            options: Options::default(),
            body: Box::new(body),
            input: Vec::new(),
            images: Vec::new(),
            functions: Functions::default(),
        }
    }

    /// Sets the system prompt: an instruction that applies to the whole input.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.responses("openai").instructions("Be brief").user("Hello");
    /// # }
    /// ```
    pub fn instructions(mut self, text: impl Into<String>) -> Self {
        self.body.instructions = Some(text.into());
        self
    }

    /// Adds a user message.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.responses("openai").user("Hello");
    /// # }
    /// ```
    pub fn user(self, text: impl Into<String>) -> Self {
        self.message("user", text.into())
    }

    /// Adds an earlier reply of the model. For a response that you received from this client, use
    /// [`items`](Self::items) with [`ModelResponse::to_items`](crate::responses::ModelResponse::to_items).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.responses("openai").user("Hello").assistant("Hi!").user("How are you?");
    /// # }
    /// ```
    pub fn assistant(self, text: impl Into<String>) -> Self {
        self.message("assistant", text.into())
    }

    /// Adds a developer message: an instruction in the middle of the conversation.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.responses("openai").developer("From now on, answer in French").user("Hello");
    /// # }
    /// ```
    pub fn developer(self, text: impl Into<String>) -> Self {
        self.message("developer", text.into())
    }

    fn message(self, role: &str, text: String) -> Self {
        self.item(json!({ "type": "message", "role": role, "content": text }))
    }

    /// Adds an image to the last user message. The file is read when the request is sent, and sent as a data URL.
    ///
    /// The content type is detected from the first bytes, unless you set one on the file. If the file is not an
    /// image, the request fails with [`ErrorKind::InvalidRequest`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let request = pollinations.responses("openai").user("What is this?").image(File::path("cat.png"));
    /// println!("{}", request.send().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub fn image(mut self, image: File) -> Self {
        self.images.push(Image::add(image, &mut self.input));
        self
    }

    /// Adds an image to the last user message by URL. The service downloads it.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.responses("openai").user("What is this?").image_url("https://example.com/cat.png");
    /// # }
    /// ```
    pub fn image_url(mut self, url: impl Into<String>) -> Self {
        image::add_part(&mut self.input, image::at(url.into()));
        self
    }

    /// Adds an input item in the format of OpenAI's API.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let file = serde_json::json!({ "type": "input_file", "file_url": "https://example.com/report.pdf" });
    /// let item = serde_json::json!({ "type": "message", "role": "user", "content": [file] });
    /// let request = pollinations.responses("openai").item(item).user("Sum it up");
    /// # }
    /// ```
    pub fn item(mut self, item: Value) -> Self {
        self.input.push(item);
        self
    }

    /// Adds several input items, for example the conversation so far or
    /// [`ModelResponse::to_items`](crate::responses::ModelResponse::to_items).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations, kept: Vec<serde_json::Value>) {
    /// let request = pollinations.responses("openai").items(kept).user("And now?");
    /// # }
    /// ```
    pub fn items(mut self, items: impl IntoIterator<Item = Value>) -> Self {
        self.input.extend(items);
        self
    }

    /// Changes the request body directly, to set fields without a setter. When the request is sent, the items you
    /// added replace its `input`. If you added no items, the `input` you set here is sent.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::types::ResponseInput;
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.responses("openai").with_body(|body| {
    ///     body.input = ResponseInput::Text("Hello".to_owned());
    ///     body.store = Some(false);
    /// });
    /// # }
    /// ```
    pub fn with_body(mut self, change: impl FnOnce(&mut ResponseRequest)) -> Self {
        change(&mut self.body);
        self
    }

    call_options!(
        until "the response has arrived, or begins to stream",
        example "pollinations.responses(\"openai\").user(\"Hello\")",
        field
    );

    /// Sends the request and returns the whole response.
    ///
    /// A response that reached a limit is also returned: see
    /// [`ModelResponse::incomplete_reason`](crate::responses::ModelResponse::incomplete_reason).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Api`] with status 400 if the service rejects a value, 401 if the API key is invalid, 402 if you
    /// are out of credit (even if the service says so in a reply: see
    /// [`Builder::refusals_as_text`](crate::Builder::refusals_as_text)), 403 if the key may not use the model, 429 if
    /// you reach the rate limit, 502 if the provider fails. Also [`ErrorKind::Api`] if the status of the response is
    /// `failed`, [`ErrorKind::InvalidRequest`] if a file is not an image, and [`ErrorKind::Io`] if a file cannot be read.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let response = pollinations.responses("openai").user("Hello").send().await?;
    /// println!("{}", response.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<ModelResponse, Error> {
        let (shared, options, body) = self.load().await?;
        let send = move |client: &Client| client.create_response().body(*body).prepare();
        let (raw, attempts) = shared.whole(OPERATION, &options, send).await?;
        if is_stream(raw.body()) {
            return ResponseStream::recorded(&shared, &raw).finish().await;
        }
        decode(&shared, &raw, attempts)
    }

    /// Sends the request and returns the raw HTTP response.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let response = pollinations.responses("openai").user("Hello").send_raw().await?;
    /// println!("{}", response.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        let (shared, options, body) = self.load().await?;
        let send = move |client: &Client| client.create_response().body(*body).prepare();
        shared.raw(OPERATION, &options, send).await
    }

    /// Sends the request and streams the response. Sets `stream` in the body.
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
    /// let mut stream = pollinations.responses("openai").user("Tell a story").stream().await?;
    /// while let Some(event) = stream.next().await {
    ///     print!("{}", event?.text());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stream(self) -> Result<ResponseStream, Error> {
        let (shared, options, mut body) = self.load().await?;
        body.stream = Some(true);
        let send = move |client: &Client| client.create_response().body(*body).prepare();
        let events = shared.events(OPERATION, &options, send).await?;
        Ok(ResponseStream::new(&shared, events))
    }

    /// Reads the images and puts the input into the body.
    async fn load(self) -> Result<(Arc<Shared>, Options, Box<ResponseRequest>), Error> {
        let this = self.loaded().await?;
        let mut body = this.body;
        if !this.input.is_empty() {
            body.input = ResponseInput::Items(this.input);
        }
        Ok((this.shared, this.options, body))
    }

    /// The same request with its images read, so that it can be sent several times.
    pub(super) async fn loaded(mut self) -> Result<Self, Error> {
        for image in std::mem::take(&mut self.images) {
            image.load_into(&mut self.input).await.map_err(|error| error.with_operation(OPERATION))?;
        }
        Ok(self)
    }
}

/// Decodes a response. Not part of [`ResponsesRequest::send`], so that it is compiled with this crate.
fn decode(shared: &Shared, raw: &RawResponse, attempts: u32) -> Result<ModelResponse, Error> {
    let response = shared.decode_or_tidy(raw, attempts, tidy::is_usual, tidy::read)?;
    let response = ModelResponse::new(response, raw.headers().clone());
    if response.status == ResponseStatus::Failed {
        let error = Error::new(ErrorKind::Api, "the response failed, and the service does not say why");
        let error = error.with_status(raw.status()).with_operation(OPERATION).with_attempts(attempts);
        return Err(error.with_request_id(response.request_id().map(str::to_owned)));
    }
    Ok(response)
}
