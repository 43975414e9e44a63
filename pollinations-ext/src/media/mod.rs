//! The media service: uploads, galleries, and files by their ID.

mod gallery;
mod id;
mod references;
mod upload;

use std::sync::Arc;

pub use gallery::{GalleryRequest, GalleryStream};
use http::StatusCode;
use pollinations_api::{
    Client,
    types::{DeletedMedia, MediaMetadata},
};
pub(crate) use references::References;
pub use upload::UploadRequest;

use crate::{
    base::{error::Error, file::File},
    exchange::{download::Download, options::Options, transport::Shared},
};

const FETCH: &str = "fetch_media";
const EXISTS: &str = "media_exists";
const METADATA: &str = "media_metadata";
const DELETE: &str = "delete_media";

/// The media service: uploads files and loads them by ID. Everyone who has the URL of a file can load it.
///
/// Uploads need an API key, and [`delete`](Self::delete) needs a secret one. Everything else works without a key, and
/// the key is not sent. All calls are free.
///
/// The service keeps a file for 30 days. If the file is read after the 15th day, the 30 days start again.
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

    /// Uploads an image, audio or video file of at most 400 MiB.
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
        UploadRequest::new(self.shared.clone(), file)
    }

    /// Lists the files that were published under a tag, newest first. Needs no API key.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let mut files = pollinations.media().gallery("sunsets").files();
    /// while let Some(file) = files.next().await {
    ///     println!("{}", file?.url);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn gallery(&self, tag: impl Into<String>) -> GalleryRequest {
        GalleryRequest::new(self.shared.clone(), tag.into())
    }

    /// Downloads a file by its ID or its URL on the media service. Needs no API key.
    ///
    /// Operation `fetch_media`. Only the ID of the URL is used, so the request always goes to the media service.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the text is neither an ID nor a URL. Status 404 if there
    /// is no such file.
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
        let id = id::of(id_or_url, FETCH)?;
        let send = move |client: &Client| client.fetch_media().id(id).prepare();
        self.shared.download(FETCH, &Options::default(), send).await
    }

    /// Checks whether there is a file with this ID, or at this URL on the media service. Needs no API key.
    ///
    /// Operation `media_exists`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the text is neither an ID nor a URL.
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
        let id = id::of(id_or_url, EXISTS)?;
        let send = move |client: &Client| client.media_exists().id(id).prepare();
        match self.shared.raw(EXISTS, &Options::default(), send).await {
            Ok(_) => Ok(true),
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Returns the content type of a file, its size in bytes and its upload time, without downloading it. Needs no
    /// API key.
    ///
    /// Operation `media_metadata`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the text is neither an ID nor a URL. Status 404 if there
    /// is no such file.
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
    /// let uploaded = media.upload(File::bytes(picture)).send().await?;
    /// let metadata = media.metadata(&uploaded.id).await?;
    /// assert_eq!((metadata.content_type.as_str(), metadata.size), ("image/jpeg", uploaded.size));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn metadata(&self, id_or_url: &str) -> Result<MediaMetadata, Error> {
        let id = id::of(id_or_url, METADATA)?;
        let send = move |client: &Client| client.media_metadata().id(id).prepare();
        self.shared.call(METADATA, &Options::default(), send).await.map(|(metadata, _)| metadata)
    }

    /// Deletes a file that you published, that is, uploaded with [tags](UploadRequest::tag). Needs a secret key
    /// (`sk_…`) of the account that uploaded it.
    ///
    /// Operation `delete_media`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the text is neither an ID nor a URL. Status
    /// 401 if the API key is missing or invalid, 403 if it is publishable (`pk_…`) or the file belongs to someone else,
    /// 404 if there is no such file. If the response is lost, [`Error::outcome_unknown`] is true. If you then delete
    /// the file again, status 404 means that the first request succeeded.
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
    /// let uploaded = media.upload(File::bytes(picture)).tag("cats").send().await?;
    /// media.delete(&uploaded.id).await?;
    /// assert!(!media.exists(&uploaded.id).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete(&self, id_or_url: &str) -> Result<DeletedMedia, Error> {
        let id = id::of(id_or_url, DELETE)?;
        let send = move |client: &Client| client.delete_media().id(id).prepare();
        self.shared.call(DELETE, &Options::default(), send).await.map(|(deleted, _)| deleted)
    }
}
