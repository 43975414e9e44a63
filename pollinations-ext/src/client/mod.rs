//! The client.

mod audio;
mod builder;
mod embeddings;

use std::{fmt, sync::Arc};

pub use builder::Builder;
use pollinations_api::{Client, SharedTransport};

use crate::{
    account::Account,
    audio::{AudioRequest, TranscriptionRequest},
    base::{error::Error, file::File},
    chat::ChatRequest,
    exchange::{call::Plain, transport::Shared},
    image::ImageRequest,
    key::{ApiKey, KeyStatus, Keyring},
    media::Media,
    models::Models,
    retry::RetryPolicy,
    text::TextRequest,
    video::VideoRequest,
};

/// The only model for music so far.
const MUSIC_MODEL: &str = "elevenmusic";

/// A client of pollinations.ai. Cheap to clone; clones share their connections.
///
/// # Examples
///
/// ```no_run
/// use pollinations_ext::Pollinations;
///
/// # async fn example() -> Result<(), pollinations_ext::Error> {
/// let pollinations = Pollinations::from_env()?;
/// let reply = pollinations.chat("openai").user("Name a flower").send().await?;
/// println!("{}", reply.text());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Pollinations {
    shared: Arc<Shared>,
}

impl Pollinations {
    /// Takes the key from `POLLINATIONS_API_KEY` and, if it is set, the address from `POLLINATIONS_BASE_URL`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Key`](crate::ErrorKind::Key) when the key is not set or not one,
    /// [`ErrorKind::Request`](crate::ErrorKind::Request) when the address is not an `http` or `https` URL.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::Pollinations;
    ///
    /// let pollinations = Pollinations::from_env()?;
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn from_env() -> Result<Self, Error> {
        Builder::from_env()?.build()
    }

    /// Sets up a client.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::Pollinations;
    ///
    /// let pollinations = Pollinations::builder().key("sk_example".parse()?).build()?;
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The same client with another key: that of a user who came back from [`byop`](crate::byop), for instance. Both
    /// share connections, settings and the budget of retries.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let users = pollinations.with_key("sk_of_the_user".parse()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_key(&self, key: ApiKey) -> Self {
        let keys = Arc::new(Keyring::new(Some(key), []));
        Self { shared: Arc::new(Shared { keys, ..Shared::clone(&self.shared) }) }
    }

    /// Signs a user in from a program on their own machine: see [`byop::SignIn`](crate::byop::SignIn). Needs the feature
    /// `byop-loopback`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::Pollinations;
    ///
    /// # async fn example() -> Result<(), pollinations_ext::Error> {
    /// let grant = Pollinations::sign_in("pk_your_app".parse()?).budget(2.5).run().await?;
    /// let pollinations = Pollinations::builder().key(grant.into_key()).build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "byop-loopback")]
    pub fn sign_in(app_key: ApiKey) -> crate::byop::SignIn {
        crate::byop::SignIn::new(app_key)
    }

    /// Starts a chat completion with this model, such as `openai` or `gemini-fast`.
    /// [`Models::text`] lists them.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let reply = pollinations.chat("openai").user("Name a flower").send().await?;
    /// assert!(reply.text().contains("Name a flower"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn chat(&self, model: impl Into<String>) -> ChatRequest {
        ChatRequest::new(self.shared.clone(), model.into())
    }

    /// Starts the generation of a text from a prompt alone; [`chat`](Self::chat) can do more.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let reply = pollinations.text("Name a flower").send().await?;
    /// assert!(reply.text().contains("Name a flower"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn text(&self, prompt: impl Into<String>) -> TextRequest {
        TextRequest::new(self.shared.clone(), prompt.into())
    }

    /// Starts the generation of an image.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let image = pollinations.image("a cat").size(64, 64).send().await?;
    /// assert_eq!(image.content_type(), Some("image/jpeg"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn image(&self, prompt: impl Into<String>) -> ImageRequest {
        ImageRequest::new(self.shared.clone(), prompt.into())
    }

    /// Starts the generation of a video with one of the video models, such as `veo`, `seedance` or `wan`. It may take
    /// several minutes.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let video = pollinations.video("a cat jumps", "seedance").duration(5).send().await?;
    /// assert_eq!(video.content_type(), Some("video/mp4"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn video(&self, prompt: impl Into<String>, model: impl Into<String>) -> VideoRequest {
        VideoRequest::new(self.shared.clone(), prompt.into(), model.into())
    }

    /// Starts the reading aloud of a text.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let speech = pollinations.speech("Good morning").voice("nova").send().await?;
    /// assert_eq!(speech.content_type(), Some("audio/mpeg"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn speech(&self, text: impl Into<String>) -> AudioRequest {
        AudioRequest::new(self.shared.clone(), text.into())
    }

    /// Starts the generation of music after a description, with the model `elevenmusic`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let music = pollinations.music("a slow waltz").duration(10.0).instrumental(true).send().await?;
    /// assert!(!music.bytes().await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn music(&self, description: impl Into<String>) -> AudioRequest {
        self.speech(description).model(MUSIC_MODEL)
    }

    /// Starts the writing down of what is said in a recording.
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
    /// # let recording = pollinations.speech("Hello").send().await?.bytes().await?;
    /// let heard = pollinations.transcribe(File::bytes(recording)).send().await?;
    /// assert!(!heard.text().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn transcribe(&self, recording: File) -> TranscriptionRequest {
        TranscriptionRequest::new(self.shared.clone(), recording)
    }

    /// Files that others can load: reference images, pictures to show.
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
    /// # let picture = pollinations.image("a cat").size(64, 64).send().await?.bytes().await?;
    /// let uploaded = pollinations.media().upload(File::bytes(picture)).send().await?;
    /// assert!(pollinations.media().exists(&uploaded.id).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn media(&self) -> Media {
        Media::new(self.shared.clone())
    }

    /// The account that the key belongs to.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// assert_eq!(pollinations.account().balance().await?.balance, 100.0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn account(&self) -> Account {
        Account::new(self.shared.clone())
    }

    /// The models that the service offers.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let music = pollinations.models().find("music").await?;
    /// assert_eq!(music.map(|model| model.name).as_deref(), Some("elevenmusic"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn models(&self) -> Models {
        Models::new(self.shared.clone())
    }

    /// What the key may do, before it is tried: which models, how much pollen, until when. Costs nothing.
    ///
    /// Operation `account_key`.
    ///
    /// # Errors
    ///
    /// Status 401 without a valid key.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let status = pollinations.key_status().await?;
    /// assert!(status.valid && status.allows_model("flux") && !status.is_spent());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn key_status(&self) -> Result<KeyStatus, Error> {
        self.account().key().await.map(KeyStatus::new)
    }

    /// The generated client, with the same authentication, retries and time limits under it.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let status = pollinations.api().account_key().send().await?;
    /// assert!(status.valid);
    /// # Ok(())
    /// # }
    /// ```
    pub fn api(&self) -> Client {
        let transport = SharedTransport::new(Plain(self.shared.clone()));
        Client::new_with_client(&self.shared.base_url, self.shared.http.clone(), transport)
    }

    /// The address of the service, without a slash at the end.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Pollinations;
    /// let pollinations = Pollinations::builder().without_key().build()?;
    /// assert_eq!(pollinations.base_url(), "https://gen.pollinations.ai");
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn base_url(&self) -> &str {
        &self.shared.base_url
    }

    /// The policy by which failed requests are repeated.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Pollinations;
    /// let pollinations = Pollinations::builder().without_key().build()?;
    /// println!("{}", pollinations.retry_policy());
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn retry_policy(&self) -> &RetryPolicy {
        &self.shared.retry
    }
}

impl From<Shared> for Pollinations {
    fn from(shared: Shared) -> Self {
        Self { shared: Arc::new(shared) }
    }
}

impl fmt::Debug for Pollinations {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Pollinations")
            .field("base_url", &self.shared.base_url)
            .field("key", &self.shared.keys.current().key)
            .field("retry", &self.shared.retry)
            .field("timeout", &self.shared.timeout)
            .finish_non_exhaustive()
    }
}
