//! Several images, or one image with the prompt that was used and its usage.

use std::sync::Arc;

use futures_util::future::try_join_all;
use pollinations_api::{
    Client,
    types::{GeneratedImages, ImageGenerationRequest},
};

use super::{
    images::Images,
    settings::{Parameters, check_prompt, fresh, image_api_methods, no_cache_method},
};
use crate::{
    base::{error::Error, file::File},
    exchange::{
        call::Prepared,
        options::{Options, call_options},
        raw::RawResponse,
        transport::Shared,
    },
    media::References,
};

const OPERATION: &str = "create_image";

/// The maximum number of images of one call, as in OpenAI's API.
const MAX_IMAGES: u32 = 10;

/// The service accepts seeds below this.
const SEEDS: i64 = 1 << 31;

/// A request for one or more images, in the format of OpenAI's API.
///
/// Operation `create_image` (`POST /v1/images/generations`). The reply has the images, as base64 or as URLs, the
/// prompt that was used, and the usage. If you only need one image file, [`ImageRequest`](crate::ImageRequest) is
/// simpler.
///
/// # Several images
///
/// The service currently generates one image per request (`n` is at most 1). With [`n`](Self::n), this client sends
/// one request per image, all at once. Each request has a different [`seed`](Self::seed), so that the images differ:
/// the seed you set and the numbers after it, or 0, 1, 2, … if you set none, or random seeds for -1. You pay for each
/// image. If one of the requests fails, the call fails. If you repeat the call, the images that were finished come
/// from the service's cache, at no cost.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let images = pollinations.images("a cat").n(3).size(64, 64).send().await?;
/// assert_eq!(images.len(), 3);
/// for image in &images {
///     println!("{} bytes of {:?}", image.bytes().await?.len(), image.content_type());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until `send` is called"]
pub struct ImagesRequest {
    shared: Arc<Shared>,
    options: Options,
    prompt: String,
    parameters: Parameters,
    n: Option<u32>,
    user: Option<String>,
    references: References,
    no_cache: bool,
}

impl ImagesRequest {
    pub(crate) fn new(shared: Arc<Shared>, prompt: String) -> Self {
        Self::with(shared, Options::default(), prompt, Parameters::default(), References::default(), false)
    }

    /// A request with the settings of another one.
    pub(super) fn with(
        shared: Arc<Shared>,
        options: Options,
        prompt: String,
        parameters: Parameters,
        references: References,
        no_cache: bool,
    ) -> Self {
        Self { shared, options, prompt, parameters, n: None, user: None, references, no_cache }
    }

    image_api_methods!(example "pollinations.images(\"a cat\")");
    no_cache_method!(example "pollinations.images(\"a cat\")");

    /// The number of images: 1 to 10. The default is 1. See [Several images](Self#several-images).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.images("a cat").n(4).seed(100);
    /// # }
    /// ```
    pub fn n(mut self, count: u32) -> Self {
        self.n = Some(count);
        self
    }

    /// An ID for your end user, which helps the service to detect abuse.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.images("a cat").end_user("user-42");
    /// # }
    /// ```
    pub fn end_user(mut self, id: impl Into<String>) -> Self {
        self.user = Some(id.into());
        self
    }

    /// The URL of an image to start from. Call it again to add more images.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.images("at night").model("kontext").reference_image("https://example.com/cat.png");
    /// # }
    /// ```
    pub fn reference_image(mut self, url: impl Into<String>) -> Self {
        self.references.url(url.into());
        self
    }

    /// A local image to start from. It is uploaded when the request is sent; see
    /// [`Media::upload`](crate::Media::upload) for the accepted files and who can see them.
    /// [`Pollinations::edit`](crate::Pollinations::edit) sends files without an upload.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::File;
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.images("at night").model("kontext").reference_file(File::path("cat.png"));
    /// # }
    /// ```
    pub fn reference_file(mut self, image: File) -> Self {
        self.references.file(image);
        self
    }

    call_options!(until "all images have arrived", example "pollinations.images(\"a cat\")", field);

    /// Sends the request and returns the images.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the prompt is empty or [`n`](Self::n) is not 1 to 10;
    /// then nothing is sent. [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the response has no image. Status 400
    /// if the service rejects a value, 401 if the API key is invalid, 402 if you are out of credit, 403 if the key
    /// may not use the model. With reference files, also the errors of [`Media::upload`](crate::Media::upload).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for (number, image) in pollinations.images("a cat").n(4).send().await?.iter().enumerate() {
    ///     image.save(format!("cat-{number}.jpg")).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(mut self) -> Result<Images, Error> {
        let bodies = self.bodies().await?;
        let (shared, options) = (&self.shared, fresh(&self.options, self.no_cache));
        let responses = bodies.into_iter().map(|body| shared.whole(OPERATION, &options, write(body)));
        Images::of(Arc::clone(shared), OPERATION, try_join_all(responses).await?)
    }

    /// Sends the request and returns the raw response.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send), except that the response is not decoded.
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if you ask for more than one image, because that takes
    /// several requests.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.images("a cat").response_format("url").send_raw().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(mut self) -> Result<RawResponse, Error> {
        if self.n.is_some_and(|n| n > 1) {
            let message = "several images need several requests; use `send`";
            return Err(Error::request(message).with_operation(OPERATION));
        }
        let options = fresh(&self.options, self.no_cache);
        let Some(body) = self.bodies().await?.pop() else {
            return Err(Error::request("there is nothing to send").with_operation(OPERATION));
        };
        self.shared.raw(OPERATION, &options, write(body)).await
    }

    /// The request bodies, one for each image.
    async fn bodies(&mut self) -> Result<Vec<ImageGenerationRequest>, Error> {
        check_prompt(&self.prompt, OPERATION)?;
        let count = self.n.unwrap_or(1);
        if !(1..=MAX_IMAGES).contains(&count) {
            let message = format!("`n` is {count}; it must be 1 to {MAX_IMAGES}");
            return Err(Error::request(message).with_operation(OPERATION));
        }
        self.references.upload(&self.shared).await?;
        Ok(seeds(self.parameters.seed, count).into_iter().map(|seed| self.body(seed)).collect())
    }

    fn body(&self, seed: Option<i64>) -> ImageGenerationRequest {
        let set = &self.parameters;
        let mut body = ImageGenerationRequest::new(self.prompt.clone());
        body.model.clone_from(&set.model);
        body.n = self.n.map(|_| 1);
        body.size.clone_from(&set.size);
        body.quality.clone_from(&set.quality);
        body.resolution.clone_from(&set.resolution);
        body.response_format.clone_from(&set.response_format);
        body.safe = set.safety();
        body.user.clone_from(&self.user);
        body.image = self.references.one_or_many();
        if let Some(seed) = seed {
            body.extra_mut().insert("seed", seed);
        }
        if let Some(transparent) = set.transparent {
            body.extra_mut().insert("transparent", transparent);
        }
        body
    }
}

/// The seeds for this number of images. A single image has the seed you set, if any. Several images have different
/// seeds, because the service returns the same image for identical requests.
fn seeds(set: Option<i64>, count: u32) -> Vec<Option<i64>> {
    if count == 1 {
        return vec![set];
    }
    let first = match set {
        Some(seed) if seed < 0 => fastrand::i64(0..SEEDS),
        seed => seed.unwrap_or_default(),
    };
    (0..i64::from(count)).map(|number| Some(first.wrapping_add(number).rem_euclid(SEEDS))).collect()
}

fn write(body: ImageGenerationRequest) -> impl FnOnce(&Client) -> Prepared<GeneratedImages> {
    move |client| client.create_image().body(body).prepare()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_images_have_different_seeds() {
        assert_eq!(seeds(None, 1), [None]);
        assert_eq!(seeds(Some(-1), 1), [Some(-1)]);
        assert_eq!(seeds(None, 3), [Some(0), Some(1), Some(2)]);
        assert_eq!(seeds(Some(41), 2), [Some(41), Some(42)]);
        assert_eq!(seeds(Some(SEEDS - 1), 2), [Some(SEEDS - 1), Some(0)]);
        let random = seeds(Some(-1), MAX_IMAGES);
        assert!(random.iter().all(|seed| (0..SEEDS).contains(&seed.unwrap())), "{random:?}");
        let different: std::collections::BTreeSet<_> = random.iter().collect();
        assert_eq!(different.len(), random.len());
    }
}
