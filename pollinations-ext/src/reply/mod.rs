//! Replies of a model, whole or streamed.

mod blocks;
mod calls;
pub(crate) mod chat_reply;
pub(crate) mod chat_stream;
pub(crate) mod event_stream;
mod images;
pub(crate) mod joined;
mod merged;
mod next_turn;
mod reader;
mod sorter;
pub(crate) mod sources;
pub(crate) mod text_stream;
mod thoughts;
mod tidy;
mod usage;
