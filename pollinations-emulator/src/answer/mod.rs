//! Makes the content of answers: texts, images, 3D objects, sounds, videos and embeddings. It knows neither requests
//! nor state.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue},
};
use bytes::Bytes;
use futures_util::stream;

pub(crate) mod chunks;
pub(crate) mod decision;
pub(crate) mod edited;
pub(crate) mod medium;
pub(crate) mod mesh;
pub(crate) mod message;
pub(crate) mod picture;
pub(crate) mod response;
pub(crate) mod said;
mod sample;
pub(crate) mod sound;
pub(crate) mod vector;
pub(crate) mod video;
pub(crate) mod words;

/// The pause between the events of a stream, so that they do not arrive all at once.
const PAUSE: Duration = Duration::from_millis(5);

/// A body that sends events with a pause between them.
pub(crate) fn paced(events: Vec<Bytes>) -> Body {
    Body::from_stream(stream::unfold(events.into_iter(), |mut events| async move {
        let event = events.next()?;
        tokio::time::sleep(PAUSE).await;
        Some((Ok::<_, Infallible>(event), events))
    }))
}

/// The header that names the model, without characters that headers cannot contain.
pub(crate) fn used(model: &str) -> [(HeaderName, HeaderValue); 1] {
    let visible: String = model.chars().filter(char::is_ascii_graphic).collect();
    let value = HeaderValue::from_str(&visible).unwrap_or(HeaderValue::from_static(""));
    [(HeaderName::from_static("x-model-used"), value)]
}
