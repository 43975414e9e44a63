//! Speech with timestamps, voice changes and stems.

use super::Pollinations;
use crate::{
    base::file::File,
    groups::audio::{StemsRequest, TimedSpeechRequest, VoiceChangeRequest, VoiceIsolationRequest},
};

impl Pollinations {
    /// Reads a text aloud with an ElevenLabs model, and returns when each character is spoken.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let speech = pollinations.speech_with_timestamps("Good morning").send().await?;
    /// assert_eq!(speech.characters().len(), "Good morning".len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn speech_with_timestamps(&self, text: impl Into<String>) -> TimedSpeechRequest {
        TimedSpeechRequest::new(self.shared.clone(), text.into())
    }

    /// Replaces the voice in a recording with another voice.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::File;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// # let bytes = pollinations.speech("Hello").response_format("wav").send().await?.bytes().await?;
    /// let recording = File::bytes(bytes).name("hello.wav");
    /// let changed = pollinations.change_voice(recording).voice("nova").send().await?;
    /// assert_eq!(changed.content_type(), Some("audio/mpeg"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn change_voice(&self, recording: File) -> VoiceChangeRequest {
        VoiceChangeRequest::new(self.shared.clone(), recording)
    }

    /// Removes everything but the voice from a recording.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// pollinations.isolate_voice(File::path("street.mp3")).send().await?.save("voice.mp3").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn isolate_voice(&self, recording: File) -> VoiceIsolationRequest {
        VoiceIsolationRequest::new(self.shared.clone(), recording)
    }

    /// Separates music into stems: vocals and instruments.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// pollinations.separate_stems(File::path("song.mp3")).send().await?.save("stems.zip").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn separate_stems(&self, music: File) -> StemsRequest {
        StemsRequest::new(self.shared.clone(), music)
    }
}
