//! API keys: what a valid key looks like, where requests carry it, and how a client switches keys.

mod api_key;
mod hide;
mod placement;
mod ring;

pub(crate) use api_key::MAX_KEY_LENGTH;
pub use api_key::{ApiKey, KeyStatus};
pub(crate) use hide::without_keys;
pub use placement::KeyPlacement;
pub(crate) use ring::Keyring;
