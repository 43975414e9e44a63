//! Speech, music and transcription.

use std::sync::Arc;

use axum::{
    Json,
    extract::{
        Multipart, Path, Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    answer::count,
    auth::Key,
    failure::Failure,
    state::{self, Tokens},
};

const SAMPLE_RATE: u32 = 24_000;

/// Characters that one request may speak.
const MAX_INPUT: usize = 4096;

/// Seconds of speech a word.
const SECONDS_A_WORD: f64 = 0.3;

const FORMATS: &[(&str, &str)] = &[
    ("mp3", "audio/mpeg"),
    ("opus", "audio/opus"),
    ("aac", "audio/aac"),
    ("flac", "audio/flac"),
    ("wav", "audio/wav"),
    ("pcm", "audio/pcm"),
];

#[derive(Debug, Deserialize)]
pub(crate) struct AudioQuery {
    response_format: Option<String>,
    model: Option<String>,
    duration: Option<f64>,
}

pub(crate) async fn generate(
    key: Key,
    State(state): State<Arc<state::State>>,
    Path(text): Path<String>,
    query: Result<Query<AudioQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(query) = query.map_err(|rejection| Failure::form(rejection.body_text()))?;
    speak(&key, &state, &text, query.model.as_deref(), query.response_format.as_deref(), query.duration)
}

#[derive(Debug, Deserialize)]
pub(crate) struct SpeechBody {
    input: String,
    model: Option<String>,
    response_format: Option<String>,
    duration: Option<f64>,
}

pub(crate) async fn speech(
    key: Key,
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
    if text.is_empty() || text.chars().count() > MAX_INPUT {
        return Err(Failure::field("input", format!("must have 1 to {MAX_INPUT} characters")));
    }
    if duration.is_some_and(|seconds| !(3.0..=300.0).contains(&seconds)) {
        return Err(Failure::field("duration", "must be from 3 to 300"));
    }
    let format = format.unwrap_or("mp3");
    let Some((_, kind)) = FORMATS.iter().find(|(name, _)| *name == format) else {
        return Err(Failure::field("response_format", "must be one of mp3, opus, aac, flac, wav, pcm"));
    };
    let tokens = Tokens { input_text: count(text), output_audio: 1, ..Tokens::default() };
    state.spend(key, "audio", model.unwrap_or("elevenlabs"), tokens)?;

    #[allow(clippy::cast_precision_loss, reason = "a text has few words")]
    let seconds = duration.unwrap_or(count(text) as f64 * SECONDS_A_WORD);
    // Opus, AAC and FLAC need an encoder that the emulator has not yet; a WAV file plays everywhere.
    let kind = if matches!(format, "mp3" | "wav" | "pcm") { *kind } else { "audio/wav" };
    Ok(([(CONTENT_TYPE, kind)], encode(seconds, format)).into_response())
}

/// A text as sound: a tone as long as it takes to say it.
pub(crate) fn spoken(text: &str, format: &str) -> Vec<u8> {
    #[allow(clippy::cast_precision_loss, reason = "a text has few words")]
    let seconds = count(text) as f64 * SECONDS_A_WORD;
    encode(seconds, format)
}

fn encode(seconds: f64, format: &str) -> Vec<u8> {
    let samples = tone(seconds);
    match format {
        "pcm" => samples,
        "mp3" => mp3(seconds),
        _ => wav(&samples),
    }
}

/// A tone of 440 Hz: 16-bit samples, one channel, little endian.
fn tone(seconds: f64) -> Vec<u8> {
    let rate = f64::from(SAMPLE_RATE);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 300 s")]
    let count = (seconds * rate) as u32;
    (0..count)
        .flat_map(|index| {
            let phase = f64::from(index) / rate * 440.0 * std::f64::consts::TAU;
            #[allow(clippy::cast_possible_truncation, reason = "a quarter of the range")]
            let sample = (phase.sin() * 8192.0) as i16;
            sample.to_le_bytes()
        })
        .collect()
}

/// A RIFF file with one `fmt ` and one `data` chunk (Microsoft, "Multimedia Programming Interface", 1991).
fn wav(samples: &[u8]) -> Vec<u8> {
    let length = u32::try_from(samples.len()).unwrap_or(u32::MAX - 36);
    let mut bytes = Vec::with_capacity(44 + samples.len());
    bytes.extend_from_slice(b"RIFF");
    bytes.extend_from_slice(&(36 + length).to_le_bytes());
    bytes.extend_from_slice(b"WAVEfmt ");
    bytes.extend_from_slice(&16_u32.to_le_bytes());
    bytes.extend_from_slice(&1_u16.to_le_bytes()); // PCM
    bytes.extend_from_slice(&1_u16.to_le_bytes()); // channels
    bytes.extend_from_slice(&SAMPLE_RATE.to_le_bytes());
    bytes.extend_from_slice(&(SAMPLE_RATE * 2).to_le_bytes()); // bytes a second
    bytes.extend_from_slice(&2_u16.to_le_bytes()); // bytes a frame
    bytes.extend_from_slice(&16_u16.to_le_bytes()); // bits a sample
    bytes.extend_from_slice(b"data");
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(samples);
    bytes
}

/// Silence as MPEG-1 layer III: frames at 128 kbit/s and 44.1 kHz whose side information is all zero (ISO/IEC 11172-3,
/// section 2.4.1.7), 417 bytes and 1152 samples each.
fn mp3(seconds: f64) -> Vec<u8> {
    const FRAME: usize = 417;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 300 s")]
    let frames = (seconds * 44_100.0 / 1152.0).ceil().max(1.0) as usize;
    let mut bytes = vec![0; FRAME * frames];
    for frame in bytes.chunks_exact_mut(FRAME) {
        frame[..4].copy_from_slice(&[0xFF, 0xFB, 0x90, 0xC4]);
    }
    bytes
}

pub(crate) async fn transcribe(
    key: Key,
    State(state): State<Arc<state::State>>,
    mut form: Multipart,
) -> Result<Response, Failure> {
    let (mut file, mut format, mut model) = (None, "json".to_owned(), "whisper-large-v3".to_owned());
    while let Some(field) = form.next_field().await.map_err(|error| Failure::form(error.body_text()))? {
        let name = field.name().unwrap_or_default().to_owned();
        let text = |bytes: &bytes::Bytes| String::from_utf8_lossy(bytes).into_owned();
        let bytes = field.bytes().await.map_err(|error| Failure::form(error.body_text()))?;
        match name.as_str() {
            "file" => file = Some(bytes.len()),
            "response_format" => format = text(&bytes),
            "model" => model = text(&bytes),
            _ => {}
        }
    }
    let Some(length) = file.filter(|length| *length > 0) else {
        return Err(Failure::field("file", "is required and must not be empty"));
    };
    let text = format!("A recording of {length} bytes.");
    let tokens = Tokens { output_text: count(&text), ..Tokens::default() };
    state.spend(&key, "audio", &model, tokens)?;
    Ok(match format.as_str() {
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
