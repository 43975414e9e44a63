//! One request out, one response in: how a call is written, sent, repeated and received.

pub(crate) mod address;
pub(crate) mod body;
pub(crate) mod call;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod connections;
pub(crate) mod download;
mod effect;
pub(crate) mod events;
mod failure;
pub(crate) mod fetch;
pub(crate) mod gateway;
pub(crate) mod guard;
mod look;
pub(crate) mod multipart;
pub(crate) mod opening;
pub(crate) mod options;
pub(crate) mod raw;
pub(crate) mod reading;
mod refusal;
pub(crate) mod transport;
