//! Detects reused connections that the server had closed.
//!
//! A server closes connections that are idle for too long. A request that is sent at that moment is lost. The client
//! cannot tell this from the error, because a server that crashes causes the same one. RFC 9112, section 9.3.1, lets
//! a client assume that a request was never processed if it got no byte of a response on a reused connection. `hyper`
//! only retries requests that were certainly not sent. Its errors include the connection, but not whether it was
//! reused. So this module remembers connections that have returned a response, by their two addresses.
//!
//! This is for HTTP/1.1. A server that closes an HTTP/2 connection reports which requests it has received (`GOAWAY`,
//! RFC 9113, section 6.8), and `reqwest` retries the others.

use std::{collections::HashSet, net::SocketAddr, sync::Mutex, sync::PoisonError, time::Duration};

use hyper_util::client::legacy::{Error as ClientError, connect::HttpInfo};
use reqwest::{Response, Version};

/// How quickly a request fails on a closed connection. After a longer time, the server may have processed it.
const AT_ONCE: Duration = Duration::from_secs(1);

/// The maximum number of connections to remember. Beyond that, all are forgotten, which only costs a retry.
const CAPACITY: usize = 1024;

/// A connection: its local and its remote address.
type Addresses = (SocketAddr, SocketAddr);

/// The connections that have returned a response.
#[derive(Debug, Default)]
pub(crate) struct Connections(Mutex<HashSet<Addresses>>);

impl Connections {
    /// Remembers the connection of a response.
    pub(super) fn answered(&self, response: &Response) {
        let Some(info) = response.extensions().get::<HttpInfo>() else { return };
        if response.version() != Version::HTTP_11 {
            return;
        }
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let addresses = (info.local_addr(), info.remote_addr());
        if used.len() >= CAPACITY && !used.contains(&addresses) {
            used.clear();
        }
        used.insert(addresses);
    }

    /// Whether the server had most likely closed a reused connection: the request failed after this time without the
    /// head of a response.
    pub(super) fn had_closed(&self, error: &reqwest::Error, elapsed: Duration) -> bool {
        let Some(addresses) = lost(error) else { return false };
        // The connection is dead, and a new one may get the same addresses.
        let was_used = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&addresses);
        was_used && elapsed < AT_ONCE
    }
}

/// The connection that was lost before the head of a response, if this is what the error means.
fn lost(error: &reqwest::Error) -> Option<Addresses> {
    if error.is_timeout() || error.is_connect() {
        return None;
    }
    let mut info = None;
    let mut is_lost = false;
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<ClientError>()
            && let Some(connection) = error.connect_info()
        {
            let mut extensions = http::Extensions::new();
            connection.get_extras(&mut extensions);
            info = extensions.get::<HttpInfo>().cloned();
        }
        // Invalid HTTP is still a response, so the connection was not lost.
        is_lost |= error
            .downcast_ref::<hyper::Error>()
            .is_some_and(|error| error.is_incomplete_message() || error.is_canceled() || error.is_closed());
        is_lost |= error.downcast_ref::<std::io::Error>().is_some_and(|error| {
            use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
            matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
        });
        cause = error.source();
    }
    info.filter(|_| is_lost).map(|info| (info.local_addr(), info.remote_addr()))
}
