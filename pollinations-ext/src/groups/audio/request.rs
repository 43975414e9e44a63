//! Speech and music.

use std::sync::Arc;

use pollinations_api::{
    ByteStream, Client,
    types::{SpeechFormat, SpeechRequest},
};
use reqwest::Url;
use serde_json::Value;

use crate::{
    base::error::Error,
    exchange::{
        address,
        call::Prepared,
        download::Download,
        options::{Options, call_options, into_setters, safety_methods, setters, with_parameters},
        transport::Shared,
    },
};

const POST: &str = "create_speech";
const GET: &str = "generate_audio";

/// A request for speech, or for music with a music model.
///
/// Operations `create_speech` ([`send`](Self::send)) and `generate_audio` ([`send_get`](Self::send_get)). The service
/// has defaults for the parameters you do not set.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let speech = pollinations.speech("Good morning").voice("nova").response_format("wav").send().await?;
/// let bytes = speech.bytes().await?;
/// # assert!(bytes.starts_with(b"RIFF"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until `send` is called"]
pub struct AudioRequest {
    shared: Arc<Shared>,
    options: Options,
    text: String,
    parameters: Parameters,
}

#[derive(Clone, Debug, Default)]
struct Parameters {
    model: Option<String>,
    voice: Option<String>,
    response_format: Option<SpeechFormat>,
    instructions: Option<String>,
    speed: Option<f64>,
    duration: Option<f64>,
    seconds: Option<f64>,
    instrumental: Option<bool>,
    looped: Option<bool>,
    negative_prompt: Option<String>,
    prompt_influence: Option<f64>,
    seed: Option<i64>,
    steps: Option<u64>,
    safe: Option<String>,
    composition_plan: Option<Value>,
    conditioning_ref: Option<Value>,
    reference_audio: Option<String>,
    store_for_inpainting: Option<bool>,
}

impl AudioRequest {
    pub(crate) fn new(shared: Arc<Shared>, text: String) -> Self {
        Self { shared, options: Options::default(), text, parameters: Parameters::default() }
    }

    into_setters! {
        on parameters, example "pollinations.speech(\"Hello\")";
        /// The model. If you do not set it, the service uses a speech model. `elevenmusic` generates music.
        model: String, "\"elevenlabs\"";
        /// The voice: a name, or the provider's ID of your own voice. The service's default is `alloy`.
        voice: String, "\"nova\"";
        /// The encoding: `mp3`, `opus`, `aac`, `flac`, `wav` or `pcm`. The default is `mp3`, or `wav` for Gemini.
        response_format: SpeechFormat, "\"wav\"";
        /// How to speak, such as the mood or the pace, for models that accept instructions.
        instructions: String, "\"Calm and friendly\"";
        /// What to leave out of the audio, for Stable Audio 3.
        negative_prompt: String, "\"drums\"";
        /// The plan of a piece of music, section by section: a JSON object in the format of the model's provider.
        /// Only with [`send`](Self::send).
        composition_plan: Value, "serde_json::json!({ \"sections\": [] })";
        /// A reference to audio that the provider stores: a JSON object in the provider's format. Only with
        /// [`send`](Self::send).
        conditioning_ref: Value, "serde_json::json!({ \"id\": \"a1\" })";
        /// The public URL of audio to start from. Only with [`send`](Self::send).
        reference_audio: String, "\"https://example.com/theme.mp3\"";
    }

    setters! {
        on parameters, example "pollinations.speech(\"Hello\")";
        /// The speed: 0.25 to 4. The default is 1. Only with [`send`](Self::send). Undocumented upstream since autumn
        /// 2026: use [`instructions`](Self::instructions) instead.
        speed: f64, "1.5";
        /// The length of music or of a sound effect in seconds: 0.5 to 300 with [`send`](Self::send), 0.5 to 380 with
        /// [`send_get`](Self::send_get). Each model has its own range.
        duration: f64, "30.0";
        /// The length in seconds for Stable Audio: 1 to 380.
        seconds: f64, "30.0";
        /// Whether the music is without vocals. The service's default is `false`. ElevenLabs Music only.
        instrumental: bool, "true";
        /// Whether the sound effect can be looped. The service's default is `false`. ElevenLabs only.
        looped: bool, "true";
        /// How closely a sound effect follows the description: 0 to 1. ElevenLabs only.
        prompt_influence: f64, "0.7";
        /// The seed for reproducible results: 0 to 4,294,967,295; [`send_get`](Self::send_get) also takes -1.
        seed: i64, "42";
        /// The number of sampling steps: 1 to 100. Stable Audio only.
        steps: u64, "50";
        /// Whether the provider stores the result, so that you can edit parts of it later. Only with
        /// [`send`](Self::send).
        store_for_inpainting: bool, "true";
    }

    safety_methods!(example "pollinations.speech(\"Hello\")");

    call_options!(until "the audio begins to arrive", example "pollinations.speech(\"Hello\")", field);

    /// Sends the request with POST and the text in the body: 1 to 10,000 characters. Returns when the audio begins to
    /// arrive.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if [`composition_plan`](Self::composition_plan) or
    /// [`conditioning_ref`](Self::conditioning_ref) is not a JSON object, or if [`seed`](Self::seed) is negative.
    /// Status 400 if the service rejects a value, 401 if the API key is invalid, 402 if you are out of credit, 403 if
    /// the key may not use the model.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// pollinations.speech("Good morning").send().await?.save("morning.mp3").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<Download, Error> {
        let body = body(self.text, self.parameters).map_err(|error| error.with_operation(POST))?;
        let send = move |client: &Client| client.create_speech().body(body).prepare();
        self.shared.media(POST, &self.options, send).await
    }

    /// Sends the request with GET and the text in the URL. HTTP caches may answer it.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send). Also [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the text is empty, `.`
    /// or `..`, which cannot be part of a URL path, and for settings that this operation lacks:
    /// [`speed`](Self::speed), [`composition_plan`](Self::composition_plan),
    /// [`conditioning_ref`](Self::conditioning_ref), [`reference_audio`](Self::reference_audio),
    /// [`store_for_inpainting`](Self::store_for_inpainting), and extra fields.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// pollinations.music("a slow waltz").duration(30.0).send_get().await?.save("waltz.mp3").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_get(self) -> Result<Download, Error> {
        let (shared, options) = (self.shared.clone(), self.options.clone());
        shared.media(GET, &options, self.write()?).await
    }

    /// The URL of the audio, for an `<audio src>`. It includes the client's API key if that key is publishable.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidKey`](crate::ErrorKind::InvalidKey) if the client's key is secret, because a URL is visible to everyone.
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) as for [`send_get`](Self::send_get).
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Pollinations;
    /// let pollinations = Pollinations::builder().key("pk_example".parse()?).build()?;
    /// let url = pollinations.speech("Hello").voice("nova").url()?;
    /// assert_eq!(url, "https://gen.pollinations.ai/audio/Hello?voice=nova&key=pk_example");
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn url(&self) -> Result<String, Error> {
        address::with_key(&self.shared, self.address()?, GET)
    }

    /// The URL of the audio without an API key, for a proxy that adds the key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) as for [`send_get`](Self::send_get).
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Pollinations;
    /// # let pollinations = Pollinations::builder().without_key().build()?;
    /// assert_eq!(pollinations.speech("Hello").url_without_key()?, "https://gen.pollinations.ai/audio/Hello");
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn url_without_key(&self) -> Result<String, Error> {
        self.address().map(String::from)
    }

    fn address(&self) -> Result<Url, Error> {
        self.shared.address(GET, &self.options, self.clone().write()?)
    }

    fn write(self) -> Result<impl FnOnce(&Client) -> Prepared<ByteStream>, Error> {
        address::segment(&self.text, GET)?;
        let parameters = self.parameters;
        let only_by_post = [
            ("speed", parameters.speed.is_some()),
            ("composition_plan", parameters.composition_plan.is_some()),
            ("conditioning_ref", parameters.conditioning_ref.is_some()),
            ("reference_audio", parameters.reference_audio.is_some()),
            ("store_for_inpainting", parameters.store_for_inpainting.is_some()),
        ];
        if let Some((name, _)) = only_by_post.iter().find(|(_, is_set)| *is_set) {
            let message = format!("`{name}` is not supported with GET; send the request with POST");
            return Err(Error::request(message).with_operation(GET));
        }
        let text = self.text;
        Ok(move |client: &Client| -> Prepared<ByteStream> {
            let mut request = client.generate_audio().text(text);
            if let Some(looped) = parameters.looped {
                request = request.loop_(looped);
            }
            with_parameters!(
                request,
                parameters: voice, response_format, model, duration, seconds, instrumental, instructions, negative_prompt,
                    prompt_influence, seed, steps, safe,
            )
            .prepare()
        })
    }
}

/// The body of a POST request.
fn body(text: String, parameters: Parameters) -> Result<SpeechRequest, Error> {
    let object = |name: &str, value: Option<Value>| match value {
        None => Ok(serde_json::Map::new()),
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(Error::request(format!("`{name}` must be a JSON object"))),
    };
    let seed = parameters.seed.map(u64::try_from).transpose();
    let mut body = SpeechRequest::new(text);
    body.composition_plan = object("composition_plan", parameters.composition_plan)?;
    body.conditioning_ref = object("conditioning_ref", parameters.conditioning_ref)?;
    body.duration = parameters.duration;
    body.instructions = parameters.instructions;
    body.instrumental = parameters.instrumental;
    body.loop_ = parameters.looped;
    body.model = parameters.model;
    body.negative_prompt = parameters.negative_prompt;
    body.prompt_influence = parameters.prompt_influence;
    body.reference_audio = parameters.reference_audio;
    body.response_format = parameters.response_format;
    body.safe = parameters.safe.map(|checks| match checks.as_str() {
        "true" => true.into(),
        "false" => false.into(),
        _ => checks.into(),
    });
    body.seconds = parameters.seconds;
    body.seed = seed.map_err(|_| Error::request("`seed` must not be negative; -1 is only allowed with GET"))?;
    body.speed = parameters.speed;
    body.steps = parameters.steps;
    body.store_for_inpainting = parameters.store_for_inpainting;
    body.voice = parameters.voice;
    Ok(body)
}
