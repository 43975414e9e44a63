//! How a session is opened.

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

/// Bytes of a message, by default.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// Bytes of events that are received and not read yet, by default.
const MAX_QUEUE: usize = 32 * 1024 * 1024;

/// Asks for a realtime session.
///
/// Operation `realtime_v1`, or `realtime` after [`unversioned`](Self::unversioned). The connection is a WebSocket (RFC
/// 6455). The key always goes in the `Authorization` header, never in the address, whatever
/// [`Builder::key_placement`](crate::Builder::key_placement) says.
///
/// What you set about the session is sent as one `session.update` event right after the connection is open. What you do
/// not set is left to the service.
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
        // An address may be logged on the way; a header rarely is.
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

    /// Tells the model how to behave for the whole session (`session.instructions`).
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

    /// The voice that speaks, such as `alloy` (`session.audio.output.voice`). It cannot change once the model has spoken.
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

    /// Has the model answer in text and not in sound (`session.output_modalities` of `["text"]`).
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

    /// Leaves it to you to say when a turn ends, by [`RealtimeEvent::commit_audio`] and [`RealtimeEvent::respond`]
    /// (`session.audio.input.turn_detection` of `null`). By default the service listens for a pause, ends the turn there
    /// and answers by itself.
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

    /// Has what you say written down by this model too (`session.audio.input.transcription.model`). The text comes in
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

    /// Offers a function that the model may call (one more entry of `session.tools`). `parameters` is the JSON schema of
    /// its arguments. The calls are in [`RealtimeReply::calls`](super::RealtimeReply::calls); answer them with
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

    /// Sets a field of the session that has no setter, by its place in the session object: a JSON pointer (RFC 6901)
    /// such as `/audio/output/speed`. Objects on the way are made.
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

    /// Connects to `/realtime` and not to `/v1/realtime`. The service answers alike at both addresses; this is for proxies
    /// that let only one of them through.
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

    /// The most bytes that one message may have, in either direction; 16 MiB by default. A larger one from the server ends
    /// the session with [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge); a larger one of yours is not sent.
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

    /// The most bytes of events that may wait to be read by your program; 32 MiB by default, and never less than one
    /// message. When they are full, the server has to wait.
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

    /// Connects with this HTTP client: with a proxy or a certificate of your own, for example. It has to be limited to
    /// HTTP/1.1 (`http1_only`), since WebSockets begin there, and should follow no redirects.
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
    /// The server can refuse the handshake: status 401 if the API key is invalid, 402 without a positive balance (see
    /// [`Error::payment`]), 403 if the key may not use the model, 429 when there are too many requests (see
    /// [`Error::retry_after`]), 426 when something on the way drops the `Upgrade` header. A redirect is not followed
    /// and is an error with its status. Failed handshakes are retried by the [`RetryPolicy`](crate::RetryPolicy),
    /// like any other request. [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the server answers without opening
    /// a WebSocket.
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
            let send = move |api: pollinations_api::Client| async move { api.realtime().model(model).send().await };
            shared.upgrade(client, operation, options, send).await
        } else {
            let send = move |api: pollinations_api::Client| async move { api.realtime_v1().model(model).send().await };
            shared.upgrade(client, operation, options, send).await
        }
    }
}
