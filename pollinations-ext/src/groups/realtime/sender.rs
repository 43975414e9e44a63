//! The sending half of a session.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_util::Sink;
use sync_wrapper::SyncWrapper;
use tokio::sync::mpsc::{self, OwnedPermit};

use super::event::RealtimeEvent;
use crate::base::{
    error::{Error, ErrorKind},
    maybe_send::BoxFuture,
};

/// The sending half of a session. It is cheap to clone, so that several tasks can send.
///
/// # Examples
///
/// ```
/// # async fn example(session: pollinations_ext::realtime::RealtimeSession) -> Result<(), pollinations_ext::Error> {
/// use pollinations_ext::realtime::RealtimeEvent;
///
/// let (mut sender, receiver) = session.split();
/// sender.send(RealtimeEvent::text("Hello")).await?;
/// # Ok(())
/// # }
/// ```
pub struct RealtimeSender {
    orders: mpsc::Sender<Order>,
    max_message: usize,
    operation: &'static str,
    /// A place in the queue, for `Sink`.
    place: Place,
}

enum Place {
    Not,
    /// Only its owner polls it, so the sender is `Sync` even though this is not.
    Coming(SyncWrapper<BoxFuture<Option<OwnedPermit<Order>>>>),
    Had(OwnedPermit<Order>),
}

/// An instruction for the session's task.
pub(super) enum Order {
    /// Send this message.
    Send(String),
    /// End the session.
    Close,
}

impl RealtimeSender {
    pub(super) fn new(orders: mpsc::Sender<Order>, max_message: usize, operation: &'static str) -> Self {
        Self { orders, max_message, operation, place: Place::Not }
    }

    /// Sends an event. Returns once the event is queued; the session's task sends it immediately.
    ///
    /// # Errors
    ///
    /// Same as [`RealtimeSession::send`](super::RealtimeSession::send).
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(
    /// #     mut sender: pollinations_ext::realtime::RealtimeSender,
    /// # ) -> Result<(), pollinations_ext::Error> {
    /// sender.send(pollinations_ext::realtime::RealtimeEvent::audio([0; 4800])).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(&mut self, event: RealtimeEvent) -> Result<(), Error> {
        let message = self.message(&event)?;
        self.orders.send(Order::Send(message)).await.map_err(|_| self.ended())
    }

    /// Asks the server to close the session. Queued events are sent first. You can still read from the other half
    /// until it ends.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Connection`](crate::ErrorKind::Connection) if the session has already ended.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(
    /// #     mut sender: pollinations_ext::realtime::RealtimeSender,
    /// # ) -> Result<(), pollinations_ext::Error> {
    /// sender.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn close(&mut self) -> Result<(), Error> {
        self.orders.send(Order::Close).await.map_err(|_| self.ended())
    }

    fn message(&self, event: &RealtimeEvent) -> Result<String, Error> {
        let message = event.write();
        if message.len() > self.max_message {
            let text = format!("an event of {} bytes is larger than the limit of {}", message.len(), self.max_message);
            return Err(Error::new(ErrorKind::TooLarge, text).with_operation(self.operation));
        }
        Ok(message)
    }

    fn ended(&self) -> Error {
        Error::new(ErrorKind::Connection, "the session has ended").with_operation(self.operation)
    }
}

impl Sink<RealtimeEvent> for RealtimeSender {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            match &mut self.place {
                Place::Had(_) => return Poll::Ready(Ok(())),
                Place::Coming(place) => match ready!(place.get_mut().as_mut().poll(context)) {
                    Some(place) => self.place = Place::Had(place),
                    None => {
                        self.place = Place::Not;
                        return Poll::Ready(Err(self.ended()));
                    }
                },
                Place::Not => {
                    let orders = self.orders.clone();
                    self.place =
                        Place::Coming(SyncWrapper::new(Box::pin(async move { orders.reserve_owned().await.ok() })));
                }
            }
        }
    }

    fn start_send(mut self: Pin<&mut Self>, event: RealtimeEvent) -> Result<(), Error> {
        let message = self.message(&event)?;
        match std::mem::replace(&mut self.place, Place::Not) {
            Place::Had(place) => {
                place.send(Order::Send(message));
                Ok(())
            }
            other => {
                self.place = other;
                Err(Error::request("`start_send` was called before `poll_ready`").with_operation(self.operation))
            }
        }
    }

    /// Always ready, because the session's task sends queued events without a flush.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    /// Asks the server to close the session.
    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.as_mut().poll_ready(context))?;
        if let Place::Had(place) = std::mem::replace(&mut self.place, Place::Not) {
            place.send(Order::Close);
        }
        Poll::Ready(Ok(()))
    }
}

impl Clone for RealtimeSender {
    fn clone(&self) -> Self {
        Self::new(self.orders.clone(), self.max_message, self.operation)
    }
}

impl fmt::Debug for RealtimeSender {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RealtimeSender").field("is_open", &!self.orders.is_closed()).finish_non_exhaustive()
    }
}
