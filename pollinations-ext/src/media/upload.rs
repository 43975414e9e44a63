//! Uploads.

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_STANDARD};
#[cfg(target_arch = "wasm32")]
use bytes::Bytes;
use pollinations_api::{
    Client,
    types::{MediaUpload, MediaUploadRequest, OneOrMany},
};

use super::id;
#[cfg(not(target_arch = "wasm32"))]
use crate::{
    base::progress::{Progress, Report},
    exchange::content::Content,
};
use crate::{
    base::{
        error::{Error, ErrorKind},
        file::{Data, File, Opened},
    },
    exchange::{
        call::Prepared,
        multipart::Form,
        options::{Options, call_options},
        raw::RawResponse,
        transport::Shared,
    },
};

const UPLOAD: &str = "upload_media";

const MIB: u64 = 1024 * 1024;

/// The maximum size of a file in bytes.
const MAX_UPLOAD: u64 = 400 * MIB;

/// The maximum size of a file sent as base64, in bytes.
const MAX_BASE64: u64 = 100 * MIB;

/// A request to upload an image, audio or video file. By default, the file is sent with its name in a multipart form.
///
/// Operation `upload_media`. Everyone who has the URL can load the file. The service keeps it for 30 days. If the
/// file is read after the 15th day, the 30 days start again.
///
/// # Large files
///
/// A file from a [path](File::path) is streamed, so 400 MiB need no more memory than 400 KiB. If the request is
/// retried, the file is opened again and sent from its start. A file from a [reader](File::reader) is read into
/// memory first, and so is every file sent as [base64](Self::base64). The timeout of a call, 10 minutes by default,
/// includes the time for the upload. For a large file on a slow connection, raise it with [`timeout`](Self::timeout).
///
/// # Lost responses
///
/// Every upload gets a new ID, so uploading again creates a second file. If the connection breaks before the response
/// arrives, the file may have been stored. So the upload is not retried, and [`Error::outcome_unknown`] is true. If
/// you choose the [ID](Self::id) yourself, you can check:
///
/// ```
/// use pollinations_ext::{Error, File, Pollinations};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// # let picture = File::bytes(pollinations.image("a cat").size(16, 16).send().await?.bytes().await?);
/// # emulator.inject(pollinations_emulator::Fault::reset());
/// async fn upload(pollinations: &Pollinations, picture: &File, id: &str) -> Result<(), Error> {
///     let media = pollinations.media();
///     match media.upload(picture.clone()).id(id).send().await {
///         Ok(_) => Ok(()),
///         // It may have arrived. If it has, we are done; if not, the id is still free.
///         Err(error) if error.outcome_unknown() => match media.exists(id).await? {
///             true => Ok(()),
///             false => media.upload(picture.clone()).id(id).send().await.map(drop),
///         },
///         Err(error) => Err(error),
///     }
/// }
/// upload(&pollinations, &picture, "holiday-2026-07-14").await?;
/// # assert!(pollinations.media().exists("holiday-2026-07-14").await?);
/// # Ok(())
/// # }
/// ```
///
/// # Examples
///
/// ```no_run
/// use pollinations_ext::File;
///
/// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
/// let uploaded = pollinations.media().upload(File::path("cat.png")).raw().send().await?;
/// println!("{}: {} bytes", uploaded.url, uploaded.size);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until `send` is called"]
pub struct UploadRequest {
    shared: Arc<Shared>,
    options: Options,
    file: File,
    encoding: Encoding,
    id: Option<String>,
    tags: Vec<String>,
}

/// The format of the request body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Multipart,
    Raw,
    Base64,
}

impl UploadRequest {
    pub(super) fn new(shared: Arc<Shared>, file: File) -> Self {
        let (options, encoding) = (Options::default(), Encoding::Multipart);
        Self { shared, options, file, encoding, id: None, tags: Vec::new() }
    }

    /// Sets the ID of the file, which is also the last part of its URL. By default, the service generates a random
    /// ID.
    ///
    /// An ID has 1 to 128 letters, digits, `.`, `_` and `-`, and begins with a letter or a digit. If another file has
    /// this ID, the service returns status 409.
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
    /// # let picture = File::bytes(pollinations.image("a cat").size(16, 16).send().await?.bytes().await?);
    /// let media = pollinations.media();
    /// media.upload(picture.clone()).id("our-logo").send().await?;
    /// let error = media.upload(picture).id("our-logo").send().await.unwrap_err();
    /// assert_eq!(error.status().unwrap(), 409);
    /// # Ok(())
    /// # }
    /// ```
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Publishes the file under a tag, so that anyone can find it in the [gallery](super::Media::gallery) of that
    /// tag. Call it again to add more tags. By default, the file is in no gallery.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::File;
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.media().upload(File::path("cat.png")).tag("cats").tag("black and white");
    /// # }
    /// ```
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Sends only the bytes, without a name. This format does not support an [ID](Self::id) or [tags](Self::tag).
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::File;
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.media().upload(File::path("cat.png")).raw();
    /// # }
    /// ```
    pub fn raw(mut self) -> Self {
        self.encoding = Encoding::Raw;
        self
    }

    /// Sends the bytes as base64 in JSON, for gateways that only accept JSON. The limit is then 100 MiB, and the file
    /// is held in memory.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::File;
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.media().upload(File::path("cat.png")).base64();
    /// # }
    /// ```
    pub fn base64(mut self) -> Self {
        self.encoding = Encoding::Base64;
        self
    }

    /// Calls this function with the progress of the upload, for example for a progress bar. It counts all bytes of
    /// the body, and starts again if the request is retried. It runs on the task that sends, so keep it fast.
    ///
    /// Not available in browsers.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::File;
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let upload = pollinations.media().upload(File::path("cat.mp4"));
    /// let upload = upload.on_progress(|progress| eprintln!("{progress}"));
    /// # }
    /// ```
    #[cfg(not(target_arch = "wasm32"))]
    pub fn on_progress(mut self, report: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.options.set_report(Report::new(report));
        self
    }

    call_options!(
        until "the file is stored",
        example "pollinations.media().upload(pollinations_ext::File::path(\"cat.png\"))"
    );

    /// Uploads the file and returns its URL.
    ///
    /// # Errors
    ///
    /// Before anything is sent: [`ErrorKind::TooLarge`] if the file is larger than 400 MiB, or 100 MiB as base64.
    /// [`ErrorKind::InvalidRequest`] if it is not an image, audio or video file, or if the service would reject the ID or a
    /// tag. [`ErrorKind::Io`] if the file cannot be read, or changes while it is sent.
    ///
    /// Status 401 if the API key is invalid, 409 if the ID is taken, 413 or 415 if the service's own limits are
    /// stricter.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use pollinations_ext::File;
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.media().upload(File::path("cat.png")).send().await?.url);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<MediaUpload, Error> {
        let (shared, options, upload) = self.write().await.map_err(|error| error.with_operation(UPLOAD))?;
        let send = |client: &Client| upload.write(client);
        shared.call(UPLOAD, &options, send).await.map(|(uploaded, _)| uploaded)
    }

    /// Uploads the file and returns the raw response.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send), except that the response is not decoded.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use pollinations_ext::File;
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.media().upload(File::path("cat.png")).send_raw().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        let (shared, options, upload) = self.write().await.map_err(|error| error.with_operation(UPLOAD))?;
        let send = |client: &Client| upload.write(client);
        shared.raw(UPLOAD, &options, send).await
    }

    /// Checks the request and writes its body, or returns where the body is.
    async fn write(self) -> Result<(Arc<Shared>, Options, Upload), Error> {
        self.check()?;
        let limit = if self.encoding == Encoding::Base64 { MAX_BASE64 } else { MAX_UPLOAD };
        let file = self.file.open(limit).await?;
        check_type(&file)?;
        let (content_type, pieces) = match self.encoding {
            Encoding::Multipart => {
                let tags = (!self.tags.is_empty()).then(|| self.tags.join(","));
                // The text fields go first, so that the server has them before a large file arrives.
                let form = Form::new().optional("id", self.id).optional("tags", tags);
                let (content_type, before, after) = form.around("file", &file);
                (content_type, vec![Data::Bytes(before), file.data, Data::Bytes(after)])
            }
            Encoding::Raw => (file.content_type_or_unknown().to_owned(), vec![file.data]),
            Encoding::Base64 => {
                let loaded = self.file.load(Some(limit)).await?;
                let mut body = MediaUploadRequest::new(BASE64_STANDARD.encode(&loaded.bytes));
                drop(loaded.bytes);
                (body.id, body.name, body.content_type) = (self.id, Some(loaded.name), loaded.content_type);
                body.tags = (!self.tags.is_empty()).then_some(OneOrMany::Many(self.tags));
                let body = serde_json::to_vec(&body).map_err(|error| Error::request(error.to_string()))?;
                ("application/json".to_owned(), vec![Data::Bytes(body.into())])
            }
        };
        #[cfg(not(target_arch = "wasm32"))]
        let (options, upload) = {
            let mut options = self.options;
            options.set_content(Content::new(pieces));
            (options, Upload { content_type })
        };
        #[cfg(target_arch = "wasm32")]
        let (options, upload) = (self.options, Upload { content_type, body: joined(pieces) });
        Ok((self.shared, options, upload))
    }

    /// Rejects what the service would reject, before a large file is sent.
    fn check(&self) -> Result<(), Error> {
        if self.encoding == Encoding::Raw && (self.id.is_some() || !self.tags.is_empty()) {
            return Err(Error::request("a raw upload cannot have an ID or tags; leave out `raw()`"));
        }
        if let Some(id) = self.id.as_deref().filter(|id| !id::is_free_to_choose(id)) {
            let rule = "1 to 128 letters, digits, `.`, `_` and `-`, and begins with a letter or a digit";
            return Err(Error::request(format!("`{}` is not a valid ID: an ID has {rule}", id.escape_debug())));
        }
        let is_wrong = |tag: &&String| tag.trim().is_empty() || tag.contains(',') || tag.contains(char::is_control);
        match self.tags.iter().find(is_wrong) {
            Some(tag) => {
                let message =
                    format!("`{}` is not a valid tag: a tag must not be empty or contain a comma", tag.escape_debug());
                Err(Error::request(message))
            }
            None => Ok(()),
        }
    }
}

/// Rejects types for which the service would return status 415.
fn check_type(file: &Opened) -> Result<(), Error> {
    let kind = file.content_type_or_unknown();
    if ["image/", "audio/", "video/"].iter().any(|prefix| kind.starts_with(prefix)) {
        return Ok(());
    }
    let message = format!("`{}` is `{kind}`; the service accepts images, audio and video", file.name);
    Err(Error::new(ErrorKind::InvalidRequest, message))
}

/// A browser can only send bodies from memory.
#[cfg(target_arch = "wasm32")]
fn joined(pieces: Vec<Data>) -> Bytes {
    let pieces: Vec<Bytes> = pieces.into_iter().map(|Data::Bytes(bytes)| bytes).collect();
    pieces.concat().into()
}

/// The content type of a body, and the body itself if it is not in the options.
struct Upload {
    content_type: String,
    #[cfg(target_arch = "wasm32")]
    body: Bytes,
}

impl Upload {
    fn write(self, client: &Client) -> Prepared<MediaUpload> {
        #[cfg(not(target_arch = "wasm32"))]
        let body = "";
        #[cfg(target_arch = "wasm32")]
        let body = self.body;
        client.upload_media().content_type(self.content_type).body(body).prepare()
    }
}
