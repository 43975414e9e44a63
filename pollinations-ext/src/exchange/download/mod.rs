//! Downloads: images, videos, audio and other files.

mod again;
mod resume;
#[cfg(not(target_arch = "wasm32"))]
mod save;

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_util::{StreamExt, future::poll_fn};
use http::{HeaderMap, header::CONTENT_TYPE};
use sync_wrapper::SyncWrapper;
use tokio::io::{AsyncWrite, AsyncWriteExt};

pub(super) use self::again::Again;
use self::resume::Place;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use self::save::write_whole;

use crate::{
    base::{
        error::{Error, ErrorKind},
        header::{header, request_id},
        link::link,
        maybe_send::BoxFuture,
        progress::{Progress, Report},
    },
    exchange::{
        reading::{guard::Guard, pieces},
        transport::Shared,
    },
    key::Keyring,
};

/// A file that is downloaded in constant memory, such as an image or a video.
///
/// It is a [`Stream`] of [`Bytes`]. [`save`](Self::save), [`write_to`](Self::write_to) and [`bytes`](Self::bytes)
/// read all of it.
///
/// If the connection breaks before the end, the same request is sent again, as long as the
/// [`RetryPolicy`](crate::RetryPolicy) and the call's timeout allow it. A generated file then comes from the
/// service's cache and is billed once. [`save`](Self::save) and [`bytes`](Self::bytes) start again from the
/// beginning. As a [`Stream`], and with [`write_to`](Self::write_to), the download continues where it stopped. It
/// fails if the second response differs from the first, so you never get parts of two different files.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let image = pollinations.image("a cat").size(64, 64).send().await?;
/// assert_eq!(image.content_type(), Some("image/jpeg"));
/// let bytes = image.on_progress(|progress| println!("{progress}")).bytes().await?;
/// # assert!(!bytes.is_empty());
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is read until it is saved, written or polled"]
pub struct Download {
    operation: &'static str,
    keys: Arc<Keyring>,
    headers: HeaderMap,
    length: Option<u64>,
    body: Guard,
    transferred: u64,
    again: Asking,
    place: Place,
    idle: std::time::Duration,
    /// The maximum number of bytes to read into memory.
    max_bytes: usize,
    report: Option<Report>,
}

/// The result of requesting the download again, and how to do so once more.
type Asked = (Box<Again>, Result<reqwest::Response, Error>);

/// The state of requesting the same bytes again.
enum Asking {
    /// Not needed so far.
    Idle(Box<Again>),
    /// The request has been sent.
    Waiting(SyncWrapper<BoxFuture<Asked>>),
    /// Requesting again failed, or the download is complete.
    Over,
}

impl Asking {
    /// Requests the download again because of this error.
    fn ask(&mut self, error: Error) -> Result<(), Error> {
        match std::mem::replace(self, Self::Over) {
            Self::Idle(mut again) => {
                let asking = Box::pin(async move {
                    let response = again.again(error).await;
                    (again, response)
                });
                *self = Self::Waiting(SyncWrapper::new(asking));
                Ok(())
            }
            Self::Waiting(_) | Self::Over => Err(error),
        }
    }

    fn is_waiting(&self) -> bool {
        matches!(self, Self::Waiting(_))
    }
}

impl Download {
    pub(super) fn new(shared: &Shared, operation: &'static str, response: reqwest::Response, again: Again) -> Self {
        let headers = response.headers().clone();
        let length = response.content_length();
        let idle = shared.idle_timeout;
        let body = Guard::new(pieces(response), idle);
        let (keys, max_bytes) = (Arc::clone(&shared.keys), shared.max_body);
        let again = Asking::Idle(Box::new(again));
        let place = Place::START;
        Self { operation, keys, headers, length, body, transferred: 0, again, place, idle, max_bytes, report: None }
    }

    /// The next chunk, without another attempt.
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let item = ready!(Pin::new(&mut self.body).poll_next(context));
        match &item {
            Some(Ok(piece)) => {
                self.transferred += piece.len() as u64;
                if let Some(report) = &self.report {
                    report.tell(self.transferred, self.length);
                }
            }
            Some(Err(_)) => {}
            None => {
                if let Asking::Idle(again) = &mut self.again {
                    again.complete();
                }
            }
        }
        Poll::Ready(item)
    }

    /// Waits for the second response, and reads its beginning.
    fn poll_again(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Asking::Waiting(asking) = &mut self.again else { return Poll::Ready(Ok(())) };
        let (again, response) = ready!(asking.get_mut().as_mut().poll(context));
        self.again = Asking::Over;
        let response = response?;
        self.again = Asking::Idle(again);
        self.headers = response.headers().clone();
        self.length = response.content_length();
        self.body = Guard::new(pieces(response), self.idle);
        self.transferred = 0;
        self.place.restart();
        Poll::Ready(Ok(()))
    }

    /// The next chunk, or an error after which another attempt may be made.
    async fn piece(&mut self) -> Option<Result<Bytes, Error>> {
        poll_fn(|context| self.poll_piece(context)).await
    }

    /// Starts again from the beginning because of this error. Returns the error if no attempts are left.
    async fn restart(&mut self, error: Error) -> Result<(), Error> {
        let restarted = match self.again.ask(error) {
            Ok(()) => poll_fn(|context| self.poll_again(context)).await,
            Err(error) => Err(error),
        };
        restarted.map_err(|error| self.locate(error))
    }

    /// The content type, such as `image/jpeg` or `video/mp4`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// let image = pollinations.image("a cat").send().await?;
    /// println!("{:?}", image.content_type());
    /// # Ok(())
    /// # }
    /// ```
    pub fn content_type(&self) -> Option<&str> {
        self.header(CONTENT_TYPE.as_str())
    }

    /// The size in bytes, if the server sends it.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// let image = pollinations.image("a cat").send().await?;
    /// println!("{:?} bytes", image.content_length());
    /// # Ok(())
    /// # }
    /// ```
    pub fn content_length(&self) -> Option<u64> {
        self.length
    }

    /// The model that the service used.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// let image = pollinations.image("a cat").send().await?;
    /// println!("{:?}", image.model());
    /// # Ok(())
    /// # }
    /// ```
    pub fn model(&self) -> Option<&str> {
        self.header("x-model-used")
    }

    /// The request ID, for support requests to the service.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// let image = pollinations.image("a cat").send().await?;
    /// println!("{:?}", image.request_id());
    /// # Ok(())
    /// # }
    /// ```
    pub fn request_id(&self) -> Option<&str> {
        self.header("x-request-id")
    }

    /// The public URL of this file on the media service, if the service has stored the file.
    ///
    /// Anyone can open the URL without an API key, so you can use it in an `<img>`, a `<video>` or a message. Opening
    /// it never generates anything and costs nothing. Once the file has expired, the URL returns 404. It comes from
    /// the `Link` header (RFC 8288) with the relation `enclosure`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let image = pollinations.image("a cat").size(64, 64).send().await?;
    /// let url = image.public_url().ok_or("the image was not stored")?;
    /// println!("<img src=\"{url}\" alt=\"a cat\">");
    /// # Ok(())
    /// # }
    /// ```
    pub fn public_url(&self) -> Option<&str> {
        link(&self.headers, "enclosure")
    }

    /// All headers of the response.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// let image = pollinations.image("a cat").send().await?;
    /// println!("{:?}", image.headers());
    /// # Ok(())
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    fn locate(&self, error: Error) -> Error {
        error.with_operation(self.operation).with_request_id(request_id(&self.headers)).redacted(&self.keys)
    }

    fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Calls a function whenever bytes arrive, for example for a progress bar. It runs on the task that reads, so
    /// keep it fast.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// let image = pollinations.image("a cat").send().await?;
    /// let image = image.on_progress(|progress| eprintln!("{progress}"));
    /// image.save("cat.jpg").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_progress(mut self, report: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.report = Some(Report::new(report));
        self
    }

    /// Reads the whole file into memory. For large files, such as videos, use [`save`](Self::save).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Connection`] if the connection breaks, [`ErrorKind::Timeout`] if nothing arrives within the idle
    /// timeout, [`ErrorKind::TooLarge`] if the file is larger than
    /// [`max_response_bytes`](crate::Builder::max_response_bytes), 64 MiB by default.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// let image = pollinations.image("a cat").send().await?;
    /// let bytes = image.bytes().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        let mut all = BytesMut::new();
        while let Some(chunk) = self.piece().await {
            let chunk = match chunk {
                Ok(chunk) => chunk,
                Err(error) => {
                    self.restart(error).await?;
                    all.clear();
                    continue;
                }
            };
            if chunk.len() > self.max_bytes - all.len() {
                let message = format!(
                    "the download is larger than {} bytes; use `save`, or raise `max_response_bytes`",
                    self.max_bytes
                );
                return Err(self.locate(Error::new(ErrorKind::TooLarge, message)));
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    /// Writes the whole file to a writer and returns its size in bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Connection`] if the connection breaks, [`ErrorKind::Timeout`] if nothing arrives within the idle
    /// timeout, [`ErrorKind::Io`] if the writer fails.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// let image = pollinations.image("a cat").send().await?;
    /// let written = image.write_to(tokio::io::stdout()).await?;
    /// # Ok(())
    /// # }
    /// ```
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
}

impl Stream for Download {
    type Item = Result<Bytes, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if this.again.is_waiting()
                && let Err(error) = ready!(this.poll_again(context))
            {
                return Poll::Ready(Some(Err(this.locate(error))));
            }
            let piece = match ready!(this.poll_piece(context)) {
                Some(Ok(piece)) => this.place.advance(piece),
                Some(Err(error)) => match this.again.ask(error) {
                    Ok(()) => continue,
                    Err(error) => Err(error),
                },
                None => match this.place.end() {
                    Ok(()) => return Poll::Ready(None),
                    Err(error) => Err(error),
                },
            };
            match piece {
                // The first chunk was returned before.
                Ok(piece) if piece.is_empty() => {}
                Ok(piece) => return Poll::Ready(Some(Ok(piece))),
                Err(error) => {
                    this.again = Asking::Over;
                    this.place = Place::START;
                    return Poll::Ready(Some(Err(this.locate(error))));
                }
            }
        }
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Download")
            .field("operation", &self.operation)
            .field("content_type", &self.content_type())
            .field("content_length", &self.length)
            .finish_non_exhaustive()
    }
}
