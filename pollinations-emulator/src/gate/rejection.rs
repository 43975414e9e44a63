//! Errors that axum sends as plain text, such as for a path that is not UTF-8. The service never sends plain text.

use axum::{
    body::to_bytes,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};

use crate::base::failure::{Failure, is_one};

/// How much of a message is kept, in bytes.
const MAX_MESSAGE: usize = 4096;

/// Turns a plain text error into a failure, which is then written in the format of the operation. Other responses stay
/// as they are.
pub(super) async fn as_failure(response: Response) -> Response {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_plain = kind.is_empty() || kind.starts_with("text/plain");
    if !response.status().is_client_error() || !is_plain || is_one(&response) {
        return response;
    }
    let status = response.status();
    let message = to_bytes(response.into_body(), MAX_MESSAGE).await.unwrap_or_default();
    let message = String::from_utf8_lossy(&message).into_owned();
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Failure::too_large(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Failure::unsupported(message),
        _ => Failure::form(message),
    }
    .into_response()
}
