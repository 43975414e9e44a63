//! 3D objects: `GET` and `POST /3d/{prompt}`.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State, rejection::JsonRejection},
    http::{
        HeaderValue,
        header::{CONTENT_TYPE, LINK},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    answer::{mesh::Object, used},
    base::{failure::Failure, key::Key},
    gate::{Caller, Params},
    state::{self, File, Tokens},
};

/// The default model of the service.
const DEFAULT_MODEL: &str = "microsoft/trellis-2";

/// Models that need images and ignore the prompt.
const FROM_IMAGES: &[&str] = &[DEFAULT_MODEL, "nvidia/asset-harvester"];

/// Models that make PLY files. The others make GLB files.
const TO_PLY: &[&str] = &["nvidia/asset-harvester"];

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new().route("/3d/{prompt}", get(by_get).post(by_post))
}

/// The parameters of a request.
struct Asked<'a> {
    prompt: &'a str,
    model: Option<&'a str>,
    resolution: Option<&'a str>,
    /// The images, joined.
    images: Option<String>,
    seed: i64,
}

async fn by_get(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    Path(prompt): Path<String>,
    query: Params,
) -> Result<Response, Failure> {
    let asked = Asked {
        prompt: &prompt,
        model: query.text("model"),
        resolution: query.text("resolution"),
        images: query.text("image").filter(|images| !images.is_empty()).map(str::to_owned),
        seed: query.integer("seed").unwrap_or_default(),
    };
    make(&state, &key, &asked)
}

async fn by_post(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    Path(prompt): Path<String>,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Response, Failure> {
    let Json(body) = body.map_err(|rejection| Failure::form(rejection.body_text()))?;
    let images = match &body["image"] {
        Value::String(url) => Some(url.clone()),
        Value::Array(urls) => Some(urls.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("|")),
        _ => None,
    };
    let asked = Asked {
        prompt: &prompt,
        model: body["model"].as_str(),
        resolution: body["resolution"].as_str(),
        images: images.filter(|images| !images.is_empty()),
        seed: body["seed"].as_i64().unwrap_or_default(),
    };
    make(&state, &key, &asked)
}

fn make(state: &state::State, key: &Key, asked: &Asked<'_>) -> Result<Response, Failure> {
    let model = asked.model.unwrap_or(DEFAULT_MODEL);
    let is_from_images = FROM_IMAGES.contains(&model);
    if is_from_images && asked.images.is_none() {
        return Err(Failure::field("image", format!("is required: {model} works from images")));
    }
    let tokens = Tokens { output_image: 1, ..Tokens::default() };
    state.ledger.spend(key, "3d", model, tokens)?;
    let images = asked.images.as_deref().unwrap_or_default();
    let prompt = if is_from_images { "" } else { asked.prompt };
    let detail = match asked.resolution {
        Some("high") => 4,
        Some("medium") => 2,
        _ => 1,
    };
    let object = Object { subject: &format!("{prompt}|{images}"), seed: asked.seed, detail };
    let (kind, bytes) = match TO_PLY.contains(&model) {
        true => ("application/x-ply", object.ply()),
        false => ("model/gltf-binary", object.glb()),
    };
    let id: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let link = HeaderValue::from_str(&format!("<{}/{id}>; rel=\"enclosure\"", state.base_url));
    // The same content may be stored under this id already.
    state.files.store(File::new(kind, bytes.clone()), Some(id));
    let mut response = (used(model), tokens.headers(), [(CONTENT_TYPE, kind)], bytes).into_response();
    if let Ok(link) = link {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}
