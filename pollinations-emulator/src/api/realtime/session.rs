//! A session: takes the events of the client, and makes those of the server. It does not know about sockets.

use std::collections::VecDeque;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{
    ear::{BYTES_A_MS, Ear, Heard},
    item,
    response::{self, Response, Settings},
    settings,
};
use crate::state::Tokens;

/// The names that events had before the API became stable. Clients ask for them with `OpenAI-Beta: realtime=v1`.
const OLDER: &[(&str, &str)] = &[
    ("conversation.item.added", "conversation.item.created"),
    ("response.output_text.delta", "response.text.delta"),
    ("response.output_text.done", "response.text.done"),
    ("response.output_audio.delta", "response.audio.delta"),
    ("response.output_audio.done", "response.audio.done"),
    ("response.output_audio_transcript.delta", "response.audio_transcript.delta"),
    ("response.output_audio_transcript.done", "response.audio_transcript.done"),
];

/// The size limit of the input audio buffer, in bytes: some 20 minutes.
const MAX_SOUND: usize = 64 * 1024 * 1024;

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    is_older: bool,
    /// The object that `session.created` shows.
    session: Value,
    items: Vec<Value>,
    /// The input audio buffer.
    sound: Vec<u8>,
    ear: Ear,
    /// Events that are not part of a response.
    events: VecDeque<Value>,
    response: Option<Response>,
    tokens: Tokens,
    /// The number of the last event or response.
    numbers: u64,
    /// How many items have been made.
    made: u64,
}

impl Session {
    pub(super) fn new(model: &str, is_older: bool) -> Self {
        let mut new = Self {
            is_older,
            session: settings::fresh(model),
            items: Vec::new(),
            sound: Vec::new(),
            ear: Ear::default(),
            events: VecDeque::new(),
            response: None,
            tokens: Tokens::default(),
            numbers: 0,
            made: 0,
        };
        new.say(json!({ "type": "session.created", "session": new.session }));
        new
    }

    /// The tokens of all responses.
    pub(super) fn tokens(&self) -> Tokens {
        self.tokens
    }

    pub(super) fn has_events(&self) -> bool {
        !self.events.is_empty() || self.response.is_some()
    }

    /// The next event for the client.
    pub(super) fn next(&mut self) -> Option<Value> {
        let mut event = match self.events.pop_front() {
            Some(event) => event,
            None => {
                let response = self.response.as_mut()?;
                let event = response.next()?;
                if response.is_over() {
                    self.response = None;
                }
                self.note(&event);
                event
            }
        };
        self.numbers += 1;
        event["event_id"] = json!(format!("event_{:08}", self.numbers));
        if self.is_older {
            let kind = event["type"].as_str().unwrap_or_default();
            if let Some((_, older)) = OLDER.iter().find(|(name, _)| *name == kind) {
                event["type"] = json!(older);
            }
        }
        Some(event)
    }

    /// Adds a finished response to the conversation and to the usage.
    fn note(&mut self, event: &Value) {
        match event["type"].as_str() {
            Some("response.output_item.done") => self.items.push(event["item"].clone()),
            Some("response.done") => {
                self.tokens += response::tokens(event);
                let limit = json!({ "name": "requests", "limit": 1000, "remaining": 999, "reset_seconds": 0.06 });
                self.say(json!({ "type": "rate_limits.updated", "rate_limits": [limit] }));
            }
            _ => {}
        }
    }

    /// Handles a message of the client.
    pub(super) fn take(&mut self, message: &[u8]) {
        let event: Value = match serde_json::from_slice(message) {
            Ok(event @ Value::Object(_)) => event,
            _ => return self.refuse(&Value::Null, "invalid_json", None, "The message is not a JSON object."),
        };
        match event["type"].as_str().unwrap_or_default() {
            "session.update" => self.update(&event),
            "input_audio_buffer.append" => self.append(&event),
            "input_audio_buffer.commit" => {
                if self.sound.is_empty() {
                    let text = "Error committing input audio buffer: buffer too small. Expected some audio.";
                    return self.refuse(&event, "input_audio_buffer_commit_empty", None, text);
                }
                self.commit();
            }
            "input_audio_buffer.clear" => {
                self.sound.clear();
                self.ear = Ear::default();
                self.say(json!({ "type": "input_audio_buffer.cleared" }));
            }
            "conversation.item.create" => self.create(&event),
            "conversation.item.retrieve" => {
                if let Some(at) = self.find(&event) {
                    let item = self.items.get(at).cloned();
                    self.say(json!({ "type": "conversation.item.retrieved", "item": item }));
                }
            }
            "conversation.item.delete" => {
                if let Some(at) = self.find(&event) {
                    let item = self.items.remove(at);
                    self.say(json!({ "type": "conversation.item.deleted", "item_id": item["id"] }));
                }
            }
            "conversation.item.truncate" => self.truncate(&event),
            "response.create" => self.respond(&event),
            "response.cancel" => match &mut self.response {
                Some(response) => response.cancel("client_cancelled"),
                None => {
                    let text = "Cancellation failed: no active response found";
                    self.refuse(&event, "response_cancel_not_active", None, text);
                }
            },
            "" => {
                self.refuse(&event, "missing_required_parameter", Some("type"), "Missing required parameter: 'type'.")
            }
            other => self.refuse(&event, "invalid_value", Some("type"), &format!("Invalid value: '{other}'.")),
        }
    }

    fn update(&mut self, event: &Value) {
        if let Err((code, place, text)) = settings::change(&mut self.session, &event["session"], self.is_older) {
            return self.refuse(event, code, Some(place), text);
        }
        self.say(json!({ "type": "session.updated", "session": self.session }));
    }

    fn append(&mut self, event: &Value) {
        let sound = event["audio"].as_str().and_then(|sound| BASE64_STANDARD.decode(sound).ok());
        let Some(sound) = sound else {
            let text = "Invalid 'audio'. Expected base64-encoded audio bytes.";
            return self.refuse(event, "invalid_value", Some("audio"), text);
        };
        if self.sound.len() + sound.len() > MAX_SOUND {
            let text = "The input audio buffer is full. Commit it, or clear it.";
            return self.refuse(event, "invalid_value", Some("audio"), text);
        }
        self.sound.extend_from_slice(&sound);
        let detection = &self.session["audio"]["input"]["turn_detection"];
        if detection.is_null() {
            return;
        }
        let wants = |name: &str| detection[name].as_bool().unwrap_or(true);
        let (creates, interrupts) = (wants("create_response"), wants("interrupt_response"));
        let patience = detection["silence_duration_ms"].as_u64().unwrap_or(settings::PATIENCE_MS);
        for heard in self.ear.listen(&sound, usize::try_from(patience).unwrap_or(usize::MAX)) {
            let id = self.next_id();
            match heard {
                Heard::Started(at) => {
                    let kind = "input_audio_buffer.speech_started";
                    self.say(json!({ "type": kind, "audio_start_ms": at, "item_id": id }));
                    if let Some(response) = self.response.as_mut().filter(|_| interrupts) {
                        response.cancel("turn_detected");
                    }
                }
                Heard::Stopped(at) => {
                    let kind = "input_audio_buffer.speech_stopped";
                    self.say(json!({ "type": kind, "audio_end_ms": at, "item_id": id }));
                    self.commit();
                    if creates && self.response.is_none() {
                        self.respond(&json!({ "type": "response.create" }));
                    }
                }
            }
        }
    }

    /// Turns the input audio buffer into a user message.
    fn commit(&mut self) {
        let sound = std::mem::take(&mut self.sound);
        let milliseconds = sound.len() / BYTES_A_MS;
        let id = self.next_id();
        let previous = self.last_id();
        self.say(json!({ "type": "input_audio_buffer.committed", "previous_item_id": previous, "item_id": id }));
        let item = item::recording(&id, milliseconds);
        self.add(item, None);
        if !self.session["audio"]["input"]["transcription"].is_null() {
            let text = item::heard(milliseconds);
            let kind = "conversation.item.input_audio_transcription";
            let about = json!({ "item_id": id, "content_index": 0 });
            let words: Vec<&str> = text.split_inclusive(' ').collect();
            for word in words {
                let mut delta = about.clone();
                delta["type"] = json!(format!("{kind}.delta"));
                delta["delta"] = json!(word);
                self.say(delta);
            }
            let mut done = about;
            done["type"] = json!(format!("{kind}.completed"));
            done["transcript"] = json!(text);
            #[allow(clippy::cast_precision_loss, reason = "a recording is not that long")]
            let seconds = milliseconds as f64 / 1000.0;
            done["usage"] = json!({ "type": "duration", "seconds": seconds });
            self.tokens += Tokens { input_text: crate::answer::words::count(&text), ..Tokens::default() };
            self.say(done);
        }
    }

    fn create(&mut self, event: &Value) {
        let id = self.next_id();
        let item = match item::complete(&event["item"], id) {
            Ok(item) => item,
            Err((place, text)) => return self.refuse(event, "invalid_value", Some(&place), &text),
        };
        if self.items.iter().any(|known| known["id"] == item["id"]) {
            let text = "An item with this id exists already.";
            return self.refuse(event, "item_create_duplicate_id", Some("item.id"), text);
        }
        let at = match event["previous_item_id"].as_str() {
            None => None,
            Some("root") => Some(0),
            Some(previous) => match self.items.iter().position(|known| known["id"] == *previous) {
                Some(at) => Some(at + 1),
                None => {
                    let text = format!("The item '{previous}' does not exist.");
                    return self.refuse(event, "invalid_value", Some("previous_item_id"), &text);
                }
            },
        };
        self.add(item, at);
    }

    /// Adds an item at this index, or at the end.
    fn add(&mut self, item: Value, at: Option<usize>) {
        self.made += 1;
        let at = at.unwrap_or(self.items.len());
        let previous = at.checked_sub(1).and_then(|before| self.items.get(before)).map(|item| item["id"].clone());
        self.items.insert(at, item.clone());
        self.say(json!({ "type": "conversation.item.added", "previous_item_id": previous, "item": item }));
        if !self.is_older {
            self.say(json!({ "type": "conversation.item.done", "previous_item_id": previous, "item": item }));
        }
    }

    fn truncate(&mut self, event: &Value) {
        let Some(at) = self.find(event) else { return };
        let Some(end) = event["audio_end_ms"].as_u64() else {
            let text = "Missing required parameter: 'audio_end_ms'.";
            return self.refuse(event, "missing_required_parameter", Some("audio_end_ms"), text);
        };
        // The transcript of the part that was not heard is removed. The emulator removes all of it.
        if let Some(part) = self.items.get_mut(at).and_then(|item| item["content"].get_mut(0)) {
            part["transcript"] = json!("");
        }
        self.say(json!({
            "type": "conversation.item.truncated",
            "item_id": event["item_id"],
            "content_index": event["content_index"].as_u64().unwrap_or_default(),
            "audio_end_ms": end,
        }));
    }

    fn respond(&mut self, event: &Value) {
        if self.session["type"] == "transcription" {
            let text = "A transcription session does not make responses.";
            return self.refuse(event, "invalid_value", Some("type"), text);
        }
        if let Some(active) = &self.response {
            let text = format!("Conversation already has an active response in progress: {}.", active.id);
            return self.refuse(event, "conversation_already_has_active_response", None, &text);
        }
        let own = event["response"]["input"].as_array();
        let settings = Settings::new(&self.session, &event["response"]);
        self.numbers += 1;
        let previous = self.last_id();
        let items = own.map_or(self.items.as_slice(), Vec::as_slice);
        self.response = Some(Response::new(&settings, items, previous.as_deref(), self.numbers));
    }

    /// The index of the item that an event names. If there is no such item, sends an error.
    fn find(&mut self, event: &Value) -> Option<usize> {
        let id = &event["item_id"];
        let found = self.items.iter().position(|item| item["id"] == *id);
        if found.is_none() {
            let text = format!("The item {id} does not exist.");
            self.refuse(event, "invalid_value", Some("item_id"), &text);
        }
        found
    }

    /// The id for the next item without one.
    fn next_id(&self) -> String {
        format!("item_in_{:08}", self.made + 1)
    }

    fn last_id(&self) -> Option<String> {
        self.items.last()?["id"].as_str().map(str::to_owned)
    }

    fn refuse(&mut self, event: &Value, code: &str, parameter: Option<&str>, message: &str) {
        self.say(json!({ "type": "error", "error": {
            "type": "invalid_request_error",
            "code": code,
            "message": message,
            "param": parameter,
            "event_id": event["event_id"],
        } }));
    }

    fn say(&mut self, event: Value) {
        self.events.push_back(event);
    }
}
