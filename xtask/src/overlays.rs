//! What the project says of the API beyond the upstream document: facts that upstream leaves out, then our own words.

macro_rules! overlays {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(include_str!(concat!("../overlay/", $folder, "/", $name, ".yaml"))),*]
    };
}

/// Facts, by group of the API. They are applied to the normalized document, and it is normalized again.
pub(crate) const FACTS: &[&str] =
    overlays!("facts": "errors", "account", "chat", "responses", "messages", "images", "audio", "models", "media");

/// Descriptions, by group of the API. They are applied to the document that has the facts, so they meet final names.
pub(crate) const WORDS: &[&str] = overlays!("words": "document", "common", "account", "keys", "community", "models", "embeddings", "media", "text", "chat-request", "chat-reply", "responses", "messages", "images", "audio");
