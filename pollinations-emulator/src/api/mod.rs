//! The operations: one room for each group of the API. A room has the routes of its operations and what answers them;
//! it knows no other room. A new operation goes into the room of its group, and is found here.

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware};

use crate::{base::failure, gate, state::State};

mod account;
mod audio;
mod control;
mod document;
mod embeddings;
mod image;
mod media;
mod models;
mod realtime;
mod sign_in;
mod text;
mod three_d;
mod video;

/// What a room answers.
type Routes = Router<Arc<State>>;

/// Everything that is answered, behind the gate.
pub(crate) fn router(state: Arc<State>) -> Router {
    let rooms: [Routes; 13] = [
        account::routes(),
        audio::routes(),
        control::routes(),
        document::routes(),
        embeddings::routes(),
        image::routes(),
        media::routes(),
        models::routes(),
        realtime::routes(),
        sign_in::routes(),
        text::routes(),
        three_d::routes(),
        video::routes(),
    ];
    rooms
        .into_iter()
        .fold(Router::new(), Router::merge)
        .fallback(failure::not_found)
        .method_not_allowed_fallback(failure::method_not_allowed)
        // The gate has a limit of its own, since images and sounds in JSON are larger than axum allows.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(Arc::clone(&state), gate::admit))
        .with_state(state)
}
