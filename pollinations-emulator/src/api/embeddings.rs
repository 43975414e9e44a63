//! Embeddings.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State, rejection::JsonRejection},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    answer::{used, vector::Features, words::count},
    base::failure::Failure,
    gate::Caller,
    state::{self, Tokens},
};

/// The size limit of a request in bytes, which may contain images, sounds and videos.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// The maximum number of texts in a request.
const MAX_TEXTS: usize = 32;

const DEFAULT_MODEL: &str = "google/gemini-embedding-2";

/// Parts of model names, with the default and the maximum number of dimensions.
const DIMENSIONS: &[(&str, usize, usize)] = &[
    ("gemini", 3072, 3072),
    ("text-embedding-3-large", 3072, 3072),
    ("text-embedding-3-small", 1536, 1536),
    ("cohere", 1536, 1536),
    ("qwen", 4096, 4096),
];

/// The default and the maximum for other models.
const OTHER_DIMENSIONS: (usize, usize) = (1536, 4096);

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new().route("/v1/embeddings", post(embed).layer(DefaultBodyLimit::max(MAX_BODY)))
}

#[derive(Debug, Deserialize)]
struct Body {
    input: Value,
    model: Option<String>,
    dimensions: Option<usize>,
    encoding_format: Option<String>,
}

#[derive(Serialize)]
struct List<'a> {
    object: &'static str,
    data: Vec<Item>,
    model: &'a str,
    usage: Usage,
}

#[derive(Serialize)]
struct Item {
    object: &'static str,
    index: usize,
    embedding: Vector,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Vector {
    Floats(Vec<f32>),
    Base64(String),
}

#[derive(Serialize)]
struct Usage {
    prompt_tokens: u64,
    total_tokens: u64,
}

async fn embed(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    body: Result<Json<Body>, JsonRejection>,
) -> Result<Response, Failure> {
    let Json(body) = body.map_err(|rejection| Failure::form(rejection.body_text()))?;
    let model = body.model.as_deref().unwrap_or(DEFAULT_MODEL);
    let known = DIMENSIONS.iter().find(|(name, ..)| model.contains(name)).map(|(_, usual, most)| (*usual, *most));
    let (usual, most) = known.unwrap_or(OTHER_DIMENSIONS);
    let dimensions = body.dimensions.unwrap_or(usual);
    if dimensions > most {
        return Err(Failure::field("dimensions", format!("{model} has at most {most}")));
    }
    let inputs = inputs(&body.input)?;
    let count = inputs.iter().map(|input| input.tokens).sum();
    let tokens = Tokens { input_text: count, ..Tokens::default() };
    state.ledger.spend(&key, "embedding", model, tokens)?;

    let in_base64 = body.encoding_format.as_deref() == Some("base64");
    let vectors = inputs.iter().map(|input| input.features.vector(dimensions));
    let items = vectors.enumerate().map(|(index, vector)| {
        let embedding = if in_base64 { Vector::Base64(encoded(&vector)) } else { Vector::Floats(vector) };
        Item { object: "embedding", index, embedding }
    });
    let usage = Usage { prompt_tokens: count, total_tokens: count };
    let list = List { object: "list", data: items.collect(), model, usage };
    Ok((used(model), tokens.headers(), Json(list)).into_response())
}

/// The input of one vector.
#[derive(Default)]
struct Input {
    features: Features,
    tokens: u64,
}

/// A list of texts gives a vector for each, as in OpenAI's API. A list of parts gives one vector, as in Google's.
fn inputs(input: &Value) -> Result<Vec<Input>, Failure> {
    match input {
        Value::Array(texts) if texts.is_empty() => Err(Failure::field("input", "must not be empty")),
        Value::Array(texts) if texts.len() > MAX_TEXTS => {
            Err(Failure::field("input", format!("has more than {MAX_TEXTS} members")))
        }
        Value::Array(texts) if texts.iter().all(Value::is_string) => texts.iter().map(|text| one([text])).collect(),
        Value::Array(parts) => Ok(vec![one(parts)?]),
        part => Ok(vec![one([part])?]),
    }
}

fn one<'a>(parts: impl IntoIterator<Item = &'a Value>) -> Result<Input, Failure> {
    let mut input = Input::default();
    for part in parts {
        let text = part.as_str().or_else(|| part["text"].as_str());
        if let Some(text) = text {
            if text.trim().is_empty() {
                return Err(Failure::field("input", "a text must not be empty"));
            }
            input.features.text(text);
            input.tokens += count(text);
            continue;
        }
        let places = ["/image_url/url", "/input_audio/data", "/video_url/url"];
        let Some(content) = places.iter().find_map(|place| part.pointer(place)?.as_str()) else {
            return Err(Failure::field("input", "a part is not a text, an image, audio or a video"));
        };
        input.features.file(content);
        // An image is 258 tokens for Gemini.
        input.tokens += 258;
    }
    Ok(input)
}

fn encoded(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    BASE64_STANDARD.encode(bytes)
}
