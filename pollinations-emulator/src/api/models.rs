//! The models that the emulator offers: a few of each kind, with prices.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::get};
use serde_json::{Value, json};

use crate::state;

type Shared = State<Arc<state::State>>;

const TEXT: &[&str] = &["openai", "openai-fast", "openai-large", "mistral", "gemini", "claude", "deepseek"];
const IMAGE: &[&str] = &["zimage", "flux", "gptimage", "kontext", "seedream"];
const VIDEO: &[&str] = &["veo", "seedance", "wan"];
const SPEECH: &[&str] = &["elevenlabs"];

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new()
        .route("/v1/models", get(list))
        .route("/text/models", get(text))
        .route("/image/models", get(image))
        .route("/audio/models", get(audio))
        // The older gateway.
        .route("/generate/openai/models", get(list))
        .route("/generate/image/models", get(image))
}

async fn list() -> Json<Value> {
    let data: Vec<Value> =
        TEXT.iter().map(|name| json!({ "id": name, "object": "model", "created": 1_767_225_600 })).collect();
    Json(json!({ "object": "list", "data": data }))
}

async fn text(State(state): Shared) -> Json<Value> {
    Json(TEXT.iter().map(|name| model(&state, name, &["text", "image"], "text", "completionTextTokens")).collect())
}

async fn image(State(state): Shared) -> Json<Value> {
    let images = IMAGE.iter().map(|name| model(&state, name, &["text", "image"], "image", "completionImageTokens"));
    let videos = VIDEO.iter().map(|name| model(&state, name, &["text", "image"], "video", "completionVideoSeconds"));
    Json(images.chain(videos).collect())
}

async fn audio(State(state): Shared) -> Json<Value> {
    let speech = SPEECH.iter().map(|name| {
        let mut model = model(&state, name, &["text"], "audio", "completionAudioTokens");
        model["aliases"] = json!(["tts-1"]);
        model["voices"] = json!(["alloy", "nova", "rachel"]);
        model
    });
    let music = std::iter::once_with(|| {
        let mut model = model(&state, "elevenmusic", &["text"], "audio", "completionAudioSeconds");
        model["aliases"] = json!(["music"]);
        model
    });
    Json(speech.chain(music).collect())
}

fn model(state: &state::State, name: &str, inputs: &[&str], output: &str, unit: &str) -> Value {
    json!({
        "name": name,
        "aliases": [],
        "description": format!("{name}, emulated"),
        "pricing": { "currency": "pollen", unit: 0.000_01 },
        "input_modalities": inputs,
        "output_modalities": [output],
        "tools": output == "text",
        "reasoning": false,
        "paid_only": state.ledger.is_paid_only(name),
    })
}
