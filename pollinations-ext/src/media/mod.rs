//! Files that others can load: uploads, galleries, and files by their id.

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

/// The media service: files by id. Everybody who has the address of a file can load it.
///
/// Uploads need a key, and [`delete`](Self::delete) needs a secret one. Everything else works without a key, and the
/// key is not sent. Nothing here costs pollen.
///
/// The service keeps a file for 30 days. Reading it after the 15th day starts the 30 days anew.
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

    /// Starts the upload of an image, audio or video file of at most 400 MiB.
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

    /// Starts a listing of the files that were published under a tag, the newest first. Needs no key.
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

    /// Loads a file by its id or its address on the media service. Needs no key.
    ///
    /// Operation `fetch_media`. Only the id is taken from an address, so the request goes to the media service and
    /// nowhere else.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the text is neither an id nor an address;
    /// status 404 if there is no such file.
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
        let send = |client: Client| async move { client.fetch_media().id(id).send().await };
        self.shared.download(FETCH, &Options::default(), send).await
    }

    /// Whether there is a file with this id, or at this address on the media service. Needs no key.
    ///
    /// Operation `media_exists`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the text is neither an id nor an address.
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
        let send = |client: Client| async move { client.media_exists().id(id).send().await };
        match self.shared.raw(EXISTS, &Options::default(), send).await {
            Ok(_) => Ok(true),
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The media type of a file, its size in bytes and when it was uploaded, without loading it. Needs no key.
    ///
    /// Operation `media_metadata`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the text is neither an id nor an address;
    /// status 404 if there is no such file.
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
        let send = |client: Client| async move { client.media_metadata().id(id).send().await };
        self.shared.call(METADATA, &Options::default(), send).await.map(|(metadata, _)| metadata)
    }

    /// Deletes a file that you published: one that was uploaded with [tags](UploadRequest::tag). Needs a secret key
    /// (`sk_…`) of the account that uploaded it.
    ///
    /// Operation `delete_media`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the text is neither an id nor an address;
    /// status 401 without a valid secret key, 403 for somebody else's file, 404 if there is no such file. If the answer
    /// is lost, [`Error::outcome_unknown`] is true: deleting it again answers 404 if the first request went through.
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
        let send = |client: Client| async move { client.delete_media().id(id).send().await };
        self.shared.call(DELETE, &Options::default(), send).await.map(|(deleted, _)| deleted)
    }
}
