//! The client: [`Pollinations`], which starts every request, and its [`Builder`].

mod account;
mod audio;
mod builder;
mod embeddings;
mod images;
#[cfg(all(feature = "realtime", not(target_arch = "wasm32")))]
mod realtime;
mod text;

use std::{fmt, sync::Arc};

pub use builder::Builder;
use pollinations_api::{Client, SharedTransport};

use crate::{
    base::{error::Error, file::File},
    exchange::{call::Plain, transport::Shared},
    groups::{
        account::Account,
        audio::{AudioRequest, TranscriptionRequest},
        chat::ChatRequest,
        image::ImageRequest,
        models::Models,
        text::TextRequest,
        video::VideoRequest,
    },
    key::{ApiKey, KeyStatus, Keyring},
    media::Media,
    retry::RetryPolicy,
};

#[cfg(feature = "byop-loopback")]
use crate::groups::byop::SignIn;

/// The model that generates music.
const MUSIC_MODEL: &str = "elevenmusic";

/// The client. Every request starts here.
///
/// Create one for your whole program, with [`from_env`](Self::from_env) or [`builder`](Self::builder). It is cheap to
/// clone, and clones share their connections, keys and retry budget.
///
/// | to | call |
/// |---|---|
/// | chat: stream replies, call tools, get a typed reply | [`chat`](Self::chat) |
/// | generate text from one prompt | [`text`](Self::text) |
/// | use the Responses API, or Anthropic's Messages API | [`responses`](Self::responses), [`messages`](Self::messages) |
/// | ask questions about facts and get typed answers | [`decide`](Self::decide) |
/// | generate one image, or several | [`image`](Self::image), [`images`](Self::images) |
/// | edit images | [`edit`](Self::edit) |
/// | generate a video, or a 3D object | [`video`](Self::video), [`three_d`](Self::three_d) |
/// | generate speech, speech with the time of each character, or music | [`speech`](Self::speech), [`speech_with_timestamps`](Self::speech_with_timestamps), [`music`](Self::music) |
/// | transcribe a recording to text or subtitles | [`transcribe`](Self::transcribe) |
/// | change or isolate a voice, separate stems | [`change_voice`](Self::change_voice), [`isolate_voice`](Self::isolate_voice), [`separate_stems`](Self::separate_stems) |
/// | embed text, images, audio and video | [`embed`](Self::embed), [`embed_batch`](Self::embed_batch), [`embed_media`](Self::embed_media) |
/// | talk in real time, over a WebSocket | `realtime` (feature `realtime`) |
/// | upload, find and delete files | [`media`](Self::media) |
/// | list models and their prices | [`models`](Self::models) |
/// | read the balance, the profile and the usage | [`account`](Self::account) |
/// | check what an API key may do, and who owns it | [`key_status`](Self::key_status), [`user_info`](Self::user_info) |
/// | sign in users, so that they pay for their own usage | [`byop`](crate::byop) |
/// | call the service with a user's key | [`with_key`](Self::with_key) |
/// | call any other operation | [`api`](Self::api) |
///
/// A method returns a request. You add what you need, such as a model or a timeout, and send it with `send` or
/// `stream`. Every call can fail with an [`Error`](crate::Error).
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
    /// Creates a client with the key in the environment variable `POLLINATIONS_API_KEY` and, if it is set, the base URL
    /// in `POLLINATIONS_BASE_URL`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidKey`](crate::ErrorKind::InvalidKey) if the key is missing or malformed,
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the base URL is not an `http` or `https` URL.
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

    /// Returns a builder, which sets the key, the base URL, timeouts, retries and the HTTP client.
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

    /// Returns a client that uses another API key, such as the key of a user who [signed in](crate::byop). Both
    /// clients share connections, settings and the retry budget.
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

    /// Signs in a user of a desktop or command-line program: opens the browser and waits for them to approve. See
    /// [`byop::SignIn`](crate::byop::SignIn). Needs the feature `byop-loopback`.
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
    pub fn sign_in(app_key: ApiKey) -> SignIn {
        SignIn::new(app_key)
    }

    /// Starts a chat with a model, such as `openai` or `gemini-fast`. [`Models::text`] lists them.
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

    /// Generates text from one prompt. For conversations, tools and more settings, use [`chat`](Self::chat).
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

    /// Generates an image from a prompt.
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

    /// Generates a video from a prompt, with a video model such as `veo`, `seedance` or `wan`. This can take several
    /// minutes.
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

    /// Turns text into speech.
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

    /// Generates music from a description, with the model `elevenmusic`.
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

    /// Transcribes a recording: turns speech into text.
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

    /// Uploads files, so that models and other people can load them by URL. Also lists and deletes the files you
    /// uploaded.
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

    /// Reads the balance, the profile and the usage of the account that the key belongs to.
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

    /// Lists the models that the service offers, with prices and capabilities.
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
    /// assert_eq!(music.map(|model| model.name).as_deref(), Some("elevenlabs/music-v2"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn models(&self) -> Models {
        Models::new(self.shared.clone())
    }

    /// Checks what the API key may do before you use it: which models it may call, how much pollen it may spend and
    /// when it expires. The check is free.
    ///
    /// Operation `account_key`.
    ///
    /// # Errors
    ///
    /// Status 401 if the key is not valid.
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
    /// assert!(status.valid && status.allows_model("flux") && !status.is_budget_exhausted());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn key_status(&self) -> Result<KeyStatus, Error> {
        self.account().key().await.map(KeyStatus::new)
    }

    /// Returns the generated client, which has a method for every operation; some need a feature. It uses the same API
    /// keys, retries and timeouts.
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

    /// The base URL of the service, without a trailing slash.
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

    /// The policy for repeating failed requests.
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
