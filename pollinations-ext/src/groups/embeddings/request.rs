//! One embedding, of text, images, audio, video, or several of them together.

use std::sync::Arc;

use pollinations_api::{Client, types::EmbeddingInput};

use super::{
    parameters::{Parameters, parameter_setters},
    part::Part,
    reply::Embeddings,
};
use crate::{
    base::{error::Error, file::File},
    exchange::{
        options::{Options, call_options},
        raw::RawResponse,
        transport::Shared,
    },
};

pub(super) const OPERATION: &str = "embed";

/// A request for the embedding of text, images, audio or video, or of several of them together.
///
/// Operation `embed`. The service has defaults for the parameters you do not set. To embed many texts, use
/// [`Pollinations::embed_batch`](crate::Pollinations::embed_batch).
///
/// # Examples
///
/// ```
/// use pollinations_ext::File;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// # let bytes = pollinations.image("a tulip").size(16, 16).send().await?.bytes().await?;
/// let picture = File::bytes(bytes);
/// let embeddings = pollinations.embed("A tulip in spring").image(picture).send().await?;
/// assert!(!embeddings.vector().is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until `send` is called"]
pub struct EmbeddingRequest {
    shared: Arc<Shared>,
    options: Options,
    parts: Vec<Part>,
    parameters: Parameters,
}

impl EmbeddingRequest {
    pub(crate) fn new(shared: Arc<Shared>, text: Option<String>) -> Self {
        let parts = text.map(Part::Text).into_iter().collect();
        Self { shared, options: Options::default(), parts, parameters: Parameters::default() }
    }

    parameter_setters!("pollinations.embed(\"a tulip\")");

    /// Adds a text.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.embed_media().image_url("https://example.com/cat.png").text("A cat");
    /// # }
    /// ```
    pub fn text(self, text: impl Into<String>) -> Self {
        self.part(Part::Text(text.into()))
    }

    /// Adds an image by its URL, or as a `data:` URL.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.embed_media().image_url("https://example.com/cat.png");
    /// # }
    /// ```
    pub fn image_url(self, url: impl Into<String>) -> Self {
        self.part(Part::ImageUrl(url.into()))
    }

    /// Adds an image from a file or from memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::File;
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.embed_media().image(File::path("cat.png"));
    /// # }
    /// ```
    pub fn image(self, image: File) -> Self {
        self.part(Part::Image(image))
    }

    /// Adds audio of at most 180 seconds, such as an mp3 or wav file.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::File;
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.embed_media().audio(File::path("purring.mp3"));
    /// # }
    /// ```
    pub fn audio(self, audio: File) -> Self {
        self.part(Part::Audio(audio))
    }

    /// Adds a video by its URL.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.embed_media().video_url("https://example.com/cat.mp4");
    /// # }
    /// ```
    pub fn video_url(self, url: impl Into<String>) -> Self {
        self.part(Part::VideoUrl(url.into()))
    }

    /// Adds a video from a file or from memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::File;
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.embed_media().video(File::path("cat.mp4"));
    /// # }
    /// ```
    pub fn video(self, video: File) -> Self {
        self.part(Part::Video(video))
    }

    call_options!(until "the vector has arrived", example "pollinations.embed(\"a tulip\")", field);

    /// Sends the request.
    ///
    /// One part gives one vector. If you send several parts, the model decides whether you get one vector for all of
    /// them or one for each; the document does not say. [`Embeddings::vectors`] has all of them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if there is nothing to embed, or a file has the wrong type,
    /// such as an image added as audio. [`ErrorKind::Io`](crate::ErrorKind::Io) if a file cannot be read.
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the response has no vector. Status 400 if the model rejects
    /// a value, 401 if the API key is invalid, 402 if you are out of credit, 403 if the key may not use the model.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let query = pollinations.embed("Which flower blooms in spring?").task_type("RETRIEVAL_QUERY").send().await?;
    /// println!("{} numbers by {}", query.vector().len(), query.model());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<Embeddings, Error> {
        let shared = Arc::clone(&self.shared);
        let (response, attempts) = self.whole().await?;
        Embeddings::read(&shared, &response, attempts, None)
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
    /// let response = pollinations.embed("a tulip").send_raw().await?;
    /// println!("{}", response.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        self.whole().await.map(|(response, _)| response)
    }

    fn part(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    async fn whole(self) -> Result<(RawResponse, u32), Error> {
        let input = input(self.parts).await.map_err(|error| error.with_operation(OPERATION))?;
        let body = self.parameters.body(input);
        let send = move |client: &Client| client.embed().body(body).prepare();
        self.shared.whole(OPERATION, &self.options, send).await
    }
}

/// A single text is sent as a string, which every model accepts.
async fn input(parts: Vec<Part>) -> Result<EmbeddingInput, Error> {
    let parts = match <[Part; 1]>::try_from(parts) {
        Ok([Part::Text(text)]) => return Ok(text.into()),
        Ok([part]) => vec![part],
        Err(parts) => parts,
    };
    if parts.is_empty() {
        return Err(Error::request("there is nothing to embed: add text, images, audio or video"));
    }
    let mut loaded = Vec::with_capacity(parts.len());
    for part in parts {
        loaded.push(part.load().await?);
    }
    Ok(loaded.into())
}
