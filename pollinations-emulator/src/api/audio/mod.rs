//! Speech, music, voices, stems and transcription.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, State, rejection::JsonRejection},
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;

use self::format::Format;
use crate::{
    answer::{sound, words::count},
    base::{failure::Failure, key::Key},
    gate::{Caller, Params},
    state::{self, Tokens},
};

mod form;
mod format;
mod stems;
mod timestamps;
mod transcription;
mod voices;

/// The size limit of a transcription request in bytes, as in OpenAI's API.
const MAX_SPOKEN: usize = 25 * 1024 * 1024;

/// The size limit of a request to change or isolate a voice, or to separate stems, in bytes.
const MAX_RECORDING: usize = 50 * 1024 * 1024;

pub(super) fn routes() -> Router<Arc<state::State>> {
    let limit = || DefaultBodyLimit::max(MAX_RECORDING);
    Router::new()
        .route("/audio/{text}", get(generate))
        .route("/v1/audio/speech", post(speech))
        .route("/v1/audio/speech/with-timestamps", post(timestamps::speak))
        .route("/v1/audio/transcriptions", post(transcription::transcribe).layer(DefaultBodyLimit::max(MAX_SPOKEN)))
        .route("/v1/audio/voice-changer", post(voices::change).layer(limit()))
        .route("/v1/audio/voice-isolator", post(voices::isolate).layer(limit()))
        .route("/alpha/audio/stem-separation", post(stems::separate).layer(limit()))
}

async fn generate(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    Path(text): Path<String>,
    query: Params,
) -> Result<Response, Failure> {
    let seconds = query.number("duration").or_else(|| query.number("seconds"));
    speak(&key, &state, &text, query.text("model"), query.text("response_format"), seconds)
}

#[derive(Debug, Deserialize)]
struct SpeechBody {
    input: String,
    model: Option<String>,
    response_format: Option<String>,
    duration: Option<f64>,
    seconds: Option<f64>,
}

async fn speech(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    body: Result<Json<SpeechBody>, JsonRejection>,
) -> Result<Response, Failure> {
    let Json(body) = body.map_err(|rejection| Failure::form(rejection.body_text()))?;
    let seconds = body.duration.or(body.seconds);
    speak(&key, &state, &body.input, body.model.as_deref(), body.response_format.as_deref(), seconds)
}

fn speak(
    key: &Key,
    state: &state::State,
    text: &str,
    model: Option<&str>,
    format: Option<&str>,
    duration: Option<f64>,
) -> Result<Response, Failure> {
    let tokens = Tokens { input_text: count(text), output_audio: 1, ..Tokens::default() };
    let model = model.unwrap_or("elevenlabs");
    let format = Format::named(format, "mp3, opus, aac, flac, wav, pcm")?;
    state.ledger.spend(key, "audio", model, tokens)?;

    let seconds = duration.unwrap_or_else(|| sound::length(text)).clamp(0.0, sound::LONGEST);
    Ok(format.answer(model, tokens, seconds))
}
