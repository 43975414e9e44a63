//! Open sessions.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
use futures_util::Sink;
use tokio::time::timeout;

use super::{
    driver::CLOSE_TIMEOUT, event::RealtimeEvent, receiver::RealtimeReceiver, reply::RealtimeReply,
    sender::RealtimeSender,
};
use crate::base::error::{Error, ErrorKind};

/// An open realtime session.
///
/// It is a [`Stream`] of the server's events and a [`Sink`] for yours. [`respond`](Self::respond) takes a whole turn.
/// The stream ends with `None` after either side has closed the session, and with an error if the connection broke.
///
/// The session runs in its own task, which answers pings and keeps the connection open. To close the session, drop
/// it, or drop both of its halves.
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
    operation: &'static str,
}

impl RealtimeSession {
    pub(super) fn new(sender: RealtimeSender, receiver: RealtimeReceiver, operation: &'static str) -> Self {
        Self { sender, receiver, operation }
    }

    /// Sends an event. Returns once the event is queued; the session's task sends it immediately.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) if the event is larger than
    /// [`max_message_bytes`](super::RealtimeRequest::max_message_bytes), and
    /// [`ErrorKind::Connection`](crate::ErrorKind::Connection) if the session has ended. To find out why it ended,
    /// read from it.
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

    /// Adds a user message to the conversation. Sends [`RealtimeEvent::text`].
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send).
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

    /// Asks the model to answer and waits for the whole answer. Sends [`RealtimeEvent::respond`], then calls
    /// [`reply`](Self::reply).
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send) and [`reply`](Self::reply).
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

    /// Waits for the next whole answer, for example the one that the service starts by itself when you stop speaking.
    /// Events that do not belong to it are dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Stream`](crate::ErrorKind::Stream) if the server sends an `error` event or the answer fails; the
    /// session continues. [`ErrorKind::Truncated`](crate::ErrorKind::Truncated) if the session is closed before the
    /// answer is complete. All errors of [`next`](Self::next).
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
        let operation = self.operation;
        let mut reply = RealtimeReply::default();
        while let Some(event) = self.next().await {
            if reply.add(&event?).map_err(|error| error.with_operation(operation))? {
                return Ok(reply);
            }
        }
        let error = Error::new(ErrorKind::Truncated, "the session was closed before the answer was complete");
        Err(error.with_operation(operation))
    }

    /// The next event, or `None` after the session has been closed.
    ///
    /// An `error` event of the server is returned like any other event: see [`RealtimeEvent::error`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if a message is not a JSON object, or its audio is not base64;
    /// the session continues. All other errors end it: [`ErrorKind::Connection`](crate::ErrorKind::Connection) if the
    /// connection breaks without a close frame, [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) if no data or pong
    /// arrives within the idle timeout, [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) if a message is larger
    /// than the limit, [`ErrorKind::Stream`](crate::ErrorKind::Stream) if the server closes the session with a code
    /// other than 1000 (RFC 6455, section 7.4.1). The error then has the code and the reason.
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

    /// Splits the session into two halves, for two tasks. To close the session, drop both halves or call
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

    /// Closes the session, and waits up to 5 s for the server to confirm. Events that still arrive are dropped.
    ///
    /// The service bills a session when it ends.
    ///
    /// # Errors
    ///
    /// The error that ended the session, if there was one.
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
        // An error means that the session has already ended. The receiver reports how.
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

impl Stream for RealtimeSession {
    type Item = Result<RealtimeEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.receiver).poll_next(context)
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
