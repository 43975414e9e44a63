#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod account;
mod body;
pub mod chat;
mod client;
mod download;
mod error;
mod guard;
mod image;
mod key;
mod models;
mod retry;
mod transport;

pub use account::Account;
pub use client::{Builder, KeyPlacement, Pollinations};
pub use download::Download;
pub use error::{Error, ErrorKind};
pub use image::ImageRequest;
pub use key::ApiKey;
pub use models::Models;
/// The generated client, for what this layer has no method for. See [`Pollinations::api`].
pub use pollinations_api as api;
/// The types of requests and responses, generated from the service's document.
pub use pollinations_api::types;
pub use retry::RetryPolicy;

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;
