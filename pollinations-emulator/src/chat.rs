//! `POST /v1/chat/completions`.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Json,
    body::Body,
    extract::{State, rejection::JsonRejection},
    http::{HeaderName, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;
use serde_json::Value;

use crate::{
    admit::Caller,
    answer::{self, Answer, count},
    chunks::{self, Identity},
    failure::Failure,
    state::{self, Tokens},
};

/// Between the events of a stream, so that a reader sees them arrive.
const PAUSE: Duration = Duration::from_millis(5);

pub(crate) async fn complete(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Response, Failure> {
    let Json(body) = body.map_err(|rejection| Failure::form(rejection.body_text()))?;
    // Requests have been held against the document before they come here.
    let messages = body.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let model = body.get("model").and_then(Value::as_str).unwrap_or("openai");
    let said = Answer::to(&body, messages);

    let input: u64 = messages.iter().map(|message| count(&answer::text_of(message))).sum();
    let tokens = Tokens {
        input_text: input,
        output_text: said.text_tokens(),
        output_audio: said.audio_tokens(),
        ..Tokens::default()
    };
    state.spend(&key, "text", model, tokens)?;
    let usage = said.usage(input);
    let identity = Identity::new(model, body.get("seed").and_then(Value::as_i64));
    let counts = [
        (HeaderName::from_static("x-usage-prompt-text-tokens"), input.to_string()),
        (HeaderName::from_static("x-usage-completion-text-tokens"), said.text_tokens().to_string()),
    ];
    let used = (answer::used(model), counts);

    if body.get("stream") == Some(&Value::Bool(true)) {
        let with_usage = body.pointer("/stream_options/include_usage") == Some(&Value::Bool(true));
        let events = chunks::events(&identity, &said, with_usage.then_some(&usage));
        let headers = [(CONTENT_TYPE, "text/event-stream; charset=utf-8")];
        return Ok((used.0, used.1, headers, paced(events)).into_response());
    }
    Ok((used.0, used.1, Json(chunks::completion(&identity, &said, &usage))).into_response())
}

/// Events one after the other, with a pause between them.
pub(crate) fn paced(events: Vec<Bytes>) -> Body {
    Body::from_stream(stream::unfold(events.into_iter(), |mut events| async move {
        let event = events.next()?;
        tokio::time::sleep(PAUSE).await;
        Some((Ok::<_, Infallible>(event), events))
    }))
}
