//! Streamed messages.

use std::{
    ops::Deref,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use http::HeaderMap;
use pollinations_api::types::{MessageBlock, MessageBlockDelta, MessageStreamEvent};

use super::{merged::Merged, reply::MessageReply};
use crate::{
    base::{
        error::{Error, ErrorKind},
        header::{REQUEST_ID, header},
        maybe_send::MaybeSend,
    },
    exchange::{raw::RawResponse, reading::events::Events, transport::Shared},
    reply::{
        event_stream::EventStream,
        text_stream::{TextSource, TextStream},
    },
};

pub(super) const OPERATION: &str = "create_message";

/// An event of a streamed reply. Dereferences to the generated
/// [`MessageStreamEvent`](crate::types::MessageStreamEvent). Unknown events are its variant `Other`.
///
/// # Examples
///
/// ```
/// use pollinations_ext::types::MessageStreamEvent;
///
/// # fn example(event: pollinations_ext::messages::MessageEvent) {
/// match &*event {
///     MessageStreamEvent::ContentBlockStart(start) => println!("block {} begins", start.index),
///     MessageStreamEvent::Other(event) => println!("new to this version: {event:?}"),
///     _ => print!("{}", event.text()),
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MessageEvent(MessageStreamEvent);

impl MessageEvent {
    /// The text that this event adds. Empty if it adds something else.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(event: pollinations_ext::messages::MessageEvent) {
    /// print!("{}", event.text());
    /// # }
    /// ```
    pub fn text(&self) -> &str {
        match &self.0 {
            MessageStreamEvent::ContentBlockDelta(event) => match &event.delta {
                MessageBlockDelta::TextDelta(delta) => &delta.text,
                _ => "",
            },
            // The text of a new block is usually empty.
            MessageStreamEvent::ContentBlockStart(event) => match &event.content_block {
                MessageBlock::Text(block) => &block.text,
                _ => "",
            },
            _ => "",
        }
    }

    /// The reasoning that this event adds. Empty if it adds something else.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(event: pollinations_ext::messages::MessageEvent) {
    /// eprint!("{}", event.thinking());
    /// # }
    /// ```
    pub fn thinking(&self) -> &str {
        match &self.0 {
            MessageStreamEvent::ContentBlockDelta(event) => match &event.delta {
                MessageBlockDelta::ThinkingDelta(delta) => &delta.thinking,
                _ => "",
            },
            MessageStreamEvent::ContentBlockStart(event) => match &event.content_block {
                MessageBlock::Thinking(block) => &block.thinking,
                _ => "",
            },
            _ => "",
        }
    }

    /// Returns the generated type.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(event: pollinations_ext::messages::MessageEvent) {
    /// let event = event.into_inner();
    /// # }
    /// ```
    pub fn into_inner(self) -> MessageStreamEvent {
        self.0
    }
}

impl Deref for MessageEvent {
    type Target = MessageStreamEvent;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// The events of a streamed reply: `message_start`, then `content_block_start`, `content_block_delta` and
/// `content_block_stop` for each block, then `message_delta` and `message_stop`.
///
/// A [`Stream`] of [`MessageEvent`]s that ends when the reply is complete. `ping` events are skipped. If the
/// connection breaks before that, the last item is an error. If you drop the stream, the connection is closed and the
/// model stops.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let mut stream = pollinations.messages("claude", 1024).user("Tell a story").stream().await?;
/// while let Some(event) = stream.next().await {
///     print!("{}", event?.text());
/// }
/// let reply = stream.finish().await?;
/// println!("\n{} tokens", reply.usage().output_tokens);
/// # assert_eq!(reply.text(), "You said: Tell a story");
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is read from a stream until it is polled"]
pub struct MessageStream(EventStream<Merged>);

impl MessageStream {
    pub(super) fn new(shared: &Shared, events: Events) -> Self {
        Self(EventStream::new(shared, OPERATION, events))
    }

    /// Reads a stream that has already been received.
    pub(super) fn recorded(shared: &Shared, response: &RawResponse) -> Self {
        Self(EventStream::recorded(shared, OPERATION, response))
    }

    /// Reads events from any source of bytes: a proxy, a recording, your own transport. The bytes may be split
    /// anywhere.
    ///
    /// There is no idle timeout, and no async runtime is needed. An error of the source becomes
    /// [`ErrorKind::Connection`].
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::messages::MessageStream;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), pollinations_ext::Error> {
    /// let pieces = [
    ///     "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_",
    ///     "delta\",\"text\":\"Hello\"}}\n\ndata: {\"type\":\"message_stop\"}\n\n",
    /// ];
    /// let recording = futures_util::stream::iter(pieces.map(|piece| Ok::<_, std::io::Error>(piece.into())));
    /// assert_eq!(MessageStream::from_bytes(recording).finish().await?.text(), "Hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_bytes<S, E>(bytes: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + MaybeSend + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self(EventStream::from_bytes(OPERATION, bytes))
    }

    /// The next event, or `None` after the end of the reply or an error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Stream`] if the model fails (`event: error`, or an error in another form).
    /// [`ErrorKind::Truncated`] if the stream ends before the reply is complete. [`ErrorKind::Connection`] if the
    /// connection breaks. [`ErrorKind::Timeout`] if nothing but keep-alives arrives within the
    /// [`idle_timeout`](crate::Builder::idle_timeout). [`ErrorKind::Decode`] if an event cannot be parsed.
    /// [`ErrorKind::TooLarge`] if an event is larger than 8 MiB or the reply is larger than
    /// [`max_response_bytes`](crate::Builder::max_response_bytes). The stream ends after an error.
    /// [`Error::partial_message`] has everything received before it.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let mut stream = pollinations.messages("claude", 1024).user("Tell a story").stream().await?;
    /// while let Some(event) = stream.next().await {
    ///     print!("{}", event?.text());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[allow(clippy::should_implement_trait, reason = "the name that a stream's next item has everywhere")]
    pub fn next(&mut self) -> impl Future<Output = Option<Result<MessageEvent, Error>>> + Unpin {
        StreamExt::next(self)
    }

    /// Reads the rest of the stream and returns the whole reply, including the events you have already read.
    ///
    /// # Errors
    ///
    /// Same as [`next`](Self::next), and [`ErrorKind::Truncated`] if the stream failed earlier.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let stream = pollinations.messages("claude", 1024).user("Tell a story").stream().await?;
    /// println!("{}", stream.finish().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn finish(mut self) -> Result<MessageReply, Error> {
        while let Some(event) = self.next().await {
            event?;
        }
        let headers = self.0.headers().clone();
        let error = self.0.locate(Error::new(ErrorKind::Decode, "the events do not form a complete message"));
        let (merged, _) = self.0.into_merged()?;
        merged.into_message().map(|message| MessageReply::new(message, headers)).map_err(|_| error)
    }

    /// Streams only the text.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// use futures_util::TryStreamExt;
    ///
    /// let stream = pollinations.messages("claude", 1024).user("Tell a story").stream().await?;
    /// let story: String = stream.text_stream().try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn text_stream(self) -> TextStream {
        TextStream::new(OPERATION, self)
    }

    /// The request ID, for support requests to the service.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(stream: pollinations_ext::messages::MessageStream) {
    /// println!("{:?}", stream.request_id());
    /// # }
    /// ```
    pub fn request_id(&self) -> Option<&str> {
        header(self.headers(), REQUEST_ID)
    }

    /// The headers of the response, such as `x-model-used`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(stream: pollinations_ext::messages::MessageStream) {
    /// println!("{:?}", stream.headers().get("x-model-used"));
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }
}

impl Stream for MessageStream {
    type Item = Result<MessageEvent, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let event = ready!(self.get_mut().0.poll_event(context));
        Poll::Ready(event.map(|event| event.map(MessageEvent)))
    }
}

impl TextSource for MessageStream {
    fn poll_text(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<String, Error>>> {
        loop {
            match ready!(Pin::new(&mut *self).poll_next(context)) {
                Some(Ok(event)) if event.text().is_empty() => {}
                event => return Poll::Ready(event.map(|event| event.map(|event| event.text().to_owned()))),
            }
        }
    }

    fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }
}

impl std::fmt::Debug for MessageStream {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("MessageStream").field("request_id", &self.request_id()).finish_non_exhaustive()
    }
}
