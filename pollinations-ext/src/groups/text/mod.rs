//! Text from a single prompt.

mod reply;
mod request;

pub use reply::TextReply;
pub use request::TextRequest;
