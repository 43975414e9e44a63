//! Writes failures as responses, and refusals as replies of the assistant.

use axum::{
    Json,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::asked::Asked;
use crate::{
    answer::{
        chunks::{self, Identity},
        paced,
        response::Frame,
        said::Answer,
    },
    base::{
        document::{Operation, TextForm},
        failure::{self, Failure},
        refusal::{Refusal, Refusals},
    },
};

/// Writes a failure in the format of the operation. `form` decides how refusals are written.
pub(super) fn render(
    failure: Failure,
    form: Refusals,
    operation: Option<&Operation>,
    asked: &Asked,
    request_id: &str,
) -> Response {
    let format = operation.map(Operation::error_format).unwrap_or_default();
    let Some(refusal) = failure.refusal() else { return failure::render(failure, format, request_id) };
    match (form, operation.and_then(Operation::text_form)) {
        (Refusals::Older, _) => failure::render(failure.older(), format, request_id),
        (Refusals::Text, Some(text)) if !asked.json && !asked.audio => as_text(refusal, text, asked),
        _ => failure::render(failure, format, request_id),
    }
}

/// A reply of the assistant that tells a person where to pay. Its usage is zero, and it must not be cached.
fn as_text(refusal: Refusal, form: TextForm, asked: &Asked) -> Response {
    let said = Answer::of_text(refusal.text());
    if form == TextForm::Response {
        return as_response(&said, asked);
    }
    let identity = Identity::new(asked.model.as_deref().unwrap_or("openai"), None);
    let usage = json!({ "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0 });
    let response = if asked.stream {
        let events = chunks::events(&identity, &said, Some(&usage));
        ([(CONTENT_TYPE, "text/event-stream; charset=utf-8")], paced(events)).into_response()
    } else {
        match form {
            TextForm::Plain => {
                ([(CONTENT_TYPE, "text/plain; charset=utf-8")], said.text.unwrap_or_default()).into_response()
            }
            _ => Json(chunks::completion(&identity, &said, &usage)).into_response(),
        }
    };
    ([(CACHE_CONTROL, "private, no-store")], response).into_response()
}

/// The same reply in the format of the Responses API.
fn as_response(said: &Answer, asked: &Asked) -> Response {
    let frame = Frame { id: "refused", model: asked.model.as_deref().unwrap_or("openai"), body: &json!({}) };
    let usage = json!({ "input_tokens": 0, "output_tokens": 0, "total_tokens": 0 });
    let response = if asked.stream {
        ([(CONTENT_TYPE, "text/event-stream; charset=utf-8")], paced(frame.events(said, &usage))).into_response()
    } else {
        Json(frame.whole(said, &usage)).into_response()
    };
    ([(CACHE_CONTROL, "private, no-store")], response).into_response()
}
