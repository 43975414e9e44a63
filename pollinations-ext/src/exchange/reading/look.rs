//! Looks into a response before it is handed on: is this text a refusal, and what does this error say? The bytes that were
//! read are put back.

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

/// The failure for a refusal that came as text: the same as if it had come with its status.
pub(crate) fn refused(refusal: &Refusal, headers: HeaderMap) -> Failure {
    Failure::Status { status: refusal.status, headers: Box::new(headers), body: refusal.body() }
}

/// The same body, unless it is that of a refusal. This waits for the end of an answer that looks like one, but not for
/// more than a refusal has.
pub(crate) async fn not_refused(headers: &HeaderMap, body: Body) -> Result<Body, Failure> {
    let Peeked { bytes, is_whole, body } = peek(body, MAX_REFUSAL, is_done).await;
    match is_whole.then(|| Refusal::read(headers, &bytes)).flatten() {
        Some(refusal) => Err(refused(&refusal, headers.clone())),
        None => Ok(body),
    }
}

/// The same response, unless it is a refusal.
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

/// A browser's HTTP client lets nobody else make a response, and so nothing can be put back that has been read.
#[cfg(target_arch = "wasm32")]
pub(crate) async fn accepted(response: Response) -> Result<Response, Failure> {
    Ok(response)
}

/// A response with an error, of which the generated client reads the body. What the body says about payment and about
/// waiting is looked at first.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) async fn unread(response: Response) -> Failure {
    if !matches!(response.status(), StatusCode::PAYMENT_REQUIRED | StatusCode::TOO_MANY_REQUESTS) {
        return Failure::Unread(Box::new(response), Bytes::new());
    }
    let (parts, body) = taken_apart(response);
    let Peeked { bytes, body, .. } = peek(body, MAX_ERROR_BODY, |_| false).await;
    Failure::Unread(Box::new(put_together(parts, body)), bytes)
}

/// A browser's HTTP client lets nobody put back what has been read.
#[cfg(target_arch = "wasm32")]
pub(crate) async fn unread(response: Response) -> Failure {
    Failure::Unread(Box::new(response), Bytes::new())
}

#[cfg(not(target_arch = "wasm32"))]
fn taken_apart(response: Response) -> (http::response::Parts, Body) {
    use reqwest::ResponseBuilderExt;

    // The address gets lost on the way.
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

/// The beginning of a body, and the body with its beginning.
struct Peeked {
    bytes: Bytes,
    /// Whether that is all.
    is_whole: bool,
    body: Body,
}

/// Reads a body up to a limit, in bytes, or until `is_done` says that no more will come. An error comes when the body is
/// read.
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
    // What comes after the end of a stream is for its reader to judge.
    Peeked { bytes, is_whole, body: Body::new(Box::pin(again.chain(rest))) }
}
