//! An open session and its two halves.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_core::Stream;
use futures_util::{Sink, StreamExt};
use sync_wrapper::SyncWrapper;
use tokio::{
    sync::{
        OwnedSemaphorePermit,
        mpsc::{self, OwnedPermit},
    },
    time::timeout,
};

use super::{event::RealtimeEvent, reply::RealtimeReply};
use crate::base::{
    error::{Error, ErrorKind},
    maybe_send::BoxFuture,
};

/// How long a session that is being closed waits for the server to agree.
pub(super) const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// What the task of a session is told.
pub(super) enum Order {
    /// Send this message.
    Send(String),
    /// End the session.
    Close,
}

/// What the task of a session has received, with the room that it takes in the queue.
pub(super) type Incoming = (Result<RealtimeEvent, Error>, Option<OwnedSemaphorePermit>);

/// An open realtime session.
///
/// It is a [`Stream`] of what the server sends and a [`Sink`] for what you send, and has a method for a whole turn:
/// [`respond`](Self::respond). The stream ends with `None` when the session was closed, by either side, and with an error
/// when it broke.
///
/// The session lives in a task of its own, which answers pings and keeps the connection open. Dropping the session, or
/// both of its halves, closes it.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use pollinations_ext::realtime::RealtimeEvent;
///
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let mut session = pollinations.realtime("openai/gpt-realtime-2.1").text_only().connect().await?;
/// session.send(RealtimeEvent::text("Name a flower")).await?;
/// session.send(RealtimeEvent::respond()).await?;
/// let mut text = String::new();
/// while let Some(event) = session.next().await {
///     let event = event?;
///     text += event.text_delta().unwrap_or_default();
///     if event.is_done() {
///         break;
///     }
/// }
/// assert!(text.contains("Name a flower"));
/// session.close().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RealtimeSession {
    sender: RealtimeSender,
    receiver: RealtimeReceiver,
}

/// The half of a session that sends. Cheap to clone, so that several tasks can send.
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
    /// Only its owner polls it, so that it need not be `Sync` for the sender to be.
    Coming(SyncWrapper<BoxFuture<Option<OwnedPermit<Order>>>>),
    Had(OwnedPermit<Order>),
}

/// The half of a session that receives.
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
    operation: &'static str,
}

impl RealtimeSession {
    pub(super) fn new(sender: RealtimeSender, receiver: RealtimeReceiver) -> Self {
        Self { sender, receiver }
    }

    /// Sends an event. Returns when it is in the queue of the session's task, which writes it at once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) for an event beyond
    /// [`max_message_bytes`](super::RealtimeRequest::max_message_bytes),
    /// [`ErrorKind::Connection`](crate::ErrorKind::Connection) when the session has ended; reading it tells why.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(
    /// #     mut session: pollinations_ext::realtime::RealtimeSession,
    /// # ) -> Result<(), pollinations_ext::Error> {
    /// session.send(pollinations_ext::realtime::RealtimeEvent::cancel()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(&mut self, event: RealtimeEvent) -> Result<(), Error> {
        self.sender.send(event).await
    }

    /// Adds a message of the user to the conversation: sends [`RealtimeEvent::text`].
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(
    /// #     mut session: pollinations_ext::realtime::RealtimeSession,
    /// # ) -> Result<(), pollinations_ext::Error> {
    /// session.say("Hello").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn say(&mut self, text: impl Into<String>) -> Result<(), Error> {
        self.send(RealtimeEvent::text(text)).await
    }

    /// Asks the model to answer, and waits for the whole answer: sends [`RealtimeEvent::respond`] and then does as
    /// [`reply`](Self::reply).
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send) and [`reply`](Self::reply).
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(
    /// #     mut session: pollinations_ext::realtime::RealtimeSession,
    /// # ) -> Result<(), pollinations_ext::Error> {
    /// session.say("Hello").await?;
    /// println!("{}", session.respond().await?.transcript());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn respond(&mut self) -> Result<RealtimeReply, Error> {
        self.send(RealtimeEvent::respond()).await?;
        self.reply().await
    }

    /// Waits for the next whole answer, such as one that the service gives by itself when you stop speaking. Events that
    /// are not part of it are dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Stream`](crate::ErrorKind::Stream) when the server sends an `error` event or the answer fails; the
    /// session goes on. [`ErrorKind::Truncated`](crate::ErrorKind::Truncated) when the session is closed before the answer
    /// is complete. Everything that [`next`](Self::next) returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(
    /// #     mut session: pollinations_ext::realtime::RealtimeSession,
    /// # ) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", session.reply().await?.transcript());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn reply(&mut self) -> Result<RealtimeReply, Error> {
        let operation = self.receiver.operation;
        let mut reply = RealtimeReply::default();
        while let Some(event) = self.next().await {
            if reply.add(&event?).map_err(|error| error.with_operation(operation))? {
                return Ok(reply);
            }
        }
        let error = Error::new(ErrorKind::Truncated, "the session was closed before the answer was complete");
        Err(error.with_operation(operation))
    }

    /// The next event of the server; `None` when the session is closed.
    ///
    /// An `error` event of the server is an event like any other: see [`RealtimeEvent::error`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) for a message that is not a JSON object, or whose sound is not
    /// base64; the session goes on. Every other error ends it:
    /// [`ErrorKind::Connection`](crate::ErrorKind::Connection) when the connection breaks without a proper close,
    /// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) when the server gives no sign of life,
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) for a message beyond the limit,
    /// [`ErrorKind::Stream`](crate::ErrorKind::Stream) when the server closes the session with another code than 1000 (RFC
    /// 6455, section 7.4.1), with its code and reason.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(
    /// #     mut session: pollinations_ext::realtime::RealtimeSession,
    /// # ) -> Result<(), pollinations_ext::Error> {
    /// while let Some(event) = session.next().await {
    ///     println!("{}", event?.kind());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Result<RealtimeEvent, Error>> {
        self.receiver.next().await
    }

    /// Splits the session into two halves, for two tasks. The session is closed when both are dropped, or by
    /// [`RealtimeSender::close`].
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(session: pollinations_ext::realtime::RealtimeSession) -> Result<(), pollinations_ext::Error> {
    /// use pollinations_ext::realtime::RealtimeEvent;
    ///
    /// let (mut sender, mut receiver) = session.split();
    /// let playing = tokio::spawn(async move {
    ///     while let Some(Ok(event)) = receiver.next().await {
    ///         println!("{} bytes of sound", event.audio_delta().map_or(0, |sound| sound.len()));
    ///     }
    /// });
    /// sender.send(RealtimeEvent::text("Tell a story")).await?;
    /// sender.send(RealtimeEvent::respond()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn split(self) -> (RealtimeSender, RealtimeReceiver) {
        (self.sender, self.receiver)
    }

    /// Closes the session, and waits up to 5 s for the server to agree. What the server still sends is dropped.
    ///
    /// The service bills a session when it ends.
    ///
    /// # Errors
    ///
    /// The error that the session has broken with, if it has.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(session: pollinations_ext::realtime::RealtimeSession) -> Result<(), pollinations_ext::Error> {
    /// session.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn close(mut self) -> Result<(), Error> {
        // An error means that the session has ended already; how is what the receiver tells.
        let _ = self.sender.close().await;
        let drained = async {
            while let Some(event) = self.receiver.next().await {
                match event {
                    Err(error) if error.kind() != ErrorKind::Decode => return Err(error),
                    _ => {}
                }
            }
            Ok(())
        };
        // The task gives up after the same time.
        timeout(2 * CLOSE_TIMEOUT, drained).await.unwrap_or(Ok(()))
    }
}

impl RealtimeSender {
    pub(super) fn new(orders: mpsc::Sender<Order>, max_message: usize, operation: &'static str) -> Self {
        Self { orders, max_message, operation, place: Place::Not }
    }

    /// Sends an event. Returns when it is in the queue of the session's task, which writes it at once.
    ///
    /// # Errors
    ///
    /// As for [`RealtimeSession::send`].
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

    /// Asks the server to close the session. Events that are queued go out first. The other half can still be read until it
    /// ends.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Connection`](crate::ErrorKind::Connection) when the session has ended already.
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

impl RealtimeReceiver {
    pub(super) fn new(incoming: mpsc::Receiver<Incoming>, operation: &'static str) -> Self {
        Self { incoming, operation }
    }

    /// The next event of the server; `None` when the session is closed.
    ///
    /// # Errors
    ///
    /// As for [`RealtimeSession::next`].
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
        // The room in the queue is free once the event is taken out.
        self.incoming.poll_recv(context).map(|incoming| incoming.map(|(event, _room)| event))
    }
}

impl Stream for RealtimeSession {
    type Item = Result<RealtimeEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.receiver).poll_next(context)
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

    /// Ready at once: what is queued is written by the session's task without being asked.
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

impl Sink<RealtimeEvent> for RealtimeSession {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.sender).poll_ready(context)
    }

    fn start_send(mut self: Pin<&mut Self>, event: RealtimeEvent) -> Result<(), Error> {
        Pin::new(&mut self.sender).start_send(event)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.sender).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.sender).poll_close(context)
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

impl fmt::Debug for RealtimeReceiver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RealtimeReceiver").field("queued", &self.incoming.len()).finish_non_exhaustive()
    }
}
