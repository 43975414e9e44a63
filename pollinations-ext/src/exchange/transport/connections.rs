//! Remembers which connections have been used before.
//!
//! A server closes a connection that is idle for too long. A request that is sent at that moment is lost, and the client
//! cannot tell from the error: it is the same as that of a server that dies while it works. RFC 9112, section 9.3.1,
//! lets a client guess: on a connection that has been used before, a request that gets no byte of an answer was most
//! likely never seen. `hyper` repeats by itself what it knows was not sent, and tells of each error on which connection
//! it was, but not whether that is new. So this remembers the connections, by their two addresses, that have brought an
//! answer.
//!
//! This is for HTTP/1.1. A server that closes a connection of HTTP/2 says which requests it has seen (`GOAWAY`, RFC 9113,
//! section 6.8), and `reqwest` repeats the others by itself.

use std::{collections::HashSet, net::SocketAddr, sync::Mutex, sync::PoisonError, time::Duration};

use hyper_util::client::legacy::{Error as ClientError, connect::HttpInfo};
use reqwest::{Response, Version};

/// How soon a request is lost that was sent on a closed connection. Whatever takes longer may have been worked on.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Connections that are remembered. When there are more, all are forgotten: that costs a retry, and no money.
const CAPACITY: usize = 1024;

/// A connection, as long as it lasts: the address of this side, and of the other.
type Addresses = (SocketAddr, SocketAddr);

/// The connections that have brought an answer.
#[derive(Debug, Default)]
pub(crate) struct Connections(Mutex<HashSet<Addresses>>);

impl Connections {
    /// Notes the connection of a response.
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

    /// Whether the server had closed a connection that it had answered on before, by all signs: the request failed
    /// after this time without the head of an answer.
    pub(super) fn had_closed(&self, error: &reqwest::Error, elapsed: Duration) -> bool {
        let Some(addresses) = lost(error) else { return false };
        // The connection is dead, and another one may get the same addresses.
        let was_used = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&addresses);
        was_used && elapsed < AT_ONCE
    }
}

/// The connection that was lost before it brought the head of an answer, if that is what the error says.
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
        // Bytes that are not HTTP are still an answer: the connection was not lost.
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
