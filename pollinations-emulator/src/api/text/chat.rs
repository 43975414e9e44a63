//! `POST /v1/chat/completions`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::paid::Paid;
use crate::{
    answer::{
        chunks::{self, Identity},
        paced,
    },
    base::failure::Failure,
    gate::Caller,
    state,
};

pub(super) async fn complete(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Response, Failure> {
    let Json(body) = body.map_err(|rejection| Failure::form(rejection.body_text()))?;
    let paid = Paid::answer(&state, &key, &body).await?;
    let (named, usage) = (paid.headers(), paid.usage());
    let identity = Identity::new(&paid.model, body["seed"].as_i64());
    if body["stream"] == true {
        // The service always asks the provider for the usage, so the last chunk has it in any case.
        let events = chunks::events(&identity, &paid.said, Some(&usage));
        return Ok((named, [(CONTENT_TYPE, "text/event-stream; charset=utf-8")], paced(events)).into_response());
    }
    Ok((named, Json(chunks::completion(&identity, &paid.said, &usage))).into_response())
}
