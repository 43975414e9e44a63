//! The interface between the generated client and the code that sends its requests.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use progenitor_client::{ClientHooks, ClientInfo, OperationInfo};
use reqwest::{Request, Response};

use crate::Client;

/// The future that [`Transport::execute`] returns.
#[cfg(not(target_arch = "wasm32"))]
pub type Execution<'a> = Pin<Box<dyn Future<Output = reqwest::Result<Response>> + Send + 'a>>;

/// The future that [`Transport::execute`] returns. In browsers it does not have to be `Send`.
#[cfg(target_arch = "wasm32")]
pub type Execution<'a> = Pin<Box<dyn Future<Output = reqwest::Result<Response>> + 'a>>;

/// What a [`Transport`] must be: `Send` and `Sync`, except in browsers, which have no threads.
#[cfg(not(target_arch = "wasm32"))]
pub trait Shareable: Send + Sync {}
#[cfg(not(target_arch = "wasm32"))]
impl<T: Send + Sync + ?Sized> Shareable for T {}

/// What a [`Transport`] must be: `Send` and `Sync`, except in browsers, which have no threads.
#[cfg(target_arch = "wasm32")]
pub trait Shareable {}
#[cfg(target_arch = "wasm32")]
impl<T: ?Sized> Shareable for T {}

/// Sends the requests of all generated operations.
///
/// Implement it to add authentication, retries, timeouts and tracing, once for all operations.
///
/// # Examples
///
/// ```
/// use pollinations_api::{Client, Execution, SharedTransport, Transport, reqwest};
///
/// #[derive(Debug)]
/// struct Authenticated(String);
///
/// impl Transport for Authenticated {
///     fn execute<'a>(
///         &'a self,
///         client: &'a reqwest::Client,
///         mut request: reqwest::Request,
///         _operation: &'a str,
///     ) -> Execution<'a> {
///         Box::pin(async move {
///             if let Ok(value) = self.0.parse() {
///                 request.headers_mut().insert(reqwest::header::AUTHORIZATION, value);
///             }
///             client.execute(request).await
///         })
///     }
/// }
///
/// let transport = SharedTransport::new(Authenticated("Bearer sk_…".to_owned()));
/// let client = Client::new("https://gen.pollinations.ai", transport);
/// # let _ = client;
/// ```
pub trait Transport: Shareable {
    /// Sends one request and returns the response, even if it has an error status.
    ///
    /// `operation` is the ID of the operation in `openapi.json`, such as `chat_completions`.
    ///
    /// # Errors
    ///
    /// Same as [`reqwest::Client::execute`]: connecting failed, the connection broke, or a timeout expired.
    fn execute<'a>(&'a self, client: &'a reqwest::Client, request: Request, operation: &'a str) -> Execution<'a>;
}

/// A [`Transport`] that a [`Client`] and its clones share. The default sends every request unchanged.
#[derive(Clone, Default)]
pub struct SharedTransport(Option<Arc<dyn Transport>>);

impl SharedTransport {
    /// Sends requests through `transport`.
    pub fn new(transport: impl Transport + 'static) -> Self {
        Self(Some(Arc::new(transport)))
    }
}

impl<T: Transport + 'static> From<Arc<T>> for SharedTransport {
    fn from(transport: Arc<T>) -> Self {
        Self(Some(transport))
    }
}

/// Does not print the transport, because it may contain an API key.
impl fmt::Debug for SharedTransport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "SharedTransport(custom)" } else { "SharedTransport(default)" })
    }
}

impl ClientHooks<SharedTransport> for Client {
    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        match &self.inner().0 {
            Some(transport) => transport.execute(self.client(), request, info.operation_id).await,
            None => self.client().execute(request).await,
        }
    }
}
