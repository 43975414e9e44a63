//! `GET /image/{prompt}`: pictures, and videos.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io::Cursor,
    sync::Arc,
};

use axum::{
    extract::{Path, State},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use image::{ImageFormat, Rgb, RgbImage};

use crate::{
    admit::{Caller, Params},
    answer,
    failure::Failure,
    state::{self, Tokens},
    video,
};

/// Pixels a side without a size.
const DEFAULT_SIZE: u32 = 1024;

/// Pixels a side at the most, however many are asked for; the real service has a limit of its own.
const MAX_SIZE: u32 = 2048;

const VIDEO_MODELS: &[&str] = &["veo", "seedance", "seedance-pro", "wan", "ltx-2"];

pub(crate) async fn generate(
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
    state.spend(&key, "image", &model, Tokens { output_image: 1, ..Tokens::default() })?;

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
    Ok((answer::used(&model), [(CONTENT_TYPE, kind)], bytes).into_response())
}

/// A small picture, at once.
pub(crate) fn png(prompt: &str, seed: i64, width: u32, height: u32) -> Option<Vec<u8>> {
    picture(prompt, seed, width, height, ImageFormat::Png)
}

/// A small photograph, at once.
pub(crate) fn jpeg(prompt: &str, seed: i64, width: u32, height: u32) -> Option<Vec<u8>> {
    picture(prompt, seed, width, height, ImageFormat::Jpeg)
}

/// A gradient whose colours come from the prompt and the seed: the same request gives the same picture.
fn picture(prompt: &str, seed: i64, width: u32, height: u32, format: ImageFormat) -> Option<Vec<u8>> {
    let mut hasher = DefaultHasher::new();
    (prompt, seed).hash(&mut hasher);
    let [red, green, blue, ..] = hasher.finish().to_be_bytes();
    let mut image = RgbImage::new(width, height);
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        let shade = |offset: u8, at: u32, of: u32| offset.wrapping_add(u8::try_from(at * 128 / of).unwrap_or(u8::MAX));
        *pixel = Rgb([shade(red, x, width), shade(green, y, height), blue]);
    }
    let mut bytes = Vec::new();
    image.write_to(&mut Cursor::new(&mut bytes), format).ok()?;
    Some(bytes)
}
