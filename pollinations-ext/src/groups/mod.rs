//! The groups of the API, one room each, with the public request and response types.
//!
//! Groups do not import each other. Code that two groups need is on a lower floor.

pub(crate) mod account;
pub(crate) mod audio;
pub mod byop;
pub mod chat;
pub(crate) mod decision;
pub(crate) mod embeddings;
pub(crate) mod image;
#[cfg(feature = "messages")]
pub mod messages;
pub(crate) mod models;
#[cfg(all(feature = "realtime", not(target_arch = "wasm32")))]
pub mod realtime;
#[cfg(feature = "responses")]
pub mod responses;
pub(crate) mod text;
pub(crate) mod three_d;
pub(crate) mod video;
