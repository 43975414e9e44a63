//! Sound: speech, music, and what is said in a recording.

mod request;
mod transcription;

pub use request::AudioRequest;
pub use transcription::{Transcript, TranscriptionRequest};
