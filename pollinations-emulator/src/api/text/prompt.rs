//! `GET /text/{prompt}`.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    answer::{
        chunks::{self, Identity},
        paced,
        said::Answer,
        used,
        words::count,
    },
    base::failure::Failure,
    gate::{Caller, Params},
    state::{self, Tokens},
};

pub(super) async fn generate(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    Path(prompt): Path<String>,
    query: Params,
) -> Result<Response, Failure> {
    let model = query.text("model").unwrap_or("openai").to_owned();
    let mut said = Answer::to_prompt(&prompt, query.text("system"));
    said.limit(query.integer("max_tokens").and_then(|most| u64::try_from(most).ok()));
    let text = said.text.clone().unwrap_or_default();
    let tokens = Tokens { input_text: count(&prompt), output_text: count(&text), ..Tokens::default() };
    state.ledger.spend(&key, "text", &model, tokens)?;

    let named = (used(&model), tokens.headers());
    if query.is("stream") {
        let events = chunks::events(&Identity::new(&model, query.integer("seed")), &said, None);
        return Ok((named, [(CONTENT_TYPE, "text/event-stream")], paced(events)).into_response());
    }
    let text = if query.is("json") { json!({ "reply": text }).to_string() } else { text };
    Ok((named, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}
