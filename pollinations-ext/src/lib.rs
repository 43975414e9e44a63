#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod base;
mod client;
mod exchange;
mod function;
mod groups;
mod key;
mod media;
mod reply;
mod retry;

pub use base::{
    error::{Error, ErrorKind},
    file::File,
    maybe_send::MaybeSend,
    progress::Progress,
    reason::{PaymentKind, RateLimit},
    sse,
};
pub use client::{Builder, Pollinations};
#[allow(deprecated, reason = "programs that use the former names still compile")]
pub use exchange::request::Fetch;
pub use exchange::{download::Download, gateway::Gateway, raw::RawResponse, request::Request};
#[allow(deprecated, reason = "programs that use the former names still compile")]
pub use groups::account::ChangeKeyRequest;
pub use groups::account::{
    Account, CreateKeyRequest, CreatedKey, DailyUsageRequest, EarningsRequest, EarningsTransactionsRequest, Keys,
    UpdateKeyRequest, UsageRequest, UsageStream,
};
#[cfg(feature = "community")]
pub use groups::account::{Agents, Integrations, MyModels};
#[cfg(all(feature = "stems", not(target_arch = "wasm32")))]
pub use groups::audio::Stem;
pub use groups::audio::{
    AudioRequest, StemsRequest, TimedSpeech, TimedSpeechRequest, TimedText, Transcript, TranscriptSegment,
    TranscriptionRequest, VoiceChangeRequest, VoiceIsolationRequest,
};
pub use groups::decision::{DecideRequest, DecisionReply};
pub use groups::embeddings::{EmbeddingBatch, EmbeddingBatchError, EmbeddingRequest, Embeddings};
pub use groups::image::{EditRequest, Image, ImageRequest, ImageSource, Images, ImagesRequest};
#[cfg(feature = "messages")]
pub use groups::messages;
pub use groups::models::{
    ModelInfoExt, ModelReport, ModelStatsRequest, ModelStatusRequest, Models, ModelsRequest, Prices, ReportRow,
};
#[cfg(all(feature = "realtime", not(target_arch = "wasm32")))]
pub use groups::realtime;
#[cfg(feature = "responses")]
pub use groups::responses;
pub use groups::text::{TextReply, TextRequest};
pub use groups::three_d::ThreeDRequest;
pub use groups::video::VideoRequest;
pub use groups::{byop, chat};
pub use key::{ApiKey, KeyPlacement, KeyStatus};
pub use media::{GalleryRequest, GalleryStream, Media, UploadRequest};
/// The generated client, for operations without a method in this crate. See [`Pollinations::api`].
pub use pollinations_api as api;
/// The types of requests and responses, generated from the service's OpenAPI document.
pub use pollinations_api::types;
pub use reply::text_stream::TextStream;
pub use retry::{Attempt, AttemptEnd, PaymentAnswer, PaymentPolicy, PaymentRequired, RetryBudget, RetryPolicy};
/// The crate `schemars`, to derive `JsonSchema` for function arguments and structured output. Use this version.
pub use schemars;

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;
