//! Errors of the media service.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// An error in the flat format of the media service.
#[derive(Debug)]
pub(super) struct Flat(pub(super) StatusCode, pub(super) &'static str);

impl IntoResponse for Flat {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}
