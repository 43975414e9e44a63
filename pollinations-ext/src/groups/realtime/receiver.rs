//! The receiving half of a session.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::event::RealtimeEvent;
use crate::base::error::Error;

/// The receiving half of a session.
///
/// # Examples
///
/// ```
/// # async fn example(session: pollinations_ext::realtime::RealtimeSession) -> Result<(), pollinations_ext::Error> {
/// let (sender, mut receiver) = session.split();
/// while let Some(event) = receiver.next().await {
///     println!("{}", event?.kind());
/// }
/// # Ok(())
/// # }
/// ```
pub struct RealtimeReceiver {
    incoming: mpsc::Receiver<Incoming>,
}

/// A received event, with the space it takes in the queue.
pub(super) type Incoming = (Result<RealtimeEvent, Error>, Option<OwnedSemaphorePermit>);

impl RealtimeReceiver {
    pub(super) fn new(incoming: mpsc::Receiver<Incoming>) -> Self {
        Self { incoming }
    }

    /// The next event, or `None` after the session has been closed.
    ///
    /// # Errors
    ///
    /// Same as [`RealtimeSession::next`](super::RealtimeSession::next).
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(
    /// #     mut receiver: pollinations_ext::realtime::RealtimeReceiver,
    /// # ) -> Result<(), pollinations_ext::Error> {
    /// while let Some(event) = receiver.next().await {
    ///     println!("{}", event?.kind());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Result<RealtimeEvent, Error>> {
        StreamExt::next(self).await
    }
}

impl Stream for RealtimeReceiver {
    type Item = Result<RealtimeEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // Removing the event frees its space in the queue.
        self.incoming.poll_recv(context).map(|incoming| incoming.map(|(event, _room)| event))
    }
}

impl fmt::Debug for RealtimeReceiver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RealtimeReceiver").field("queued", &self.incoming.len()).finish_non_exhaustive()
    }
}
