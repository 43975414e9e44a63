//! Realtime events.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::{
    base::{
        error::{Error, ErrorKind},
        json,
    },
    exchange::body::ErrorBody,
    key::Keyring,
};

/// Types of the events with audio. The second name is from the beta of OpenAI's API.
const AUDIO: [&str; 2] = ["response.output_audio.delta", "response.audio.delta"];
const TEXT: [&str; 2] = ["response.output_text.delta", "response.text.delta"];
const TRANSCRIPT: [&str; 2] = ["response.output_audio_transcript.delta", "response.audio_transcript.delta"];

/// An event of a realtime session, in either direction: a JSON object with a `type`.
///
/// There are methods for the common events and fields. All other fields are kept as JSON: read any field with
/// [`get`](Self::get), and create any event with [`new`](Self::new) and [`with`](Self::with).
///
/// # Examples
///
/// ```
/// use pollinations_ext::realtime::RealtimeEvent;
///
/// let event = RealtimeEvent::new("conversation.item.truncate").with("item_id", "item_1").with("audio_end_ms", 1500);
/// assert_eq!(event.kind(), "conversation.item.truncate");
/// assert_eq!(event.get("audio_end_ms").and_then(|at| at.as_u64()), Some(1500));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RealtimeEvent {
    json: Map<String, Value>,
    audio: Option<Bytes>,
}

/// A function call of the model.
///
/// # Examples
///
/// ```
/// # fn example(reply: pollinations_ext::realtime::RealtimeReply) {
/// for call in reply.calls() {
///     println!("{}({})", call.name, call.arguments);
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RealtimeCall {
    /// The ID of the call, for [`RealtimeEvent::function_output`].
    pub call_id: String,
    /// The name of the function.
    pub name: String,
    /// The arguments, as the model wrote them. They should be JSON, but the model may get it wrong.
    pub arguments: String,
}

impl RealtimeEvent {
    /// Creates an event of this type, such as `response.cancel`.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::realtime::RealtimeEvent;
    ///
    /// assert_eq!(RealtimeEvent::new("input_audio_buffer.clear").kind(), "input_audio_buffer.clear");
    /// ```
    pub fn new(kind: impl Into<String>) -> Self {
        let mut json = Map::new();
        json.insert("type".to_owned(), Value::String(kind.into()));
        Self { json, audio: None }
    }

    /// Sets a field, and replaces one of the same name. If you set `event_id`, an error about this event will repeat
    /// that ID.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::realtime::RealtimeEvent;
    ///
    /// let event = RealtimeEvent::respond().with("event_id", "mine");
    /// assert_eq!(event.event_id(), Some("mine"));
    /// ```
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.json.insert(name.into(), value.into());
        self
    }

    /// Changes the session. `session` is a JSON object with the fields to change, such as `{"instructions": "Be
    /// brief"}`. Its `type` is set to `realtime` unless it has one. The server confirms with `session.updated`.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::realtime::RealtimeEvent;
    ///
    /// let event = RealtimeEvent::session(serde_json::json!({ "instructions": "Be brief" }));
    /// assert_eq!(event.kind(), "session.update");
    /// ```
    pub fn session(session: impl Into<Value>) -> Self {
        let mut session = session.into();
        if let Value::Object(fields) = &mut session {
            fields.entry("type").or_insert_with(|| json!("realtime"));
        }
        Self::new("session.update").with("session", session)
    }

    /// Adds a user message to the conversation. The model does not answer until you ask it to, with
    /// [`respond`](Self::respond).
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::realtime::RealtimeEvent;
    ///
    /// assert_eq!(RealtimeEvent::text("Hello").kind(), "conversation.item.create");
    /// ```
    pub fn text(text: impl Into<String>) -> Self {
        let content = json!([{ "type": "input_text", "text": text.into() }]);
        Self::new("conversation.item.create")
            .with("item", json!({ "type": "message", "role": "user", "content": content }))
    }

    /// Sends a chunk of audio. By default the format is PCM: 24,000 samples a second, mono, 16 bits, little endian.
    /// Chunks of 20 to 100 ms are usual.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::realtime::RealtimeEvent;
    ///
    /// let silence = [0; 4800]; // 100 ms
    /// assert_eq!(RealtimeEvent::audio(silence).kind(), "input_audio_buffer.append");
    /// ```
    pub fn audio(samples: impl AsRef<[u8]>) -> Self {
        Self::new("input_audio_buffer.append").with("audio", BASE64_STANDARD.encode(samples))
    }

    /// Ends an audio turn: the audio sent so far becomes a message of the conversation. You only need this after
    /// [`RealtimeRequest::manual_turns`](super::RealtimeRequest::manual_turns).
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::realtime::RealtimeEvent;
    ///
    /// assert_eq!(RealtimeEvent::commit_audio().kind(), "input_audio_buffer.commit");
    /// ```
    pub fn commit_audio() -> Self {
        Self::new("input_audio_buffer.commit")
    }

    /// Asks the model to answer. Set the field `response` to change settings for this answer only.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::realtime::RealtimeEvent;
    ///
    /// let event = RealtimeEvent::respond().with("response", serde_json::json!({ "output_modalities": ["text"] }));
    /// assert_eq!(event.kind(), "response.create");
    /// ```
    pub fn respond() -> Self {
        Self::new("response.create")
    }

    /// Stops the current answer. It ends with a `response.done` whose status is `cancelled`.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::realtime::RealtimeEvent;
    ///
    /// assert_eq!(RealtimeEvent::cancel().kind(), "response.cancel");
    /// ```
    pub fn cancel() -> Self {
        Self::new("response.cancel")
    }

    /// Adds the result of a function call, usually as JSON. Then ask the model to continue with
    /// [`respond`](Self::respond).
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::realtime::RealtimeEvent;
    ///
    /// let event = RealtimeEvent::function_output("call_1", r#"{"weather": "sunny"}"#);
    /// assert_eq!(event.kind(), "conversation.item.create");
    /// ```
    pub fn function_output(call_id: impl Into<String>, output: impl Into<String>) -> Self {
        let item = json!({ "type": "function_call_output", "call_id": call_id.into(), "output": output.into() });
        Self::new("conversation.item.create").with("item", item)
    }

    /// The type, such as `response.done`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(event: pollinations_ext::realtime::RealtimeEvent) {
    /// println!("{}", event.kind());
    /// # }
    /// ```
    pub fn kind(&self) -> &str {
        self.text_of("type").unwrap_or_default()
    }

    /// The ID of the event: the server's, or the one you set on your own event.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(event: pollinations_ext::realtime::RealtimeEvent) {
    /// println!("{:?}", event.event_id());
    /// # }
    /// ```
    pub fn event_id(&self) -> Option<&str> {
        self.text_of("event_id")
    }

    /// The ID of the conversation item that the event is about.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(event: pollinations_ext::realtime::RealtimeEvent) {
    /// println!("{:?}", event.item_id());
    /// # }
    /// ```
    pub fn item_id(&self) -> Option<&str> {
        self.text_of("item_id").or_else(|| self.json.get("item")?.get("id")?.as_str())
    }

    /// The ID of the response that the event belongs to.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(event: pollinations_ext::realtime::RealtimeEvent) {
    /// println!("{:?}", event.response_id());
    /// # }
    /// ```
    pub fn response_id(&self) -> Option<&str> {
        self.text_of("response_id").or_else(|| self.json.get("response")?.get("id")?.as_str())
    }

    /// A part of the text that the model writes (`response.output_text.delta`).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(event: pollinations_ext::realtime::RealtimeEvent) {
    /// print!("{}", event.text_delta().unwrap_or_default());
    /// # }
    /// ```
    pub fn text_delta(&self) -> Option<&str> {
        TEXT.contains(&self.kind()).then(|| self.text_of("delta")).flatten()
    }

    /// A part of the transcript of the model's speech (`response.output_audio_transcript.delta`).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(event: pollinations_ext::realtime::RealtimeEvent) {
    /// print!("{}", event.transcript_delta().unwrap_or_default());
    /// # }
    /// ```
    pub fn transcript_delta(&self) -> Option<&str> {
        TRANSCRIPT.contains(&self.kind()).then(|| self.text_of("delta")).flatten()
    }

    /// A chunk of the model's speech (`response.output_audio.delta`), decoded from base64. By default the format is
    /// PCM: 24,000 samples a second, mono, 16 bits, little endian.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(event: pollinations_ext::realtime::RealtimeEvent) {
    /// if let Some(sound) = event.audio_delta() {
    ///     println!("{} ms", sound.len() / 48);
    /// }
    /// # }
    /// ```
    pub fn audio_delta(&self) -> Option<&Bytes> {
        self.audio.as_ref()
    }

    /// The transcript of one of your turns (`conversation.item.input_audio_transcription.completed`). Needs
    /// [`RealtimeRequest::transcribe_input`](super::RealtimeRequest::transcribe_input).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(event: pollinations_ext::realtime::RealtimeEvent) {
    /// if let Some(heard) = event.input_transcript() {
    ///     println!("you: {heard}");
    /// }
    /// # }
    /// ```
    pub fn input_transcript(&self) -> Option<&str> {
        let is_one = self.kind() == "conversation.item.input_audio_transcription.completed";
        is_one.then(|| self.text_of("transcript")).flatten()
    }

    /// Whether this event ends an answer (`response.done`).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(event: pollinations_ext::realtime::RealtimeEvent) {
    /// if event.is_done() {
    ///     println!();
    /// }
    /// # }
    /// ```
    pub fn is_done(&self) -> bool {
        self.kind() == "response.done"
    }

    /// The response object of a `response.created` or `response.done`, with `status`, `output`, `usage` and other
    /// fields.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(event: pollinations_ext::realtime::RealtimeEvent) {
    /// if let Some(usage) = event.response().and_then(|response| response.get("usage")) {
    ///     println!("{usage}");
    /// }
    /// # }
    /// ```
    pub fn response(&self) -> Option<&Value> {
        self.json.get("response").filter(|_| self.kind().starts_with("response."))
    }

    /// A function call whose arguments are complete (`response.function_call_arguments.done`).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(event: pollinations_ext::realtime::RealtimeEvent) {
    /// if let Some(call) = event.call() {
    ///     println!("{}({})", call.name, call.arguments);
    /// }
    /// # }
    /// ```
    pub fn call(&self) -> Option<RealtimeCall> {
        let is_one = self.kind() == "response.function_call_arguments.done";
        is_one.then(|| RealtimeCall::read(&self.json)).flatten()
    }

    /// The error of an `error` event. Most are about one of your events, and the session continues. The kind is
    /// [`ErrorKind::Stream`](crate::ErrorKind::Stream).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(event: pollinations_ext::realtime::RealtimeEvent) {
    /// if let Some(error) = event.error() {
    ///     eprintln!("{error}");
    /// }
    /// # }
    /// ```
    pub fn error(&self) -> Option<Error> {
        (self.kind() == "error").then(|| failure(&Value::Object(self.json.clone())))
    }

    /// A field of the event.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(event: pollinations_ext::realtime::RealtimeEvent) {
    /// println!("{:?}", event.get("output_index"));
    /// # }
    /// ```
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.json.get(name)
    }

    /// The whole event.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::realtime::RealtimeEvent;
    ///
    /// assert_eq!(RealtimeEvent::cancel().json()["type"], "response.cancel");
    /// ```
    pub fn json(&self) -> &Map<String, Value> {
        &self.json
    }

    /// Parses a message of the server.
    pub(super) fn read(bytes: &[u8], keys: &Keyring) -> Result<Self, Error> {
        let json: Map<String, Value> =
            json::read(bytes).map_err(|error| keys.undecodable("a message is not a JSON object", &error, bytes))?;
        let mut event = Self { json, audio: None };
        if AUDIO.contains(&event.kind())
            && let Some(delta) = event.text_of("delta")
        {
            let decoded = BASE64_STANDARD.decode(delta).map_err(|error| {
                Error::new(ErrorKind::Decode, format!("the audio in an event is not base64: {error}"))
            })?;
            event.audio = Some(decoded.into());
        }
        Ok(event)
    }

    /// The event as it is sent.
    pub(super) fn write(&self) -> String {
        // Writing a map of JSON values cannot fail.
        serde_json::to_string(&self.json).unwrap_or_default()
    }

    fn text_of(&self, name: &str) -> Option<&str> {
        self.json.get(name)?.as_str()
    }
}

impl RealtimeCall {
    /// Reads a call from an event or an item with its three fields.
    pub(super) fn read(fields: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self { call_id: text("call_id")?, name: text("name").unwrap_or_default(), arguments: text("arguments")? })
    }
}

/// The error in an event, or in a part of it.
pub(super) fn failure(value: &Value) -> Error {
    let keys = Keyring::new(None, []);
    Error::stream(ErrorBody::parse(value.to_string().as_bytes(), "the server sent an error without a message", &keys))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<RealtimeEvent, Error> {
        RealtimeEvent::read(text.as_bytes(), &Keyring::new(None, []))
    }

    #[test]
    fn deltas_are_read_under_their_current_and_older_names() {
        for kind in AUDIO {
            let event = read(&format!(r#"{{"type":"{kind}","delta":"AQID"}}"#)).unwrap();
            assert_eq!(event.audio_delta().unwrap().as_ref(), [1, 2, 3]);
            assert_eq!((event.text_delta(), event.transcript_delta()), (None, None));
        }
        for kind in TEXT {
            assert_eq!(read(&format!(r#"{{"type":"{kind}","delta":"a"}}"#)).unwrap().text_delta(), Some("a"));
        }
        for kind in TRANSCRIPT {
            assert_eq!(read(&format!(r#"{{"type":"{kind}","delta":"a"}}"#)).unwrap().transcript_delta(), Some("a"));
        }
    }

    #[test]
    fn malformed_events_are_decode_errors() {
        for text in ["", "[]", "5", "{", r#"{"type":"response.audio.delta","delta":"?"}"#] {
            assert_eq!(read(text).unwrap_err().kind(), ErrorKind::Decode, "{text}");
        }
        assert_eq!(read("{}").unwrap().kind(), "");
    }

    #[test]
    fn errors_and_function_calls_are_read_from_events() {
        let event =
            read(r#"{"type":"error","error":{"type":"invalid_request_error","code":"x","message":"no"}}"#).unwrap();
        let error = event.error().unwrap();
        assert_eq!((error.message(), error.code().unwrap().as_str()), ("no", "x"));
        assert!(RealtimeEvent::respond().error().is_none());

        let done = r#"{"type":"response.function_call_arguments.done","call_id":"c","name":"f","arguments":"{}"}"#;
        let call = read(done).unwrap().call().unwrap();
        assert_eq!((call.call_id.as_str(), call.name.as_str(), call.arguments.as_str()), ("c", "f", "{}"));
    }
}
