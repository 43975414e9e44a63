//! Bytes on their way: images, videos, sounds.

use std::{
    io,
    path::Path,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_util::StreamExt;
use http::{HeaderMap, header::CONTENT_TYPE};
use pollinations_api::{ByteStream, ResponseValue};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::{
    error::Error,
    guard::{Guard, GuardError},
    transport::request_id,
};

/// A response whose bytes are read as they come, in constant memory.
///
/// It is a [`Stream`] of [`Bytes`]; [`save`](Self::save), [`write_to`](Self::write_to) and [`bytes`](Self::bytes) read
/// it to its end.
#[must_use = "nothing is read until it is saved, written or polled"]
pub struct Download {
    operation: &'static str,
    headers: HeaderMap,
    length: Option<u64>,
    body: Guard,
}

impl Download {
    pub(crate) fn new(operation: &'static str, response: ResponseValue<ByteStream>, idle: Duration) -> Self {
        let headers = response.headers().clone();
        let length = response.content_length();
        Self { operation, headers, length, body: Guard::new(response.into_inner_stream(), idle) }
    }

    /// What the bytes are, such as `image/jpeg` or `video/mp4`.
    pub fn content_type(&self) -> Option<&str> {
        self.header(CONTENT_TYPE.as_str())
    }

    /// How many bytes there are, where the server says so.
    pub fn content_length(&self) -> Option<u64> {
        self.length
    }

    /// The model that the service used.
    pub fn model(&self) -> Option<&str> {
        self.header("x-model-used")
    }

    /// The id under which the service knows the request.
    pub fn request_id(&self) -> Option<&str> {
        self.header("x-request-id")
    }

    /// All headers of the response.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Reads everything into memory.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Connection`](crate::ErrorKind::Connection) when the connection breaks,
    /// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) when nothing comes any more.
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        let mut all = BytesMut::new();
        while let Some(chunk) = self.next().await {
            all.extend_from_slice(&chunk?);
        }
        Ok(all.freeze())
    }

    /// Writes everything into a writer and returns how many bytes it was.
    ///
    /// # Errors
    ///
    /// As [`bytes`](Self::bytes), and [`ErrorKind::Io`](crate::ErrorKind::Io) when the writer fails.
    pub async fn write_to<W: AsyncWrite + Unpin>(mut self, mut writer: W) -> Result<u64, Error> {
        let operation = self.operation;
        let failed = |error| Error::io("cannot write", error).with_operation(operation);
        let mut written = 0;
        while let Some(chunk) = self.next().await {
            let chunk = chunk?;
            writer.write_all(&chunk).await.map_err(failed)?;
            written += chunk.len() as u64;
        }
        writer.flush().await.map_err(failed)?;
        Ok(written)
    }

    /// Saves everything to a file and returns how many bytes it was.
    ///
    /// The file appears when it is complete; a broken download leaves nothing behind, and what was at the path before
    /// stays as it was.
    ///
    /// # Errors
    ///
    /// As [`bytes`](Self::bytes), and [`ErrorKind::Io`](crate::ErrorKind::Io) when the file cannot be written.
    pub async fn save(self, path: impl AsRef<Path>) -> Result<u64, Error> {
        let path = path.as_ref();
        let operation = self.operation;
        let failed = |error| Error::io(format!("cannot write {}", path.display()), error).with_operation(operation);
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => ".".into(),
        };
        // In the same folder, so that the last step is a rename.
        let temporary = blocking(move || builder().tempfile_in(folder)).await.map_err(failed)?;
        let (file, temporary) = temporary.into_parts();
        let mut file = tokio::fs::File::from_std(file);
        let written = self.write_to(&mut file).await?;
        file.sync_all().await.map_err(failed)?;
        let target = path.to_owned();
        blocking(move || temporary.persist(target).map_err(|error| error.error)).await.map_err(failed)?;
        Ok(written)
    }
}

/// Temporary files with the permissions of any other new file.
fn builder() -> tempfile::Builder<'static, 'static> {
    #[allow(unused_mut, reason = "only changed where there are permissions")]
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The umask takes away what the user does not want to give.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(io::Error::other(error)),
    }
}

impl Stream for Download {
    type Item = Result<Bytes, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        Pin::new(&mut this.body).poll_next(context).map(|item| {
            item.map(|chunk| {
                chunk.map_err(|error: GuardError| {
                    let request_id = request_id(&this.headers);
                    error.into_error().with_operation(this.operation).with_request_id(request_id)
                })
            })
        })
    }
}

impl std::fmt::Debug for Download {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Download")
            .field("operation", &self.operation)
            .field("content_type", &self.content_type())
            .field("content_length", &self.length)
            .finish_non_exhaustive()
    }
}
