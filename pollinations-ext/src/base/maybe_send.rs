//! What has to be `Send` where there are threads, and need not where there are none: in a browser, requests are bound to
//! the one thread they were made on.

use std::pin::Pin;

use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use sync_wrapper::SyncWrapper;

use super::error::Error;

/// `Send`, but for browsers.
#[cfg(not(target_arch = "wasm32"))]
pub trait MaybeSend: Send {}
#[cfg(not(target_arch = "wasm32"))]
impl<T: Send> MaybeSend for T {}

/// `Send`, but for browsers.
#[cfg(target_arch = "wasm32")]
pub trait MaybeSend {}
#[cfg(target_arch = "wasm32")]
impl<T> MaybeSend for T {}

#[cfg(not(target_arch = "wasm32"))]
pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
#[cfg(target_arch = "wasm32")]
pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// The body of a response, in the pieces it comes in. Only whoever owns it reads it, so that it need not be `Sync` for
/// what holds it to be.
pub(crate) type Body = SyncWrapper<BoxStream<Result<Bytes, Error>>>;

#[cfg(not(target_arch = "wasm32"))]
type BoxStream<T> = Pin<Box<dyn Stream<Item = T> + Send>>;
#[cfg(target_arch = "wasm32")]
type BoxStream<T> = Pin<Box<dyn Stream<Item = T>>>;

/// Makes a body of a stream of pieces.
pub(crate) fn body<S, E>(pieces: S) -> Body
where
    S: Stream<Item = Result<Bytes, E>> + MaybeSend + 'static,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    SyncWrapper::new(Box::pin(pieces.map(|piece| piece.map_err(Error::broken))))
}
