//! `GET /text/{prompt}`.

use std::{convert::Infallible, sync::Arc};

use axum::{
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderName, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;

use crate::{
    auth::Key,
    chat::{self, Reply},
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
    let reply = Reply::to(&prompt, query.system.as_deref());
    let tokens =
        Tokens { input_text: chat::count(&prompt), output_text: chat::count(&reply.text), ..Tokens::default() };
    state.spend(&key, "text", &model, tokens)?;

    let used = (HeaderName::from_static("x-model-used"), model.clone());
    if query.stream == Some(true) {
        let events = chat::events(&chat::Identity::new(&model, query.seed), &reply, None);
        let body = Body::from_stream(stream::iter(events.into_iter().map(Ok::<_, Infallible>)));
        return Ok(([(CONTENT_TYPE, "text/event-stream".to_owned()), used], body).into_response());
    }
    let text = if query.json == Some(true) { json!({ "reply": reply.text }).to_string() } else { reply.text };
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), used], text).into_response())
}
