//! Inspects a response before it is returned: is this text a refusal, and what does this error contain? The bytes
//! that were read are put back.

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http::HeaderMap;
#[cfg(not(target_arch = "wasm32"))]
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use reqwest::Response;

use super::refusal::{MAX_REFUSAL, Refusal, is_done};
#[cfg(not(target_arch = "wasm32"))]
use super::{MAX_ERROR_BODY, pieces};
use crate::{
    base::{error::Error, maybe_send::Body},
    retry::Failure,
};

/// The failure for a refusal that was sent as text: the same as if it had the status of a refusal.
pub(crate) fn refused(refusal: &Refusal, headers: HeaderMap) -> Failure {
    Failure::Status { status: refusal.status, headers: Box::new(headers), body: refusal.body() }
}

/// Returns the body unchanged, unless it is a refusal. If it looks like one, this waits for the end of the response,
/// but reads no more than the length of a refusal.
pub(crate) async fn not_refused(headers: &HeaderMap, body: Body) -> Result<Body, Failure> {
    let Peeked { bytes, is_whole, body } = peek(body, MAX_REFUSAL, is_done).await;
    match is_whole.then(|| Refusal::read(headers, &bytes)).flatten() {
        Some(refusal) => Err(refused(&refusal, headers.clone())),
        None => Ok(body),
    }
}

/// Returns the response unchanged, unless it is a refusal.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) async fn accepted(response: Response) -> Result<Response, Failure> {
    let (parts, body) = taken_apart(response);
    let Peeked { bytes, is_whole, body } = peek(body, MAX_REFUSAL, is_done).await;
    let Some(refusal) = is_whole.then(|| Refusal::read(&parts.headers, &bytes)).flatten() else {
        return Ok(put_together(parts, body));
    };
    let mut parts = parts;
    parts.status = refusal.status;
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let bytes = refusal.body();
    let response = http::Response::from_parts(parts, reqwest::Body::from(bytes.clone()));
    Err(Failure::Unread(Box::new(response.into()), bytes))
}

/// In a browser, the HTTP client does not allow creating a response, so the bytes that were read cannot be put back.
#[cfg(target_arch = "wasm32")]
pub(crate) async fn accepted(response: Response) -> Result<Response, Failure> {
    Ok(response)
}

/// An error response whose body the generated client reads. First, this reads what the body says about payment and
/// waiting.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) async fn unread(response: Response) -> Failure {
    if !matches!(response.status(), StatusCode::PAYMENT_REQUIRED | StatusCode::TOO_MANY_REQUESTS) {
        return Failure::Unread(Box::new(response), Bytes::new());
    }
    let (parts, body) = taken_apart(response);
    let Peeked { bytes, body, .. } = peek(body, MAX_ERROR_BODY, |_| false).await;
    Failure::Unread(Box::new(put_together(parts, body)), bytes)
}

/// In a browser, the HTTP client does not allow putting back the bytes that were read.
#[cfg(target_arch = "wasm32")]
pub(crate) async fn unread(response: Response) -> Failure {
    Failure::Unread(Box::new(response), Bytes::new())
}

#[cfg(not(target_arch = "wasm32"))]
fn taken_apart(response: Response) -> (http::response::Parts, Body) {
    use reqwest::ResponseBuilderExt;

    // The URL is lost in the conversion.
    let named = http::Response::builder().url(response.url().clone()).body(());
    let version = response.version();
    let (status, headers, extensions) = (response.status(), response.headers().clone(), response.extensions().clone());
    let mut parts = named.unwrap_or_else(|_| http::Response::new(())).into_parts().0;
    parts.extensions.extend(extensions);
    (parts.status, parts.version, parts.headers) = (status, version, headers);
    (parts, pieces(response))
}

#[cfg(not(target_arch = "wasm32"))]
fn put_together(parts: http::response::Parts, body: Body) -> Response {
    http::Response::from_parts(parts, reqwest::Body::wrap_stream(body.into_inner())).into()
}

/// The beginning of a body, and the body including its beginning.
struct Peeked {
    bytes: Bytes,
    /// Whether that is the whole body.
    is_whole: bool,
    body: Body,
}

/// Reads a body up to a limit in bytes, or until `is_done` says that it is complete. An error is returned when the
/// body is read.
async fn peek(body: Body, limit: usize, is_done: impl Fn(&[u8]) -> bool) -> Peeked {
    let mut rest = body.into_inner();
    let mut bytes = BytesMut::new();
    let mut error: Option<Error> = None;
    let mut is_whole = false;
    while bytes.len() < limit && !is_whole && error.is_none() {
        match rest.next().await {
            Some(Ok(piece)) => bytes.extend_from_slice(&piece),
            Some(Err(broken)) => error = Some(broken),
            None => is_whole = true,
        }
        is_whole |= error.is_none() && is_done(&bytes);
    }
    let bytes = bytes.freeze();
    let first = (!bytes.is_empty()).then(|| Ok(bytes.clone()));
    let again = stream::iter(first.into_iter().chain(error.map(Err)));
    // The reader decides what to do with data after the end of a stream.
    Peeked { bytes, is_whole, body: Body::new(Box::pin(again.chain(rest))) }
}
