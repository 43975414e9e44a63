//! Speech, music and transcription.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Multipart, Path, State, multipart::MultipartRejection, rejection::JsonRejection},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    answer::{sound, used, words::count},
    base::{document, failure::Failure, key::Key},
    gate::{Caller, Params},
    state::{self, Tokens},
};

const FORMATS: &[(&str, &str)] = &[
    ("mp3", "audio/mpeg"),
    ("opus", "audio/opus"),
    ("aac", "audio/aac"),
    ("flac", "audio/flac"),
    ("wav", "audio/wav"),
    ("pcm", "audio/pcm"),
];

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new()
        .route("/audio/{text}", get(generate))
        .route("/v1/audio/speech", post(speech))
        .route("/v1/audio/transcriptions", post(transcribe).layer(limit()))
}

async fn generate(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    Path(text): Path<String>,
    query: Params,
) -> Result<Response, Failure> {
    speak(&key, &state, &text, query.text("model"), query.text("response_format"), query.number("duration"))
}

#[derive(Debug, Deserialize)]
struct SpeechBody {
    input: String,
    model: Option<String>,
    response_format: Option<String>,
    duration: Option<f64>,
}

async fn speech(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    body: Result<Json<SpeechBody>, JsonRejection>,
) -> Result<Response, Failure> {
    let Json(body) = body.map_err(|rejection| Failure::form(rejection.body_text()))?;
    speak(&key, &state, &body.input, body.model.as_deref(), body.response_format.as_deref(), body.duration)
}

fn speak(
    key: &Key,
    state: &state::State,
    text: &str,
    model: Option<&str>,
    format: Option<&str>,
    duration: Option<f64>,
) -> Result<Response, Failure> {
    let format = format.unwrap_or("mp3");
    let Some((_, kind)) = FORMATS.iter().find(|(name, _)| *name == format) else {
        return Err(Failure::field("response_format", "must be one of mp3, opus, aac, flac, wav, pcm"));
    };
    let tokens = Tokens { input_text: count(text), output_audio: 1, ..Tokens::default() };
    let model = model.unwrap_or("elevenlabs");
    state.ledger.spend(key, "audio", model, tokens)?;

    let seconds = duration.unwrap_or_else(|| sound::length(text)).clamp(0.0, 300.0);
    Ok((used(model), [(CONTENT_TYPE, *kind)], sound::encode(seconds, format)).into_response())
}

/// The limit on the body of a transcription, which is that of OpenAI's API.
fn limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(25 * 1024 * 1024)
}

async fn transcribe(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    let mut form = form.map_err(|rejection| Failure::form(rejection.body_text()))?;
    let mut file = None;
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    while let Some(field) = form.next_field().await.map_err(|error| Failure::form(error.body_text()))? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|error| Failure::form(error.body_text()))?;
        if name == "file" {
            file = Some(bytes.len());
        } else {
            texts.insert(name, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    for rule in
        document::operation("POST", "/v1/audio/transcriptions").into_iter().flat_map(|operation| &operation.form)
    {
        if let Some(problem) = texts.get(&rule.name).and_then(|text| rule.problem(text)) {
            return Err(Failure::field(&rule.name, problem));
        }
    }
    let format = texts.get("response_format").map_or("json", String::as_str);
    let model = texts.get("model").map_or("whisper-large-v3", String::as_str);
    let Some(length) = file.filter(|length| *length > 0) else {
        return Err(Failure::field("file", "is required and must not be empty"));
    };
    let text = format!("A recording of {length} bytes.");
    let tokens = Tokens { output_text: count(&text), ..Tokens::default() };
    state.ledger.spend(&key, "audio", model, tokens)?;
    Ok(match format {
        "json" => Json(json!({ "text": text })).into_response(),
        "verbose_json" => Json(json!({
            "task": "transcribe",
            "language": "english",
            "duration": 1.0,
            "text": text,
            "segments": [{ "id": 0, "start": 0.0, "end": 1.0, "text": text }],
        }))
        .into_response(),
        "text" => text.into_response(),
        "srt" => format!("1\n00:00:00,000 --> 00:00:01,000\n{text}\n").into_response(),
        "vtt" => format!("WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n{text}\n").into_response(),
        _ => return Err(Failure::field("response_format", "must be one of json, text, srt, verbose_json, vtt")),
    })
}
