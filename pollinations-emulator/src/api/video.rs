//! `GET /video/{prompt}`: videos.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{
    answer::{used, video},
    base::failure::Failure,
    gate::{Caller, Params},
    state::{self, Tokens},
};

/// Seconds without a `duration`.
const DEFAULT_DURATION: f64 = 2.0;

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new().route("/video/{prompt}", get(generate))
}

async fn generate(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    Path(prompt): Path<String>,
    query: Params,
) -> Result<Response, Failure> {
    let model = query.text("model").unwrap_or("google/veo-3.1-fast").to_owned();
    state.ledger.spend(&key, "video", &model, Tokens { output_image: 1, ..Tokens::default() })?;
    let seed = query.integer("seed").unwrap_or_default();
    let duration = query.number("duration").unwrap_or(DEFAULT_DURATION);
    Ok((used(&model), [(CONTENT_TYPE, "video/mp4")], video::mp4(&prompt, seed, duration)).into_response())
}
