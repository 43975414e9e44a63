//! Chats with media models: they make a file, and reply with a link to it.

use super::{picture, sound, video};
use crate::base::category;

/// The side of an image, in pixels.
const SIZE: u32 = 1024;

/// The length of a video in seconds, and its ratio of width to height.
const SECONDS: f64 = 2.0;
const RATIO: f64 = 16.0 / 9.0;

/// A kind of media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Medium {
    Image,
    Sound,
    Video,
}

impl Medium {
    /// What a model makes from a prompt; `None` for models that write text or work on files.
    pub(crate) fn of_model(model: &str) -> Option<Self> {
        match category::of_model(model)? {
            "image" => Some(Self::Image),
            "video" => Some(Self::Video),
            "audio" if category::speaks(model) => Some(Self::Sound),
            _ => None,
        }
    }

    /// The category of its models.
    pub(crate) fn category(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Sound => "audio",
            Self::Video => "video",
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Image => "image/jpeg",
            Self::Sound => "audio/mpeg",
            Self::Video => "video/mp4",
        }
    }

    /// Makes the file. Equal prompts and seeds give equal files.
    pub(crate) fn make(self, prompt: &str, seed: i64) -> Option<Vec<u8>> {
        match self {
            Self::Image => picture::jpeg(prompt, seed, SIZE, SIZE),
            Self::Sound => Some(sound::encode(sound::length(prompt), "mp3")),
            Self::Video => Some(video::mp4(prompt, seed, SECONDS, RATIO)),
        }
    }

    /// The text of the reply in Markdown: images are embedded, everything else is linked.
    pub(crate) fn markdown(self, prompt: &str, url: &str) -> String {
        let title = |text: &str| text.replace(['[', ']', '\n', '\r'], " ");
        match self {
            Self::Image => format!("![{}]({url})", title(prompt)),
            Self::Sound => format!("[Audio]({url})"),
            Self::Video => format!("[Video]({url})"),
        }
    }
}
