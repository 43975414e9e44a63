//! Images: one by its address, and in the format of OpenAI's API, new ones and changed ones.

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use crate::state::State;

mod create;
mod edit;
mod generate;
mod source;
mod wrapped;

/// Pixels a side without a size.
const DEFAULT_SIZE: u32 = 1024;

/// Pixels a side at the most, however many are asked for; the real service has a limit of its own.
const MAX_SIZE: u32 = 2048;

/// What the service takes if no model is named.
const DEFAULT_MODEL: &str = "black-forest-labs/flux.1-schnell";

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/image/{prompt}", get(generate::generate))
        // The older gateway.
        .route("/generate/image/{prompt}", get(generate::generate))
        .route("/v1/images/generations", post(create::create))
        .route("/v1/images/edits", post(edit::edit).layer(edit::limit()))
}
