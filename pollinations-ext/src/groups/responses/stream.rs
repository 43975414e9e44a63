//! Streamed responses.

use std::{
    ops::Deref,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use http::HeaderMap;
use pollinations_api::types::ResponseStreamEvent;

use super::{merged::Merged, response::ModelResponse};
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

pub(super) const OPERATION: &str = "create_response";

/// An event of a streamed response. Dereferences to the generated
/// [`ResponseStreamEvent`](crate::types::ResponseStreamEvent). Unknown events are its variant `Other`.
///
/// # Examples
///
/// ```
/// use pollinations_ext::types::ResponseStreamEvent;
///
/// # fn example(event: pollinations_ext::responses::ResponseEvent) {
/// match &*event {
///     ResponseStreamEvent::ResponseOutputItemAdded(added) => println!("an item begins: {:?}", added.item),
///     ResponseStreamEvent::Other(event) => println!("new to this version: {event:?}"),
///     _ => print!("{}", event.text()),
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ResponseEvent(ResponseStreamEvent);

impl ResponseEvent {
    /// The text that this event adds. Empty if it adds something else.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(event: pollinations_ext::responses::ResponseEvent) {
    /// print!("{}", event.text());
    /// # }
    /// ```
    pub fn text(&self) -> &str {
        match &self.0 {
            ResponseStreamEvent::ResponseOutputTextDelta(event) => &event.delta,
            _ => "",
        }
    }

    /// The reasoning, or reasoning summary, that this event adds. Empty if it adds something else.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(event: pollinations_ext::responses::ResponseEvent) {
    /// eprint!("{}", event.reasoning());
    /// # }
    /// ```
    pub fn reasoning(&self) -> &str {
        match &self.0 {
            ResponseStreamEvent::ResponseReasoningTextDelta(event) => &event.delta,
            ResponseStreamEvent::ResponseReasoningSummaryTextDelta(event) => &event.delta,
            _ => "",
        }
    }

    /// Returns the generated type.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(event: pollinations_ext::responses::ResponseEvent) {
    /// let event = event.into_inner();
    /// # }
    /// ```
    pub fn into_inner(self) -> ResponseStreamEvent {
        self.0
    }
}

impl Deref for ResponseEvent {
    type Target = ResponseStreamEvent;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// The events of a streamed response: `response.created`, then the events of each output item, such as
/// `response.output_text.delta`, then `response.completed` or `response.incomplete`.
///
/// A [`Stream`] of [`ResponseEvent`]s that ends when the response is complete. A response that reaches a limit is
/// incomplete, but not an error: see [`ModelResponse::incomplete_reason`]. `response.failed` is an error, and so is a
/// broken connection. If you drop the stream, the connection is closed and the model stops.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let mut stream = pollinations.responses("openai").user("Tell a story").stream().await?;
/// while let Some(event) = stream.next().await {
///     print!("{}", event?.text());
/// }
/// let response = stream.finish().await?;
/// println!("\n{} tokens", response.usage().map_or(0, |usage| usage.output_tokens));
/// # assert_eq!(response.text(), "You said: Tell a story");
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is read from a stream until it is polled"]
pub struct ResponseStream(EventStream<Merged>);

impl ResponseStream {
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
    /// use pollinations_ext::responses::ResponseStream;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), pollinations_ext::Error> {
    /// let pieces = [
    ///     "data: {\"type\":\"response.output_text.del",
    ///     "ta\",\"delta\":\"Hello\"}\n\ndata: {\"type\":\"response.completed\",\"response\":{}}\n\n",
    /// ];
    /// let recording = futures_util::stream::iter(pieces.map(|piece| Ok::<_, std::io::Error>(piece.into())));
    /// assert_eq!(ResponseStream::from_bytes(recording).finish().await?.text(), "Hello");
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

    /// The next event, or `None` after the end of the response or an error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Stream`] if the model fails (`response.failed`, `error`, or an error in another form).
    /// [`ErrorKind::Truncated`] if the stream ends before the response is complete. [`ErrorKind::Connection`] if the
    /// connection breaks. [`ErrorKind::Timeout`] if nothing but keep-alives arrives within the
    /// [`idle_timeout`](crate::Builder::idle_timeout). [`ErrorKind::Decode`] if an event cannot be parsed.
    /// [`ErrorKind::TooLarge`] if an event is larger than 8 MiB or the response is larger than
    /// [`max_response_bytes`](crate::Builder::max_response_bytes). The stream ends after an error.
    /// [`Error::partial_response`] has everything received before it.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let mut stream = pollinations.responses("openai").user("Tell a story").stream().await?;
    /// while let Some(event) = stream.next().await {
    ///     print!("{}", event?.text());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[allow(clippy::should_implement_trait, reason = "the name that a stream's next item has everywhere")]
    pub fn next(&mut self) -> impl Future<Output = Option<Result<ResponseEvent, Error>>> + Unpin {
        StreamExt::next(self)
    }

    /// Reads the rest of the stream and returns the whole response, including the events you have already read.
    ///
    /// # Errors
    ///
    /// Same as [`next`](Self::next), and [`ErrorKind::Truncated`] if the stream failed earlier.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let stream = pollinations.responses("openai").user("Tell a story").stream().await?;
    /// println!("{}", stream.finish().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn finish(mut self) -> Result<ModelResponse, Error> {
        while let Some(event) = self.next().await {
            event?;
        }
        let headers = self.0.headers().clone();
        let error = self.0.locate(Error::new(ErrorKind::Decode, "the events do not form a complete response"));
        let (merged, _) = self.0.into_merged()?;
        merged.into_response().map(|response| ModelResponse::new(response, headers)).map_err(|_| error)
    }

    /// Streams only the text.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// use futures_util::TryStreamExt;
    ///
    /// let stream = pollinations.responses("openai").user("Tell a story").stream().await?;
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
    /// # fn example(stream: pollinations_ext::responses::ResponseStream) {
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
    /// # fn example(stream: pollinations_ext::responses::ResponseStream) {
    /// println!("{:?}", stream.headers().get("x-model-used"));
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }
}

impl Stream for ResponseStream {
    type Item = Result<ResponseEvent, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let event = ready!(self.get_mut().0.poll_event(context));
        Poll::Ready(event.map(|event| event.map(ResponseEvent)))
    }
}

impl TextSource for ResponseStream {
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

impl std::fmt::Debug for ResponseStream {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ResponseStream").field("request_id", &self.request_id()).finish_non_exhaustive()
    }
}
