//! Audio formats.

use axum::{
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};

use crate::{
    answer::{sound, used},
    base::failure::Failure,
    state::Tokens,
};

const FORMATS: &[(&str, &str)] = &[
    ("mp3", "audio/mpeg"),
    ("opus", "audio/opus"),
    ("aac", "audio/aac"),
    ("flac", "audio/flac"),
    ("wav", "audio/wav"),
    ("pcm", "audio/pcm"),
];

/// An audio format.
#[derive(Clone, Copy)]
pub(super) struct Format {
    name: &'static str,
    content_type: &'static str,
}

impl Format {
    /// The format with this name; MP3 by default. Only those listed in `known` are accepted.
    pub(super) fn named(name: Option<&str>, known: &str) -> Result<Self, Failure> {
        let name = name.unwrap_or("mp3");
        let found = FORMATS.iter().find(|(format, _)| *format == name);
        let found = found.filter(|(format, _)| known.split(", ").any(|name| name == *format));
        let Some((name, content_type)) = found else {
            return Err(Failure::field("response_format", format!("must be one of {known}")));
        };
        Ok(Self { name, content_type })
    }

    pub(super) fn encode(self, seconds: f64) -> Vec<u8> {
        sound::encode(seconds, self.name)
    }

    pub(super) fn answer(self, model: &str, tokens: Tokens, seconds: f64) -> Response {
        (used(model), tokens.headers(), [(CONTENT_TYPE, self.content_type)], self.encode(seconds)).into_response()
    }
}
