//! The OpenAPI document, under the paths of the service.

use std::sync::Arc;

use axum::{Router, http::header::CONTENT_TYPE, response::IntoResponse, routing::get};

use crate::{base::document, state::State};

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/openapi", get(document))
        .route("/openapi.json", get(document))
        .route("/docs/open-api/generate-schema", get(document))
        .route("/api/docs/open-api/generate-schema", get(document))
}

async fn document() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], document::TEXT)
}
