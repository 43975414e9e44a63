//! Images, as returned by the operations in the format of OpenAI's API.

use std::{fmt, slice, sync::Arc};

use base64::Engine as _;
use bytes::Bytes;
use http::HeaderMap;
use pollinations_api::{
    Client,
    types::{self, GeneratedImages, ImageUsage},
};
use reqwest::Url;

use crate::{
    base::{
        base64::BASE64,
        error::{Error, ErrorKind},
        header::{header, request_id},
        link::link,
    },
    exchange::{body::excerpt, options::Options, raw::RawResponse, transport::Shared},
    media::Media,
};

/// The number of base64 characters that are enough to detect the image type.
const HEAD: usize = 64;

/// The images in a reply. There is at least one.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let images = pollinations.images("a cat").size(64, 64).send().await?;
/// println!("{} tokens by {:?}", images.usage().total_tokens, images.model());
/// let bytes = images.first().bytes().await?;
/// # assert!(!bytes.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Images {
    first: Image,
    rest: Vec<Image>,
    usage: ImageUsage,
    created: i64,
    headers: HeaderMap,
}

impl Images {
    /// Collects the images from all responses to one call. Each response comes with the number of its attempts.
    pub(super) fn of(
        shared: Arc<Shared>,
        operation: &'static str,
        responses: Vec<(RawResponse, u32)>,
    ) -> Result<Self, Error> {
        let mut all = Vec::new();
        let mut about: Option<(ImageUsage, i64, HeaderMap)> = None;
        let mut shown = None;
        for (response, attempts) in responses {
            let reply: GeneratedImages = shared.decode_large(&response, attempts)?;
            if reply.data.is_empty() {
                shown = excerpt(&shared.keys.redact(&response.text()));
            }
            match &mut about {
                Some((usage, ..)) => add(usage, &reply.usage),
                None => about = Some((reply.usage, reply.created, response.headers().clone())),
            }
            let public_url = link(response.headers(), "enclosure").map(str::to_owned);
            // With several images, it would be unclear which of them the header belongs to.
            let public_url = public_url.filter(|_| reply.data.len() == 1);
            all.extend(reply.data.into_iter().map(|generated| Image {
                shared: Arc::clone(&shared),
                operation,
                generated,
                public_url: public_url.clone(),
            }));
        }
        let mut all = all.into_iter();
        match (all.next(), about) {
            (Some(first), Some((usage, created, headers))) => {
                Ok(Self { first, rest: all.collect(), usage, created, headers })
            }
            (_, about) => {
                let error = Error::new(ErrorKind::Decode, "the response has no image").with_operation(operation);
                Err(error.with_body(shown).with_request_id(about.and_then(|(_, _, headers)| request_id(&headers))))
            }
        }
    }

    /// The first image. Most replies have only one.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(images: pollinations_ext::Images) {
    /// println!("{:?}", images.first().url());
    /// # }
    /// ```
    pub fn first(&self) -> &Image {
        &self.first
    }

    /// The number of images: at least 1.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(images: pollinations_ext::Images) {
    /// println!("{} images", images.len());
    /// # }
    /// ```
    #[allow(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.rest.len() + 1
    }

    /// Iterates over the images, in the order you asked for them.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(images: pollinations_ext::Images) -> Result<(), pollinations_ext::Error> {
    /// for (number, image) in images.iter().enumerate() {
    ///     image.save(format!("cat-{number}.jpg")).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = &Image> {
        self.into_iter()
    }

    /// The tokens of all images together. Zero if the service does not report them.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(images: pollinations_ext::Images) {
    /// println!("{} tokens", images.usage().total_tokens);
    /// # }
    /// ```
    pub fn usage(&self) -> &ImageUsage {
        &self.usage
    }

    /// When the first image was created, in seconds since 1970.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(images: pollinations_ext::Images) {
    /// println!("{}", images.created());
    /// # }
    /// ```
    pub fn created(&self) -> i64 {
        self.created
    }

    /// The model that the service used for the first image.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(images: pollinations_ext::Images) {
    /// println!("{:?}", images.model());
    /// # }
    /// ```
    pub fn model(&self) -> Option<&str> {
        header(&self.headers, "x-model-used")
    }

    /// The headers of the response with the first image.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(images: pollinations_ext::Images) {
    /// println!("{:?}", images.headers().get("x-request-id"));
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

/// Adds the tokens of one response to a total.
fn add(sum: &mut ImageUsage, usage: &ImageUsage) {
    let more = |sum: &mut u64, tokens: u64| *sum = sum.saturating_add(tokens);
    more(&mut sum.input_tokens, usage.input_tokens);
    more(&mut sum.output_tokens, usage.output_tokens);
    more(&mut sum.total_tokens, usage.total_tokens);
    more(&mut sum.input_tokens_details.text_tokens, usage.input_tokens_details.text_tokens);
    more(&mut sum.input_tokens_details.image_tokens, usage.input_tokens_details.image_tokens);
}

/// Leaves out the headers, because a server may put secrets into them.
impl fmt::Debug for Images {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self).finish()
    }
}

impl IntoIterator for Images {
    type Item = Image;
    type IntoIter = std::iter::Chain<std::iter::Once<Image>, std::vec::IntoIter<Image>>;

    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(self.first).chain(self.rest)
    }
}

impl<'a> IntoIterator for &'a Images {
    type Item = &'a Image;
    type IntoIter = std::iter::Chain<std::iter::Once<&'a Image>, slice::Iter<'a, Image>>;

    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(&self.first).chain(&self.rest)
    }
}

/// One image of a reply, as base64 or as a URL.
///
/// Base64 is only decoded when you call [`bytes`](Self::bytes) or save the image.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let images = pollinations.images("a cat").size(64, 64).response_format("url").send().await?;
/// let image = images.first();
/// println!("<img src=\"{}\">", image.url().ok_or("no address")?);
/// // Loads the image from there.
/// let bytes = image.bytes().await?;
/// # assert!(bytes.starts_with(b"\xff\xd8"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Image {
    shared: Arc<Shared>,
    operation: &'static str,
    generated: types::GeneratedImage,
    /// From the `Link` header.
    public_url: Option<String>,
}

impl Image {
    /// The public URL of the stored image. Anyone can open it without an API key, so you can use it in an `<img>`.
    ///
    /// With `response_format("url")`, the URL is in the response body. Otherwise it comes from the `Link` header, if
    /// the service has stored the image. Opening the URL never generates anything and costs nothing. Once the file
    /// has expired, the URL returns 404.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(image: pollinations_ext::Image) {
    /// println!("{:?}", image.url());
    /// # }
    /// ```
    pub fn url(&self) -> Option<&str> {
        self.address().or(self.public_url.as_deref())
    }

    /// The prompt that was used, if the reply has it. It can differ from yours: some models improve the prompt, and
    /// safety checks may replace parts of it.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(image: pollinations_ext::Image) {
    /// println!("{:?}", image.revised_prompt());
    /// # }
    /// ```
    pub fn revised_prompt(&self) -> Option<&str> {
        self.generated.revised_prompt.as_deref()
    }

    /// The content type, such as `image/png`: the one in the reply, otherwise the one detected from the first bytes.
    /// `None` if the reply only has a URL.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(image: pollinations_ext::Image) {
    /// println!("{:?}", image.content_type());
    /// # }
    /// ```
    pub fn content_type(&self) -> Option<&str> {
        if let Some(kind) = &self.generated.media_type {
            return Some(kind);
        }
        let head = self.base64()?;
        let head = head.get(..HEAD).unwrap_or(head);
        infer::get(&BASE64.decode(head).ok()?).map(|kind| kind.mime_type())
    }

    /// The bytes of the image: decoded from base64, or downloaded from the media service.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] if the base64 is malformed, or the reply has neither base64 nor a URL. If it only has a
    /// URL: the errors of [`Media::fetch`](crate::Media::fetch) and [`Download::bytes`](crate::Download::bytes), and
    /// [`ErrorKind::InvalidRequest`] for a URL outside the media service. This client does not open such URLs; if you trust
    /// the [`url`](Self::url), download it yourself.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(image: pollinations_ext::Image) -> Result<(), pollinations_ext::Error> {
    /// println!("{} bytes", image.bytes().await?.len());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn bytes(&self) -> Result<Bytes, Error> {
        if let Some(base64) = self.base64() {
            return self.decode(base64);
        }
        let Some(url) = self.address() else {
            return Err(self.error(ErrorKind::Decode, "the image has neither content nor a URL"));
        };
        if !self.is_on_media_service(url) {
            let message = format!("the image is not on the media service; download {url} yourself if you trust it");
            return Err(self.error(ErrorKind::InvalidRequest, message));
        }
        Media::new(Arc::clone(&self.shared)).fetch(url).await?.bytes().await
    }

    /// Writes the image to a file and returns its size in bytes. The file appears once it is complete.
    ///
    /// # Errors
    ///
    /// Same as [`bytes`](Self::bytes), and [`ErrorKind::Io`] if the file cannot be written.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(image: pollinations_ext::Image) -> Result<(), pollinations_ext::Error> {
    /// image.save("cat.jpg").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(not(target_arch = "wasm32"))]
    pub async fn save(&self, path: impl AsRef<std::path::Path>) -> Result<u64, Error> {
        let bytes = self.bytes().await?;
        let length = bytes.len() as u64;
        crate::exchange::download::write_whole(path.as_ref(), bytes)
            .await
            .map_err(|error| error.with_operation(self.operation))?;
        Ok(length)
    }

    /// The base64 of the image, without the prefix of a `data:` URI.
    fn base64(&self) -> Option<&str> {
        let text = self.generated.b64_json.as_deref().filter(|text| !text.is_empty())?;
        match text.strip_prefix("data:").and_then(|rest| rest.split_once(',')) {
            Some((_, base64)) => Some(base64),
            None => Some(text),
        }
    }

    /// The URL in the response body.
    fn address(&self) -> Option<&str> {
        self.generated.url.as_deref().filter(|url| !url.is_empty())
    }

    fn decode(&self, base64: &str) -> Result<Bytes, Error> {
        let decoded = if base64.bytes().any(|byte| byte.is_ascii_whitespace()) {
            BASE64.decode(base64.split_ascii_whitespace().collect::<String>())
        } else {
            BASE64.decode(base64)
        };
        decoded.map(Bytes::from).map_err(|error| self.error(ErrorKind::Decode, format!("broken base64: {error}")))
    }

    fn is_on_media_service(&self, url: &str) -> bool {
        let own = self
            .shared
            .address("fetch_media", &Options::default(), move |client: &Client| client.fetch_media().id("x").prepare());
        matches!((own, Url::parse(url)), (Ok(own), Ok(url)) if own.origin() == url.origin())
    }

    fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        Error::new(kind, message).with_operation(self.operation).redacted(&self.shared.keys)
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Image")
            .field("url", &self.url())
            .field("base64", &self.generated.b64_json.as_ref().map(String::len))
            .field("revised_prompt", &self.generated.revised_prompt)
            .finish_non_exhaustive()
    }
}
