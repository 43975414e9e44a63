//! Galleries: files that were published under a tag.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use futures_util::StreamExt;
use pollinations_api::{
    Client,
    types::{MediaEntry, MediaList},
};

use crate::{
    base::{error::Error, maybe_send::BoxFuture},
    exchange::{
        call::Prepared,
        options::{Options, call_options, into_setters, setters, with_parameters},
        raw::RawResponse,
        transport::Shared,
    },
};

const GALLERY: &str = "list_media";

/// The page size for listing all pages: the service's maximum.
const PAGE: u64 = 100;

/// A request for the files that were published under a tag by anyone, newest first.
///
/// Operation `list_media`. Needs no API key. Upstream calls it experimental: it may change.
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
/// let uploaded = media.upload(picture).tag("cats").send().await?;
/// let page = media.gallery("cats").limit(10).send().await?;
/// assert_eq!(page.items[0].url, uploaded.url);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct GalleryRequest {
    shared: Arc<Shared>,
    options: Options,
    tag: String,
    parameters: Parameters,
}

#[derive(Clone, Debug, Default)]
struct Parameters {
    limit: Option<u64>,
    cursor: Option<String>,
}

impl GalleryRequest {
    pub(super) fn new(shared: Arc<Shared>, tag: String) -> Self {
        Self { shared, options: Options::default(), tag, parameters: Parameters::default() }
    }

    setters! {
        on parameters, example "pollinations.media().gallery(\"cats\")";
        /// The number of files on a page: 1 to 100. The default is 50, or 100 for [`files`](Self::files), which
        /// fetches as many pages as needed.
        limit: u64, "20";
    }

    into_setters! {
        on parameters, example "pollinations.media().gallery(\"cats\")";
        /// The start of the page: `next_cursor` of the previous page.
        cursor: String, "\"eyJhdCI6MTd9\"";
    }

    call_options!(until "the page has arrived", example "pollinations.media().gallery(\"cats\")");

    /// Fetches one page.
    ///
    /// # Errors
    ///
    /// Status 400 if the tag is empty, the limit is out of range or the cursor is invalid.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let page = pollinations.media().gallery("cats").send().await?;
    /// println!("{} files, and then {:?}", page.items.len(), page.next_cursor);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<MediaList, Error> {
        let (shared, options) = (self.shared.clone(), self.options.clone());
        let send = |client: &Client| self.write(client);
        shared.call(GALLERY, &options, send).await.map(|(page, _)| page)
    }

    /// Fetches one page and returns the raw response.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send), except that the response is not decoded.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.media().gallery("cats").send_raw().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        let (shared, options) = (self.shared.clone(), self.options.clone());
        let send = |client: &Client| self.write(client);
        shared.raw(GALLERY, &options, send).await
    }

    /// Streams all files, newest first. Pages are fetched as needed.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// use futures_util::TryStreamExt;
    ///
    /// let all: Vec<_> = pollinations.media().gallery("cats").files().try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn files(mut self) -> GalleryStream {
        self.parameters.limit.get_or_insert(PAGE);
        GalleryStream { request: Some(self), ready: VecDeque::new(), fetching: None }
    }

    fn write(self, client: &Client) -> Prepared<MediaList> {
        let parameters = self.parameters;
        with_parameters!(client.list_media().tag(self.tag), parameters: limit, cursor).prepare()
    }
}

/// A [`Stream`] of [`MediaEntry`]s, newest first. It fetches pages as needed.
///
/// The next page is fetched once you have read all files of the current one. The stream ends after an error.
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
/// # for _ in 0..5 { pollinations.media().upload(picture.clone()).tag("cats").send().await?; }
/// let mut files = pollinations.media().gallery("cats").limit(2).files();
/// let mut count = 0;
/// while let Some(file) = files.next().await {
///     println!("{}", file?.url);
///     count += 1;
/// }
/// assert_eq!(count, 5);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is fetched until the stream is polled"]
pub struct GalleryStream {
    /// The request for the next page. `None` after the last page.
    request: Option<GalleryRequest>,
    ready: VecDeque<MediaEntry>,
    fetching: Option<Fetching>,
}

type Fetching = BoxFuture<Result<MediaList, Error>>;

impl GalleryStream {
    /// The next file, or `None` after the oldest file or an error.
    ///
    /// # Errors
    ///
    /// Same as [`GalleryRequest::send`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let newest = pollinations.media().gallery("cats").limit(1).files().next().await.transpose()?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Result<MediaEntry, Error>> {
        StreamExt::next(self).await
    }

    /// Takes the files of a page and moves on. If a cursor has been used before, there is no next page; otherwise the
    /// listing would never end.
    fn turn(&mut self, page: MediaList) {
        self.ready = page.items.into();
        let cursor = page.next_cursor.filter(|cursor| !cursor.is_empty());
        self.request = self.request.take().and_then(|mut request| {
            let cursor = cursor.filter(|cursor| Some(cursor) != request.parameters.cursor.as_ref())?;
            request.parameters.cursor = Some(cursor);
            Some(request)
        });
    }
}

impl Stream for GalleryStream {
    type Item = Result<MediaEntry, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(file) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(file)));
            }
            let Some(request) = &this.request else { return Poll::Ready(None) };
            let fetching = this.fetching.get_or_insert_with(|| Box::pin(request.clone().send()));
            let page = ready!(fetching.as_mut().poll(context));
            this.fetching = None;
            match page {
                Ok(page) => this.turn(page),
                Err(error) => {
                    this.request = None;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl fmt::Debug for GalleryStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("GalleryStream").field("request", &self.request).finish_non_exhaustive()
    }
}
