//! `POST /text`: only the content of a chat reply.

use std::sync::Arc;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::paid::Paid;
use crate::{
    answer::{
        chunks::{self, Identity},
        paced,
    },
    base::failure::Failure,
    gate::Caller,
    state,
};

pub(super) async fn generate(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Response, Failure> {
    let Json(body) = body.map_err(|rejection| Failure::form(rejection.body_text()))?;
    let paid = Paid::answer(&state, &key, &body).await?;
    let (named, said) = (paid.headers(), &paid.said);
    if body["stream"] == true {
        let identity = Identity::new(&paid.model, body["seed"].as_i64());
        let events = chunks::events(&identity, said, None);
        return Ok((named, [(CONTENT_TYPE, "text/event-stream; charset=utf-8")], paced(events)).into_response());
    }
    if let Some(audio) = &said.audio {
        let format = body.pointer("/audio/format").and_then(Value::as_str).unwrap_or("wav");
        let bytes = audio["data"].as_str().and_then(|data| BASE64_STANDARD.decode(data).ok()).unwrap_or_default();
        return Ok((named, [(CONTENT_TYPE, kind(format))], bytes).into_response());
    }
    if !said.tool_calls.is_empty() || !said.blocks.is_empty() {
        let identity = Identity::new(&paid.model, body["seed"].as_i64());
        let completion = chunks::completion(&identity, said, &json!(null));
        return Ok((named, Json(completion["choices"][0]["message"].clone())).into_response());
    }
    let text = said.text.clone().unwrap_or_default();
    Ok((named, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// The content type of an audio format.
fn kind(format: &str) -> &'static str {
    match format {
        "mp3" => "audio/mpeg",
        "flac" => "audio/flac",
        "opus" => "audio/opus",
        "aac" => "audio/aac",
        "pcm16" => "audio/pcm",
        _ => "audio/wav",
    }
}
