//! Streamed text.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use futures_util::StreamExt;
use http::HeaderMap;
use pollinations_api::types::{ChatChoice, ChatCompletion, ReplyMessage};

use crate::{
    base::{error::Error, maybe_send::MaybeSend},
    exchange::reading::events::TextPieces,
    key::Keyring,
};

/// Streamed text: a [`Stream`] of [`String`]s, none of which is empty.
///
/// If the connection breaks early, the last item is an error, so you never mistake truncated text for complete text.
/// If you drop the stream, the connection is closed.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let mut stream = pollinations.text("A long story").stream().await?;
/// while let Some(piece) = stream.next().await {
///     print!("{}", piece?);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is read from a stream until it is polled"]
pub struct TextStream {
    operation: &'static str,
    source: Box<dyn TextSource>,
}

/// A source of streamed text.
pub(crate) trait TextSource: MaybeSend + Sync {
    /// The next text, which is not empty.
    fn poll_text(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<String, Error>>>;

    /// The headers of the response.
    fn headers(&self) -> &HeaderMap;
}

impl TextStream {
    pub(crate) fn new(operation: &'static str, source: impl TextSource + 'static) -> Self {
        Self { operation, source: Box::new(source) }
    }

    /// The next text, or `None` at the end or after an error.
    ///
    /// # Errors
    ///
    /// Same as [`ChatStream::next`](crate::chat::ChatStream::next).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(mut stream: pollinations_ext::TextStream) -> Result<(), pollinations_ext::Error> {
    /// while let Some(piece) = stream.next().await {
    ///     print!("{}", piece?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Result<String, Error>> {
        StreamExt::next(self).await
    }

    /// Reads the rest of the stream and returns it.
    ///
    /// # Errors
    ///
    /// Same as [`next`](Self::next). [`Error::partial`] has the text received before the error.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.text("A long story").stream().await?.finish().await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn finish(mut self) -> Result<String, Error> {
        let mut text = String::new();
        while let Some(piece) = self.next().await {
            match piece {
                Ok(piece) => text += &piece,
                Err(error) if text.is_empty() => return Err(error),
                Err(error) => return Err(error.with_partial(Some(partial(text)))),
            }
        }
        Ok(text)
    }

    /// The headers of the response, such as `x-model-used`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(stream: pollinations_ext::TextStream) {
    /// println!("{:?}", stream.headers().get("x-model-used"));
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        self.source.headers()
    }
}

/// A truncated text, in the form of a chat reply.
fn partial(text: String) -> ChatCompletion {
    let mut message = ReplyMessage::default();
    message.content = Some(text);
    let mut choice = ChatChoice::default();
    choice.message = Some(message);
    ChatCompletion::new(vec![choice], 0, "", "")
}

impl Stream for TextStream {
    type Item = Result<String, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let piece = ready!(this.source.poll_text(context));
        Poll::Ready(piece.map(|piece| piece.map_err(|error| error.with_operation(this.operation))))
    }
}

impl fmt::Debug for TextStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TextStream").finish_non_exhaustive()
    }
}

/// A plain-text response, and the keys to remove from it.
pub(crate) struct PlainText {
    pub(crate) pieces: TextPieces,
    pub(crate) keys: Arc<Keyring>,
}

impl TextSource for PlainText {
    fn poll_text(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<String, Error>>> {
        let piece = ready!(Pin::new(&mut self.pieces).poll_next(context));
        Poll::Ready(piece.map(|piece| piece.map_err(|error| error.redacted(&self.keys))))
    }

    fn headers(&self) -> &HeaderMap {
        self.pieces.headers()
    }
}
