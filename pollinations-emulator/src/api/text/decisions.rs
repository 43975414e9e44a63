//! `POST /alpha/decisions`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::paid::id_of;
use crate::{
    answer::{decision, used},
    base::failure::Failure,
    gate::Caller,
    state::{self, Tokens},
};

/// The default model.
const MODEL: &str = "jev";

pub(super) async fn create(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Response, Failure> {
    let Json(body) = body.map_err(|rejection| Failure::form(rejection.body_text()))?;
    let model = body["model"].as_str().unwrap_or(MODEL);
    let questions = body["questions"].as_object().into_iter().flatten();
    let answers: Map<String, Value> =
        questions.map(|(key, question)| (key.clone(), decision::answer(&body["state"], question))).collect();
    let input = decision::tokens(&body["state"]) + decision::tokens(&body["questions"]);
    // Each answer is one token.
    let output = answers.len() as u64;
    let tokens = Tokens { input_text: input, output_text: output, ..Tokens::default() };
    state.ledger.spend(&key, "text", model, tokens)?;
    let decided = json!({
        "id": format!("dec_{}", id_of(&body)),
        "model": model,
        "provider": "emulator",
        "answers": answers,
        "usage": { "input_tokens": input, "output_tokens": output },
    });
    Ok((used(model), tokens.headers(), Json(decided)).into_response())
}
