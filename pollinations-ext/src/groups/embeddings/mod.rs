//! Embeddings: vectors that stand for texts, images, sounds and videos.

mod batch;
mod parameters;
mod part;
mod reply;
mod request;
mod vector;

pub use batch::{EmbeddingBatch, EmbeddingBatchError};
pub use reply::Embeddings;
pub use request::EmbeddingRequest;
