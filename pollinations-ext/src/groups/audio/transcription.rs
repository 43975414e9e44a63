//! Transcription requests.

use std::sync::Arc;

use pollinations_api::{
    Client,
    types::{self, TranscriptionFormat},
};
use serde_json::{Map, Value};

use super::transcript::Transcript;
use crate::{
    base::{error::Error, file::File, json},
    exchange::{
        multipart::Form,
        options::{Options, call_options, into_setters, setters},
        raw::RawResponse,
        transport::Shared,
    },
};

const OPERATION: &str = "create_transcription";

/// A request to transcribe a recording.
///
/// Operation `create_transcription`. The recording is an mp3, mp4, mpeg, mpga, m4a, wav or webm file. The service has
/// defaults for the parameters you do not set.
///
/// # Examples
///
/// ```no_run
/// use pollinations_ext::File;
///
/// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
/// let subtitles = pollinations.transcribe(File::path("talk.mp3")).language("en").srt().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct TranscriptionRequest {
    shared: Arc<Shared>,
    options: Options,
    recording: File,
    parameters: Parameters,
}

#[derive(Clone, Debug, Default)]
struct Parameters {
    model: Option<String>,
    language: Option<String>,
    prompt: Option<String>,
    response_format: Option<TranscriptionFormat>,
    temperature: Option<f64>,
    speakers_expected: Option<u64>,
}

impl TranscriptionRequest {
    pub(crate) fn new(shared: Arc<Shared>, recording: File) -> Self {
        Self { shared, options: Options::default(), recording, parameters: Parameters::default() }
    }

    into_setters! {
        on parameters, example "pollinations.transcribe(pollinations_ext::File::path(\"talk.mp3\"))";
        /// The model, such as `openai/whisper-large-v3` (the service's default) or `elevenlabs/scribe-v2`.
        /// [`Models::audio`](crate::Models::audio) lists them.
        model: String, "\"elevenlabs/scribe-v2\"";
        /// The language spoken, as an ISO 639-1 code such as `en`. Setting it improves the result.
        language: String, "\"en\"";
        /// A text that sets the style, or the text that precedes the recording.
        prompt: String, "\"Names: Ada, Grace\"";
        /// The format of the transcript, for [`send_raw`](Self::send_raw); the other methods set it. Not every model
        /// supports every format.
        response_format: TranscriptionFormat, "\"vtt\"";
    }

    setters! {
        on parameters, example "pollinations.transcribe(pollinations_ext::File::path(\"talk.mp3\"))";
        /// The sampling temperature: 0 (most predictable) to 1.
        temperature: f64, "0.0";
        /// The number of speakers, 1 or more, as a hint for [`diarized`](Self::diarized). The other formats ignore
        /// it.
        speakers_expected: u64, "2";
    }

    call_options!(
        until "the transcript has arrived",
        example "pollinations.transcribe(pollinations_ext::File::path(\"talk.mp3\"))"
    );

    /// Sends the recording and returns its text.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read, and
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the response cannot be parsed. Status 400 if the service
    /// rejects a value, 401 if the API key is invalid, 402 if you are out of credit.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.transcribe(File::path("talk.mp3")).send().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<Transcript, Error> {
        self.in_json(TranscriptionFormat::Json).await
    }

    /// Sends the recording and returns its text with the details that the model provides, such as timestamps. See
    /// [`Transcript::segments`] and [`Transcript::details`].
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let transcript = pollinations.transcribe(File::path("talk.mp3")).verbose().await?;
    /// println!("{:?} s", transcript.duration());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn verbose(self) -> Result<Transcript, Error> {
        self.in_json(TranscriptionFormat::VerboseJson).await
    }

    /// Sends the recording and returns a transcript with speakers (diarization). See [`Transcript::segments`].
    ///
    /// Not every model can tell speakers apart. The service returns status 400 for a model that cannot.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let interview = pollinations.transcribe(File::path("interview.mp3")).model("elevenlabs/scribe-v2");
    /// for segment in interview.speakers_expected(2).diarized().await?.segments() {
    ///     println!("{}: {}", segment.speaker.as_deref().unwrap_or("someone"), segment.text);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn diarized(self) -> Result<Transcript, Error> {
        self.in_json(TranscriptionFormat::DiarizedJson).await
    }

    /// Sends the recording and returns its text, in the service's plain-text format.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.transcribe(File::path("talk.mp3")).text().await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn text(self) -> Result<String, Error> {
        self.in_text(TranscriptionFormat::Text).await
    }

    /// Sends the recording and returns subtitles in SubRip format (SRT).
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// std::fs::write("talk.srt", pollinations.transcribe(File::path("talk.mp4")).srt().await?)?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn srt(self) -> Result<String, Error> {
        self.in_text(TranscriptionFormat::Srt).await
    }

    /// Sends the recording and returns subtitles in WebVTT format, for a `<track>`.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// std::fs::write("talk.vtt", pollinations.transcribe(File::path("talk.mp4")).vtt().await?)?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn vtt(self) -> Result<String, Error> {
        self.in_text(TranscriptionFormat::Vtt).await
    }

    /// Sends the recording and returns the raw response.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send), except that the response is not decoded.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let response = pollinations.transcribe(File::path("talk.mp3")).response_format("vtt").send_raw().await?;
    /// println!("{:?}: {}", response.content_type(), response.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        let recording = self.recording.load(None).await.map_err(|error| error.with_operation(OPERATION))?;
        let Parameters { model, language, prompt, response_format, temperature, speakers_expected } = self.parameters;
        let (content_type, body) = Form::new()
            .optional("model", model)
            .optional("language", language)
            .optional("prompt", prompt)
            .optional("response_format", response_format)
            .optional("temperature", temperature)
            .optional("speakers_expected", speakers_expected)
            .file("file", &recording)
            .finish();
        let send = move |client: &Client| client.create_transcription().content_type(content_type).body(body).prepare();
        self.shared.raw(OPERATION, &self.options, send).await
    }

    async fn in_json(self, format: TranscriptionFormat) -> Result<Transcript, Error> {
        let shared = Arc::clone(&self.shared);
        let response = self.response_format(format).send_raw().await?;
        let undecodable = |error: &serde_json::Error| {
            let error = shared.keys.undecodable("the transcript cannot be read", error, response.body());
            error.with_operation(OPERATION).with_request_id(response.request_id().map(str::to_owned))
        };
        let details: Map<String, Value> = json::read(response.body()).map_err(|error| undecodable(&error))?;
        let transcription: types::Transcription =
            json::lenient(response.body()).map_err(|error| undecodable(&error))?;
        Ok(Transcript::new(transcription, details, response.headers().clone()))
    }

    async fn in_text(self, format: TranscriptionFormat) -> Result<String, Error> {
        Ok(self.response_format(format).send_raw().await?.text())
    }
}
