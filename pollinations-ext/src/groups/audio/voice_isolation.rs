//! Voice isolation.

use std::sync::Arc;

use pollinations_api::Client;

use super::MAX_RECORDING;
use crate::{
    base::{error::Error, file::File},
    exchange::{
        download::Download,
        multipart::Form,
        options::{Options, call_options, into_setters},
        transport::Shared,
    },
};

const OPERATION: &str = "isolate_voice";

/// A request to isolate the voice in a recording: it removes music and noise.
///
/// Operation `isolate_voice`. The recording is an audio or video file of at most 50 MiB and at least 4.6 seconds. The
/// result is an mp3 file. The service has defaults for the parameters you do not set.
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
/// # let bytes = pollinations.music("rain").duration(5.0).response_format("wav").send().await?.bytes().await?;
/// let recording = File::bytes(bytes).name("street.wav");
/// let clean = pollinations.isolate_voice(recording).send().await?;
/// assert_eq!(clean.content_type(), Some("audio/mpeg"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until `send` is called"]
pub struct VoiceIsolationRequest {
    shared: Arc<Shared>,
    options: Options,
    recording: File,
    parameters: Parameters,
}

#[derive(Clone, Debug, Default)]
struct Parameters {
    model: Option<String>,
}

impl VoiceIsolationRequest {
    pub(crate) fn new(shared: Arc<Shared>, recording: File) -> Self {
        Self { shared, options: Options::default(), recording, parameters: Parameters::default() }
    }

    into_setters! {
        on parameters, example "pollinations.isolate_voice(pollinations_ext::File::path(\"street.mp3\"))";
        /// The model. The service's default is `elevenlabs/voice-isolator`.
        model: String, "\"elevenlabs/voice-isolator\"";
    }

    call_options!(
        until "the audio begins to arrive",
        example "pollinations.isolate_voice(pollinations_ext::File::path(\"street.mp3\"))"
    );

    /// Sends the recording. Returns when the audio begins to arrive.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read,
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) if it is larger than 50 MiB. Status 400 if the service
    /// rejects the file, for instance because it is too short, 401 if the API key is invalid, 402 if you are out of
    /// credit, 403 if the key may not use the model.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// pollinations.isolate_voice(File::path("street.mp4")).send().await?.save("voice.mp3").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<Download, Error> {
        let recording = self.recording.load(Some(MAX_RECORDING)).await;
        let recording = recording.map_err(|error| error.with_operation(OPERATION))?;
        let form = Form::new().optional("model", self.parameters.model).file("file", &recording);
        let (content_type, body) = form.finish();
        let send = move |client: &Client| client.isolate_voice().content_type(content_type).body(body).prepare();
        self.shared.media(OPERATION, &self.options, send).await
    }
}
