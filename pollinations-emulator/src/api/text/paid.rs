//! Answers in the form of a chat, which all of these operations make, and which are charged.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
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

/// An answer that has been paid for.
pub(super) struct Paid {
    pub(super) said: Answer,
    pub(super) model: String,
    /// Tokens of the request.
    pub(super) input: u64,
    tokens: Tokens,
}

/// The headers of an answer: its model, and what it used.
pub(super) type Named = ([(HeaderName, HeaderValue); 1], HeaderMap);

impl Paid {
    /// Answers a request in the form of a chat, and charges it.
    pub(super) fn answer(state: &state::State, key: &Key, chat: &Value) -> Result<Self, Failure> {
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
        Ok(Self { said, model, input, tokens })
    }

    pub(super) fn headers(&self) -> Named {
        (used(&self.model), self.tokens.headers())
    }
}

/// The same id for the same request.
pub(super) fn id_of(body: &Value) -> String {
    let hash = Sha256::digest(body.to_string());
    hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}
