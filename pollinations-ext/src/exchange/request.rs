//! Requests whose parameters are complete from the start.

use std::{fmt, future::IntoFuture, sync::Arc};

use pollinations_api::Client;

use super::{
    call::Prepared,
    options::{Options, call_options},
    raw::RawResponse,
    transport::Shared,
};
use crate::base::{error::Error, json::Read, maybe_send::BoxFuture};

/// Writes the request.
type Writing<T> = dyn Fn(&Client) -> Prepared<T> + Send + Sync;

/// Decodes a response. As a function pointer, it is compiled with this crate, and not with the programs that use it.
pub(crate) type Decode<T> = fn(&Shared, &RawResponse, u32) -> Result<T, Error>;

/// A request that returns a `T`. Await it to send it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let balance = pollinations.account().balance().await?;
/// let again = pollinations.account().balance().timeout(Duration::from_secs(5)).await?;
/// assert_eq!(balance, again);
/// # Ok(())
/// # }
/// ```
#[must_use = "a request does nothing until it is awaited"]
pub struct Request<T> {
    shared: Arc<Shared>,
    options: Options,
    operation: &'static str,
    send: Arc<Writing<T>>,
    decode: Decode<T>,
}

/// The former name of [`Request`].
#[deprecated(since = "0.1.0", note = "use `Request`")]
pub type Fetch<T> = Request<T>;

impl<T> Request<T> {
    pub(crate) fn new<F>(shared: &Arc<Shared>, operation: &'static str, send: F) -> Self
    where
        T: Read,
        F: FnOnce(&Client) -> Prepared<T> + Clone + Send + Sync + 'static,
    {
        let send = Arc::new(move |client: &Client| send.clone()(client));
        Self { shared: Arc::clone(shared), options: Options::default(), operation, send, decode: Shared::decode }
    }

    /// Makes sending the request fail, if an argument is invalid.
    pub(crate) fn refuse(mut self, problem: Option<String>) -> Self {
        if let Some(problem) = problem {
            self.options.refuse(problem);
        }
        self
    }

    call_options!(until "the response has arrived", example "pollinations.account().balance()");

    /// Sends the request and returns the raw response.
    ///
    /// # Errors
    ///
    /// The same errors as when you await it, except that the response is not decoded.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let response = pollinations.account().profile().send_raw().await?;
    /// println!("{:?}", response.headers());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        self.shared.raw(self.operation, &self.options, |client: &Client| (self.send)(client)).await
    }
}

impl<T: Send + 'static> IntoFuture for Request<T> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let send = |client: &Client| (self.send)(client);
            let (response, attempts) = self.shared.whole(self.operation, &self.options, send).await?;
            (self.decode)(&self.shared, &response, attempts)
        })
    }
}

// Not derived, so that `T` need not be `Clone`.
impl<T> Clone for Request<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            options: self.options.clone(),
            operation: self.operation,
            send: Arc::clone(&self.send),
            decode: self.decode,
        }
    }
}

impl<T> fmt::Debug for Request<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Request").field("operation", &self.operation).field("options", &self.options).finish()
    }
}

/// A [`Request`] of an operation without parameters.
macro_rules! request {
    ($shared:expr, $operation:ident) => {
        $crate::exchange::request::Request::new(
            &$shared,
            stringify!($operation),
            |client: &pollinations_api::Client| client.$operation().prepare(),
        )
    };
}

pub(crate) use request;
