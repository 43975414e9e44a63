//! All records of a usage report, across pages.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use futures_util::StreamExt;
use pollinations_api::types::{AccountUsage, UsageRecord};

use super::pages::{Cursor, Pages};
use crate::base::{
    error::Error,
    maybe_send::{BoxFuture, MaybeSend},
};

/// A page that is being fetched.
type Fetching = BoxFuture<Result<AccountUsage, Error>>;

/// Fetches the page that begins at a cursor, with at most this many records.
#[cfg(not(target_arch = "wasm32"))]
type Fetch = Box<dyn Fn(u64, &Cursor) -> Fetching + Send>;
#[cfg(target_arch = "wasm32")]
type Fetch = Box<dyn Fn(u64, &Cursor) -> Fetching>;

/// A [`Stream`] of [`UsageRecord`]s, newest first. It fetches pages as needed.
///
/// Every record is returned exactly once, even if a page ends between records of the same second. The stream ends
/// after an error.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// # for n in 0..5 { pollinations.chat("openai").user(format!("Hello {n}")).send().await?; }
/// let mut records = pollinations.account().usage().limit(2).records();
/// let mut count = 0;
/// while let Some(record) = records.next().await {
///     println!("{:?}", record?.model);
///     count += 1;
/// }
/// assert_eq!(count, 5);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is fetched until the stream is polled"]
pub struct UsageStream {
    fetch: Fetch,
    pages: Pages,
    ready: VecDeque<UsageRecord>,
    fetching: Option<Fetching>,
}

impl UsageStream {
    pub(super) fn new(pages: Pages, fetch: impl Fn(u64, &Cursor) -> Fetching + MaybeSend + 'static) -> Self {
        Self { fetch: Box::new(fetch), pages, ready: VecDeque::new(), fetching: None }
    }

    /// The next record; `None` after the oldest one, or after an error.
    ///
    /// # Errors
    ///
    /// Same as [`UsageRequest::send`](super::UsageRequest::send).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let newest = pollinations.account().usage().limit(1).records().next().await.transpose()?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Result<UsageRecord, Error>> {
        StreamExt::next(self).await
    }
}

impl Stream for UsageStream {
    type Item = Result<UsageRecord, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(record) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(record)));
            }
            if this.pages.is_done() {
                return Poll::Ready(None);
            }
            let fetching = this.fetching.get_or_insert_with(|| (this.fetch)(this.pages.limit(), this.pages.cursor()));
            let page = ready!(fetching.as_mut().poll(context));
            this.fetching = None;
            match page {
                Ok(page) => this.ready = this.pages.turn(page.usage).into(),
                Err(error) => {
                    this.pages.end();
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl fmt::Debug for UsageStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("UsageStream").field("pages", &self.pages).finish_non_exhaustive()
    }
}
