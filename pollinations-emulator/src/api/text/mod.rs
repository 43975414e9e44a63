//! Text: from a prompt, from messages, by the Messages and the Responses API, and decisions.

mod decisions;
mod from_messages;
mod messages;
mod paid;
mod prompt;
mod responses;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use crate::state;

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new()
        .route("/text/{prompt}", get(prompt::generate).post(prompt::generate))
        .route("/text", post(from_messages::generate))
        .route("/v1/messages", post(messages::create))
        .route("/v1/responses", post(responses::create))
        .route("/alpha/decisions", post(decisions::create))
}
