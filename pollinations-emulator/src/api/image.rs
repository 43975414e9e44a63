//! `GET /image/{prompt}`: pictures, and videos.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
    routing::get,
};
use image::ImageFormat;

use crate::{
    answer::{picture::picture, used, video},
    base::failure::Failure,
    gate::{Caller, Params},
    state::{self, Tokens},
};

/// Pixels a side without a size.
const DEFAULT_SIZE: u32 = 1024;

/// Pixels a side at the most, however many are asked for; the real service has a limit of its own.
const MAX_SIZE: u32 = 2048;

const VIDEO_MODELS: &[&str] = &["veo", "seedance", "seedance-pro", "wan", "ltx-2"];

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new()
        .route("/image/{prompt}", get(generate))
        // The older gateway.
        .route("/generate/image/{prompt}", get(generate))
}

async fn generate(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    Path(prompt): Path<String>,
    query: Params,
) -> Result<Response, Failure> {
    let size = |name: &str| match query.integer(name).and_then(|pixels| u32::try_from(pixels).ok()) {
        Some(0) => DEFAULT_SIZE,
        Some(pixels) => pixels.min(MAX_SIZE),
        // Larger than any number of pixels, or not there.
        None if query.text(name).is_some() => MAX_SIZE,
        None => DEFAULT_SIZE,
    };
    let (width, height) = (size("width"), size("height"));
    let model = query.text("model").unwrap_or("zimage").to_owned();
    state.ledger.spend(&key, "image", &model, Tokens { output_image: 1, ..Tokens::default() })?;

    let (kind, bytes) = if VIDEO_MODELS.contains(&model.as_str()) {
        (
            "video/mp4",
            video::mp4(&prompt, query.integer("seed").unwrap_or_default(), query.number("duration").unwrap_or(2.0)),
        )
    } else {
        let format = if query.is("transparent") { ImageFormat::Png } else { ImageFormat::Jpeg };
        let seed = query.integer("seed").unwrap_or_default();
        // Encoding takes a while; the other requests go on meanwhile.
        let picture = tokio::task::spawn_blocking(move || picture(&prompt, seed, width, height, format));
        let bytes = picture.await.ok().flatten().ok_or_else(|| Failure::form("the picture could not be made"))?;
        (format.to_mime_type(), bytes)
    };
    Ok((used(&model), [(CONTENT_TYPE, kind)], bytes).into_response())
}
