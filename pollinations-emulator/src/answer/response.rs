//! Replies in the format of OpenAI's Responses API, whole or as events.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    chunks::{halves, pieces},
    message::event,
    said::Answer,
};
use crate::base::clock;

/// Converts a request to the Responses API into a chat request.
pub(crate) fn to_chat(body: &Value) -> Value {
    let mut messages = Vec::new();
    if let Some(instructions) = body["instructions"].as_str() {
        messages.push(json!({ "role": "system", "content": instructions }));
    }
    match &body["input"] {
        Value::String(text) => messages.push(json!({ "role": "user", "content": text })),
        items => items.as_array().into_iter().flatten().for_each(|item| messages.extend(to_message(item))),
    }
    let functions = body["tools"].as_array().into_iter().flatten().filter(|tool| tool["type"] == "function");
    let tools = functions.map(
        |tool| json!({ "type": "function", "function": { "name": tool["name"], "parameters": tool["parameters"] } }),
    );
    let choice = match &body["tool_choice"] {
        Value::Object(choice) => json!({ "type": "function", "function": { "name": choice.get("name") } }),
        choice => choice.clone(),
    };
    let mut chat = json!({
        "model": body["model"],
        "messages": messages,
        "tools": tools.collect::<Vec<_>>(),
        "tool_choice": choice,
        "parallel_tool_calls": body["parallel_tool_calls"],
        "max_tokens": body["max_output_tokens"],
        "reasoning_effort": body["reasoning"]["effort"],
    });
    let format = &body["text"]["format"];
    match format["type"].as_str() {
        Some("json_schema") => {
            let schema = json!({ "schema": format["schema"] });
            chat["response_format"] = json!({ "type": "json_schema", "json_schema": schema });
        }
        Some("json_object") => chat["response_format"] = json!({ "type": "json_object" }),
        _ => {}
    }
    chat
}

/// Converts an input item into a chat message, if it is one.
fn to_message(item: &Value) -> Option<Value> {
    match item["type"].as_str() {
        Some("function_call") => {
            let call = json!({ "id": item["call_id"], "function": { "name": item["name"] } });
            Some(json!({ "role": "assistant", "tool_calls": [call] }))
        }
        Some("function_call_output") => {
            Some(json!({ "role": "tool", "tool_call_id": item["call_id"], "content": item["output"] }))
        }
        Some("message") | None => {
            let Some(parts) = item["content"].as_array() else { return Some(item.clone()) };
            let parts = parts.iter().map(|part| match part["type"].as_str() {
                Some("input_image") => json!({ "type": "image_url", "image_url": part["image_url"] }),
                Some("input_file") => json!({ "type": "file", "file": part }),
                _ => json!({ "type": "text", "text": part["text"] }),
            });
            Some(json!({ "role": item["role"], "content": parts.collect::<Vec<_>>() }))
        }
        _ => None,
    }
}

/// What all states of a response share.
pub(crate) struct Frame<'a> {
    /// The id, without its prefix.
    pub(crate) id: &'a str,
    pub(crate) model: &'a str,
    /// The request. The response repeats its settings.
    pub(crate) body: &'a Value,
}

impl Frame<'_> {
    /// The response with this status.
    fn state(&self, status: &str, output: &[Value], usage: &Value, incomplete: &Value) -> Value {
        let setting = |name: &str, default: Value| match &self.body[name] {
            Value::Null => default,
            value => value.clone(),
        };
        json!({
            "id": format!("resp_{}", self.id),
            "object": "response",
            "created_at": clock::unix(),
            "status": status,
            "error": null,
            "incomplete_details": incomplete,
            "instructions": self.body["instructions"],
            "max_output_tokens": self.body["max_output_tokens"],
            "metadata": setting("metadata", json!({})),
            "model": self.model,
            "output": output,
            "parallel_tool_calls": setting("parallel_tool_calls", json!(true)),
            "previous_response_id": null,
            "reasoning": setting("reasoning", json!({ "effort": null, "summary": null })),
            "store": false,
            "temperature": setting("temperature", json!(1.0)),
            "text": setting("text", json!({ "format": { "type": "text" } })),
            "tool_choice": setting("tool_choice", json!("auto")),
            "tools": setting("tools", json!([])),
            "top_p": setting("top_p", json!(1.0)),
            "truncation": setting("truncation", json!("disabled")),
            "usage": usage,
        })
    }

    fn items(&self, answer: &Answer) -> Vec<Value> {
        let mut items = Vec::new();
        if let Some(thoughts) = &answer.reasoning {
            let summary = json!([{ "type": "summary_text", "text": thoughts }]);
            items.push(json!({ "id": format!("rs_{}", self.id), "type": "reasoning", "summary": summary }));
        }
        if let Some(text) = &answer.text {
            let part = json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] });
            items.push(json!({
                "id": format!("msg_{}", self.id), "type": "message", "role": "assistant",
                "status": if answer.finish_reason == "length" { "incomplete" } else { "completed" },
                "content": [part],
            }));
        }
        for (index, call) in answer.tool_calls.iter().enumerate() {
            items.push(json!({
                "id": format!("fc_{}_{index}", self.id), "type": "function_call", "status": "completed",
                "call_id": call["id"], "name": call["function"]["name"], "arguments": call["function"]["arguments"],
            }));
        }
        items
    }

    /// The finished response.
    pub(crate) fn whole(&self, answer: &Answer, usage: &Value) -> Value {
        let (status, incomplete) = match answer.finish_reason {
            "length" => ("incomplete", json!({ "reason": "max_output_tokens" })),
            _ => ("completed", Value::Null),
        };
        self.state(status, &self.items(answer), usage, &incomplete)
    }

    /// The events of a streamed response.
    pub(crate) fn events(&self, answer: &Answer, usage: &Value) -> Vec<Bytes> {
        let begun = self.state("in_progress", &[], &Value::Null, &Value::Null);
        let mut events = vec![
            json!({ "type": "response.created", "response": begun }),
            json!({ "type": "response.in_progress", "response": begun }),
        ];
        for (index, item) in self.items(answer).iter().enumerate() {
            add_item(&mut events, index, item);
        }
        let whole = self.whole(answer, usage);
        let end = format!("response.{}", whole["status"].as_str().unwrap_or("completed"));
        events.push(json!({ "type": end, "response": whole }));
        let numbered = events.into_iter().enumerate().map(|(number, mut data)| {
            data["sequence_number"] = json!(number);
            event(&data)
        });
        numbered.collect()
    }
}

/// The usage, for a request of this many tokens.
pub(crate) fn usage(answer: &Answer, input: u64) -> Value {
    json!({
        "input_tokens": input,
        "input_tokens_details": { "cached_tokens": 0 },
        "output_tokens": answer.text_tokens(),
        "output_tokens_details": { "reasoning_tokens": answer.reasoning_tokens() },
        "total_tokens": input + answer.text_tokens(),
    })
}

/// Adds the events of one output item.
fn add_item(events: &mut Vec<Value>, index: usize, item: &Value) {
    let mut empty = item.clone();
    if item["type"] != "reasoning" {
        empty["status"] = json!("in_progress");
    }
    let at = |kind: &str, more: Value| {
        let mut event = json!({ "type": kind, "item_id": item["id"], "output_index": index });
        if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
            event.extend(more);
        }
        event
    };
    let mut pushed = Vec::new();
    match item["type"].as_str() {
        Some("reasoning") => {
            empty["summary"] = json!([]);
            let part = &item["summary"][0];
            let begun = json!({ "type": "summary_text", "text": "" });
            pushed.push(at("response.reasoning_summary_part.added", json!({ "summary_index": 0, "part": begun })));
            for piece in pieces(part["text"].as_str()) {
                let delta = json!({ "summary_index": 0, "delta": piece });
                pushed.push(at("response.reasoning_summary_text.delta", delta));
            }
            let text = json!({ "summary_index": 0, "text": part["text"] });
            pushed.push(at("response.reasoning_summary_text.done", text));
            pushed.push(at("response.reasoning_summary_part.done", json!({ "summary_index": 0, "part": part })));
        }
        Some("message") => {
            empty["content"] = json!([]);
            let part = &item["content"][0];
            let begun = json!({ "type": "output_text", "text": "", "annotations": [], "logprobs": [] });
            pushed.push(at("response.content_part.added", json!({ "content_index": 0, "part": begun })));
            for piece in pieces(part["text"].as_str()) {
                let delta = json!({ "content_index": 0, "delta": piece, "logprobs": [] });
                pushed.push(at("response.output_text.delta", delta));
            }
            let text = json!({ "content_index": 0, "text": part["text"] });
            pushed.push(at("response.output_text.done", text));
            pushed.push(at("response.content_part.done", json!({ "content_index": 0, "part": part })));
        }
        _ => {
            empty["arguments"] = json!("");
            for piece in halves(item["arguments"].as_str().unwrap_or_default()) {
                pushed.push(at("response.function_call_arguments.delta", json!({ "delta": piece })));
            }
            let whole = json!({ "arguments": item["arguments"], "name": item["name"] });
            pushed.push(at("response.function_call_arguments.done", whole));
        }
    }
    events.push(json!({ "type": "response.output_item.added", "output_index": index, "item": empty }));
    events.append(&mut pushed);
    events.push(json!({ "type": "response.output_item.done", "output_index": index, "item": item }));
}
