#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod account;
mod address;
mod audio;
mod body;
mod builder;
pub mod byop;
mod call;
pub mod chat;
mod client;
mod download;
mod error;
mod events;
mod failure;
mod fetch;
mod file;
mod gateway;
mod guard;
mod image;
mod json;
mod key;
mod keyring;
mod maybe_send;
mod media;
mod models;
mod multipart;
mod options;
mod progress;
mod raw;
mod retry;
pub mod sse;
mod text;
mod time;
mod transport;

pub use account::{Account, DailyUsageRequest, UsageRequest, UsageStream};
pub use audio::{AudioRequest, Transcript, TranscriptionRequest};
pub use builder::{Builder, KeyPlacement};
pub use client::Pollinations;
pub use download::Download;
pub use error::{Error, ErrorKind};
pub use fetch::Fetch;
pub use file::File;
pub use gateway::Gateway;
pub use image::ImageRequest;
pub use key::{ApiKey, KeyStatus};
pub use maybe_send::MaybeSend;
pub use media::{Media, UploadRequest};
pub use models::Models;
/// The generated client, for what this layer has no method for. See [`Pollinations::api`].
pub use pollinations_api as api;
/// The types of requests and responses, generated from the service's document.
pub use pollinations_api::types;
pub use progress::Progress;
pub use raw::RawResponse;
pub use retry::{Attempt, PaymentAnswer, PaymentPolicy, PaymentRequired, RetryBudget, RetryPolicy};
/// For the `JsonSchema` of arguments and replies; derive it with this version.
pub use schemars;
pub use text::{TextReply, TextRequest, TextStream};

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;
