//! Embeddings: vectors that represent text, images, audio and video.

mod batch;
mod parameters;
mod part;
mod reply;
mod request;
mod vector;

pub use batch::{EmbeddingBatch, EmbeddingBatchError};
pub use reply::Embeddings;
pub use request::EmbeddingRequest;
