//! Raw responses.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use serde::de::DeserializeOwned;

use crate::base::{
    error::{Error, ErrorKind},
    header::{REQUEST_ID, header, request_id},
    json,
};

/// A successful response, unparsed: status, headers and body.
///
/// `send_raw` of a request returns it. Retries, timeouts and errors are the same as with `send`.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let response = pollinations.account().balance().send_raw().await?;
/// println!("{}: {}", response.status(), response.text());
/// let balance: serde_json::Value = response.json()?;
/// assert_eq!(balance["balance"], 100.0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RawResponse {
    operation: String,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl RawResponse {
    pub(crate) fn new(operation: &str, status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        Self { operation: operation.to_owned(), status, headers, body }
    }

    pub(crate) fn into_headers(self) -> HeaderMap {
        self.headers
    }

    pub(crate) fn operation(&self) -> &str {
        &self.operation
    }

    /// The status, which is always a success status.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(response: pollinations_ext::RawResponse) {
    /// assert_eq!(response.status(), 200);
    /// # }
    /// ```
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers, such as `x-model-used` and `x-usage-prompt-text-tokens`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(response: pollinations_ext::RawResponse) {
    /// println!("{:?}", response.headers().get("x-model-used"));
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The request ID, for support requests to the service.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(response: pollinations_ext::RawResponse) {
    /// println!("{:?}", response.request_id());
    /// # }
    /// ```
    pub fn request_id(&self) -> Option<&str> {
        header(&self.headers, REQUEST_ID)
    }

    /// The content type, such as `application/json`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(response: pollinations_ext::RawResponse) {
    /// println!("{:?}", response.content_type());
    /// # }
    /// ```
    pub fn content_type(&self) -> Option<&str> {
        header(&self.headers, CONTENT_TYPE)
    }

    /// The bytes of the body.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(response: pollinations_ext::RawResponse) {
    /// println!("{} bytes", response.body().len());
    /// # }
    /// ```
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body as text. Bytes that are not UTF-8 are replaced with U+FFFD.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(response: pollinations_ext::RawResponse) {
    /// println!("{}", response.text());
    /// # }
    /// ```
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] if the body is not JSON, or does not match the type.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(response: pollinations_ext::RawResponse) -> Result<(), pollinations_ext::Error> {
    /// let value: serde_json::Value = response.json()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        json::read(&self.body).map_err(|error| {
            // Serde's message may quote the body, and the body may contain an API key.
            let place = format!("line {}, column {}", error.line(), error.column());
            let error = Error::new(ErrorKind::Decode, format!("the body does not match the requested type ({place})"));
            let error = error.with_status(self.status).with_operation(&self.operation);
            error.with_request_id(request_id(&self.headers))
        })
    }
}

impl fmt::Debug for RawResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RawResponse")
            .field("operation", &self.operation)
            .field("status", &self.status)
            .field("content_type", &self.content_type())
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
