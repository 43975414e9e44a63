//! The idle timeout of a body.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_core::Stream;

use crate::base::{
    error::{Error, ErrorKind},
    maybe_send::Body,
    time::{Instant, Sleep, after, sleep},
};

/// How many times per idle timeout to check for new data. An idle connection is detected at most this fraction of the
/// timeout late, and reading data needs no clock.
const LOOKS: u32 = 8;

/// A stream of bytes with an idle timeout.
pub(crate) struct Guard {
    body: Body,
    idle: Option<Duration>,
    /// The timer of the next check. Created the first time there is nothing to read.
    clock: Option<Pin<Box<Sleep>>>,
    /// The number of consecutive checks without new data.
    silent: u32,
}

impl Guard {
    /// Adds an idle timeout, if there is one.
    pub(crate) fn new(body: Body, idle: impl Into<Option<Duration>>) -> Self {
        Self { body, idle: idle.into(), clock: None, silent: 0 }
    }

    /// The idle timeout.
    pub(crate) fn idle(&self) -> Option<Duration> {
        self.idle
    }
}

impl Stream for Guard {
    type Item = Result<Bytes, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Poll::Ready(item) = this.body.get_mut().as_mut().poll_next(context) {
            this.silent = 0;
            return Poll::Ready(item);
        }
        let Some(idle) = this.idle else { return Poll::Pending };
        let clock = this.clock.get_or_insert_with(|| Box::pin(sleep(idle / LOOKS)));
        loop {
            ready!(clock.as_mut().poll(context));
            // At the first check after new data, it is unknown how old the data is.
            if this.silent == LOOKS {
                let message = format!(
                    "the server sent nothing for {} s; raise `idle_timeout` to wait longer",
                    idle.as_secs_f64()
                );
                return Poll::Ready(Some(Err(Error::new(ErrorKind::Timeout, message))));
            }
            this.silent += 1;
            clock.as_mut().reset(after(Instant::now(), idle / LOOKS));
        }
    }
}
