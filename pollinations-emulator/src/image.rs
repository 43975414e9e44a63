//! `GET /image/{prompt}`: pictures, and videos.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io::Cursor,
    sync::Arc,
};

use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderName, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use image::{ImageFormat, Rgb, RgbImage};
use serde::Deserialize;

use crate::{
    auth::Key,
    failure::Failure,
    state::{self, Tokens},
};

/// Pixels a side without a size.
const DEFAULT_SIZE: u32 = 1024;

/// Pixels a side at the most; the real service has a limit of its own.
const MAX_SIZE: u32 = 4096;

const VIDEO_MODELS: &[&str] = &["veo", "seedance", "seedance-pro", "wan", "ltx-2"];

#[derive(Debug, Deserialize)]
pub(crate) struct ImageQuery {
    model: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    seed: Option<i64>,
    transparent: Option<bool>,
    duration: Option<u32>,
}

pub(crate) async fn generate(
    key: Key,
    State(state): State<Arc<state::State>>,
    Path(prompt): Path<String>,
    query: Result<Query<ImageQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(query) = query.map_err(|rejection| Failure::form(rejection.body_text()))?;
    let size = |field: &str, value: Option<u32>| match value {
        None | Some(0) => Ok(DEFAULT_SIZE),
        Some(pixels) if pixels <= MAX_SIZE => Ok(pixels),
        Some(_) => Err(Failure::field(field, format!("must be at most {MAX_SIZE}"))),
    };
    let (width, height) = (size("width", query.width)?, size("height", query.height)?);
    if query.seed.is_some_and(|seed| !(-1..=i64::from(i32::MAX)).contains(&seed)) {
        return Err(Failure::field("seed", "must be from -1 to 2147483647"));
    }
    if query.duration.is_some_and(|seconds| !(1..=10).contains(&seconds)) {
        return Err(Failure::field("duration", "must be from 1 to 10"));
    }
    let model = query.model.unwrap_or_else(|| "zimage".to_owned());
    state.spend(&key, "image", &model, Tokens { output_image: 1, ..Tokens::default() })?;

    let (kind, bytes) = if VIDEO_MODELS.contains(&model.as_str()) {
        ("video/mp4", mp4())
    } else {
        let format = if query.transparent == Some(true) { ImageFormat::Png } else { ImageFormat::Jpeg };
        let seed = query.seed.unwrap_or_default();
        // Encoding takes a while; the other requests go on meanwhile.
        let picture = tokio::task::spawn_blocking(move || picture(&prompt, seed, width, height, format));
        let bytes = picture.await.ok().flatten().ok_or_else(|| Failure::form("the picture could not be made"))?;
        (format.to_mime_type(), bytes)
    };
    Ok(([(CONTENT_TYPE, kind), (HeaderName::from_static("x-model-used"), &model)], bytes).into_response())
}

/// A small picture, at once.
pub(crate) fn png(prompt: &str, seed: i64, width: u32, height: u32) -> Option<Vec<u8>> {
    picture(prompt, seed, width, height, ImageFormat::Png)
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

/// The first boxes of an MP4 file (ISO/IEC 14496-12, sections 4.3 and 8.1.1): its type, and an empty media box.
fn mp4() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut boxed = |kind: &[u8; 4], content: &[u8]| {
        let length = u32::try_from(content.len() + 8).unwrap_or_default();
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(kind);
        bytes.extend_from_slice(content);
    };
    boxed(b"ftyp", b"isom\0\0\x02\0isomiso2mp41");
    boxed(b"mdat", &[]);
    bytes
}
