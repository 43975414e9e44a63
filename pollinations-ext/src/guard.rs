//! A body that may neither fall silent nor swell.

use std::{
    error::Error as StdError,
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_core::Stream;

use crate::{
    error::{Error, ErrorKind},
    maybe_send::Body,
    time::{Instant, Sleep, sleep},
};

/// A stream of bytes with a limit on the silence between them, and on how many may come before something is made of
/// them.
pub(crate) struct Guard {
    body: Body,
    idle: Duration,
    /// When the silence has lasted too long; set while there is nothing to read.
    alarm: Pin<Box<Sleep>>,
    armed: bool,
    pending: Arc<AtomicUsize>,
    limit: usize,
}

impl Guard {
    /// Limits the silence alone.
    pub(crate) fn new(body: Body, idle: Duration) -> Self {
        Self { body, idle, alarm: Box::pin(sleep(idle)), armed: false, pending: Arc::default(), limit: usize::MAX }
    }

    /// Fails when more than `limit` bytes have come since the returned counter was last set to zero.
    pub(crate) fn limited(mut self, limit: usize) -> (Self, Arc<AtomicUsize>) {
        self.limit = limit;
        let pending = Arc::clone(&self.pending);
        (self, pending)
    }
}

impl Stream for Guard {
    type Item = Result<Bytes, GuardError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        match this.body.as_mut().poll_next(context) {
            Poll::Ready(item) => {
                this.armed = false;
                Poll::Ready(item.map(|chunk| {
                    let chunk = chunk.map_err(GuardError::Broken)?;
                    let pending = this.pending.fetch_add(chunk.len(), Ordering::Relaxed);
                    if pending > this.limit { Err(GuardError::TooLarge(this.limit)) } else { Ok(chunk) }
                }))
            }
            Poll::Pending => {
                if !this.armed {
                    this.armed = true;
                    let end = Instant::now().checked_add(this.idle);
                    this.alarm.as_mut().reset(end.unwrap_or_else(far_future));
                }
                this.alarm.as_mut().poll(context).map(|()| Some(Err(GuardError::Silent(this.idle))))
            }
        }
    }
}

/// As far away as a timer needs to be.
fn far_future() -> Instant {
    Instant::now() + Duration::from_secs(60 * 60 * 24 * 365)
}

/// Why a [`Guard`] gave up.
#[derive(Debug)]
pub(crate) enum GuardError {
    Broken(reqwest::Error),
    Silent(Duration),
    TooLarge(usize),
}

impl GuardError {
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Broken(error) => Error::transport(error),
            Self::Silent(_) => Error::new(ErrorKind::Timeout, self.to_string()),
            Self::TooLarge(_) => Error::new(ErrorKind::TooLarge, self.to_string()),
        }
    }
}

impl fmt::Display for GuardError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(_) => formatter.write_str("the connection broke"),
            Self::Silent(idle) => write!(formatter, "the server sent nothing for {} s", idle.as_secs_f64()),
            Self::TooLarge(limit) => write!(formatter, "one event is larger than {limit} bytes"),
        }
    }
}

impl StdError for GuardError {}
