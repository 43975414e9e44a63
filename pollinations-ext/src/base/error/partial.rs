//! The part of a reply that arrived before an error.

use pollinations_api::types::ChatCompletion;
#[cfg(feature = "messages")]
use pollinations_api::types::MessageResponse;
#[cfg(feature = "responses")]
use pollinations_api::types::ResponseReply;

/// The part of a reply that arrived before its stream failed, in the format of its API.
#[allow(clippy::large_enum_variant, reason = "an error has it in a box")]
pub(crate) enum Partial {
    Chat(ChatCompletion),
    #[cfg(feature = "messages")]
    Message(MessageResponse),
    #[cfg(feature = "responses")]
    Response(ResponseReply),
}

impl Partial {
    /// Tells you which method returns it.
    pub(super) fn advice(&self) -> &'static str {
        match self {
            Self::Chat(_) => "`Error::partial` has what arrived",
            #[cfg(feature = "messages")]
            Self::Message(_) => "`Error::partial_message` has what arrived",
            #[cfg(feature = "responses")]
            Self::Response(_) => "`Error::partial_response` has what arrived",
        }
    }
}

impl From<ChatCompletion> for Partial {
    fn from(completion: ChatCompletion) -> Self {
        Self::Chat(completion)
    }
}
