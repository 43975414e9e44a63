//! Chat completions: one reply, or the reply as it is written.

mod events;
mod reply;
mod request;
mod stream;

pub(crate) use events::Events;
pub use reply::ChatReply;
pub use request::ChatRequest;
pub use stream::{ChatChunk, ChatStream};
