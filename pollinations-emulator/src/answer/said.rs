//! The content of a model's reply. It repeats what was said, so that tests can check that it arrived.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{
    picture,
    sample::sample,
    sound,
    words::{count, text_of},
};

/// A model's reply, before it is written in a format.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) text: Option<String>,
    pub(crate) reasoning: Option<String>,
    pub(crate) tool_calls: Vec<Value>,
    pub(crate) audio: Option<Value>,
    pub(crate) blocks: Vec<Value>,
    pub(crate) finish_reason: &'static str,
    /// The stop sequence that ended the reply.
    pub(crate) stopped_at: Option<String>,
}

impl Answer {
    /// The reply to a prompt.
    pub(crate) fn to_prompt(prompt: &str, system: Option<&str>) -> Self {
        let text = match system {
            Some(system) => format!("You said: {prompt} (with the instruction: {system})"),
            None => format!("You said: {prompt}"),
        };
        Self { text: Some(text), finish_reason: "stop", ..Self::default() }
    }

    /// The reply to a chat request.
    pub(crate) fn to(body: &Value, messages: &[Value]) -> Self {
        let last = messages.last();
        let prompt = messages.iter().rev().find(|message| message["role"] == "user").map(text_of).unwrap_or_default();
        let answers_tools = last.is_some_and(|message| message["role"] == "tool" || message["role"] == "function");
        if !answers_tools {
            let tool_calls = tool_calls(body, &prompt);
            if !tool_calls.is_empty() {
                return Self { tool_calls, finish_reason: "tool_calls", ..Self::default() };
            }
        }
        let instruction = messages.iter().find(|message| message["role"] == "system" || message["role"] == "developer");
        let mut answer = match body.pointer("/response_format/type").and_then(Value::as_str) {
            Some("json_schema") => {
                let schema = body.pointer("/response_format/json_schema/schema").unwrap_or(&Value::Null);
                Self::of_text(sample(schema, &prompt).to_string())
            }
            Some("json_object") => Self::of_text(json!({ "reply": format!("You said: {prompt}") }).to_string()),
            _ if answers_tools => {
                let results: Vec<String> = messages
                    .iter()
                    .rev()
                    .take_while(|message| message["role"] == "tool" || message["role"] == "function")
                    .map(text_of)
                    .collect();
                Self::of_text(format!(
                    "The tools answered: {}",
                    results.into_iter().rev().collect::<Vec<_>>().join(", ")
                ))
            }
            _ => {
                let mut answer = Self::to_prompt(&prompt, instruction.map(text_of).as_deref());
                if let (Some(text), Some(seen)) = (&mut answer.text, last.and_then(attachments)) {
                    *text += &seen;
                }
                answer
            }
        };
        let thinks = body["thinking"]["type"] == "enabled"
            || body["reasoning_effort"].as_str().is_some_and(|effort| effort != "none");
        if thinks {
            answer.reasoning = Some(format!("The user wants to know: {prompt}"));
        }
        answer.cut(body);
        let tools = body.get("tools").and_then(Value::as_array);
        if tools.is_some_and(|tools| tools.iter().any(|tool| tool["type"] == "code_execution")) {
            let text = answer.text.clone().unwrap_or_default();
            answer.blocks = vec![
                json!({ "type": "text", "text": text }),
                json!({ "type": "image_url", "image_url": { "url": plot() } }),
            ];
        }
        let modalities = body.get("modalities").and_then(Value::as_array);
        if modalities.is_some_and(|modalities| modalities.iter().any(|modality| *modality == "audio")) {
            let format = body.pointer("/audio/format").and_then(Value::as_str).unwrap_or("wav");
            answer.speak(format);
        }
        answer
    }

    /// A reply with this text.
    pub(crate) fn of_text(text: String) -> Self {
        Self { text: Some(text), finish_reason: "stop", ..Self::default() }
    }

    /// Applies the stop sequences and the token limit of the request.
    fn cut(&mut self, body: &Value) {
        let Some(text) = &mut self.text else { return };
        let stops: Vec<&str> = match &body["stop"] {
            Value::String(stop) => vec![stop],
            Value::Array(stops) => stops.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let found = stops.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| Some((text.find(stop)?, *stop)));
        if let Some((end, stop)) = found.min() {
            text.truncate(end);
            self.stopped_at = Some(stop.to_owned());
        }
        self.limit(body["max_tokens"].as_u64());
    }

    /// Limits the text to this many tokens.
    pub(crate) fn limit(&mut self, most: Option<u64>) {
        if let (Some(text), Some(most)) = (&mut self.text, most)
            && count(text) > most
        {
            let words = usize::try_from(most).unwrap_or(usize::MAX);
            *text = text.split_whitespace().take(words).collect::<Vec<_>>().join(" ");
            self.finish_reason = "length";
        }
    }

    /// Turns the text into speech.
    fn speak(&mut self, format: &str) {
        let transcript = self.text.take().unwrap_or_default();
        let sound = sound::encode(sound::length(&transcript), if format == "pcm16" { "pcm" } else { format });
        self.audio = Some(json!({
            "id": "audio_0001",
            "data": BASE64_STANDARD.encode(sound),
            "transcript": transcript,
            "expires_at": 1_800_000_000,
        }));
    }

    pub(crate) fn text_tokens(&self) -> u64 {
        let calls: u64 = self.tool_calls.iter().map(|call| count(&call["function"].to_string())).sum();
        let spoken = self.audio.as_ref().and_then(|audio| audio["transcript"].as_str()).map_or(0, count);
        self.text.as_deref().map_or(0, count) + self.reasoning_tokens() + calls + spoken
    }

    pub(super) fn reasoning_tokens(&self) -> u64 {
        self.reasoning.as_deref().map_or(0, count)
    }

    /// The tokens of speech: one per word.
    pub(crate) fn audio_tokens(&self) -> u64 {
        self.audio.as_ref().and_then(|audio| audio["transcript"].as_str()).map_or(0, count)
    }

    /// The usage, for a request of this many tokens.
    pub(crate) fn usage(&self, input: u64) -> Value {
        let output = self.text_tokens() + self.audio_tokens();
        json!({
            "prompt_tokens": input,
            "completion_tokens": output,
            "total_tokens": input + output,
            "completion_tokens_details": {
                "reasoning_tokens": self.reasoning_tokens(),
                "audio_tokens": self.audio_tokens(),
            },
        })
    }
}

/// Describes the attachments of a message, such as ` (with 2 images)`.
fn attachments(message: &Value) -> Option<String> {
    let parts = message["content"].as_array()?;
    let number = |kind: &str| parts.iter().filter(|part| part["type"] == kind).count();
    let seen: Vec<String> =
        [("image_url", "image"), ("video_url", "video"), ("input_audio", "recording"), ("file", "file")]
            .into_iter()
            .map(|(kind, name)| (number(kind), name))
            .filter(|(number, _)| *number > 0)
            .map(|(number, name)| format!("{number} {name}{}", if number == 1 { "" } else { "s" }))
            .collect();
    (!seen.is_empty()).then(|| format!(" (with {})", seen.join(", ")))
}

/// The tool calls: of the functions that `tool_choice` demands, or else of those that the prompt names.
fn tool_calls(body: &Value, prompt: &str) -> Vec<Value> {
    let choice = &body["tool_choice"];
    if choice == "none" {
        return Vec::new();
    }
    let forced = choice.pointer("/function/name").and_then(Value::as_str);
    let words: Vec<String> = prompt
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-')
        .map(str::to_owned)
        .collect();
    let functions: Vec<&Value> =
        body["tools"].as_array().into_iter().flatten().filter_map(|tool| tool.get("function")).collect();
    let name = |function: &Value| function["name"].as_str().unwrap_or_default().to_owned();
    let mut called: Vec<&Value> = functions
        .iter()
        .copied()
        .filter(|function| match forced {
            Some(forced) => name(function) == forced,
            None => words.contains(&name(function).to_lowercase()),
        })
        .collect();
    if called.is_empty() && choice == "required" {
        called.extend(functions.first());
    }
    if body["parallel_tool_calls"] == false {
        called.truncate(1);
    }
    let call = |(index, function): (usize, &Value)| {
        let arguments = sample(function.get("parameters").unwrap_or(&Value::Null), prompt);
        let arguments = if arguments.is_null() { json!({}) } else { arguments };
        json!({
            "id": format!("call_{index:04}"),
            "type": "function",
            "function": { "name": name(function), "arguments": arguments.to_string() },
        })
    };
    called.into_iter().enumerate().map(call).collect()
}

/// A small image, as if the model's code had plotted it.
fn plot() -> String {
    let picture = picture::png("plot", 0, 16, 16).unwrap_or_default();
    format!("data:image/png;base64,{}", BASE64_STANDARD.encode(picture))
}
