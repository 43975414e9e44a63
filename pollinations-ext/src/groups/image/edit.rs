//! Image edits.

use std::sync::Arc;

use bytes::Bytes;
use pollinations_api::{
    Client,
    types::{EditImage, EditSource, GeneratedImages, ImageEditRequest},
};
use serde_json::{Map, Value, json};

use super::{
    images::Images,
    settings::{Parameters, check_prompt, fresh, image_api_methods, no_cache_method},
    source::ImageSource,
};
use crate::{
    base::error::Error,
    exchange::{
        call::Prepared,
        multipart::Form,
        options::{Options, call_options},
        raw::RawResponse,
        transport::Shared,
    },
};

const OPERATION: &str = "edit_image";

/// A request to edit one or more images.
///
/// Operation `edit_image` (`POST /v1/images/edits`), in the format of OpenAI's API. If all images are URLs, the
/// request is JSON. If one is a file, the request is a multipart form with the files in it, so you do not need to
/// upload them first.
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
/// let images = pollinations.edit("make it night", [File::bytes(cat)]).model("kontext").size(64, 64).send().await?;
/// let at_night = images.first().bytes().await?;
/// # assert!(!at_night.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until `send` is called"]
pub struct EditRequest {
    shared: Arc<Shared>,
    options: Options,
    prompt: String,
    images: Vec<ImageSource>,
    mask: Option<ImageSource>,
    parameters: Parameters,
    fields: Map<String, Value>,
    no_cache: bool,
}

impl EditRequest {
    pub(crate) fn new(shared: Arc<Shared>, prompt: String, images: Vec<ImageSource>) -> Self {
        let (options, parameters, fields) = (Options::default(), Parameters::default(), Map::new());
        Self { shared, options, prompt, images, mask: None, parameters, fields, no_cache: false }
    }

    image_api_methods!(example "pollinations.edit(\"at night\", [\"https://example.com/cat.png\"])");
    no_cache_method!(example "pollinations.edit(\"at night\", [\"https://example.com/cat.png\"])");

    /// Adds another image: a URL or a [`File`](crate::File). You can mix both.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::File;
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.edit("the cat on this sofa", ["https://example.com/cat.png"]);
    /// let request = request.image(File::path("sofa.jpg"));
    /// # }
    /// ```
    pub fn image(mut self, image: impl Into<ImageSource>) -> Self {
        self.images.push(image.into());
        self
    }

    /// Limits the edit to a part of the first image: the part where the mask is fully transparent.
    ///
    /// The mask is a PNG of the same size as the image, as a URL or a [`File`](crate::File). It is sent as in
    /// OpenAI's API: as the file `mask` of the form, or as `{"mask": {"image_url": …}}` in JSON. The service's
    /// document does not list masks, so whether the mask has an effect depends on the model. Describe the part in the
    /// prompt as well.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::File;
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.edit("a hat on its head", [File::path("cat.png")]).mask(File::path("head.png"));
    /// # }
    /// ```
    pub fn mask(mut self, mask: impl Into<ImageSource>) -> Self {
        self.mask = Some(mask.into());
        self
    }

    call_options!(
        until "the images have arrived",
        example "pollinations.edit(\"at night\", [\"https://example.com/cat.png\"])"
    );

    /// Adds a field to the body, and replaces one of the same name. Use it for fields without a setter. In a form,
    /// text is sent unchanged, and any other value as JSON.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.edit("at night", ["https://example.com/cat.png"]).field("guidance_scale", 3.5);
    /// # }
    /// ```
    pub fn field(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.fields.insert(name.into(), value.into());
        self
    }

    /// Sends the request and returns the edited images.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the prompt is empty or there is no image, and
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if a file cannot be read; then nothing is sent.
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the response has no image. Status 400 if the service
    /// rejects a value or cannot load an image (codes such as `failed_to_download_image`, `invalid_image_url`,
    /// `image_too_large`, `unsupported_image_media_type`), 401 if the API key is invalid, 402 if you are out of
    /// credit, 403 if the key may not use the model.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let images = pollinations.edit("make it night", [File::path("cat.jpg")]).send().await?;
    /// images.first().save("night.png").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<Images, Error> {
        let options = fresh(&self.options, self.no_cache);
        let response = self.shared.whole(OPERATION, &options, write(self.body().await?)).await?;
        Images::of(self.shared, OPERATION, vec![response])
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
    /// let request = pollinations.edit("at night", ["https://example.com/cat.png"]).response_format("url");
    /// println!("{}", request.send_raw().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        let options = fresh(&self.options, self.no_cache);
        self.shared.raw(OPERATION, &options, write(self.body().await?)).await
    }

    /// The content type and the body.
    async fn body(&self) -> Result<(String, Bytes), Error> {
        check_prompt(&self.prompt, OPERATION)?;
        if self.images.is_empty() {
            return Err(Error::request("there is no image to edit").with_operation(OPERATION));
        }
        match self.images.iter().chain(&self.mask).any(ImageSource::is_file) {
            true => self.form().await,
            false => self.json(),
        }
        .map_err(|error| error.with_operation(OPERATION))
    }

    fn json(&self) -> Result<(String, Bytes), Error> {
        let set = &self.parameters;
        let source = match &*self.images {
            [ImageSource::Url(url)] => EditSource::Url(url.clone()),
            images => EditSource::List(images.iter().filter_map(ImageSource::url).map(EditImage::new).collect()),
        };
        let mut body = ImageEditRequest::new(source, self.prompt.clone());
        body.model.clone_from(&set.model);
        body.size.clone_from(&set.size);
        body.quality.clone_from(&set.quality);
        body.resolution.clone_from(&set.resolution);
        body.response_format.clone_from(&set.response_format);
        body.safe = set.safety();
        let extra = body.extra_mut();
        if let Some(seed) = set.seed {
            extra.insert("seed", seed);
        }
        if let Some(transparent) = set.transparent {
            extra.insert("transparent", transparent);
        }
        if let Some(url) = self.mask.as_ref().and_then(ImageSource::url) {
            extra.insert("mask", json!({ "image_url": url }));
        }
        let unwritable = |error: serde_json::Error| Error::request(error.to_string());
        let mut body = serde_json::to_value(body).map_err(unwritable)?;
        if let Value::Object(object) = &mut body {
            object.extend(self.fields.clone());
        }
        Ok(("application/json".to_owned(), serde_json::to_vec(&body).map_err(unwritable)?.into()))
    }

    async fn form(&self) -> Result<(String, Bytes), Error> {
        let set = &self.parameters;
        let mut texts: Vec<(&str, Option<String>)> = vec![
            ("prompt", Some(self.prompt.clone())),
            ("model", set.model.clone()),
            ("size", set.size.clone()),
            ("quality", set.quality.as_ref().map(ToString::to_string)),
            ("resolution", set.resolution.as_ref().map(ToString::to_string)),
            ("response_format", set.response_format.as_ref().map(ToString::to_string)),
            ("safe", set.safe.clone()),
            ("seed", set.seed.map(|seed| seed.to_string())),
            ("transparent", set.transparent.map(|on| on.to_string())),
        ];
        texts.retain(|(name, _)| !self.fields.contains_key(*name));
        let mut form = Form::new();
        for (name, value) in texts {
            form = form.optional(name, value);
        }
        for (name, value) in &self.fields {
            form = match value {
                Value::String(text) => form.text(name, text),
                value => form.text(name, &value.to_string()),
            };
        }
        // OpenAI's clients call a single image `image`, and several images `image[]`.
        let name = if self.images.len() == 1 { "image" } else { "image[]" };
        for image in &self.images {
            form = with_source(form, name, image).await?;
        }
        if let Some(mask) = &self.mask {
            form = with_source(form, "mask", mask).await?;
        }
        Ok(form.finish())
    }
}

async fn with_source(form: Form, name: &str, source: &ImageSource) -> Result<Form, Error> {
    Ok(match source {
        ImageSource::Url(url) => form.text(name, url),
        ImageSource::File(file) => form.file(name, &file.load(None).await?),
    })
}

fn write((content_type, body): (String, Bytes)) -> impl FnOnce(&Client) -> Prepared<GeneratedImages> {
    move |client| client.edit_image().content_type(content_type).body(body).prepare()
}
