//! Images as the operations in the format of OpenAI's API return them.

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

/// Characters of base64 that tell which type of image it is.
const HEAD: usize = 64;

/// The images that a request was answered with. There is at least one.
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
    /// The images of all responses to one call.
    pub(super) fn of(
        shared: Arc<Shared>,
        operation: &'static str,
        replies: Vec<(GeneratedImages, RawResponse)>,
    ) -> Result<Self, Error> {
        let mut all = Vec::new();
        let mut about: Option<(ImageUsage, i64, HeaderMap)> = None;
        let mut shown = None;
        for (reply, response) in replies {
            if reply.data.is_empty() {
                shown = excerpt(&shared.keys.redact(&response.text()));
            }
            match &mut about {
                Some((usage, ..)) => add(usage, &reply.usage),
                None => about = Some((reply.usage, reply.created, response.headers().clone())),
            }
            let public_url = link(response.headers(), "enclosure").map(str::to_owned);
            // With several images, nobody could tell which of them the header means.
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

    /// The first image; most often the only one.
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

    /// How many images there are: at least 1.
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

    /// The images one after another, in the order in which they were asked for.
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

    /// The tokens of all images together. Zero where the service does not count them.
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

    /// When the first image was made, in seconds since 1970.
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

/// Adds the tokens of one response to those of others.
fn add(sum: &mut ImageUsage, usage: &ImageUsage) {
    let more = |sum: &mut u64, tokens: u64| *sum = sum.saturating_add(tokens);
    more(&mut sum.input_tokens, usage.input_tokens);
    more(&mut sum.output_tokens, usage.output_tokens);
    more(&mut sum.total_tokens, usage.total_tokens);
    more(&mut sum.input_tokens_details.text_tokens, usage.input_tokens_details.text_tokens);
    more(&mut sum.input_tokens_details.image_tokens, usage.input_tokens_details.image_tokens);
}

/// Without the headers: nobody knows what a server writes into them.
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

/// One image of an answer: in base64, or at an address.
///
/// Base64 is decoded when you ask for the bytes, and not before.
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
    /// The public address of the stored image. Anyone can open it without a key, so it can go into an `<img>`.
    ///
    /// With `response_format("url")` it is in the answer; otherwise it comes from the `Link` header, if the service has
    /// stored the image. Opening it never generates anything and costs nothing; once the file has expired, it is
    /// answered with 404.
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

    /// The prompt that was used, where the answer says so. It can differ from yours: some models improve it, and the
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

    /// What the image is, such as `image/png`: what the answer says, or else what its first bytes say. Nothing if there
    /// is only an address.
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

    /// The bytes of the image: decoded from base64, or loaded from its address on the media service.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] when the base64 is broken or the answer has neither base64 nor an address. If there is
    /// only an address, the errors of [`Media::fetch`](crate::Media::fetch) and
    /// [`Download::bytes`](crate::Download::bytes); and [`ErrorKind::InvalidRequest`] for an address outside the media
    /// service, which this client does not open: load [`url`](Self::url) yourself if you trust it.
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
            return Err(self.error(ErrorKind::Decode, "the image has neither content nor an address"));
        };
        if !self.is_on_media_service(url) {
            let message = format!("the image is not on the media service; load {url} yourself if you trust it");
            return Err(self.error(ErrorKind::InvalidRequest, message));
        }
        Media::new(Arc::clone(&self.shared)).fetch(url).await?.bytes().await
    }

    /// Writes the image to a file, which appears once it is complete, and returns how many bytes it was.
    ///
    /// # Errors
    ///
    /// As [`bytes`](Self::bytes), and [`ErrorKind::Io`] when the file cannot be written.
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

    /// The image in base64, without what a `data:` URI has before it.
    fn base64(&self) -> Option<&str> {
        let text = self.generated.b64_json.as_deref().filter(|text| !text.is_empty())?;
        match text.strip_prefix("data:").and_then(|rest| rest.split_once(',')) {
            Some((_, base64)) => Some(base64),
            None => Some(text),
        }
    }

    /// The address that is in the answer.
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
        let own = self.shared.address("fetch_media", &Options::default(), |client: Client| async move {
            client.fetch_media().id("x").send().await
        });
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
