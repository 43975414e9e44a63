//! The operations. Each group of the API has a room with its routes and handlers, and rooms do not import each other. A
//! new operation goes into the room of its group, and a new group is a new room, which is listed here.

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

/// The routes of a room.
type Routes = Router<Arc<State>>;

/// All routes behind the gate.
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
        // The gate has its own size limit: axum's is too small for images and sounds in JSON.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(Arc::clone(&state), gate::admit))
        .with_state(state)
}
