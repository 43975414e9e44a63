//! `Send`, except in browsers, where requests stay on the thread that created them.

use std::pin::Pin;

use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use sync_wrapper::SyncWrapper;

use super::error::Error;

/// `Send`, except in browsers, where everything runs on one thread.
#[cfg(not(target_arch = "wasm32"))]
pub trait MaybeSend: Send {}
#[cfg(not(target_arch = "wasm32"))]
impl<T: Send> MaybeSend for T {}

/// `Send`, except in browsers, where everything runs on one thread.
#[cfg(target_arch = "wasm32")]
pub trait MaybeSend {}
#[cfg(target_arch = "wasm32")]
impl<T> MaybeSend for T {}

/// A boxed future that is `Send`, except in browsers.
pub(crate) type BoxFuture<T> = BoxFutureOf<'static, T>;

/// The same for a future that borrows.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) type BoxFutureOf<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
#[cfg(target_arch = "wasm32")]
pub(crate) type BoxFutureOf<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// The body of a response as a stream. Only its owner reads it, so types that hold it are `Sync` although the body is
/// not.
pub(crate) type Body = SyncWrapper<BoxStream<Result<Bytes, Error>>>;

#[cfg(not(target_arch = "wasm32"))]
type BoxStream<T> = Pin<Box<dyn Stream<Item = T> + Send>>;
#[cfg(target_arch = "wasm32")]
type BoxStream<T> = Pin<Box<dyn Stream<Item = T>>>;

/// Creates a body from a stream of chunks.
pub(crate) fn body<S, E>(pieces: S) -> Body
where
    S: Stream<Item = Result<Bytes, E>> + MaybeSend + 'static,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    SyncWrapper::new(Box::pin(pieces.map(|piece| piece.map_err(Error::broken))))
}
