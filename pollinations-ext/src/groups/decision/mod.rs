//! Decisions: questions about facts, answered with probabilities.

mod reply;
mod request;

pub use reply::DecisionReply;
pub use request::DecideRequest;
