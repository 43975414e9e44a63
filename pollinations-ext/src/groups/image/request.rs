//! One image, with the prompt in the URL.

use std::sync::Arc;

use pollinations_api::{
    ByteStream, Client,
    types::{ImageQuality, Resolution},
};
use reqwest::Url;
use serde_json::Value;

use super::{
    create::ImagesRequest,
    settings::{self, fresh, no_cache_method},
};
use crate::{
    base::{error::Error, file::File},
    exchange::{
        address::{self, address_methods},
        call::Prepared,
        download::Download,
        options::{Options, call_options, into_setters, safety_methods, setters, with_parameters},
        transport::Shared,
    },
    media::References,
};

const OPERATION: &str = "generate_image";

/// A request for an image: a JPEG, PNG or SVG file, depending on the model.
///
/// Operation `generate_image` (`GET /image/{prompt}`). The service has defaults for the parameters you do not set.
/// For several images, or a reply in the format of OpenAI's API, call [`n`](Self::n).
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// # let folder = std::env::temp_dir().join("pollinations-ext-doc");
/// # std::fs::create_dir_all(&folder)?;
/// let path = folder.join("cat.jpg");
/// pollinations.image("a cat").model("flux").size(64, 48).seed(7).send().await?.save(&path).await?;
/// # assert!(path.metadata()?.len() > 0);
/// # std::fs::remove_file(&path)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until `send` is called"]
pub struct ImageRequest {
    shared: Arc<Shared>,
    options: Options,
    prompt: String,
    parameters: Parameters,
    references: References,
    no_cache: bool,
}

#[derive(Clone, Debug, Default)]
struct Parameters {
    model: Option<String>,
    width: Option<u64>,
    height: Option<u64>,
    seed: Option<i64>,
    enhance: Option<bool>,
    negative_prompt: Option<String>,
    safe: Option<String>,
    quality: Option<ImageQuality>,
    image: Option<String>,
    resolution: Option<Resolution>,
    transparent: Option<bool>,
    duration: Option<u64>,
    aspect_ratio: Option<String>,
    audio: Option<bool>,
}

impl ImageRequest {
    pub(crate) fn new(shared: Arc<Shared>, prompt: String) -> Self {
        let (options, parameters) = (Options::default(), Parameters::default());
        Self { shared, options, prompt, parameters, references: References::default(), no_cache: false }
    }

    into_setters! {
        on parameters, example "pollinations.image(\"a cat\")";
        /// The model, by ID or alias, such as `flux`. [`Models::image`](crate::Models::image) lists them. The service
        /// uses `black-forest-labs/flux.1-schnell` if you do not set one.
        model: String, "\"flux\"";
        /// The quality, for models with several quality levels: `low`, `medium`, `high` or `hd`.
        quality: ImageQuality, "\"hd\"";
        /// The output resolution, such as `2k`, for models that list `resolutions`.
        resolution: Resolution, "\"2k\"";
        /// What to leave out of the image. Undocumented upstream since autumn 2026: put it in the prompt instead.
        negative_prompt: String, "\"dogs\"";
        /// The aspect ratio of a video, such as `16:9`. Undocumented upstream since autumn 2026: use
        /// [`Pollinations::video`](crate::Pollinations::video).
        aspect_ratio: String, "\"16:9\"";
    }

    setters! {
        on parameters, example "pollinations.image(\"a cat\")";
        /// The seed: 0 to 2,147,483,647, or -1 for a new image each time. The same seed returns the same image. The
        /// service uses 0 if you do not set one.
        seed: i64, "42";
        /// Makes the background transparent, for models that support it. Off by default.
        transparent: bool, "true";
        /// Lets a model improve the prompt first. Off by default. Undocumented upstream since autumn 2026.
        enhance: bool, "true";
        /// The length of a video in seconds. Undocumented upstream since autumn 2026: use
        /// [`Pollinations::video`](crate::Pollinations::video).
        duration: u64, "5";
        /// Adds audio to a video. Undocumented upstream since autumn 2026: use
        /// [`Pollinations::video`](crate::Pollinations::video).
        audio: bool, "true";
    }

    safety_methods!(example "pollinations.image(\"a cat\")");
    no_cache_method!(example "pollinations.image(\"a cat\")");

    /// Asks for several images, 1 to 10, each with a different seed. The reply is in the format of OpenAI's API: see
    /// [`ImagesRequest`].
    ///
    /// Your settings are kept. Settings that the service no longer documents for images are sent as extra fields of
    /// the body.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let images = pollinations.image("a cat").size(64, 64).n(3).send().await?;
    /// assert_eq!(images.len(), 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn n(self, count: u32) -> ImagesRequest {
        let set = self.parameters;
        let mut options = self.options;
        let size = match (set.width, set.height) {
            (Some(width), Some(height)) => Some(format!("{width}x{height}")),
            _ => None,
        };
        let older = [
            ("enhance", set.enhance.map(Value::from)),
            ("negative_prompt", set.negative_prompt.map(Value::from)),
            ("duration", set.duration.map(Value::from)),
            ("aspectRatio", set.aspect_ratio.map(Value::from)),
            ("audio", set.audio.map(Value::from)),
        ];
        for (name, value) in older.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            options.field(name.to_owned(), value);
        }
        let parameters = settings::Parameters {
            model: set.model,
            size,
            quality: set.quality.map(|quality| quality.to_string().into()),
            resolution: set.resolution,
            response_format: None,
            safe: set.safe,
            seed: set.seed,
            transparent: set.transparent,
        };
        ImagesRequest::with(self.shared, options, self.prompt, parameters, self.references, self.no_cache).n(count)
    }

    /// Width and height in pixels. The default is 1024 each.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.image("a cat").size(1024, 768);
    /// # }
    /// ```
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.parameters.width = Some(width.into());
        self.parameters.height = Some(height.into());
        self
    }

    /// The URL of an image to start from. Call it again to add more images.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.image("at night").model("kontext").reference_image("https://example.com/cat.png");
    /// # }
    /// ```
    pub fn reference_image(mut self, url: impl Into<String>) -> Self {
        self.references.url(url.into());
        self
    }

    /// A local image to start from. It is uploaded when the request is sent, and its URL is used as the reference
    /// image. See [`Media::upload`](crate::Media::upload) for the accepted files and who can see them.
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
    /// # let cat = pollinations.image("a cat").size(64, 64).send().await?.bytes().await?;
    /// let request = pollinations.image("the same at night").model("kontext").reference_file(File::bytes(cat));
    /// let at_night = request.send().await?.bytes().await?;
    /// # assert!(!at_night.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn reference_file(mut self, image: File) -> Self {
        self.references.file(image);
        self
    }

    call_options!(until "the image begins to arrive", example "pollinations.image(\"a cat\")");

    /// Sends the request and returns when the image begins to arrive. [`Download::public_url`] is a URL for an
    /// `<img>` that works without an API key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the prompt is empty, `.` or `..`, which cannot be part of
    /// a URL path. Status 400 if the service rejects a value, 401 if the API key is invalid, 402 if you are out of
    /// credit, 403 if the key may not use the model. With reference files, also the errors of
    /// [`Media::upload`](crate::Media::upload).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// pollinations.image("a cat").send().await?.save("cat.jpg").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(mut self) -> Result<Download, Error> {
        // Checked before anything is uploaded.
        address::segment(&self.prompt, OPERATION)?;
        self.references.upload(&self.shared).await?;
        let (shared, options) = (self.shared.clone(), fresh(&self.options, self.no_cache));
        shared.media(OPERATION, &options, self.write()?).await
    }

    address_methods!(
        of "image",
        operation OPERATION,
        example "pollinations.image(\"a cat\").model(\"flux\")",
        path "/image/a%20cat?model=flux"
    );

    fn address(&self) -> Result<Url, Error> {
        if self.references.have_files() {
            let message = "a reference file has no URL yet; upload it first and pass its URL";
            return Err(Error::request(message).with_operation(OPERATION));
        }
        self.shared.address(OPERATION, &fresh(&self.options, self.no_cache), self.clone().write()?)
    }

    /// Writes the request.
    fn write(self) -> Result<impl FnOnce(&Client) -> Prepared<ByteStream>, Error> {
        address::segment(&self.prompt, OPERATION)?;
        let image = self.references.joined();
        let parameters = Parameters { image, ..self.parameters };
        let prompt = self.prompt;
        Ok(move |client: &Client| -> Prepared<ByteStream> {
            with_parameters!(
                client.generate_image().prompt(prompt),
                parameters: model, width, height, seed, enhance, negative_prompt, safe, quality, image, resolution,
                    transparent, duration, aspect_ratio, audio,
            )
            .prepare()
        })
    }
}
