//! Text: chats, prompts, the Messages API, the Responses API, and decisions.

mod chat;
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
        .route("/v1/chat/completions", post(chat::complete))
        // The deprecated path, and those of the older gateway.
        .route("/openai", post(chat::complete))
        .route("/generate/openai", post(chat::complete))
        .route("/generate/openai/chat/completions", post(chat::complete))
        .route("/v1/messages", post(messages::create))
        .route("/v1/responses", post(responses::create))
        .route("/alpha/decisions", post(decisions::create))
}
