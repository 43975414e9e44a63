//! Sends one request and receives one response, with retries.

pub(crate) mod address;
pub(crate) mod body;
pub(crate) mod call;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod content;
pub(crate) mod download;
mod failure;
pub(crate) mod gateway;
pub(crate) mod multipart;
pub(crate) mod options;
pub(crate) mod raw;
pub(crate) mod reading;
pub(crate) mod request;
pub(crate) mod transport;
