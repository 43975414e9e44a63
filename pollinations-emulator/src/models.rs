//! The models that the emulator offers: a few of each kind, with prices.

use axum::Json;
use serde_json::{Value, json};

const TEXT: &[&str] = &["openai", "openai-fast", "openai-large", "mistral", "gemini", "claude", "deepseek"];
const IMAGE: &[&str] = &["zimage", "flux", "gptimage", "kontext", "seedream"];
const VIDEO: &[&str] = &["veo", "seedance", "wan"];
const SPEECH: &[&str] = &["elevenlabs"];

pub(crate) async fn list() -> Json<Value> {
    let data: Vec<Value> =
        TEXT.iter().map(|name| json!({ "id": name, "object": "model", "created": 1_767_225_600 })).collect();
    Json(json!({ "object": "list", "data": data }))
}

pub(crate) async fn text() -> Json<Value> {
    Json(TEXT.iter().map(|name| model(name, &["text", "image"], "text", "completionTextTokens")).collect())
}

pub(crate) async fn image() -> Json<Value> {
    let images = IMAGE.iter().map(|name| model(name, &["text", "image"], "image", "completionImageTokens"));
    let videos = VIDEO.iter().map(|name| model(name, &["text", "image"], "video", "completionVideoSeconds"));
    Json(images.chain(videos).collect())
}

pub(crate) async fn audio() -> Json<Value> {
    let speech = SPEECH.iter().map(|name| {
        let mut model = model(name, &["text"], "audio", "completionAudioTokens");
        model["aliases"] = json!(["tts-1"]);
        model["voices"] = json!(["alloy", "nova", "rachel"]);
        model
    });
    let music = std::iter::once_with(|| {
        let mut model = model("elevenmusic", &["text"], "audio", "completionAudioSeconds");
        model["aliases"] = json!(["music"]);
        model
    });
    Json(speech.chain(music).collect())
}

fn model(name: &str, inputs: &[&str], output: &str, unit: &str) -> Value {
    json!({
        "name": name,
        "aliases": [],
        "description": format!("{name}, emulated"),
        "pricing": { "currency": "pollen", unit: 0.000_01 },
        "input_modalities": inputs,
        "output_modalities": [output],
        "tools": output == "text",
        "reasoning": false,
        "paid_only": false,
    })
}
