//! What has to be `Send` where there are threads, and need not where there are none: in a browser, requests are bound to
//! the one thread they were made on.

use std::pin::Pin;

use bytes::Bytes;
use futures_core::Stream;

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

/// The body of a response.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) type Body = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send + Sync>>;
#[cfg(target_arch = "wasm32")]
pub(crate) type Body = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>>>>;
