//! `POST /v1/messages`, in the format of Anthropic's Messages API.

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
    answer::{message, paced},
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
    if let Some((turn, block)) = message::forged(&body) {
        let reason = format!("messages.{turn}.content.{block}: Invalid `signature` in `thinking` block");
        return Err(Failure::field("messages", reason));
    }
    let paid = Paid::answer(&state, &key, &message::to_chat(&body)).await?;
    let (named, id) = (paid.headers(), id_of(&body));
    if body["stream"] == true {
        let events = message::events(&id, &paid.model, &paid.said, paid.input);
        return Ok((named, [(CONTENT_TYPE, "text/event-stream; charset=utf-8")], paced(events)).into_response());
    }
    Ok((named, Json(message::message(&id, &paid.model, &paid.said, paid.input))).into_response())
}
