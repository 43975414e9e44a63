//! Replies of a model, whole or streamed.

pub(crate) mod chat_reply;
pub(crate) mod chat_stream;
#[cfg(any(feature = "messages", feature = "responses"))]
pub(crate) mod event_stream;
mod merged;
mod next_turn;
pub(crate) mod parts;
mod reader;
mod sorter;
pub(crate) mod text_stream;
mod tidy;
