//! `POST /v1/chat/completions`.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{State, rejection::JsonRejection},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::Value;

use crate::{
    answer::{
        chunks::{self, Identity},
        paced,
        said::Answer,
        used,
        words::{count, text_of},
    },
    base::failure::Failure,
    gate::Caller,
    state::{self, Tokens},
};

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new()
        .route("/v1/chat/completions", post(complete))
        // The deprecated path, and the older gateway.
        .route("/openai", post(complete))
        .route("/generate/openai", post(complete))
        .route("/generate/openai/chat/completions", post(complete))
}

async fn complete(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Response, Failure> {
    let Json(body) = body.map_err(|rejection| Failure::form(rejection.body_text()))?;
    // Requests have been held against the document before they come here.
    let messages = body.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let model = body.get("model").and_then(Value::as_str).unwrap_or("openai");
    let said = Answer::to(&body, messages);

    let input: u64 = messages.iter().map(|message| count(&text_of(message))).sum();
    let tokens = Tokens {
        input_text: input,
        output_text: said.text_tokens(),
        output_audio: said.audio_tokens(),
        ..Tokens::default()
    };
    state.ledger.spend(&key, "text", model, tokens)?;
    let usage = said.usage(input);
    let identity = Identity::new(model, body.get("seed").and_then(Value::as_i64));
    let named = (used(model), tokens.headers());

    if body.get("stream") == Some(&Value::Bool(true)) {
        // The service asks every provider for the usage, so the last chunk has it whether the request wants it or not.
        let events = chunks::events(&identity, &said, Some(&usage));
        let headers = [(CONTENT_TYPE, "text/event-stream; charset=utf-8")];
        return Ok((named.0, named.1, headers, paced(events)).into_response());
    }
    Ok((named.0, named.1, Json(chunks::completion(&identity, &said, &usage))).into_response())
}
