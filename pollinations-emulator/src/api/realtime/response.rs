//! The events of one response.

use std::collections::VecDeque;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{ear::BYTES_A_MS, item};
use crate::{
    answer::{
        said::Answer,
        sound,
        words::{count, text_of},
    },
    state::Tokens,
};

/// The length of the sound in one event, in milliseconds.
const PIECE_MS: usize = 100;

/// The settings of a response: those of `response.create`, or else those of the session.
pub(super) struct Settings<'a> {
    session: &'a Value,
    request: &'a Value,
}

impl<'a> Settings<'a> {
    pub(super) fn new(session: &'a Value, request: &'a Value) -> Self {
        Self { session, request }
    }

    fn get(&self, names: &[&str]) -> &'a Value {
        let layers = [self.request, self.session];
        let found = layers.into_iter().flat_map(|layer| names.iter().map(move |name| layer.pointer(name)));
        found.flatten().find(|value| !value.is_null()).unwrap_or(&Value::Null)
    }

    fn modalities(&self) -> &'a Value {
        self.get(&["/output_modalities", "/modalities"])
    }

    fn speaks(&self) -> bool {
        self.modalities().as_array().into_iter().flatten().any(|modality| modality == "audio")
    }

    /// The equivalent chat request.
    fn chat(&self) -> Value {
        let tools = self.get(&["/tools"]).as_array().into_iter().flatten();
        let tools: Vec<Value> = tools.map(|tool| json!({ "type": "function", "function": tool })).collect();
        let choice = match self.get(&["/tool_choice"]) {
            Value::Object(choice) => json!({ "type": "function", "function": { "name": choice.get("name") } }),
            other => other.clone(),
        };
        json!({
            "tools": tools,
            "tool_choice": choice,
            "max_tokens": self.get(&["/max_output_tokens", "/max_response_output_tokens"]),
        })
    }
}

/// A response that is being sent.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) id: String,
    /// The events that have not been sent.
    events: VecDeque<Value>,
    /// The object of `response.created`.
    head: Value,
    /// The text or transcript of the current item so far.
    partial: String,
    /// The items that have begun, finished or not.
    items: Vec<Value>,
    input: (u64, u64),
}

impl Response {
    /// Makes a response to these items. `number` makes its ids unique.
    pub(super) fn new(settings: &Settings<'_>, items: &[Value], previous: Option<&str>, number: u64) -> Self {
        let id = format!("resp_{number:08}");
        let mut messages: Vec<Value> = items.iter().map(item::as_message).collect();
        if let Some(instructions) = settings.get(&["/instructions"]).as_str().filter(|text| !text.is_empty()) {
            messages.insert(0, json!({ "role": "system", "content": instructions }));
        }
        let answer = Answer::to(&settings.chat(), &messages);
        let input = items.iter().map(item::tokens).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let instructions = messages.first().filter(|message| message["role"] == "system").map(text_of);
        let input = (input.0 + instructions.as_deref().map_or(0, count), input.1);
        let head = json!({
            "object": "realtime.response",
            "id": id,
            "status": "in_progress",
            "status_details": null,
            "output": [],
            "conversation_id": "conv_00000001",
            "output_modalities": settings.modalities(),
            "max_output_tokens": settings.get(&["/max_output_tokens", "/max_response_output_tokens"]),
            "audio": { "output": {
                "format": settings.get(&["/audio/output/format"]),
                "voice": settings.get(&["/audio/output/voice", "/voice"]),
            } },
            "usage": null,
            "metadata": settings.get(&["/metadata"]),
        });
        let mut response = Self { id, events: VecDeque::new(), head, partial: String::new(), items: Vec::new(), input };
        response.push(json!({ "type": "response.created", "response": response.head }));
        let mut writer = Writer { response: &mut response, previous: previous.map(str::to_owned), number };
        let mut output = Vec::new();
        for call in &answer.tool_calls {
            output.push(writer.call(call, output.len()));
        }
        let text = answer.text.clone().unwrap_or_default();
        let mut audio = 0;
        if answer.tool_calls.is_empty() {
            if settings.speaks() {
                audio = count(&text);
                output.push(writer.speech(&text, settings, output.len()));
            } else {
                output.push(writer.text(&text, output.len()));
            }
        }
        let (status, details) = match answer.finish_reason {
            "length" => ("incomplete", json!({ "type": "incomplete", "reason": "max_output_tokens" })),
            _ => ("completed", json!({ "type": "completed" })),
        };
        response.end(status, details, output, answer.text_tokens(), audio);
        response
    }

    /// The next event.
    pub(super) fn next(&mut self) -> Option<Value> {
        let event = self.events.pop_front()?;
        match event["type"].as_str() {
            Some("response.output_item.added") => {
                self.items.push(event["item"].clone());
                self.partial.clear();
            }
            Some("response.output_item.done") => {
                if let Some(last) = self.items.last_mut() {
                    *last = event["item"].clone();
                }
                self.partial.clear();
            }
            Some("response.output_text.delta" | "response.output_audio_transcript.delta") => {
                self.partial += event["delta"].as_str().unwrap_or_default();
            }
            _ => {}
        }
        Some(event)
    }

    pub(super) fn is_over(&self) -> bool {
        self.events.is_empty()
    }

    /// Cancels the response.
    pub(super) fn cancel(&mut self, reason: &str) {
        self.events.clear();
        let mut items = std::mem::take(&mut self.items);
        let speaks = self.head["output_modalities"].as_array().into_iter().flatten().any(|one| one == "audio");
        let index = items.len().saturating_sub(1);
        if let Some(item) = items.last_mut().filter(|item| item["status"] == "in_progress") {
            item["status"] = json!("incomplete");
            if item["type"] == "message" && !self.partial.is_empty() {
                item["content"] = json!([part(&self.partial, speaks)]);
            }
            let done = json!({
                "type": "response.output_item.done",
                "response_id": self.id,
                "output_index": index,
                "item": item,
            });
            self.events.push_back(done);
        }
        let output = count(&self.partial);
        let audio = if speaks { output } else { 0 };
        self.end("cancelled", json!({ "type": "cancelled", "reason": reason }), items, output, audio);
    }

    fn end(&mut self, status: &str, details: Value, output: Vec<Value>, text: u64, audio: u64) {
        let mut done = self.head.clone();
        done["status"] = json!(status);
        done["status_details"] = details;
        done["output"] = json!(output);
        let input = self.input.0 + self.input.1;
        done["usage"] = json!({
            "total_tokens": input + text + audio,
            "input_tokens": input,
            "output_tokens": text + audio,
            "input_token_details": {
                "text_tokens": self.input.0,
                "audio_tokens": self.input.1,
                "image_tokens": 0,
                "cached_tokens": 0,
                "cached_tokens_details": { "text_tokens": 0, "audio_tokens": 0, "image_tokens": 0 },
            },
            "output_token_details": { "text_tokens": text, "audio_tokens": audio },
        });
        self.push(json!({ "type": "response.done", "response": done }));
    }

    fn push(&mut self, event: Value) {
        self.events.push_back(event);
    }
}

/// The tokens in the usage of a `response.done`.
pub(super) fn tokens(done: &Value) -> Tokens {
    let number = |place: &str| done.pointer(place).and_then(Value::as_u64).unwrap_or_default();
    Tokens {
        input_text: number("/response/usage/input_tokens"),
        output_text: number("/response/usage/output_token_details/text_tokens"),
        output_audio: number("/response/usage/output_token_details/audio_tokens"),
        ..Tokens::default()
    }
}

/// The content part of an assistant message.
fn part(text: &str, is_speech: bool) -> Value {
    match is_speech {
        true => json!({ "type": "output_audio", "transcript": text }),
        false => json!({ "type": "output_text", "text": text }),
    }
}

/// Writes the events of output items.
struct Writer<'a> {
    response: &'a mut Response,
    previous: Option<String>,
    number: u64,
}

impl Writer<'_> {
    fn text(&mut self, text: &str, index: usize) -> Value {
        let item = self.begin(json!({ "type": "message", "role": "assistant", "content": [] }), index);
        self.about(
            &item,
            index,
            json!({ "type": "response.content_part.added", "part": { "type": "text", "text": "" } }),
        );
        for word in text.split_inclusive(' ') {
            self.about(&item, index, json!({ "type": "response.output_text.delta", "delta": word }));
        }
        self.about(&item, index, json!({ "type": "response.output_text.done", "text": text }));
        let whole = json!({ "type": "text", "text": text });
        self.about(&item, index, json!({ "type": "response.content_part.done", "part": whole }));
        self.finish(item, "content", json!([part(text, false)]), index)
    }

    fn speech(&mut self, text: &str, settings: &Settings<'_>, index: usize) -> Value {
        let item = self.begin(json!({ "type": "message", "role": "assistant", "content": [] }), index);
        let empty = json!({ "type": "audio", "transcript": "" });
        self.about(&item, index, json!({ "type": "response.content_part.added", "part": empty }));
        let sound = sound_of(text, settings.get(&["/audio/output/format/type", "/output_audio_format"]));
        let mut pieces = sound.chunks(PIECE_MS * BYTES_A_MS);
        for word in text.split_inclusive(' ') {
            self.about(&item, index, json!({ "type": "response.output_audio_transcript.delta", "delta": word }));
            if let Some(piece) = pieces.next() {
                self.sound(&item, index, piece);
            }
        }
        for piece in pieces {
            self.sound(&item, index, piece);
        }
        self.about(&item, index, json!({ "type": "response.output_audio.done" }));
        self.about(&item, index, json!({ "type": "response.output_audio_transcript.done", "transcript": text }));
        let whole = json!({ "type": "audio", "transcript": text });
        self.about(&item, index, json!({ "type": "response.content_part.done", "part": whole }));
        self.finish(item, "content", json!([part(text, true)]), index)
    }

    fn sound(&mut self, item: &Value, index: usize, piece: &[u8]) {
        let delta = BASE64_STANDARD.encode(piece);
        self.about(item, index, json!({ "type": "response.output_audio.delta", "delta": delta }));
    }

    fn call(&mut self, call: &Value, index: usize) -> Value {
        let (name, arguments) = (&call["function"]["name"], call["function"]["arguments"].as_str().unwrap_or("{}"));
        let call_id = format!("call_{:08}_{index}", self.number);
        let empty = json!({ "type": "function_call", "name": name, "call_id": call_id, "arguments": "" });
        let item = self.begin(empty, index);
        let about = |kind: &str| {
            json!({
                "type": format!("response.function_call_arguments.{kind}"),
                "response_id": self.response.id,
                "item_id": item["id"],
                "output_index": index,
                "call_id": call_id,
            })
        };
        let (mut delta, mut done) = (about("delta"), about("done"));
        delta["delta"] = json!(arguments);
        done["name"] = name.clone();
        done["arguments"] = json!(arguments);
        self.response.push(delta);
        self.response.push(done);
        self.finish(item, "arguments", json!(arguments), index)
    }

    /// Begins an item and writes the events that announce it.
    fn begin(&mut self, mut item: Value, index: usize) -> Value {
        item["id"] = json!(format!("item_out_{:08}_{index}", self.number));
        item["object"] = json!("realtime.item");
        item["status"] = json!("in_progress");
        self.response.push(json!({
            "type": "response.output_item.added",
            "response_id": self.response.id,
            "output_index": index,
            "item": item,
        }));
        self.response.push(json!({
            "type": "conversation.item.added",
            "previous_item_id": self.previous,
            "item": item,
        }));
        item
    }

    /// Completes an item and writes the events that say so.
    fn finish(&mut self, mut item: Value, field: &str, value: Value, index: usize) -> Value {
        item["status"] = json!("completed");
        item[field] = value;
        self.response.push(json!({
            "type": "conversation.item.done",
            "previous_item_id": self.previous,
            "item": item,
        }));
        self.response.push(json!({
            "type": "response.output_item.done",
            "response_id": self.response.id,
            "output_index": index,
            "item": item,
        }));
        self.previous = item["id"].as_str().map(str::to_owned);
        item
    }

    /// Writes an event about the first content part of an item.
    fn about(&mut self, item: &Value, index: usize, mut event: Value) {
        event["response_id"] = json!(self.response.id);
        event["item_id"] = item["id"].clone();
        event["output_index"] = json!(index);
        event["content_index"] = json!(0);
        self.response.push(event);
    }
}

/// The sound of a text in a format of the Realtime API: a tone as PCM, or silence as G.711.
fn sound_of(text: &str, format: &Value) -> Vec<u8> {
    let pcm = sound::encode(sound::length(text), "pcm");
    // One byte per sample at 8 kHz. `byte` is the code for silence (ITU-T G.711).
    let silence = |byte: u8| vec![byte; pcm.len() / 6];
    match format.as_str() {
        Some("audio/pcmu" | "g711_ulaw") => silence(0xFF),
        Some("audio/pcma" | "g711_alaw") => silence(0xD5),
        _ => pcm,
    }
}
