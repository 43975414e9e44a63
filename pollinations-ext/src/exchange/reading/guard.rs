//! Limits how long a body may be silent.

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

/// How often it is looked whether anything has come, within the time that nothing may. Each silence is noticed at most
/// this part of the time too late, and no clock is read for what does come.
const LOOKS: u32 = 8;

/// A stream of bytes with a limit on the silence between them.
pub(crate) struct Guard {
    body: Body,
    idle: Option<Duration>,
    /// The next look; made when there first is nothing to read.
    clock: Option<Pin<Box<Sleep>>>,
    /// Looks at which nothing had come since the one before.
    silent: u32,
}

impl Guard {
    /// Limits the silence, if it is limited at all.
    pub(crate) fn new(body: Body, idle: impl Into<Option<Duration>>) -> Self {
        Self { body, idle: idle.into(), clock: None, silent: 0 }
    }

    /// How long it may be silent.
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
            // At the first look after something came, nothing is known of how long ago that was.
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
