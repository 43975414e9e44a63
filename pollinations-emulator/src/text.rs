//! `GET /text/{prompt}`.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    admit::{Caller, Params},
    answer::{self, Answer, count},
    chat,
    chunks::{self, Identity},
    failure::Failure,
    state::{self, Tokens},
};

pub(crate) async fn generate(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    Path(prompt): Path<String>,
    query: Params,
) -> Result<Response, Failure> {
    let model = query.text("model").unwrap_or("openai").to_owned();
    let said = Answer::to_prompt(&prompt, query.text("system"));
    let text = said.text.clone().unwrap_or_default();
    let tokens = Tokens { input_text: count(&prompt), output_text: count(&text), ..Tokens::default() };
    state.spend(&key, "text", &model, tokens)?;

    let used = answer::used(&model);
    if query.is("stream") {
        let events = chunks::events(&Identity::new(&model, query.integer("seed")), &said, None);
        return Ok((used, [(CONTENT_TYPE, "text/event-stream")], chat::paced(events)).into_response());
    }
    let text = if query.is("json") { json!({ "reply": text }).to_string() } else { text };
    Ok((used, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}
