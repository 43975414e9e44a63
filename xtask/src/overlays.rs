//! The overlays of this project: facts that upstream leaves out, and our own descriptions.

macro_rules! overlays {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(include_str!(concat!("../overlay/", $folder, "/", $name, ".yaml"))),*]
    };
}

/// Facts, by group of the API. They are applied to the normalized document, which is then normalized again.
pub(crate) const FACTS: &[&str] = overlays!("facts": "errors", "account", "chat", "responses", "messages", "images", "audio", "models", "media", "features");

/// Descriptions, by group of the API. They are applied to the document with the facts, so they use the final names.
pub(crate) const WORDS: &[&str] = overlays!("words": "document", "common", "account", "keys", "community", "models", "embeddings", "media", "text", "chat-request", "chat-reply", "responses", "messages", "images", "audio");
