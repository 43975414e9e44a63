//! The media service: files by the hash of their content. Its errors are flat, unlike those of the rest.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::to_bytes,
    extract::{FromRequest, Multipart, Path, Request, State},
    http::{HeaderName, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    base::failure::Failure,
    gate::Caller,
    state::{self, File},
};

type Shared = State<Arc<state::State>>;

/// Bytes of a file at the most.
const MAX_BYTES: usize = 10 * 1024 * 1024;

/// Bytes of a request at the most: a file in base64, and something around it.
const MAX_REQUEST: usize = MAX_BYTES / 3 * 4 + 64 * 1024;

/// Hexadecimal digits of a hash.
const HASH_LENGTH: usize = 16;

/// An error as the media service writes it.
struct Flat(StatusCode, &'static str);

impl IntoResponse for Flat {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

const TOO_LARGE: Flat = Flat(StatusCode::PAYLOAD_TOO_LARGE, "File too large (at most 10 MB)");
const UNSUPPORTED: Flat = Flat(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Only images, audio and video are stored");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonUpload {
    data: String,
    content_type: Option<String>,
}

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new().route("/upload", post(upload).layer(limit())).route("/{hash}", get(fetch))
}

async fn upload(key: Result<Caller, Failure>, State(state): Shared, request: Request) -> Response {
    if key.is_err() {
        return Flat(StatusCode::UNAUTHORIZED, "Missing or invalid API key").into_response();
    }
    match store(&state, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn store(state: &state::State, request: Request) -> Result<Response, Flat> {
    let file = read(request).await?;
    if file.bytes.is_empty() {
        return Err(Flat(StatusCode::BAD_REQUEST, "The file is empty"));
    }
    if file.bytes.len() > MAX_BYTES {
        return Err(TOO_LARGE);
    }
    if !is_stored(&file.kind) {
        return Err(UNSUPPORTED);
    }
    let id: String =
        Sha256::digest(&file.bytes).iter().take(HASH_LENGTH / 2).map(|byte| format!("{byte:02x}")).collect();
    let (kind, size) = (file.kind.clone(), file.bytes.len());
    let duplicate = state.files.store(&id, file);
    let url = format!("{}/{id}", state.base_url);
    let body = json!({ "id": id, "url": url, "contentType": kind, "size": size, "duplicate": duplicate });
    Ok(Json(body).into_response())
}

/// The file of a form, of JSON, or as the bare body.
async fn read(request: Request) -> Result<File, Flat> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_owned();
    let malformed = || Flat(StatusCode::BAD_REQUEST, "The upload cannot be read");
    if essence == "multipart/form-data" {
        let mut form = Multipart::from_request(request, &()).await.map_err(|_| malformed())?;
        while let Some(field) = form.next_field().await.map_err(|_| malformed())? {
            if field.name() == Some("file") {
                let kind = field.content_type().unwrap_or("application/octet-stream").to_owned();
                let bytes = field.bytes().await.map_err(|error| {
                    if error.status() == StatusCode::PAYLOAD_TOO_LARGE { TOO_LARGE } else { malformed() }
                })?;
                return Ok(File { kind, bytes });
            }
        }
        return Err(Flat(StatusCode::BAD_REQUEST, "The form has no field `file`"));
    }
    let bytes = to_bytes(request.into_body(), MAX_REQUEST).await.map_err(|_| TOO_LARGE)?;
    if essence == "application/json" {
        let upload: JsonUpload = serde_json::from_slice(&bytes).map_err(|_| malformed())?;
        let bytes = STANDARD.decode(upload.data).map_err(|_| Flat(StatusCode::BAD_REQUEST, "`data` is not base64"))?;
        return Ok(File { kind: upload.content_type.unwrap_or_default(), bytes: bytes.into() });
    }
    Ok(File { kind: essence, bytes })
}

/// Answers GET and, without the body, HEAD. Beside files that were uploaded there are the results of generations, to which
/// their `Link` header leads.
async fn fetch(State(state): Shared, Path(hash): Path<String>) -> Response {
    let file = state.files.get(&hash).or_else(|| {
        let result = state.generations.by_id(&hash)?;
        let kind = result.headers.get(CONTENT_TYPE)?.to_str().ok()?.to_owned();
        is_stored(&kind).then(|| File { kind, bytes: result.body.clone() })
    });
    match file {
        Some(file) => {
            let headers = [(CONTENT_TYPE, file.kind), (HeaderName::from_static("x-content-hash"), hash)];
            (headers, file.bytes).into_response()
        }
        None => Flat(StatusCode::NOT_FOUND, "Not found").into_response(),
    }
}

/// Whether files of this type are stored.
fn is_stored(kind: &str) -> bool {
    ["image/", "audio/", "video/"].iter().any(|prefix| kind.starts_with(prefix))
}

/// The limit on the body of an upload.
fn limit() -> axum::extract::DefaultBodyLimit {
    axum::extract::DefaultBodyLimit::max(MAX_REQUEST)
}
