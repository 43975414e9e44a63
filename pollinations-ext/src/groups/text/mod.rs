//! Text from a prompt alone.

mod reply;
mod request;

pub use reply::TextReply;
pub use request::TextRequest;
