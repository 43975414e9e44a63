//! `GET /video/{prompt}`: videos.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{
    answer::{used, video},
    base::failure::Failure,
    gate::{Caller, Params},
    state::{self, Tokens},
};

/// The default length, in seconds.
const DEFAULT_DURATION: f64 = 2.0;

/// The default width and height, in pixels.
const DEFAULT_SIZE: f64 = 1024.0;

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new().route("/video/{prompt}", get(generate))
}

async fn generate(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    Path(prompt): Path<String>,
    query: Params,
) -> Result<Response, Failure> {
    let model = query.text("model").unwrap_or("google/veo-3.1-fast").to_owned();
    let tokens = Tokens { output_image: 1, ..Tokens::default() };
    state.ledger.spend(&key, "video", &model, tokens)?;
    let seed = query.integer("seed").unwrap_or_default();
    let duration = query.number("duration").unwrap_or(DEFAULT_DURATION);
    // The same prompt with other references gives another video.
    let references = ["image", "reference_images", "reference_videos", "reference_audios"];
    let subject: String = references.iter().filter_map(|name| query.text(name)).fold(prompt, |all, one| all + one);
    let video = video::mp4(&subject, seed, duration, ratio(&query));
    Ok((used(&model), tokens.headers(), [(CONTENT_TYPE, "video/mp4")], video).into_response())
}

/// The ratio of width to height, from `aspectRatio` or else from the size.
fn ratio(query: &Params) -> f64 {
    let given = query.text("aspectRatio").and_then(|ratio| ratio.split_once(':'));
    let given = given.and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    let side = |name| query.number(name).unwrap_or(DEFAULT_SIZE);
    let (width, height): (f64, f64) = given.unwrap_or((side("width"), side("height")));
    let ratio = width / height;
    if ratio.is_finite() { ratio } else { 1.0 }
}
