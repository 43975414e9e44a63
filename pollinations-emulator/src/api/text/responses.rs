//! `POST /v1/responses`, in the format of OpenAI's Responses API.

use std::sync::Arc;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::paid::{Paid, id_of};
use crate::{
    answer::{
        paced,
        response::{self, Frame},
    },
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
    let paid = Paid::answer(&state, &key, &response::to_chat(&body)).await?;
    let (named, id) = (paid.headers(), id_of(&body));
    let frame = Frame { id: &id, model: &paid.model, body: &body };
    let usage = if paid.is_medium() { Value::Null } else { response::usage(&paid.said, paid.input) };
    if body["stream"] == true {
        let events = frame.events(&paid.said, &usage);
        return Ok((named, [(CONTENT_TYPE, "text/event-stream; charset=utf-8")], paced(events)).into_response());
    }
    Ok((named, Json(frame.whole(&paid.said, &usage))).into_response())
}
