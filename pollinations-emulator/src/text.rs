//! `GET /text/{prompt}`.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    http::{HeaderName, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    answer::{Answer, count},
    auth::Key,
    chat,
    chunks::{self, Identity},
    failure::Failure,
    state::{self, Tokens},
};

#[derive(Debug, Deserialize)]
pub(crate) struct TextQuery {
    model: Option<String>,
    seed: Option<i64>,
    system: Option<String>,
    json: Option<bool>,
    temperature: Option<f64>,
    stream: Option<bool>,
}

pub(crate) async fn generate(
    key: Key,
    State(state): State<Arc<state::State>>,
    Path(prompt): Path<String>,
    query: Result<Query<TextQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Failure> {
    let Query(query) = query.map_err(|rejection| Failure::form(rejection.body_text()))?;
    if query.seed.is_some_and(|seed| seed < -1) {
        return Err(Failure::field("seed", "must be -1 or more"));
    }
    if query.temperature.is_some_and(|temperature| !(0.0..=2.0).contains(&temperature)) {
        return Err(Failure::field("temperature", "must be from 0 to 2"));
    }
    let model = query.model.unwrap_or_else(|| "openai".to_owned());
    let answer = Answer::to_prompt(&prompt, query.system.as_deref());
    let text = answer.text.clone().unwrap_or_default();
    let tokens = Tokens { input_text: count(&prompt), output_text: count(&text), ..Tokens::default() };
    state.spend(&key, "text", &model, tokens)?;

    let used = [(HeaderName::from_static("x-model-used"), model.clone())];
    if query.stream == Some(true) {
        let events = chunks::events(&Identity::new(&model, query.seed), &answer, None);
        return Ok((used, [(CONTENT_TYPE, "text/event-stream")], chat::paced(events)).into_response());
    }
    let text = if query.json == Some(true) { json!({ "reply": text }).to_string() } else { text };
    Ok((used, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}
