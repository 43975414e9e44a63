//! Files that others can load.

mod references;

use std::{fmt, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::StatusCode;
use pollinations_api::{
    Client,
    types::{MediaError, MediaUpload, MediaUploadRequest},
};

use crate::{
    base::{
        error::{Error, ErrorKind},
        file::{File, Loaded},
        progress::{Progress, Report},
    },
    exchange::{
        call::Generated,
        download::Download,
        multipart::Form,
        options::{Options, call_options},
        raw::RawResponse,
        transport::Shared,
    },
};

pub(crate) use references::References;

const UPLOAD: &str = "upload_media";
const FETCH: &str = "fetch_media";
const EXISTS: &str = "media_exists";

/// Bytes of an upload at the most, as the media service of 0.3.0 has it. Others answer 413.
const MAX_UPLOAD: u64 = 10 * 1024 * 1024;

/// The media service: files by id. Everybody who has the address can load them.
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
/// # let picture = pollinations.image("a cat").size(64, 64).send().await?.bytes().await?;
/// let media = pollinations.media();
/// let uploaded = media.upload(File::bytes(picture.clone())).send().await?;
/// println!("{} ({} bytes)", uploaded.url, uploaded.size);
/// assert_eq!(media.fetch(&uploaded.url).await?.bytes().await?, picture);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Media {
    shared: Arc<Shared>,
}

impl Media {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Starts the upload of an image, a sound or a video of 10 MiB at the most.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.media().upload(File::path("cat.png")).send().await?.url);
    /// # Ok(())
    /// # }
    /// ```
    pub fn upload(&self, file: File) -> UploadRequest {
        UploadRequest { shared: self.shared.clone(), options: Options::default(), file, encoding: Encoding::Multipart }
    }

    /// Loads a file by its id or its address on the media service. Needs no key.
    ///
    /// Operation `fetch_media`. Only the id is taken from an address, so the request goes to the media service and
    /// nowhere else.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Request`] when the text is neither; status 404 when there is no such file.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// pollinations.media().fetch("9f86d081884c7d65").await?.save("cat.png").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn fetch(&self, id_or_url: &str) -> Result<Download, Error> {
        let id = id(id_or_url, FETCH)?;
        let send = |client: Client| async move { client.fetch_media().id(id).send().await };
        self.shared.download(FETCH, &Options::default(), send).await
    }

    /// Whether there is a file with this id, or at this address on the media service. Needs no key.
    ///
    /// Operation `media_exists`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Request`] when the text is neither.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.media().exists("9f86d081884c7d65").await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn exists(&self, id_or_url: &str) -> Result<bool, Error> {
        let id = id(id_or_url, EXISTS)?;
        let send = |client: Client| async move { client.media_exists().id(id).send().await };
        match self.shared.raw(EXISTS, &Options::default(), send).await {
            Ok(_) => Ok(true),
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// The id of a file: the last segment of its address. Ids are letters, digits, `.`, `_` and `-`.
fn id(id_or_url: &str, operation: &str) -> Result<String, Error> {
    let path = id_or_url.split(['?', '#']).next().unwrap_or_default();
    let id = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let is_id = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    // `.` and `..` would be steps through the path, and a host name is not an id.
    let is_host = id_or_url.contains("://") && id_or_url.split('/').filter(|part| !part.is_empty()).count() < 3;
    if is_id && !is_host && !matches!(id, "" | "." | "..") {
        return Ok(id.to_owned());
    }
    let message = "neither the id nor the address of a file on the media service";
    Err(Error::request(message).with_operation(operation))
}

/// Uploads a file. By default as a form with its name; the service takes all three forms alike.
///
/// Operation `upload_media`. Each upload gets an id of its own. Everybody who has the address can load the file, which
/// is kept for 30 days; reading it after the 15th day renews that.
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
}

/// How the file goes over the wire.
#[derive(Clone, Copy, Debug)]
enum Encoding {
    Multipart,
    Raw,
    Base64,
}

impl UploadRequest {
    /// Sends the bytes as they are, without a name.
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

    /// Sends the bytes in base64 within JSON.
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
    /// [`ErrorKind::TooLarge`] beyond 10 MiB and [`ErrorKind::Request`] for what is neither image nor sound nor video,
    /// before anything is sent; [`ErrorKind::Io`] when the file cannot be read. Status 401 without a valid key; 413 and
    /// 415 when the service has other limits.
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
        let upload = self.load().await?;
        let send = |client: Client| upload.send(client);
        self.shared.call(UPLOAD, &self.options, send).await.map(|(uploaded, _)| uploaded)
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
        let upload = self.load().await?;
        let send = |client: Client| upload.send(client);
        self.shared.raw(UPLOAD, &self.options, send).await
    }

    /// Reads the file and writes the body.
    async fn load(&self) -> Result<Upload, Error> {
        let file = self.file.load(Some(MAX_UPLOAD)).await.map_err(|error| error.with_operation(UPLOAD))?;
        check_type(&file)?;
        Ok(match self.encoding {
            Encoding::Multipart => {
                let (content_type, body) = Form::new().file("file", &file).finish();
                Upload { content_type, body }
            }
            Encoding::Raw => Upload { content_type: file.content_type_or_unknown().to_owned(), body: file.bytes },
            Encoding::Base64 => {
                let data = BASE64_STANDARD.encode(&file.bytes);
                let mut body = MediaUploadRequest::new(data);
                body.content_type = file.content_type;
                body.name = Some(file.name);
                let body = serde_json::to_vec(&body).map_err(|error| Error::request(error.to_string()))?;
                Upload { content_type: "application/json".to_owned(), body: body.into() }
            }
        })
    }
}

/// What the service would answer 415 to.
fn check_type(file: &Loaded) -> Result<(), Error> {
    let kind = file.content_type_or_unknown();
    if ["image/", "audio/", "video/"].iter().any(|prefix| kind.starts_with(prefix)) {
        return Ok(());
    }
    let message = format!("`{}` is `{kind}`; the service takes images, sounds and videos", file.name);
    Err(Error::new(ErrorKind::Request, message).with_operation(UPLOAD))
}

/// A body and what it is.
struct Upload {
    content_type: String,
    body: Bytes,
}

impl Upload {
    async fn send(self, client: Client) -> Generated<MediaUpload, MediaError> {
        client.upload_media().content_type(self.content_type).body(self.body).send().await
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Upload").field("content_type", &self.content_type).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_addresses() {
        for text in ["abc123", "https://media.pollinations.ai/abc123", "http://127.0.0.1:80/abc123/?x#y", "/abc123"] {
            assert_eq!(id(text, FETCH).unwrap(), "abc123", "{text}");
        }
        assert_eq!(id("https://media.pollinations.ai/my_file.v2-x", FETCH).unwrap(), "my_file.v2-x");
        for text in ["", "/", "..", "a b", "https://", "https://media.pollinations.ai/", "%2e%2e", "a%2Fb"] {
            let error = id(text, FETCH).unwrap_err();
            assert_eq!((error.kind(), error.operation()), (ErrorKind::Request, Some(FETCH)), "{text}");
        }
    }
}
