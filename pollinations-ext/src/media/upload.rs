//! Uploads.

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_STANDARD};
#[cfg(target_arch = "wasm32")]
use bytes::Bytes;
use pollinations_api::{
    Client,
    types::{MediaError, MediaUpload, MediaUploadRequest, OneOrMany},
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
        call::Generated,
        multipart::Form,
        options::{Options, call_options},
        raw::RawResponse,
        transport::Shared,
    },
};

const UPLOAD: &str = "upload_media";

const MIB: u64 = 1024 * 1024;

/// Bytes of a file at the most.
const MAX_UPLOAD: u64 = 400 * MIB;

/// Bytes of a file at the most if it goes as base64.
const MAX_BASE64: u64 = 100 * MIB;

/// Uploads an image, audio or video file. By default it goes as a form with its name; the service takes all three
/// forms.
///
/// Operation `upload_media`. Everybody who has the address can load the file. The service keeps it for 30 days; reading
/// it after the 15th day starts the 30 days anew.
///
/// # Large files
///
/// A file from a [path](File::path) is read piece by piece while it is sent, so 400 MiB take no more memory than 400
/// KiB. If the request is repeated, the file is opened again and sent from its start. A file from a
/// [reader](File::reader) is read into memory first, and so is every file that goes as [base64](Self::base64). The time
/// limit of a call, 10 minutes by default, includes the time that the upload takes: raise it with
/// [`timeout`](Self::timeout) for a large file on a slow connection.
///
/// # Lost answers
///
/// Every upload gets an id of its own, so a repeated upload makes a second file. If the connection breaks before the
/// answer is there, the file may have been stored: the upload is not repeated, and [`Error::outcome_unknown`] is true.
/// If you choose the [id](Self::id) yourself, you can find out:
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

/// How the file goes over the wire.
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

    /// The id of the file, which is also the last part of its address. By default the service makes a random one.
    ///
    /// An id is 1 to 128 letters, digits, `.`, `_` and `-`, and begins with a letter or a digit. If a file has it
    /// already, the service answers 409.
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

    /// Publishes the file under a tag: anybody can then find it in the [gallery](super::Media::gallery) of that tag.
    /// Call this once for each tag. By default the file is in no gallery.
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

    /// Sends the bytes as they are, without a name. This form has no place for an [id](Self::id) or [tags](Self::tag).
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

    /// Sends the bytes in base64 within JSON, for gateways that only pass JSON. The limit is then 100 MiB, and the file
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

    /// Calls this whenever a piece of the request has been handed to the connection, for a progress bar. It counts all
    /// bytes of the body, and begins again when the request is repeated. It runs on the task that sends and should be
    /// quick.
    ///
    /// Not in browsers.
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
        self.options.report = Some(Report::new(report));
        self
    }

    call_options!(
        until "the file is stored",
        example "pollinations.media().upload(pollinations_ext::File::path(\"cat.png\"))"
    );

    /// Uploads the file and returns its address.
    ///
    /// # Errors
    ///
    /// Before anything is sent: [`ErrorKind::TooLarge`] beyond 400 MiB, or beyond 100 MiB as base64;
    /// [`ErrorKind::InvalidRequest`] for a file that is neither image nor audio nor video, and for an id or a tag that
    /// the service would refuse; [`ErrorKind::Io`] if the file cannot be read, also if it changes while it is sent.
    ///
    /// Status 401 without a valid key, 409 if the id is taken, 413 and 415 if the service has other limits.
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
        let send = |client: Client| upload.send(client);
        shared.call(UPLOAD, &options, send).await.map(|(uploaded, _)| uploaded)
    }

    /// Uploads the file and returns the response as it came.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), but for an answer that cannot be read.
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
        let send = |client: Client| upload.send(client);
        shared.raw(UPLOAD, &options, send).await
    }

    /// Checks the request and writes its body, or says where it is.
    async fn write(self) -> Result<(Arc<Shared>, Options, Upload), Error> {
        self.check()?;
        let limit = if self.encoding == Encoding::Base64 { MAX_BASE64 } else { MAX_UPLOAD };
        let file = self.file.open(limit).await?;
        check_type(&file)?;
        let (content_type, pieces) = match self.encoding {
            Encoding::Multipart => {
                let tags = (!self.tags.is_empty()).then(|| self.tags.join(","));
                // The texts go first: whoever reads the form knows where a large file belongs before it comes.
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
            options.content = Some(Content::new(pieces));
            (options, Upload { content_type })
        };
        #[cfg(target_arch = "wasm32")]
        let (options, upload) = (self.options, Upload { content_type, body: joined(pieces) });
        Ok((self.shared, options, upload))
    }

    /// Refuses what the service would refuse, before a large file is on its way.
    fn check(&self) -> Result<(), Error> {
        if self.encoding == Encoding::Raw && (self.id.is_some() || !self.tags.is_empty()) {
            return Err(Error::request("a raw upload cannot carry an id or tags; leave out `raw()`"));
        }
        if let Some(id) = self.id.as_deref().filter(|id| !id::is_free_to_choose(id)) {
            let rule = "1 to 128 letters, digits, `.`, `_` and `-`, and begins with a letter or a digit";
            return Err(Error::request(format!("`{}` cannot be an id: an id is {rule}", id.escape_debug())));
        }
        let is_wrong = |tag: &&String| tag.trim().is_empty() || tag.contains(',') || tag.contains(char::is_control);
        match self.tags.iter().find(is_wrong) {
            Some(tag) => {
                let message = format!("`{}` cannot be a tag: a tag is a text without a comma", tag.escape_debug());
                Err(Error::request(message))
            }
            None => Ok(()),
        }
    }
}

/// What the service would answer 415 to.
fn check_type(file: &Opened) -> Result<(), Error> {
    let kind = file.content_type_or_unknown();
    if ["image/", "audio/", "video/"].iter().any(|prefix| kind.starts_with(prefix)) {
        return Ok(());
    }
    let message = format!("`{}` is `{kind}`; the service takes images, audio and video", file.name);
    Err(Error::new(ErrorKind::InvalidRequest, message))
}

/// A browser sends bodies from memory alone.
#[cfg(target_arch = "wasm32")]
fn joined(pieces: Vec<Data>) -> Bytes {
    let pieces: Vec<Bytes> = pieces.into_iter().map(|Data::Bytes(bytes)| bytes).collect();
    pieces.concat().into()
}

/// What a body is, and the body where it is not in the options.
struct Upload {
    content_type: String,
    #[cfg(target_arch = "wasm32")]
    body: Bytes,
}

impl Upload {
    async fn send(self, client: Client) -> Generated<MediaUpload, MediaError> {
        #[cfg(not(target_arch = "wasm32"))]
        let body = "";
        #[cfg(target_arch = "wasm32")]
        let body = self.body;
        client.upload_media().content_type(self.content_type).body(body).send().await
    }
}
