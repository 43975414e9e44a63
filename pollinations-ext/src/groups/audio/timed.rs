//! Speech with the times of its characters.

use std::sync::Arc;

use pollinations_api::{
    Client,
    types::{self, TimedSpeechModel, VoiceFormat},
};

use super::timed_speech::TimedSpeech;
use crate::{
    base::error::Error,
    exchange::{
        options::{Options, call_options, into_setters, setters},
        raw::RawResponse,
        transport::Shared,
    },
};

const OPERATION: &str = "create_speech_with_timestamps";

/// A request for speech with timestamps: when each character is spoken. Use it for subtitles, karaoke, or text that
/// is highlighted as it is read.
///
/// Operation `create_speech_with_timestamps`. The text has at most 10,000 characters. The service has defaults for
/// the parameters you do not set.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let speech = pollinations.speech_with_timestamps("Good morning").voice("nova").send().await?;
/// for word in speech.words() {
///     println!("{:.2}–{:.2} s: {}", word.start, word.end, word.text);
/// }
/// # assert_eq!(speech.words().len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until `send` is called"]
pub struct TimedSpeechRequest {
    shared: Arc<Shared>,
    options: Options,
    text: String,
    parameters: Parameters,
}

#[derive(Clone, Debug, Default)]
struct Parameters {
    model: Option<TimedSpeechModel>,
    voice: Option<String>,
    response_format: Option<VoiceFormat>,
    seed: Option<u64>,
}

impl TimedSpeechRequest {
    pub(crate) fn new(shared: Arc<Shared>, text: String) -> Self {
        Self { shared, options: Options::default(), text, parameters: Parameters::default() }
    }

    into_setters! {
        on parameters, example "pollinations.speech_with_timestamps(\"Hello\")";
        /// The model, from ElevenLabs. The service's default is `elevenlabs/eleven-v3`.
        model: TimedSpeechModel, "\"elevenlabs/eleven-flash-v2.5\"";
        /// The voice: a name, or the provider's ID of your own voice. The service's default is `alloy`.
        voice: String, "\"nova\"";
        /// The encoding: `mp3` (the service's default), `opus`, `aac`, `wav` or `pcm`.
        response_format: VoiceFormat, "\"wav\"";
    }

    setters! {
        on parameters, example "pollinations.speech_with_timestamps(\"Hello\")";
        /// The seed for reproducible results: 0 to 4,294,967,295.
        seed: u64, "42";
    }

    call_options!(until "the audio has arrived", example "pollinations.speech_with_timestamps(\"Hello\")", field);

    /// Sends the request and returns all of the audio, in memory.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the response has no audio or the audio is not base64.
    /// Status 400 if the service rejects a value, 401 if the API key is invalid, 402 if you are out of credit, 403 if
    /// the key may not use the model.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// let speech = pollinations.speech_with_timestamps("Good morning").send().await?;
    /// std::fs::write("morning.mp3", speech.audio())?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<TimedSpeech, Error> {
        let shared = Arc::clone(&self.shared);
        let (response, attempts) = self.whole().await?;
        let speech: types::TimedSpeech = shared.decode_large(&response, attempts)?;
        TimedSpeech::new(speech, response.headers().clone()).map_err(|error| {
            let error = error.with_operation(OPERATION).with_attempts(attempts);
            error.with_request_id(response.request_id().map(str::to_owned))
        })
    }

    /// Sends the request and returns the raw response.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send), except that the response is not decoded.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let response = pollinations.speech_with_timestamps("Good morning").send_raw().await?;
    /// println!("{}", response.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        self.whole().await.map(|(response, _)| response)
    }

    async fn whole(self) -> Result<(RawResponse, u32), Error> {
        let Parameters { model, voice, response_format, seed } = self.parameters;
        let mut body = types::TimedSpeechRequest::new(self.text);
        body.model = model;
        body.voice = voice;
        body.response_format = response_format;
        body.seed = seed;
        let send = move |client: &Client| client.create_speech_with_timestamps().body(body).prepare();
        self.shared.whole(OPERATION, &self.options, send).await
    }
}
