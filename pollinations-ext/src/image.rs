//! Images and videos.

use std::sync::Arc;

use pollinations_api::{
    Client,
    types::{ImageModel, ImageQuality},
};

use crate::{
    download::Download,
    error::Error,
    transport::{Options, Receive, Shared, call_options},
};

/// Asks for an image, or with a video model for a video.
///
/// Operation `generate_image`. What is not set is left to the service.
///
/// # Examples
///
/// ```
/// # use pollinations_ext::Pollinations;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = Pollinations::builder().base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
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
    model: Option<ImageModel>,
    width: Option<u64>,
    height: Option<u64>,
    seed: Option<i64>,
    enhance: Option<bool>,
    negative_prompt: Option<String>,
    safe: Option<bool>,
    quality: Option<ImageQuality>,
    image: Option<String>,
    transparent: Option<bool>,
    duration: Option<u64>,
    aspect_ratio: Option<String>,
    audio: Option<bool>,
}

impl ImageRequest {
    pub(crate) fn new(shared: Arc<Shared>, prompt: String) -> Self {
        Self {
            shared,
            options: Options::default(),
            prompt,
            model: None,
            width: None,
            height: None,
            seed: None,
            enhance: None,
            negative_prompt: None,
            safe: None,
            quality: None,
            image: None,
            transparent: None,
            duration: None,
            aspect_ratio: None,
            audio: None,
        }
    }

    /// The model, such as `flux` or, for a video, `veo`; `zimage` if it is not set.
    pub fn model(mut self, model: impl Into<ImageModel>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Width and height in pixels; 1024 each if it is not set.
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.width = Some(width.into());
        self.height = Some(height.into());
        self
    }

    /// The same seed gives the same image: 0 to 2147483647, or -1 for a new one each time; 0 if it is not set.
    pub fn seed(mut self, seed: i64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Lets a model improve the prompt first; off if it is not set.
    pub fn enhance(mut self, enhance: bool) -> Self {
        self.enhance = Some(enhance);
        self
    }

    /// What should not be in the image.
    pub fn negative_prompt(mut self, prompt: impl Into<String>) -> Self {
        self.negative_prompt = Some(prompt.into());
        self
    }

    /// Filters content that is not safe; off if it is not set.
    pub fn safe(mut self, safe: bool) -> Self {
        self.safe = Some(safe);
        self
    }

    /// The quality, for the `gptimage` models; `medium` if it is not set.
    pub fn quality(mut self, quality: impl Into<ImageQuality>) -> Self {
        self.quality = Some(quality.into());
        self
    }

    /// The address of an image to start from. Several calls give several images; for `veo` the first is the first frame
    /// and the second the last.
    pub fn reference_image(mut self, url: impl AsRef<str>) -> Self {
        self.image = Some(match self.image {
            Some(urls) => format!("{urls}|{}", url.as_ref()),
            None => url.as_ref().to_owned(),
        });
        self
    }

    /// Makes the background transparent, for the `gptimage` models; off if it is not set.
    pub fn transparent(mut self, transparent: bool) -> Self {
        self.transparent = Some(transparent);
        self
    }

    /// The length of a video in seconds: 4, 6 or 8 for `veo`, 2 to 10 for `seedance`.
    pub fn duration(mut self, seconds: u32) -> Self {
        self.duration = Some(seconds.into());
        self
    }

    /// The shape of a video: `16:9` or `9:16`.
    pub fn aspect_ratio(mut self, ratio: impl Into<String>) -> Self {
        self.aspect_ratio = Some(ratio.into());
        self
    }

    /// Adds sound to a video, for `veo`; off if it is not set.
    pub fn audio(mut self, audio: bool) -> Self {
        self.audio = Some(audio);
        self
    }

    call_options!(until "the image begins to arrive");

    /// Sends the request and returns when the image begins to arrive.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Request`](crate::ErrorKind::Request) for a prompt that cannot stand in an address: an empty one,
    /// `.` or `..`. Status 400 when the service refuses a value, 401 without a valid key, 402 without pollen, 403 for a
    /// model that the key may not use.
    pub async fn send(self) -> Result<Download, Error> {
        const OPERATION: &str = "generate_image";
        let prompt = path_segment(&self.prompt).map_err(|error| error.with_operation(OPERATION))?;
        let send = |client: Client| async move {
            let mut request = client.generate_image().prompt(prompt);
            macro_rules! set {
                ($($name:ident),*) => { $(if let Some(value) = self.$name { request = request.$name(value); })* };
            }
            set!(
                model,
                width,
                height,
                seed,
                enhance,
                negative_prompt,
                safe,
                quality,
                image,
                transparent,
                duration,
                aspect_ratio,
                audio
            );
            request.send().await
        };
        let response = self.shared.call(Receive::Head, OPERATION, &self.options, send).await?;
        Ok(Download::new(OPERATION, response, self.shared.idle_timeout))
    }
}

/// A text that can be one segment of a path.
///
/// `.` and `..` cannot, encoded or not: the URL standard (WHATWG URL, section 4.4, "double-dot URL path segment") takes
/// them for steps through the path.
fn path_segment(text: &str) -> Result<&str, Error> {
    match text {
        "" => Err(Error::request("the prompt is empty")),
        "." | ".." => Err(Error::request("a prompt of dots alone cannot be sent in an address; add a word")),
        text => Ok(text),
    }
}
