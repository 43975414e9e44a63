#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod account;
mod audio;
mod base;
pub mod byop;
pub mod chat;
mod client;
mod decision;
mod embeddings;
mod exchange;
mod function;
mod image;
mod key;
mod media;
pub mod messages;
mod models;
#[cfg(all(feature = "realtime", not(target_arch = "wasm32")))]
pub mod realtime;
mod reply;
pub mod responses;
mod retry;
mod text;
mod three_d;
mod video;

pub use account::{
    Account, Agents, ChangeKeyRequest, CreateKeyRequest, CreatedKey, DailyUsageRequest, EarningsRequest,
    EarningsTransactionsRequest, Integrations, Keys, MyModels, UsageRequest, UsageStream,
};
#[cfg(not(target_arch = "wasm32"))]
pub use audio::Stem;
pub use audio::{
    AudioRequest, StemsRequest, TimedSpeech, TimedSpeechRequest, TimedText, Transcript, TranscriptSegment,
    TranscriptionRequest, VoiceChangeRequest, VoiceIsolationRequest,
};
pub use base::{
    error::{Error, ErrorKind},
    file::File,
    maybe_send::MaybeSend,
    progress::Progress,
    reason::{PaymentKind, RateLimit},
    sse,
};
pub use client::{Builder, Pollinations};
pub use decision::{DecideRequest, DecisionReply};
pub use embeddings::{EmbeddingBatch, EmbeddingBatchError, EmbeddingRequest, Embeddings};
pub use exchange::{download::Download, fetch::Fetch, gateway::Gateway, raw::RawResponse};
pub use image::{EditRequest, Image, ImageRequest, ImageSource, Images, ImagesRequest};
pub use key::{ApiKey, KeyPlacement, KeyStatus};
pub use media::{GalleryRequest, GalleryStream, Media, UploadRequest};
pub use models::{
    ModelInfoExt, ModelReport, ModelStatsRequest, ModelStatusRequest, Models, ModelsRequest, Prices, ReportRow,
};
/// The generated client, for what this layer has no method for. See [`Pollinations::api`].
pub use pollinations_api as api;
/// The types of requests and responses, generated from the service's document.
pub use pollinations_api::types;
pub use reply::text_stream::TextStream;
pub use retry::{Attempt, AttemptEnd, PaymentAnswer, PaymentPolicy, PaymentRequired, RetryBudget, RetryPolicy};
/// For the `JsonSchema` of arguments and replies; derive it with this version.
pub use schemars;
pub use text::{TextReply, TextRequest};
pub use three_d::ThreeDRequest;
pub use video::VideoRequest;

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;
