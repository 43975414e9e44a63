//! Speech with timestamps.

use std::sync::Arc;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::format::Format;
use crate::{
    answer::{
        sound, used,
        words::{count, spoken},
    },
    base::failure::Failure,
    gate::Caller,
    state::{self, Tokens},
};

#[derive(Debug, Deserialize)]
pub(super) struct Body {
    input: String,
    model: Option<String>,
    response_format: Option<String>,
}

pub(super) async fn speak(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    body: Result<Json<Body>, JsonRejection>,
) -> Result<Response, Failure> {
    let Json(body) = body.map_err(|rejection| Failure::form(rejection.body_text()))?;
    let format = Format::named(body.response_format.as_deref(), "mp3, opus, aac, wav, pcm")?;
    if body.input.trim().is_empty() {
        return Err(Failure::field("input", "must not be empty"));
    }
    let model = body.model.as_deref().unwrap_or("elevenlabs/eleven-v3");
    let tokens = Tokens { input_text: count(&body.input), output_audio: 1, ..Tokens::default() };
    state.ledger.spend(&key, "audio", model, tokens)?;
    let seconds = sound::length(&body.input).min(sound::LONGEST);
    let answer = json!({
        "audio_base64": BASE64_STANDARD.encode(format.encode(seconds)),
        "alignment": alignment(&body.input, seconds),
        "normalized_alignment": alignment(&spoken(&body.input), seconds),
    });
    Ok((used(model), tokens.headers(), Json(answer)).into_response())
}

/// The timestamps of a text. All characters take the same time, and the last one ends with the sound.
#[allow(clippy::cast_precision_loss, reason = "a text has few characters")]
fn alignment(text: &str, seconds: f64) -> Value {
    let characters: Vec<String> = text.chars().map(String::from).collect();
    let at = |index: usize| (seconds * index as f64 / characters.len() as f64 * 1000.0).round() / 1000.0;
    let starts: Vec<f64> = (0..characters.len()).map(at).collect();
    let ends: Vec<f64> = (1..=characters.len()).map(at).collect();
    json!({
        "characters": characters,
        "character_start_times_seconds": starts,
        "character_end_times_seconds": ends,
    })
}
