//! The beginning of a streamed response.
//!
//! The first bytes are more reliable than the content type: gateways send valid events as plain text, and errors as
//! JSON with a success status.

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::{
    MAX_ERROR_BODY,
    events::{Events, TextPieces},
    guard::Guard,
    looks::{Looks, look},
};
use crate::{
    base::{
        error::{Error, ErrorKind},
        header::{media_type, request_id},
        json,
    },
    exchange::{
        body::ErrorBody,
        failure::{disguised, error_in, is_page},
    },
    key::Keyring,
    retry::Failure,
};

/// A streamed response, after its first chunk.
pub(crate) enum Opened {
    Events(Events),
    Text(TextPieces),
}

/// A response whose headers have arrived.
pub(crate) struct Opening<'a> {
    /// The path of the operation in the document.
    pub(crate) path: &'a str,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) keys: &'a Keyring,
}

impl Opening<'_> {
    /// Waits for the first chunk, because a failure before it can still be retried. A response that is not an event
    /// stream is an error, unless `plain` allows text. Reads at most `limit` bytes of it.
    pub(crate) async fn open(self, mut body: Guard, plain: bool, limit: usize) -> Result<Opened, Failure> {
        let kind = media_type(&self.headers).to_owned();
        let promised = kind.eq_ignore_ascii_case("text/event-stream");
        if plain && !promised && !is_page(&self.headers) {
            let first = match kind.eq_ignore_ascii_case("application/json") {
                true => Some(self.not_an_error(&mut body).await?),
                false => None,
            };
            return TextPieces::open(body, first, self.headers).await.map(Opened::Text).map_err(Failure::Other);
        }
        let (first, looks) = beginning(&mut body, promised).await.map_err(|error| self.failure(error))?;
        match looks {
            Looks::Json => self.json(&kind, first, body, limit).await,
            Looks::Events => {
                let events = Events::open(body, first, self.headers).await;
                events.map(Opened::Events).map_err(Failure::Other)
            }
            Looks::Unclear | Looks::Other if promised && first.trim_ascii().is_empty() => {
                Err(self.failure(Error::new(ErrorKind::Truncated, "the stream ended before its first event")))
            }
            Looks::Unclear | Looks::Other => {
                let page = more(first, &mut body).await;
                Err(self.other(&kind, &page))
            }
        }
    }

    /// The bytes read of a text declared as JSON, unless it is an error. Longer JSON was written by the model.
    async fn not_an_error(&self, body: &mut Guard) -> Result<Bytes, Failure> {
        let mut all = BytesMut::new();
        while all.len() < MAX_ERROR_BODY
            && let Some(piece) = body.next().await
        {
            all.extend_from_slice(&piece.map_err(|error| self.failure(error))?);
        }
        let all = all.freeze();
        match error_in(self.status, &self.headers, &all, self.keys) {
            Some(failure) => Err(failure),
            None => Ok(all),
        }
    }

    /// Handles JSON in place of events: an error, or a whole reply, which is used like a stream.
    async fn json(self, kind: &str, first: Bytes, mut body: Guard, limit: usize) -> Result<Opened, Failure> {
        let mut all = BytesMut::from(first);
        while let Some(piece) = body.next().await {
            all.extend_from_slice(&piece.map_err(|error| self.failure(error))?);
            if all.len() > limit {
                let message =
                    format!("the response is larger than {limit} bytes; raise `max_response_bytes` to allow more");
                return Err(self.failure(Error::new(ErrorKind::TooLarge, message)));
            }
        }
        let all = all.freeze();
        if let Some(failure) = disguised(self.path, self.status, &self.headers, &all, self.keys) {
            return Err(failure);
        }
        let value: Option<Value> = json::read(&all).ok();
        match value.filter(is_reply) {
            Some(reply) => {
                let events = Bytes::from(format!("data: {reply}\n\ndata: [DONE]\n\n"));
                let events = Events::open(body, events, self.headers).await;
                events.map(Opened::Events).map_err(Failure::Other)
            }
            None => Err(self.other(kind, &all)),
        }
    }

    /// The failure for a body that is neither events nor usable JSON.
    fn other(&self, kind: &str, body: &[u8]) -> Failure {
        let said = ErrorBody::parse(body, "", self.keys);
        let mut message = format!("the server answered with `{kind}` instead of a stream of events");
        if !said.message.is_empty() {
            message = format!("{message}: {}", said.message);
        }
        self.failure(Error::new(ErrorKind::Decode, message).with_status(self.status).with_body(said.excerpt))
    }

    fn failure(&self, error: Error) -> Failure {
        Failure::Other(error.with_request_id(request_id(&self.headers)))
    }
}

/// Whether a document is a whole reply: a chat completion, a message, or a response.
fn is_reply(value: &Value) -> bool {
    value["choices"].as_array().is_some_and(|choices| !choices.is_empty())
        || value["type"] == "message" && value["content"].is_array()
        || value["object"] == "response" && value["output"].is_array()
}

/// Reads enough of a body to determine its type. `promised` is true if the content type is that of events.
async fn beginning(body: &mut Guard, promised: bool) -> Result<(Bytes, Looks), Error> {
    let mut first = Bytes::new();
    loop {
        let looks = look(&first, promised);
        if looks != Looks::Unclear {
            return Ok((first, looks));
        }
        let Some(piece) = body.next().await.transpose()? else { return Ok((first, looks)) };
        first = if first.is_empty() { piece } else { Bytes::from([&first[..], &piece].concat()) };
    }
}

/// Reads on, up to the maximum size of an error. It does not matter how the body ends.
async fn more(first: Bytes, body: &mut Guard) -> BytesMut {
    let mut all = BytesMut::from(first);
    while all.len() < MAX_ERROR_BODY
        && let Some(Ok(piece)) = body.next().await
    {
        all.extend_from_slice(&piece);
    }
    all
}
