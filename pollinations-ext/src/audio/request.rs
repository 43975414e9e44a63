//! Speech and music.

use std::sync::Arc;

use pollinations_api::{
    ByteStream, Client,
    types::{SpeechFormat, SpeechRequest},
};
use reqwest::Url;

use crate::{
    base::{error::Error, maybe_send::BoxFuture},
    exchange::{
        address,
        call::Generated,
        download::Download,
        options::{Options, call_options, into_setters, setters},
        transport::Shared,
    },
};

const POST: &str = "create_speech";
const GET: &str = "generate_audio";

/// Asks for a text to be read aloud, or with a music model for music.
///
/// Operations `create_speech` ([`send`](Self::send)) and `generate_audio` ([`send_get`](Self::send_get)). What is not
/// set is left to the service.
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
    speed: Option<f64>,
    duration: Option<f64>,
    instrumental: Option<bool>,
}

type Sending = BoxFuture<Generated<ByteStream>>;

impl AudioRequest {
    pub(crate) fn new(shared: Arc<Shared>, text: String) -> Self {
        Self { shared, options: Options::default(), text, parameters: Parameters::default() }
    }

    into_setters! {
        on parameters, example "pollinations.speech(\"Hello\")";
        /// The model; one for speech if it is not set. `elevenmusic` makes music.
        model: String, "\"elevenlabs\"";
        /// Who speaks: one of the voices, or the id of one of your own; `alloy` if it is not set.
        voice: String, "\"nova\"";
        /// The encoding: `mp3`, `opus`, `aac`, `flac`, `wav` or `pcm`; `mp3` if it is not set. Speech only.
        response_format: SpeechFormat, "\"wav\"";
    }

    setters! {
        on parameters, example "pollinations.speech(\"Hello\")";
        /// How fast to speak: 0.25 to 4; 1 if it is not set. Only by `POST`, and not documented
        /// by upstream since autumn 2026.
        speed: f64, "1.5";
        /// The length of music in seconds: 3 to 300.
        duration: f64, "30.0";
        /// Music without voices; with them if it is not set.
        instrumental: bool, "true";
    }

    call_options!(until "the sound begins to arrive", example "pollinations.speech(\"Hello\")", field);

    /// Sends the request by `POST`, with the text in its body: 1 to 4,096 characters. Returns when the sound begins to
    /// arrive.
    ///
    /// # Errors
    ///
    /// Status 400 when the service refuses a value, 401 without a valid key, 402 without pollen, 403 for a model that
    /// the key may not use.
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
        let Parameters { model, voice, response_format, speed, duration, instrumental } = self.parameters;
        let input = self.text;
        let mut body = SpeechRequest::new(input);
        body.duration = duration;
        body.instrumental = instrumental;
        body.model = model;
        body.response_format = response_format;
        body.speed = speed;
        body.voice = voice;
        let send = |client: Client| async move { client.create_speech().body(body).send().await };
        self.shared.media(POST, &self.options, send).await
    }

    /// Sends the request by `GET`, with the text in its address. Caches on the way may answer it.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`ErrorKind::Request`](crate::ErrorKind::Request) for a text that cannot stand in an
    /// address (an empty one, `.` or `..`), or a [`speed`](Self::speed) or an added field, which this operation does
    /// not have.
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

    /// The address of the sound, for an `<audio src>`. With the client's key in it if that is publishable.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Key`](crate::ErrorKind::Key) when the client's key is secret, since everybody can read an address;
    /// [`ErrorKind::Request`](crate::ErrorKind::Request) as for [`send_get`](Self::send_get).
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

    /// The address of the sound without a key, for a proxy that adds one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Request`](crate::ErrorKind::Request) as for [`send_get`](Self::send_get).
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

    fn write(self) -> Result<impl FnOnce(Client) -> Sending, Error> {
        address::segment(&self.text, GET)?;
        let parameters = self.parameters;
        if parameters.speed.is_some() {
            let message = "the operation by GET has no speed; send the request by POST";
            return Err(Error::request(message).with_operation(GET));
        }
        let text = self.text;
        Ok(move |client: Client| -> Sending {
            Box::pin(async move {
                let mut request = client.generate_audio().text(text);
                macro_rules! set {
                    ($($name:ident),*) => { $(if let Some(value) = parameters.$name { request = request.$name(value); })* };
                }
                set!(voice, response_format, model, duration, instrumental);
                request.send().await
            })
        })
    }
}
