//! `GET /image/{prompt}`: images, and videos.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};

use super::limits::{DEFAULT_SIZE, MAX_SIZE};
use crate::{
    answer::{
        picture::{self, Look},
        used, video,
    },
    base::failure::Failure,
    gate::{Caller, Params},
    state::{self, Tokens},
};

const VIDEO_MODELS: &[&str] = &["veo", "seedance", "seedance-pro", "wan", "ltx-2"];

pub(super) async fn generate(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    Path(prompt): Path<String>,
    query: Params,
) -> Result<Response, Failure> {
    let size = |name: &str| match query.integer(name).and_then(|pixels| u32::try_from(pixels).ok()) {
        Some(0) => DEFAULT_SIZE,
        Some(pixels) => pixels.min(MAX_SIZE),
        // The number is out of range.
        None if query.text(name).is_some() => MAX_SIZE,
        None => DEFAULT_SIZE,
    };
    let (width, height) = (size("width"), size("height"));
    let model = query.text("model").unwrap_or("zimage").to_owned();
    let tokens = Tokens { output_image: 1, ..Tokens::default() };
    state.ledger.spend(&key, "image", &model, tokens)?;

    let seed = query.integer("seed").unwrap_or_default();
    let (kind, bytes) = if VIDEO_MODELS.contains(&model.as_str()) {
        let ratio = f64::from(width) / f64::from(height);
        ("video/mp4", video::mp4(&prompt, seed, query.number("duration").unwrap_or(2.0), ratio))
    } else {
        let look = if query.is("transparent") { Look::Transparent } else { Look::Photo };
        // The same prompt with other reference images gives another image.
        let subject = query.text("image").iter().fold(prompt, |all, one| all + one);
        (look.media_type(), paint(move || picture::picture(&subject, seed, width, height, look)).await?)
    };
    Ok((used(&model), tokens.headers(), [(CONTENT_TYPE, kind)], bytes).into_response())
}

/// Makes an image on another thread, since encoding takes a while and must not block other requests.
pub(super) async fn paint(make: impl FnOnce() -> Option<Vec<u8>> + Send + 'static) -> Result<Vec<u8>, Failure> {
    let picture = tokio::task::spawn_blocking(make).await;
    picture.ok().flatten().ok_or_else(|| Failure::form("the picture could not be made"))
}
