//! The events of a session.

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

/// Types of the events that carry sound. The second name is the one that OpenAI's API had before it became stable.
const AUDIO: [&str; 2] = ["response.output_audio.delta", "response.audio.delta"];
const TEXT: [&str; 2] = ["response.output_text.delta", "response.text.delta"];
const TRANSCRIPT: [&str; 2] = ["response.output_audio_transcript.delta", "response.audio_transcript.delta"];

/// One event of a session, in either direction: a JSON object with a `type`.
///
/// There are methods for the usual events and fields. Everything else is kept as JSON: [`get`](Self::get) reads any field
/// of an event from the server, [`new`](Self::new) and [`with`](Self::with) make any event of yours.
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

/// A function that the model calls.
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
    /// The ID to answer under: see [`RealtimeEvent::function_output`].
    pub call_id: String,
    /// The name of the function.
    pub name: String,
    /// Its arguments, as the model wrote them: JSON, if it did as it was told.
    pub arguments: String,
}

impl RealtimeEvent {
    /// Makes an event of this type, such as `response.cancel`.
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

    /// Sets a field, in place of one of the same name. With `event_id` you name the event: an error that the server sends
    /// about it repeats that id.
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

    /// Changes the session: `session` is a JSON object with what is to change, such as `{"instructions": "Be brief"}`.
    /// Its `type` is set to `realtime` unless it has one. The server confirms with `session.updated`.
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

    /// Adds a message of the user to the conversation. The model does not answer until it is asked to: see
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

    /// Sends a piece of sound. By default that is PCM: 24,000 samples a second, one channel, 16 bits each, little endian.
    /// Pieces of 20 to 100 ms are usual.
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

    /// Ends a turn of sound: what was sent becomes a message of the conversation. Only needed after
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

    /// Asks the model to answer. Set `response` to change how, for this answer alone.
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

    /// Stops the answer that is being made. It ends with a `response.done` whose status is `cancelled`.
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

    /// Answers a call of a function with its result, usually JSON. Ask the model to go on with
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

    /// The ID of the event: the server's for its own events, or the one that you have given to yours.
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

    /// The item of the conversation that the event is about.
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

    /// The response that the event belongs to.
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

    /// A piece of a text that the model writes (`response.output_text.delta`).
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

    /// A piece of what the model says, in writing (`response.output_audio_transcript.delta`).
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

    /// A piece of what the model says, as sound (`response.output_audio.delta`), decoded from base64. By default that is
    /// PCM: 24,000 samples a second, one channel, 16 bits each, little endian.
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

    /// What you said, in writing: the whole of one turn
    /// (`conversation.item.input_audio_transcription.completed`). See
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

    /// Whether an answer ends here (`response.done`).
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

    /// The response of a `response.created` or `response.done`: its `status`, `output`, `usage` and what else it has.
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

    /// A call whose arguments are complete (`response.function_call_arguments.done`).
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

    /// What the server says is wrong, if this is an `error` event. Most of them are about one event of yours, and the
    /// session goes on. The kind is [`ErrorKind::Stream`](crate::ErrorKind::Stream).
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

    /// Reads a message of the server.
    pub(super) fn read(bytes: &[u8], keys: &Keyring) -> Result<Self, Error> {
        let json: Map<String, Value> =
            json::read(bytes).map_err(|error| keys.undecodable("a message is not a JSON object", &error, bytes))?;
        let mut event = Self { json, audio: None };
        if AUDIO.contains(&event.kind())
            && let Some(delta) = event.text_of("delta")
        {
            let decoded = BASE64_STANDARD.decode(delta).map_err(|error| {
                Error::new(ErrorKind::Decode, format!("the sound of an event is not base64: {error}"))
            })?;
            event.audio = Some(decoded.into());
        }
        Ok(event)
    }

    /// The event as it goes over the wire.
    pub(super) fn write(&self) -> String {
        // A map of JSON values can always be written.
        serde_json::to_string(&self.json).unwrap_or_default()
    }

    fn text_of(&self, name: &str) -> Option<&str> {
        self.json.get(name)?.as_str()
    }
}

impl RealtimeCall {
    /// Reads a call from an event or an item that has its three fields.
    pub(super) fn read(fields: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self { call_id: text("call_id")?, name: text("name").unwrap_or_default(), arguments: text("arguments")? })
    }
}

/// The error that an event or a part of it tells of.
pub(super) fn failure(value: &Value) -> Error {
    let keys = Keyring::new(None, []);
    Error::stream(ErrorBody::parse(value.to_string().as_bytes(), "the server sent an error without words", &keys))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<RealtimeEvent, Error> {
        RealtimeEvent::read(text.as_bytes(), &Keyring::new(None, []))
    }

    #[test]
    fn pieces_by_their_stable_and_their_older_names() {
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
    fn what_cannot_be_read() {
        for text in ["", "[]", "5", "{", r#"{"type":"response.audio.delta","delta":"?"}"#] {
            assert_eq!(read(text).unwrap_err().kind(), ErrorKind::Decode, "{text}");
        }
        assert_eq!(read("{}").unwrap().kind(), "");
    }

    #[test]
    fn errors_and_calls() {
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
