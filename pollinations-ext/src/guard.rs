//! A body that may not fall silent.

use std::{
    pin::Pin,
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

/// A stream of bytes with a limit on the silence between them.
pub(crate) struct Guard {
    body: Body,
    idle: Option<Duration>,
    /// When the silence has lasted too long; made when there first is nothing to read.
    alarm: Option<Pin<Box<Sleep>>>,
    armed: bool,
}

impl Guard {
    /// Limits the silence, if it is limited at all.
    pub(crate) fn new(body: Body, idle: impl Into<Option<Duration>>) -> Self {
        Self { body, idle: idle.into(), alarm: None, armed: false }
    }
}

impl Stream for Guard {
    type Item = Result<Bytes, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Poll::Ready(item) = this.body.get_mut().as_mut().poll_next(context) {
            this.armed = false;
            return Poll::Ready(item);
        }
        let Some(idle) = this.idle else { return Poll::Pending };
        let alarm = this.alarm.get_or_insert_with(|| Box::pin(sleep(idle)));
        if !this.armed {
            this.armed = true;
            let end = Instant::now().checked_add(idle);
            alarm.as_mut().reset(end.unwrap_or_else(far_future));
        }
        alarm.as_mut().poll(context).map(|()| {
            let message = format!("the server sent nothing for {} s", idle.as_secs_f64());
            Some(Err(Error::new(ErrorKind::Timeout, message)))
        })
    }
}

/// As far away as a timer needs to be.
fn far_future() -> Instant {
    Instant::now() + Duration::from_secs(60 * 60 * 24 * 365)
}
