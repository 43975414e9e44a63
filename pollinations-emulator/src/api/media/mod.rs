//! The media service: uploaded files, and galleries of published ones. Unlike the others, its errors are flat.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{
        HeaderName, StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use self::{flat::Flat, upload::Upload};
use crate::{
    gate::{Caller, Params},
    state::{self, File, Stored},
};

mod flat;
mod upload;

type Shared = State<Arc<state::State>>;

/// The default number of files on a page of a gallery.
const PAGE: usize = 50;

const NOT_FOUND: Flat = Flat(StatusCode::NOT_FOUND, "Not found");

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new()
        // Uploads have their own size limits.
        .route("/upload", post(upload).layer(DefaultBodyLimit::disable()))
        .route("/media", get(list))
        .route("/media/{id}", delete(remove))
        .route("/{id}", get(fetch))
        .route("/{id}/metadata", get(metadata))
}

async fn upload(State(state): Shared, request: Request) -> Result<Json<Value>, Flat> {
    let Upload { file, id } = upload::read(request).await?;
    let Stored { id, file, .. } =
        state.files.store(file, id).ok_or(Flat(StatusCode::CONFLICT, "A file with this id exists"))?;
    let url = format!("{}/{id}", state.base_url);
    let mut body = json!({ "id": id, "url": url, "contentType": file.kind, "size": file.bytes.len() });
    if !file.tags.is_empty() {
        body["tags"] = json!(file.tags);
    }
    Ok(Json(body))
}

/// Finds a file by its id: an upload, or the result of a generation, whose `Link` header has the id.
fn find(state: &state::State, id: &str) -> Result<(File, Option<String>), Flat> {
    if let Some(stored) = state.files.get(id) {
        return Ok((stored.file, Some(stored.uploaded_at)));
    }
    let result = state.generations.by_id(id).ok_or(NOT_FOUND)?;
    let kind = result.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    if !upload::is_stored(&kind) {
        return Err(NOT_FOUND);
    }
    Ok((File { kind, bytes: result.body.clone(), name: None, tags: Vec::new() }, None))
}

/// Answers `GET` and `HEAD`.
async fn fetch(State(state): Shared, Path(id): Path<String>) -> Result<Response, Flat> {
    let (file, _) = find(&state, &id)?;
    let headers = [(CONTENT_TYPE, file.kind), (HeaderName::from_static("x-content-id"), id)];
    // Keep only characters that are allowed in a quoted header value.
    let name = file.name.map(|name| name.chars().filter(|&letter| is_plain(letter)).collect::<String>());
    let name = name.filter(|name| !name.is_empty()).map(|name| format!("inline; filename=\"{name}\""));
    let disposition = name.map(|name| [(CONTENT_DISPOSITION, name)]);
    Ok((headers, disposition, file.bytes).into_response())
}

fn is_plain(letter: char) -> bool {
    (letter == ' ' || letter.is_ascii_graphic()) && !matches!(letter, '"' | '\\')
}

async fn metadata(State(state): Shared, Path(id): Path<String>) -> Result<Json<Value>, Flat> {
    let (file, uploaded_at) = find(&state, &id)?;
    let mut body = json!({ "id": id, "contentType": file.kind, "size": file.bytes.len() });
    if let Some(uploaded_at) = uploaded_at {
        body["uploadedAt"] = json!(uploaded_at);
    }
    Ok(Json(body))
}

async fn list(State(state): Shared, params: Params) -> Result<Json<Value>, Flat> {
    let tag = params.text("tag").map(str::trim).unwrap_or_default();
    if tag.is_empty() {
        return Err(Flat(StatusCode::BAD_REQUEST, "`tag` is required"));
    }
    let cursor = params.text("cursor").map(|cursor| number_of(cursor).ok_or(INVALID_CURSOR)).transpose()?;
    let limit = params.integer("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE);
    let (page, last) = state.files.page(tag, cursor, limit);
    let items: Vec<Value> = page
        .into_iter()
        .map(|Stored { id, file, uploaded_at }| {
            json!({
                "id": id,
                "url": format!("{}/{id}", state.base_url),
                "contentType": file.kind,
                "size": file.bytes.len(),
                "tags": file.tags,
                "createdAt": uploaded_at,
            })
        })
        .collect();
    let next = last.map(|number| URL_SAFE_NO_PAD.encode(number.to_string()));
    Ok(Json(json!({ "items": items, "nextCursor": next, "hasMore": next.is_some() })))
}

const INVALID_CURSOR: Flat = Flat(StatusCode::BAD_REQUEST, "`cursor` is invalid");

/// Decodes a cursor.
fn number_of(cursor: &str) -> Option<u64> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?.parse().ok()
}

/// Deletes a published file. All keys belong to the one account of the emulator, and so do all files.
async fn remove(State(state): Shared, Caller(key): Caller, Path(id): Path<String>) -> Result<Json<Value>, Flat> {
    if key.is_publishable() {
        return Err(Flat(StatusCode::FORBIDDEN, "Deleting a file needs a secret API key (sk_…)"));
    }
    let stored = state.files.get(&id).ok_or(NOT_FOUND)?;
    if stored.file.tags.is_empty() {
        return Err(Flat(StatusCode::NOT_FOUND, "Not found: only published files can be deleted"));
    }
    state.files.remove(&id);
    Ok(Json(json!({ "deleted": true, "id": id })))
}
