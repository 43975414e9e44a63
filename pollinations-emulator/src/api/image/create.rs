//! `POST /v1/images/generations`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    response::Response,
};
use serde_json::Value;

use super::{
    generate::paint,
    limits::{DEFAULT_MODEL, DEFAULT_SIZE},
    wrapped::{self, Made},
};
use crate::{
    answer::picture::{self, Look},
    base::failure::Failure,
    gate::Caller,
    state,
};

pub(super) async fn create(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Response, Failure> {
    let Json(body) = body.map_err(|rejection| Failure::form(rejection.body_text()))?;
    let prompt = body["prompt"].as_str().unwrap_or_default();
    let model = body["model"].as_str().unwrap_or(DEFAULT_MODEL);
    let tokens = wrapped::tokens(prompt);
    state.ledger.spend(&key, "image", model, tokens)?;

    let (width, height) = wrapped::size(body["size"].as_str()).unwrap_or((DEFAULT_SIZE, DEFAULT_SIZE));
    let look = if body["transparent"] == true { Look::Transparent } else { Look::Photo };
    let seed = wrapped::seed(&body["seed"]);
    // The same prompt with other reference images gives another image.
    let subject = format!("{prompt}{}", body["image"]);
    let bytes = paint(move || picture::picture(&subject, seed, width, height, look)).await?;
    let format = body["response_format"].as_str();
    Ok(wrapped::answer(&state, Made { model, prompt, kind: look.media_type(), bytes, format, tokens }))
}
