//! A 3D object from a prompt or from images.

use std::sync::Arc;

use pollinations_api::{
    ByteStream, Client,
    types::{self, DetailLevel, ThreeDModel},
};
use reqwest::Url;

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

const GET: &str = "generate_3d";
const POST: &str = "generate_3d_post";

/// A request for a 3D object: a GLB file (binary glTF 2.0), or a PLY file from `nvidia/asset-harvester`. This can
/// take several minutes.
///
/// Operations `generate_3d` ([`send`](Self::send)) and `generate_3d_post` ([`send_post`](Self::send_post)). The
/// service has defaults for the parameters you do not set.
///
/// Some models work from a prompt. Others only work from images and ignore the prompt: `microsoft/trellis-2`, which
/// is the service's default, and `nvidia/asset-harvester`. The prompt must not be empty even then, because it is part
/// of the URL.
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
/// let path = folder.join("chair.glb");
/// let object = pollinations.three_d("a wooden chair").model("hyper3d/rodin-2.5").send().await?;
/// assert_eq!(object.content_type(), Some("model/gltf-binary"));
/// object.on_progress(|progress| println!("{progress}")).save(&path).await?;
/// # assert!(path.metadata()?.len() > 0);
/// # std::fs::remove_file(&path)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until `send` is called"]
pub struct ThreeDRequest {
    shared: Arc<Shared>,
    options: Options,
    prompt: String,
    parameters: Parameters,
    references: References,
}

#[derive(Clone, Debug, Default)]
struct Parameters {
    model: Option<ThreeDModel>,
    resolution: Option<DetailLevel>,
    seed: Option<i64>,
    safe: Option<String>,
}

impl ThreeDRequest {
    pub(crate) fn new(shared: Arc<Shared>, prompt: String) -> Self {
        let (options, parameters) = (Options::default(), Parameters::default());
        Self { shared, options, prompt, parameters, references: References::default() }
    }

    into_setters! {
        on parameters, example "pollinations.three_d(\"a chair\")";
        /// The model: `microsoft/trellis-2` (the default), `nvidia/asset-harvester` or `hyper3d/rodin-2.5`.
        model: ThreeDModel, "\"hyper3d/rodin-2.5\"";
        /// The level of detail, for `microsoft/trellis-2`: `low` (512 voxels a side, the default), `medium` (1,024)
        /// or `high` (1,536).
        resolution: DetailLevel, "\"high\"";
    }

    setters! {
        on parameters, example "pollinations.three_d(\"a chair\")";
        /// The seed. The same seed returns the same object.
        seed: i64, "42";
    }

    safety_methods!(example "pollinations.three_d(\"a chair\")");

    /// The URL of an image of the object. Call it again to add more images.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.three_d("a chair").image("https://example.com/chair.png");
    /// # }
    /// ```
    pub fn image(mut self, url: impl Into<String>) -> Self {
        self.references.url(url.into());
        self
    }

    /// A local image of the object. It is uploaded when the request is sent, so that the service can load it. See
    /// [`Media::upload`](crate::Media::upload) for the accepted files and who can see them.
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
    /// # let photo = pollinations.image("a chair").size(64, 64).send().await?.bytes().await?;
    /// let object = pollinations.three_d("a chair").image_file(File::bytes(photo)).send_post().await?;
    /// let glb = object.bytes().await?;
    /// # assert!(glb.starts_with(b"glTF"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn image_file(mut self, image: File) -> Self {
        self.references.file(image);
        self
    }

    call_options!(until "the object begins to arrive", example "pollinations.three_d(\"a chair\")");

    /// Sends the request with GET and returns when the object begins to arrive.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the prompt is empty, `.` or `..`, which cannot be part of
    /// a URL path. Status 400 if the service rejects a value or the model needs an image, 401 if the API key is
    /// invalid, 402 if you are out of credit, 403 if the key may not use the model. With files, also the errors of
    /// [`Media::upload`](crate::Media::upload).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let request = pollinations.three_d("a wooden chair").model("hyper3d/rodin-2.5");
    /// request.send().await?.save("chair.glb").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(mut self) -> Result<Download, Error> {
        // Checked before anything is uploaded.
        address::segment(&self.prompt, GET)?;
        self.references.upload(&self.shared).await?;
        let (shared, options) = (self.shared.clone(), self.options.clone());
        shared.media(GET, &options, self.write()?).await
    }

    /// Sends the request with POST and returns when the object begins to arrive. Use it for many images, or for long
    /// URLs such as `data:` URIs. Otherwise it is the same as [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let request = pollinations.three_d("a chair").model("nvidia/asset-harvester");
    /// let request = request.image_file(File::path("front.jpg")).image_file(File::path("side.jpg"));
    /// request.send_post().await?.save("chair.ply").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_post(mut self) -> Result<Download, Error> {
        address::segment(&self.prompt, POST)?;
        self.references.upload(&self.shared).await?;
        let (prompt, parameters) = (self.prompt, self.parameters);
        let mut body = types::ThreeDRequest::default();
        body.model = parameters.model;
        body.resolution = parameters.resolution;
        body.seed = parameters.seed;
        body.image = self.references.one_or_many();
        let send = move |client: &Client| -> Prepared<ByteStream> {
            with_parameters!(client.generate_3d_post().prompt(prompt).body(body), parameters: safe).prepare()
        };
        self.shared.media(POST, &self.options, send).await
    }

    address_methods!(
        of "object",
        operation GET,
        example "pollinations.three_d(\"a chair\").seed(7)",
        path "/3d/a%20chair?seed=7"
    );

    fn address(&self) -> Result<Url, Error> {
        if self.references.have_files() {
            let message = "a file has no URL yet; upload it first and pass its URL";
            return Err(Error::request(message).with_operation(GET));
        }
        self.shared.address(GET, &self.options, self.clone().write()?)
    }

    /// Writes the GET request.
    fn write(self) -> Result<impl FnOnce(&Client) -> Prepared<ByteStream>, Error> {
        address::segment(&self.prompt, GET)?;
        let image = self.references.joined();
        let (prompt, parameters) = (self.prompt, self.parameters);
        Ok(move |client: &Client| -> Prepared<ByteStream> {
            let mut request = client.generate_3d().prompt(prompt);
            if let Some(image) = image {
                request = request.image(image);
            }
            with_parameters!(request, parameters: model, resolution, seed, safe).prepare()
        })
    }
}
