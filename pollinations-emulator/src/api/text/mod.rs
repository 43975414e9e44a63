//! Text: from a prompt, from messages, by the Messages and the Responses API, and decisions.

mod decisions;
mod from_messages;
mod messages;
mod prompt;
mod responses;

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderName, HeaderValue},
    routing::{get, post},
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    answer::{
        said::Answer,
        used,
        words::{count, text_of},
    },
    base::{failure::Failure, key::Key},
    state::{self, Tokens},
};

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new()
        .route("/text/{prompt}", get(prompt::generate).post(prompt::generate))
        .route("/text", post(from_messages::generate))
        .route("/v1/messages", post(messages::create))
        .route("/v1/responses", post(responses::create))
        .route("/alpha/decisions", post(decisions::create))
}

/// An answer that has been paid for.
struct Paid {
    said: Answer,
    model: String,
    /// Tokens of the request.
    input: u64,
}

/// The headers of an answer: its model, and what it used.
type Named = ([(HeaderName, HeaderValue); 1], [(HeaderName, String); 2]);

impl Paid {
    /// Answers a request in the form of a chat, and charges it.
    fn answer(state: &state::State, key: &Key, chat: &Value) -> Result<Self, Failure> {
        let messages = chat.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let model = chat.get("model").and_then(Value::as_str).unwrap_or("openai").to_owned();
        let said = Answer::to(chat, messages);
        let input = messages.iter().map(|message| count(&text_of(message))).sum();
        let tokens = Tokens {
            input_text: input,
            output_text: said.text_tokens(),
            output_audio: said.audio_tokens(),
            ..Tokens::default()
        };
        state.ledger.spend(key, "text", &model, tokens)?;
        Ok(Self { said, model, input })
    }

    fn headers(&self) -> Named {
        let counts = [
            (HeaderName::from_static("x-usage-prompt-text-tokens"), self.input.to_string()),
            (HeaderName::from_static("x-usage-completion-text-tokens"), self.said.text_tokens().to_string()),
        ];
        (used(&self.model), counts)
    }
}

/// The same id for the same request.
fn id_of(body: &Value) -> String {
    let hash = Sha256::digest(body.to_string());
    hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}
