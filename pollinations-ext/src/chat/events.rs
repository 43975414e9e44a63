//! Server-sent events (WHATWG HTML, section 9.2) of one response.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_core::Stream;
use futures_util::StreamExt;
use http::{HeaderMap, header::CONTENT_TYPE};
use reqwest::Response;
use sse_stream::{Sse, SseByteStream};

use crate::{
    error::{Error, ErrorKind},
    guard::{Guard, GuardError},
    transport::request_id,
};

/// Bytes of one event at the most.
const MAX_EVENT: usize = 8 * 1024 * 1024;

/// The data of the events of a response, without those that have none.
pub(crate) struct Events {
    decoder: SseByteStream<Guard>,
    pending: Arc<AtomicUsize>,
    first: Option<String>,
    headers: HeaderMap,
}

impl Events {
    /// Waits for the first event, so that a failure before it can still be repaired.
    pub(crate) async fn open(response: Response, idle: Duration) -> Result<Self, Error> {
        let headers = response.headers().clone();
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_owned();
        if !kind.eq_ignore_ascii_case("text/event-stream") {
            let message = format!("the server answered with `{kind}` instead of a stream of events");
            return Err(Error::new(ErrorKind::Decode, message)
                .with_status(response.status())
                .with_request_id(request_id(&headers)));
        }
        let (guard, pending) = Guard::new(Box::pin(response.bytes_stream()), idle).limited(MAX_EVENT);
        let mut events = Self { decoder: SseByteStream::new(guard), pending, first: None, headers };
        match events.next().await {
            Some(Ok(first)) => events.first = Some(first),
            Some(Err(error)) => return Err(error),
            None => {
                let error = Error::new(ErrorKind::Truncated, "the stream ended before its first event");
                return Err(error.with_request_id(request_id(&events.headers)));
            }
        }
        Ok(events)
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

impl Stream for Events {
    type Item = Result<String, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Some(first) = this.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        loop {
            let event = ready!(Pin::new(&mut this.decoder).poll_next(context));
            this.pending.store(0, Ordering::Relaxed);
            match event {
                Some(Ok(Sse { data: Some(data), .. })) => return Poll::Ready(Some(Ok(data))),
                // A comment or a bare field keeps the connection alive and says nothing.
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    return Poll::Ready(Some(Err(explain(error).with_request_id(request_id(&this.headers)))));
                }
                None => return Poll::Ready(None),
            }
        }
    }
}

fn explain(error: sse_stream::Error) -> Error {
    match error {
        sse_stream::Error::Body(cause) => match cause.downcast::<GuardError>() {
            Ok(cause) => cause.into_error(),
            Err(cause) => Error::new(ErrorKind::Connection, cause.to_string()),
        },
        other => Error::new(ErrorKind::Decode, format!("the stream cannot be read: {other}")),
    }
}
