//! Images: by URL, and in the format of OpenAI's API, generations and edits.

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use crate::state::State;

mod create;
mod edit;
mod generate;
mod limits;
mod source;
mod wrapped;

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/image/{prompt}", get(generate::generate))
        // The older gateway.
        .route("/generate/image/{prompt}", get(generate::generate))
        .route("/v1/images/generations", post(create::create))
        .route("/v1/images/edits", post(edit::edit).layer(edit::limit()))
}
