//! What a model answers, as a whole or as it is written.

pub(crate) mod chat_reply;
pub(crate) mod chat_stream;
mod merged;
pub(crate) mod text_stream;
