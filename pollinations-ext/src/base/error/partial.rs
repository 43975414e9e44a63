//! The part of a reply that arrived before an error.

use pollinations_api::types::{ChatCompletion, MessageResponse, ResponseReply};

/// The part of a reply that arrived before its stream failed, in the format of its API.
pub(crate) enum Partial {
    Chat(ChatCompletion),
    Message(MessageResponse),
    Response(ResponseReply),
}

impl Partial {
    /// Tells you which method returns it.
    pub(super) fn advice(&self) -> &'static str {
        match self {
            Self::Chat(_) => "`Error::partial` has what arrived",
            Self::Message(_) => "`Error::partial_message` has what arrived",
            Self::Response(_) => "`Error::partial_response` has what arrived",
        }
    }
}

impl From<ChatCompletion> for Partial {
    fn from(completion: ChatCompletion) -> Self {
        Self::Chat(completion)
    }
}
