//! Connection resets.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::response::Response;

/// Marks a response that must not be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoResponse;

/// The connection of a request. It can be marked to be reset when it closes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection(Arc<AtomicBool>);

impl Connection {
    pub(crate) fn reset(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_reset(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Passes a response on, unless it is marked with [`NoResponse`]. The error makes hyper drop the connection.
pub(crate) fn send(response: Response, connection: &Connection) -> Result<Response, io::Error> {
    if response.extensions().get::<NoResponse>().is_some() {
        connection.reset();
        return Err(io::Error::new(io::ErrorKind::ConnectionReset, "reset, as asked for"));
    }
    Ok(response)
}
