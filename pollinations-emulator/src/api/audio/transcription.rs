//! Transcription.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Multipart, State, multipart::MultipartRejection},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::form::Form;
use crate::{
    answer::{used, words::count},
    base::failure::Failure,
    gate::Caller,
    state::{self, Tokens},
};

/// Suffixes of the names of models that cannot tell speakers apart.
const WITHOUT_SPEAKERS: &[&str] = &["whisper-large-v3", "whisper-1"];

/// The maximum number of speakers, since each is named by a letter.
const MOST_SPEAKERS: usize = 26;

pub(super) async fn transcribe(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    let form = Form::read("/v1/audio/transcriptions", form).await?;
    let format = form.text("response_format").unwrap_or("json");
    let model = form.text("model").unwrap_or("whisper-large-v3");
    if format == "diarized_json" && WITHOUT_SPEAKERS.iter().any(|name| model.ends_with(name)) {
        return Err(Failure::field("response_format", format!("{model} does not tell speakers apart")));
    }
    let text = format!("A recording of {} bytes.", form.recording.len());
    let tokens = Tokens { output_text: count(&text), ..Tokens::default() };
    state.ledger.spend(&key, "audio", model, tokens)?;
    let named = (used(model), tokens.headers());
    let transcript = match format {
        "json" => Json(json!({ "text": text })).into_response(),
        "verbose_json" => {
            let segments = [json!({ "id": 0, "start": 0.0, "end": 1.0, "text": text })];
            Json(detailed(&text, &segments)).into_response()
        }
        "diarized_json" => {
            let speakers = form.text("speakers_expected").and_then(|count| count.parse().ok()).unwrap_or(2);
            Json(detailed(&text, &by_speakers(&text, speakers))).into_response()
        }
        "text" => text.into_response(),
        "srt" => format!("1\n00:00:00,000 --> 00:00:01,000\n{text}\n").into_response(),
        "vtt" => format!("WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n{text}\n").into_response(),
        _ => {
            let known = "json, text, srt, verbose_json, vtt, diarized_json";
            return Err(Failure::field("response_format", format!("must be one of {known}")));
        }
    };
    Ok((named, transcript).into_response())
}

fn detailed(text: &str, segments: &[Value]) -> Value {
    json!({ "task": "transcribe", "language": "english", "duration": 1.0, "text": text, "segments": segments })
}

/// A segment for each word. The speakers take turns.
#[allow(clippy::cast_precision_loss, reason = "the text has five words")]
fn by_speakers(text: &str, speakers: usize) -> Vec<Value> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let at = |index: usize| index as f64 / words.len() as f64;
    let speakers = speakers.clamp(1, MOST_SPEAKERS);
    let letters: Vec<char> = ('A'..='Z').take(speakers).collect();
    let speaking = words.iter().zip(letters.iter().cycle()).enumerate();
    let segments = speaking.map(|(index, (word, speaker))| {
        json!({
            "id": format!("seg_{index:03}"),
            "type": "transcript.text.segment",
            "speaker": speaker.to_string(),
            "start": at(index),
            "end": at(index + 1),
            "text": word,
        })
    });
    segments.collect()
}
