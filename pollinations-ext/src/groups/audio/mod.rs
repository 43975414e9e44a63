//! Audio: speech, music, voice changes, stems and transcription.

mod request;
mod segment;
#[cfg(all(feature = "stems", not(target_arch = "wasm32")))]
mod stem;
mod stems;
mod timed;
mod timed_speech;
mod transcript;
mod transcription;
mod voice_change;
mod voice_isolation;

pub use request::AudioRequest;
pub use segment::TranscriptSegment;
#[cfg(all(feature = "stems", not(target_arch = "wasm32")))]
pub use stem::Stem;
pub use stems::StemsRequest;
pub use timed::TimedSpeechRequest;
pub use timed_speech::{TimedSpeech, TimedText};
pub use transcript::Transcript;
pub use transcription::TranscriptionRequest;
pub use voice_change::VoiceChangeRequest;
pub use voice_isolation::VoiceIsolationRequest;

/// The maximum size of a recording in bytes, for voices and stems. The document says 50 MB for `file`. This client
/// allows 50 MiB.
const MAX_RECORDING: u64 = 50 * 1024 * 1024;
