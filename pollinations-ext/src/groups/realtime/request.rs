//! Opens realtime sessions.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, Upgraded};
use serde_json::{Map, Value, json};

use super::{
    driver::{self, Limits},
    event::RealtimeEvent,
    session::RealtimeSession,
};
use crate::{
    base::error::Error,
    exchange::{
        options::{Options, call_options},
        transport::Shared,
    },
    key::KeyPlacement,
};

/// The default maximum size of a message in bytes.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// The default maximum size in bytes of received events that have not been read.
const MAX_QUEUE: usize = 32 * 1024 * 1024;

/// A request for a realtime session.
///
/// Operation `realtime_v1`, or `realtime` after [`unversioned`](Self::unversioned). The connection is a WebSocket
/// (RFC 6455). The API key is always sent in the `Authorization` header and never in the URL, whatever
/// [`Builder::key_placement`](crate::Builder::key_placement) says.
///
/// The settings are sent as one `session.update` event when the connection opens. The service has defaults for the
/// settings you do not set.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let request = pollinations.realtime("openai/gpt-realtime-2.1").instructions("Be brief").voice("alloy");
/// let session = request.connect().await?;
/// # session.close().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until `connect` is called"]
pub struct RealtimeRequest {
    shared: Arc<Shared>,
    options: Options,
    model: String,
    is_unversioned: bool,
    session: Map<String, Value>,
    client: Option<Client>,
    max_message: usize,
    max_queue: usize,
}

impl RealtimeRequest {
    pub(crate) fn new(shared: &Shared, model: String) -> Self {
        // URLs are often logged along the way; headers rarely are.
        let shared = Shared { placement: KeyPlacement::Header, ..shared.clone() };
        Self {
            shared: Arc::new(shared),
            options: Options::default(),
            model,
            is_unversioned: false,
            session: Map::new(),
            client: None,
            max_message: MAX_MESSAGE,
            max_queue: MAX_QUEUE,
        }
    }

    /// Sets the system prompt of the session (`session.instructions`).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.realtime("openai/gpt-realtime-2.1").instructions("Answer in French");
    /// # }
    /// ```
    pub fn instructions(self, text: impl Into<String>) -> Self {
        self.session("/instructions", text.into())
    }

    /// Sets the voice, such as `alloy` (`session.audio.output.voice`). You cannot change it once the model has
    /// spoken.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.realtime("openai/gpt-realtime-2.1").voice("alloy");
    /// # }
    /// ```
    pub fn voice(self, voice: impl Into<String>) -> Self {
        self.session("/audio/output/voice", voice.into())
    }

    /// Makes the model answer in text instead of speech (`session.output_modalities` of `["text"]`).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.realtime("openai/gpt-realtime-2.1").text_only();
    /// # }
    /// ```
    pub fn text_only(self) -> Self {
        self.session("/output_modalities", json!(["text"]))
    }

    /// Turns off turn detection (`session.audio.input.turn_detection` of `null`): you end a turn with
    /// [`RealtimeEvent::commit_audio`] and [`RealtimeEvent::respond`]. By default, the service ends the turn when it
    /// hears a pause, and then answers.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.realtime("openai/gpt-realtime-2.1").manual_turns();
    /// # }
    /// ```
    pub fn manual_turns(self) -> Self {
        self.session("/audio/input/turn_detection", Value::Null)
    }

    /// Transcribes your speech with this model (`session.audio.input.transcription.model`). The text arrives in
    /// `conversation.item.input_audio_transcription.completed` events.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.realtime("openai/gpt-realtime-2.1").transcribe_input("whisper-1");
    /// # }
    /// ```
    pub fn transcribe_input(self, model: impl Into<String>) -> Self {
        self.session("/audio/input/transcription/model", model.into())
    }

    /// Adds a function that the model may call (an entry of `session.tools`). `parameters` is the JSON schema of its
    /// arguments. Read the calls from [`RealtimeReply::calls`](super::RealtimeReply::calls) and answer them with
    /// [`RealtimeEvent::function_output`].
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let parameters = serde_json::json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    /// let request = pollinations
    ///     .realtime("openai/gpt-realtime-2.1")
    ///     .function("weather", "Tells the weather of a city", parameters);
    /// # }
    /// ```
    pub fn function(
        mut self,
        name: impl Into<String>,
        description: impl Into<String>,
        parameters: impl Into<Value>,
    ) -> Self {
        let function = json!({
            "type": "function",
            "name": name.into(),
            "description": description.into(),
            "parameters": parameters.into(),
        });
        match self.session.entry("tools").or_insert_with(|| json!([])) {
            Value::Array(tools) => tools.push(function),
            other => *other = json!([function]),
        }
        self
    }

    /// Sets a field of the session without a setter. `place` is a JSON pointer (RFC 6901) into the session object,
    /// such as `/audio/output/speed`. Missing objects are created.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.realtime("openai/gpt-realtime-2.1").session("/audio/output/speed", 1.2);
    /// # }
    /// ```
    pub fn session(mut self, place: &str, value: impl Into<Value>) -> Self {
        let mut names: Vec<String> =
            place.trim_start_matches('/').split('/').map(|name| name.replace("~1", "/").replace("~0", "~")).collect();
        let last = names.pop().unwrap_or_default();
        let mut object = &mut self.session;
        for name in names {
            let entry = object.entry(name).or_insert_with(|| json!({}));
            if !entry.is_object() {
                *entry = json!({});
            }
            match entry {
                Value::Object(inner) => object = inner,
                _ => return self,
            }
        }
        object.insert(last, value.into());
        self
    }

    /// Connects to `/realtime` instead of `/v1/realtime`. The service treats both the same. Use this for proxies that
    /// only allow one of them.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.realtime("openai/gpt-realtime-2.1").unversioned();
    /// # }
    /// ```
    pub fn unversioned(mut self) -> Self {
        self.is_unversioned = true;
        self
    }

    /// Sets the maximum size of a message in bytes, in either direction. The default is 16 MiB. A larger message from
    /// the server ends the session with [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge). A larger message of
    /// yours is not sent.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.realtime("openai/gpt-realtime-2.1").max_message_bytes(1024 * 1024);
    /// # }
    /// ```
    pub fn max_message_bytes(mut self, limit: usize) -> Self {
        self.max_message = limit;
        self
    }

    /// Sets the maximum size in bytes of received events that your program has not read. The default is 32 MiB, and
    /// the minimum is the size of one message. When the limit is reached, the server has to wait.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.realtime("openai/gpt-realtime-2.1").max_queue_bytes(4 * 1024 * 1024);
    /// # }
    /// ```
    pub fn max_queue_bytes(mut self, limit: usize) -> Self {
        self.max_queue = limit;
        self
    }

    /// Connects with your own HTTP client, for example to use a proxy or a custom certificate. It must be limited to
    /// HTTP/1.1 (`http1_only`), which WebSockets need, and should not follow redirects.
    ///
    /// [`Builder::http_client`](crate::Builder::http_client) does not apply to realtime sessions, because such a client
    /// usually negotiates HTTP/2.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::api::reqwest::Client;
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().http1_only().build()?;
    /// let request = pollinations.realtime("openai/gpt-realtime-2.1").http_client(client);
    /// # Ok(())
    /// # }
    /// ```
    pub fn http_client(mut self, client: Client) -> Self {
        self.client = Some(client);
        self
    }

    call_options!(until "the session is open", example "pollinations.realtime(\"openai/gpt-realtime-2.1\")");

    /// Opens the session.
    ///
    /// # Errors
    ///
    /// The server can reject the handshake: status 401 if the API key is invalid, 402 if you are out of credit (see
    /// [`Error::payment`]), 403 if the key may not use the model, 429 if you reach the rate limit (see
    /// [`Error::retry_after`]), 426 if a proxy removes the `Upgrade` header. Redirects are not followed; they are
    /// errors with their status. Failed handshakes are retried by the [`RetryPolicy`](crate::RetryPolicy), like any
    /// other request. [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the server responds without opening a
    /// WebSocket.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let session = pollinations.realtime("openai/gpt-realtime-2.1").connect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(self) -> Result<RealtimeSession, Error> {
        let operation = if self.is_unversioned { "realtime" } else { "realtime_v1" };
        let connection = self.open(operation).await?;
        let limits = Limits {
            operation,
            max_message: self.max_message,
            max_queue: self.max_queue.max(self.max_message),
            idle: self.shared.idle_timeout,
            ping: (self.shared.idle_timeout / 4).min(Duration::from_secs(30)),
        };
        let (sender, receiver) = driver::start(connection, limits, Arc::clone(&self.shared.keys)).await;
        let mut session = RealtimeSession::new(sender, receiver, operation);
        if !self.session.is_empty() {
            session.send(RealtimeEvent::session(self.session)).await?;
        }
        Ok(session)
    }

    async fn open(&self, operation: &'static str) -> Result<Upgraded, Error> {
        let (shared, client, options) = (&self.shared, self.client.as_ref(), &self.options);
        let model = self.model.clone();
        if self.is_unversioned {
            let send = move |api: &pollinations_api::Client| api.realtime().model(model).prepare();
            shared.upgrade(client, operation, options, send).await
        } else {
            let send = move |api: &pollinations_api::Client| api.realtime_v1().model(model).prepare();
            shared.upgrade(client, operation, options, send).await
        }
    }
}
