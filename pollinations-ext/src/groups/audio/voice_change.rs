//! Voice changes.

use std::sync::Arc;

use pollinations_api::{Client, types::VoiceFormat};

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

const OPERATION: &str = "change_voice";

/// A request to replace the voice in a recording. Words, timing and emotion stay the same.
///
/// Operation `change_voice`. The recording has at most 50 MiB and five minutes. The service has defaults for the
/// parameters you do not set.
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
/// let changed = pollinations.change_voice(recording).voice("nova").response_format("wav").send().await?;
/// assert_eq!(changed.content_type(), Some("audio/wav"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until `send` is called"]
pub struct VoiceChangeRequest {
    shared: Arc<Shared>,
    options: Options,
    recording: File,
    parameters: Parameters,
}

#[derive(Clone, Debug, Default)]
struct Parameters {
    model: Option<String>,
    voice: Option<String>,
    response_format: Option<VoiceFormat>,
}

impl VoiceChangeRequest {
    pub(crate) fn new(shared: Arc<Shared>, recording: File) -> Self {
        Self { shared, options: Options::default(), recording, parameters: Parameters::default() }
    }

    into_setters! {
        on parameters, example "pollinations.change_voice(pollinations_ext::File::path(\"talk.mp3\"))";
        /// The model. The service's default is `elevenlabs/eleven-multilingual-sts-v2`.
        model: String, "\"elevenlabs/eleven-multilingual-sts-v2\"";
        /// The new voice: a name, or ElevenLabs' ID of your own voice. The service's default is `alloy`.
        voice: String, "\"nova\"";
        /// The encoding: `mp3` (the service's default), `opus`, `aac`, `wav` or `pcm`.
        response_format: VoiceFormat, "\"wav\"";
    }

    call_options!(
        until "the audio begins to arrive",
        example "pollinations.change_voice(pollinations_ext::File::path(\"talk.mp3\"))"
    );

    /// Sends the recording. Returns when the audio begins to arrive.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read,
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) if it is larger than 50 MiB. Status 400 if the service
    /// rejects the file or a value, 401 if the API key is invalid, 402 if you are out of credit, 403 if the key may
    /// not use the model.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// pollinations.change_voice(File::path("talk.mp3")).voice("nova").send().await?.save("changed.mp3").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<Download, Error> {
        let recording = self.recording.load(Some(MAX_RECORDING)).await;
        let recording = recording.map_err(|error| error.with_operation(OPERATION))?;
        let Parameters { model, voice, response_format } = self.parameters;
        let (content_type, body) = Form::new()
            .optional("model", model)
            .optional("voice", voice)
            .optional("response_format", response_format)
            .file("file", &recording)
            .finish();
        let send = move |client: &Client| client.change_voice().content_type(content_type).body(body).prepare();
        self.shared.media(OPERATION, &self.options, send).await
    }
}
