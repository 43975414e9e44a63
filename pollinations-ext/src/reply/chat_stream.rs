//! Streamed chat replies.

use std::{
    ops::Deref,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use http::HeaderMap;
use pollinations_api::types::{ChatCompletionChunk, ChatDelta, ChatMessage};

use super::{
    chat_reply::ChatReply,
    reader::{Reader, Step, is_usual},
    sorter::too_soon,
    text_stream::{TextSource, TextStream},
};
use crate::{
    base::{
        error::{Error, ErrorKind},
        header::{REQUEST_ID, header},
        json::{self, Read as _},
        maybe_send::{MaybeSend, body},
    },
    exchange::{
        raw::RawResponse,
        reading::{
            events::{Event, Events},
            guard::Guard,
        },
        transport::{MAX_BODY, Shared},
    },
    key::Keyring,
};

/// A chunk of a streamed reply. Dereferences to the generated type.
///
/// # Examples
///
/// ```
/// # fn example(chunk: pollinations_ext::chat::ChatChunk) {
/// println!("{:?}: {}", chunk.model, chunk.text());
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ChatChunk(ChatCompletionChunk);

impl ChatChunk {
    /// The text that this chunk adds. Empty if it adds something else.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(chunk: pollinations_ext::chat::ChatChunk) {
    /// print!("{}", chunk.text());
    /// # }
    /// ```
    pub fn text(&self) -> &str {
        self.delta().and_then(|delta| delta.content.as_deref()).unwrap_or_default()
    }

    /// The reasoning that this chunk adds. Empty if it adds something else.
    ///
    /// Providers send it as `reasoning_content`, `reasoning` or `reasoning_details`, or in blocks. This method reads
    /// all of these. If several fields have the same text, you get it once.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(chunk: pollinations_ext::chat::ChatChunk) {
    /// eprint!("{}", chunk.reasoning());
    /// # }
    /// ```
    pub fn reasoning(&self) -> &str {
        self.delta().and_then(|delta| delta.reasoning_content.as_deref()).unwrap_or_default()
    }

    /// The delta of the first choice: what this chunk adds to it.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(chunk: pollinations_ext::chat::ChatChunk) {
    /// println!("{:?}", chunk.delta());
    /// # }
    /// ```
    pub fn delta(&self) -> Option<&ChatDelta> {
        self.0.choices.first()?.delta.as_ref()
    }

    /// Returns the generated type.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(chunk: pollinations_ext::chat::ChatChunk) {
    /// let chunk = chunk.into_inner();
    /// # }
    /// ```
    pub fn into_inner(self) -> ChatCompletionChunk {
        self.0
    }
}

impl Deref for ChatChunk {
    type Target = ChatCompletionChunk;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// A streamed chat reply.
///
/// A [`Stream`] of [`ChatChunk`]s that ends when the reply is complete. If the connection breaks before that, the
/// last item is an error, so you never mistake a truncated reply for a complete one. If you drop the stream, the
/// connection is closed and the model stops.
///
/// # Examples
///
/// ```
/// # use pollinations_ext::Pollinations;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = Pollinations::builder().base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let mut stream = pollinations.chat("openai").user("Tell a story").stream().await?;
/// while let Some(chunk) = stream.next().await {
///     print!("{}", chunk?.text());
/// }
/// let reply = stream.finish().await?;
/// println!("\n{} tokens", reply.usage().map_or(0, |usage| usage.total_tokens));
/// # assert_eq!(reply.text(), "You said: Tell a story");
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is read from a stream until it is polled"]
pub struct ChatStream {
    operation: &'static str,
    events: Events,
    reader: Reader,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Open,
    Complete,
    Failed,
}

impl ChatStream {
    pub(crate) fn new(shared: &Shared, operation: &'static str, events: Events) -> Self {
        let reader = Reader::new(Arc::clone(&shared.keys), shared.max_body, events.idle());
        Self { operation, events, reader, state: State::Open }
    }

    /// Reads a stream of chunks that has already been received.
    pub(crate) fn recorded(shared: &Shared, operation: &'static str, response: &RawResponse) -> Self {
        let bytes = futures_util::stream::iter([Ok::<_, std::io::Error>(response.body().clone())]);
        let events = Events::new(Guard::new(body(bytes), None), response.headers().clone());
        Self::new(shared, operation, events)
    }

    /// Reads chunks from any source of bytes: a proxy, a recording, your own transport. The bytes may be split
    /// anywhere.
    ///
    /// There is no idle timeout, and no async runtime is needed. An error of the source becomes
    /// [`ErrorKind::Connection`].
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::chat::ChatStream;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), pollinations_ext::Error> {
    /// let pieces = [
    ///     r#"data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}"#,
    ///     "\n\ndata: ",
    ///     r#"{"choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}"#,
    ///     "\n\ndata: [DONE]\n\n",
    /// ];
    /// let recording = futures_util::stream::iter(pieces.map(|piece| Ok::<_, std::io::Error>(piece.into())));
    /// assert_eq!(ChatStream::from_bytes(recording).finish().await?.text(), "Hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_bytes<S, E>(bytes: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + MaybeSend + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let reader = Reader::new(Arc::new(Keyring::new(None, [])), MAX_BODY, None);
        let events = Events::new(Guard::new(body(bytes), None), HeaderMap::new());
        Self { operation: "chat_completions", events, reader, state: State::Open }
    }

    /// The next chunk, or `None` after the end of the reply or an error.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Stream`] if the service reports an error in the stream;
    /// - [`ErrorKind::Truncated`] if the stream ends before the reply is complete;
    /// - [`ErrorKind::Connection`] if the connection breaks;
    /// - [`ErrorKind::Timeout`] if nothing arrives within the [`idle_timeout`](crate::Builder::idle_timeout);
    /// - [`ErrorKind::Decode`] if an event cannot be parsed;
    /// - [`ErrorKind::TooLarge`] if an event is larger than 8 MiB, or the reply is larger than
    ///   [`max_response_bytes`](crate::Builder::max_response_bytes).
    ///
    /// The stream ends after an error. [`Error::partial`] has everything received before it.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let mut stream = pollinations.chat("openai").user("Tell a story").stream().await?;
    /// while let Some(chunk) = stream.next().await {
    ///     print!("{}", chunk?.text());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[allow(clippy::should_implement_trait, reason = "the name that a stream's next item has everywhere")]
    pub fn next(&mut self) -> impl Future<Output = Option<Result<ChatChunk, Error>>> + Unpin {
        StreamExt::next(self)
    }

    /// Reads the rest of the stream and returns the whole reply, including the chunks you have already read.
    ///
    /// # Errors
    ///
    /// Same as [`next`](Self::next), and [`ErrorKind::Truncated`] if the stream failed earlier.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let stream = pollinations.chat("openai").user("Tell a story").stream().await?;
    /// println!("{}", stream.finish().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn finish(mut self) -> Result<ChatReply, Error> {
        while let Some(chunk) = self.next().await {
            chunk?;
        }
        if self.state == State::Failed {
            return Err(self.locate(Error::new(ErrorKind::Truncated, "the stream failed earlier")));
        }
        let headers = self.events.headers().clone();
        Ok(self.reader.into_reply(headers))
    }

    /// The request ID, for support requests to the service.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(stream: pollinations_ext::chat::ChatStream) {
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
    /// # fn example(stream: pollinations_ext::chat::ChatStream) {
    /// println!("{:?}", stream.headers().get("x-model-used"));
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        self.events.headers()
    }

    /// Streams only the text.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// use futures_util::TryStreamExt;
    ///
    /// let stream = pollinations.chat("openai").user("Tell a story").stream().await?;
    /// let story: String = stream.text_stream().try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn text_stream(self) -> TextStream {
        TextStream::new(self.operation, self)
    }

    /// Whether the reply has been read to its end.
    pub(crate) fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// The reply so far, as a message of the conversation.
    pub(crate) fn merged_message(&self) -> ChatMessage {
        self.reader.to_message()
    }

    /// Ends the stream with this error.
    fn fail(&mut self, error: Error) -> Error {
        self.state = State::Failed;
        let partial = self.reader.take_partial();
        self.locate(error.with_partial(partial))
    }

    fn locate(&self, error: Error) -> Error {
        let request_id = self.request_id().map(str::to_owned);
        error.with_operation(self.operation).with_request_id(request_id).redacted(self.reader.keys())
    }
}

impl Stream for ChatStream {
    type Item = Result<ChatChunk, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.state != State::Open {
            return Poll::Ready(None);
        }
        loop {
            let queued = this.reader.next_queued();
            let event = match &queued {
                Some(data) => Event { name: None, data, is_last: false },
                None => match ready!(this.events.poll_event(context)) {
                    Some(Ok(event)) => event,
                    Some(Err(error)) => return Poll::Ready(Some(Err(this.fail(error)))),
                    None if this.reader.is_complete() => {
                        this.state = State::Complete;
                        return Poll::Ready(None);
                    }
                    None => return Poll::Ready(Some(Err(this.fail(too_soon())))),
                },
            };
            // A chunk is some 800 bytes, and each step that it is not moved through counts.
            let mut chunk = ChatCompletionChunk::absent();
            if let Err(error) = json::lenient_in_place(&mut chunk, event.data) {
                match this.reader.unread(event, &error) {
                    Ok(Step::Chunk | Step::Skip) => continue,
                    Ok(Step::End) => {
                        this.state = State::Complete;
                        return Poll::Ready(None);
                    }
                    Err(error) => return Poll::Ready(Some(Err(this.fail(error)))),
                }
            }
            let size = event.data.len();
            if !is_usual(&event, &chunk) {
                match this.reader.unusual(event) {
                    Ok(Step::Chunk) => {}
                    Ok(Step::Skip | Step::End) => continue,
                    Err(error) => return Poll::Ready(Some(Err(this.fail(error)))),
                }
            }
            if let Err(error) = this.reader.keep(&mut chunk, size) {
                return Poll::Ready(Some(Err(this.fail(error))));
            }
            return Poll::Ready(Some(Ok(ChatChunk(chunk))));
        }
    }
}

impl TextSource for ChatStream {
    fn poll_text(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<String, Error>>> {
        loop {
            match ready!(Pin::new(&mut *self).poll_next(context)) {
                Some(Ok(chunk)) if chunk.text().is_empty() => {}
                piece => return Poll::Ready(piece.map(|chunk| chunk.map(|chunk| chunk.text().to_owned()))),
            }
        }
    }

    fn headers(&self) -> &HeaderMap {
        self.events.headers()
    }
}

impl std::fmt::Debug for ChatStream {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ChatStream")
            .field("state", &self.state)
            .field("request_id", &self.request_id())
            .finish_non_exhaustive()
    }
}
