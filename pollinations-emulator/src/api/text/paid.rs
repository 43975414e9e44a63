//! Chat replies that are charged. All operations of this room convert their requests into chats.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header::LINK};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    answer::{
        medium::Medium,
        said::Answer,
        used,
        words::{count, text_of},
    },
    base::{failure::Failure, key::Key},
    state::{self, File, Tokens},
};

/// A reply that has been charged.
pub(super) struct Paid {
    pub(super) said: Answer,
    pub(super) model: String,
    /// The tokens of the request.
    pub(super) input: u64,
    tokens: Tokens,
    /// The public URL of the file that a media model has made.
    file: Option<String>,
}

/// The headers of a reply: the model, the usage, and the `Link` to the file of a media model.
pub(super) type Named = ([(HeaderName, HeaderValue); 1], HeaderMap);

impl Paid {
    /// Answers a chat request, and charges it.
    ///
    /// # Errors
    ///
    /// 402 or 403 if the request cannot be paid for.
    pub(super) async fn answer(state: &state::State, key: &Key, chat: &Value) -> Result<Self, Failure> {
        let messages = chat.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let model = chat.get("model").and_then(Value::as_str).unwrap_or("openai").to_owned();
        if let Some(medium) = Medium::of_model(&model) {
            let prompt = messages.iter().rev().find(|message| message["role"] == "user");
            let prompt = prompt.map(text_of).unwrap_or_default();
            return Self::medium(state, key, medium, model, prompt, chat["seed"].as_i64()).await;
        }
        let said = Answer::to(chat, messages);
        let input = messages.iter().map(|message| count(&text_of(message))).sum();
        let tokens = Tokens {
            input_text: input,
            output_text: said.text_tokens(),
            output_audio: said.audio_tokens(),
            ..Tokens::default()
        };
        state.ledger.spend(key, "text", &model, tokens)?;
        Ok(Self { said, model, input, tokens, file: None })
    }

    /// Makes a file with a media model, and replies with a link to it. The price is that of the media route, without
    /// tokens of text.
    async fn medium(
        state: &state::State,
        key: &Key,
        medium: Medium,
        model: String,
        prompt: String,
        seed: Option<i64>,
    ) -> Result<Self, Failure> {
        let tokens = match medium {
            Medium::Sound => Tokens { output_audio: 1, ..Tokens::default() },
            Medium::Image | Medium::Video => Tokens { output_image: 1, ..Tokens::default() },
        };
        state.ledger.spend(key, medium.category(), &model, tokens)?;
        let subject = prompt.clone();
        // Encoding takes a while and must not block other requests.
        let made = tokio::task::spawn_blocking(move || medium.make(&subject, seed.unwrap_or_default())).await;
        let bytes = made.ok().flatten().ok_or_else(Failure::lost)?;
        let id: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        // The same content may be stored under this id already.
        state.files.store(File::new(medium.media_type(), bytes), Some(id.clone()));
        let url = format!("{}/{id}", state.base_url);
        let said = Answer::of_text(medium.markdown(&prompt, &url));
        Ok(Self { said, model, input: 0, tokens, file: Some(url) })
    }

    pub(super) fn headers(&self) -> Named {
        let mut headers = self.tokens.headers();
        let link = self.file.as_ref().map(|url| HeaderValue::from_str(&format!("<{url}>; rel=\"enclosure\"")));
        if let Some(Ok(link)) = link {
            headers.insert(LINK, link);
        }
        (used(&self.model), headers)
    }

    /// The usage in the format of chat completions. It is null for media models.
    pub(super) fn usage(&self) -> Value {
        if self.is_medium() { Value::Null } else { self.said.usage(self.input) }
    }

    /// Whether the reply is that of a media model.
    pub(super) fn is_medium(&self) -> bool {
        self.file.is_some()
    }
}

/// An id that depends only on the request.
pub(super) fn id_of(body: &Value) -> String {
    let hash = Sha256::digest(body.to_string());
    hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}
