//! What a model answers, as a whole or as it is written.

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
