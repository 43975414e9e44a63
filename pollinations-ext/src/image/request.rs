//! Images and videos.

use std::sync::Arc;

use pollinations_api::{
    ByteStream, Client,
    types::{ImageModel, ImageQuality},
};
use reqwest::Url;

use crate::{
    base::{error::Error, file::File, maybe_send::BoxFuture},
    exchange::{
        address,
        call::Generated,
        download::Download,
        options::{Options, call_options, into_setters, setters},
        transport::Shared,
    },
    media::Media,
};

const OPERATION: &str = "generate_image";

/// Asks for an image, or with a video model for a video.
///
/// Operation `generate_image`. What is not set is left to the service.
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
    references: Vec<Reference>,
}

#[derive(Clone, Debug, Default)]
struct Parameters {
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

type Sending = BoxFuture<Generated<ByteStream>>;

/// An image to start from.
#[derive(Clone, Debug)]
enum Reference {
    Url(String),
    File(File),
}

impl ImageRequest {
    pub(crate) fn new(shared: Arc<Shared>, prompt: String) -> Self {
        let (options, parameters) = (Options::default(), Parameters::default());
        Self { shared, options, prompt, parameters, references: Vec::new() }
    }

    into_setters! {
        on parameters, example "pollinations.image(\"a cat\")";
        /// The model, such as `flux` or, for a video, `veo`; `zimage` if it is not set.
        model: ImageModel, "\"flux\"";
        /// What should not be in the image.
        negative_prompt: String, "\"dogs\"";
        /// The quality, for the `gptimage` models: `low` to `hd`; `medium` if it is not set.
        quality: ImageQuality, "\"hd\"";
        /// The shape of a video: `16:9` or `9:16`.
        aspect_ratio: String, "\"16:9\"";
    }

    setters! {
        on parameters, example "pollinations.image(\"a cat\")";
        /// The same seed gives the same image: 0 to 2147483647, or -1 for a new one each time; 0 if it is not set.
        seed: i64, "42";
        /// Lets a model improve the prompt first; off if it is not set.
        enhance: bool, "true";
        /// Filters content that is not safe; off if it is not set.
        safe: bool, "true";
        /// Makes the background transparent, for the `gptimage` models; off if it is not set.
        transparent: bool, "true";
        /// The length of a video in seconds: 4, 6 or 8 for `veo`, 2 to 10 for `seedance`.
        duration: u64, "5";
        /// Adds sound to a video, for `veo`; off if it is not set.
        audio: bool, "true";
    }

    /// Width and height in pixels; 1024 each if it is not set.
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

    /// The address of an image to start from. Several calls give several images; for `veo` the first is the first frame
    /// and the second the last.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.image("at night").model("kontext").reference_image("https://example.com/cat.png");
    /// # }
    /// ```
    pub fn reference_image(mut self, url: impl Into<String>) -> Self {
        self.references.push(Reference::Url(url.into()));
        self
    }

    /// A file to start from. It is uploaded when the request is sent, and its address taken as the reference image: see
    /// [`Media::upload`] for what may be uploaded, and what that means.
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
        self.references.push(Reference::File(image));
        self
    }

    call_options!(until "the image begins to arrive", example "pollinations.image(\"a cat\")");

    /// Sends the request and returns when the image begins to arrive.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Request`](crate::ErrorKind::Request) for a prompt that cannot stand in an address: an empty one,
    /// `.` or `..`. Status 400 when the service refuses a value, 401 without a valid key, 402 without pollen, 403 for a
    /// model that the key may not use. For reference files the errors of [`Media::upload`].
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
        // Before anything is uploaded.
        address::segment(&self.prompt, OPERATION)?;
        for reference in &mut self.references {
            if let Reference::File(file) = reference {
                let uploaded = Media::new(self.shared.clone()).upload(file.clone()).send().await?;
                *reference = Reference::Url(uploaded.url);
            }
        }
        let (shared, options) = (self.shared.clone(), self.options.clone());
        shared.media(OPERATION, &options, self.write()?).await
    }

    /// The address of the image, for an `<img src>`. With the client's key in it if that is publishable.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Key`](crate::ErrorKind::Key) when the client's key is secret, since everybody can read an address;
    /// [`ErrorKind::Request`](crate::ErrorKind::Request) for a prompt that cannot stand in one, or a reference file that
    /// would have to be uploaded first.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Pollinations;
    /// let pollinations = Pollinations::builder().key("pk_example".parse()?).build()?;
    /// let url = pollinations.image("a cat").model("flux").url()?;
    /// assert_eq!(url, "https://gen.pollinations.ai/image/a%20cat?model=flux&key=pk_example");
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn url(&self) -> Result<String, Error> {
        address::with_key(&self.shared, self.address()?, OPERATION)
    }

    /// The address of the image without a key, for a proxy that adds one.
    ///
    /// # Errors
    ///
    /// As [`url`](Self::url), but for the key.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Pollinations;
    /// # let pollinations = Pollinations::builder().key("sk_example".parse()?).build()?;
    /// assert_eq!(pollinations.image("a cat").url_without_key()?, "https://gen.pollinations.ai/image/a%20cat");
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn url_without_key(&self) -> Result<String, Error> {
        self.address().map(String::from)
    }

    /// The address of the image with the client's key in it, be it secret. Whoever sees the address can spend the pollen
    /// of the account.
    ///
    /// # Errors
    ///
    /// As [`url`](Self::url), but for the key.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Pollinations;
    /// # let pollinations = Pollinations::builder().key("sk_example".parse()?).build()?;
    /// let url = pollinations.image("a cat").url_with_secret_key()?;
    /// assert!(url.ends_with("?key=sk_example"));
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn url_with_secret_key(&self) -> Result<String, Error> {
        Ok(address::with_any_key(&self.shared, self.address()?))
    }

    fn address(&self) -> Result<Url, Error> {
        if self.references.iter().any(|reference| matches!(reference, Reference::File(_))) {
            let message = "a reference file has no address; upload it and give its address";
            return Err(Error::request(message).with_operation(OPERATION));
        }
        self.shared.address(OPERATION, &self.options, self.clone().write()?)
    }

    /// Writes the request.
    fn write(self) -> Result<impl FnOnce(Client) -> Sending, Error> {
        address::segment(&self.prompt, OPERATION)?;
        let urls: Vec<String> = self
            .references
            .into_iter()
            .filter_map(|reference| match reference {
                Reference::Url(url) => Some(url),
                Reference::File(_) => None,
            })
            .collect();
        let image = (!urls.is_empty()).then(|| urls.join("|"));
        let parameters = Parameters { image, ..self.parameters };
        let prompt = self.prompt;
        Ok(move |client: Client| -> Sending {
            Box::pin(async move {
                let mut request = client.generate_image().prompt(prompt);
                macro_rules! set {
                    ($($name:ident),*) => { $(if let Some(value) = parameters.$name { request = request.$name(value); })* };
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
            })
        })
    }
}
