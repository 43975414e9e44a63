//! Reads uploads in all their forms. A file is in memory only once.

use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, Request, multipart::Field},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::BytesMut;
use futures_util::{Stream, StreamExt};
use serde::Deserialize;

use super::flat::Flat;
use crate::state::File;

const MIB: usize = 1024 * 1024;

/// The size limit of a file, in bytes.
const MAX_BYTES: usize = 400 * MIB;

/// The size limit of a file that is sent as base64, in bytes.
const MAX_BASE64: usize = 100 * MIB;

/// The size limit of an id and of the list of tags, in bytes.
const MAX_TEXT: usize = 4096;

const TOO_LARGE: Flat = Flat(StatusCode::PAYLOAD_TOO_LARGE, "File too large (at most 400 MiB, 100 MiB as base64)");
const UNSUPPORTED: Flat = Flat(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Only images, audio and video are stored");
const MALFORMED: Flat = Flat(StatusCode::BAD_REQUEST, "The upload cannot be read");
const NOT_BASE64: Flat = Flat(StatusCode::BAD_REQUEST, "`data` is not base64");
const INVALID_ID: Flat = Flat(
    StatusCode::BAD_REQUEST,
    "`id` must be 1 to 128 letters, digits, `.`, `_` and `-`, the first a letter or digit",
);

/// An uploaded file and its custom id.
pub(super) struct Upload {
    pub(super) file: File,
    pub(super) id: Option<String>,
}

/// Reads an upload: a multipart form, JSON, or the file itself.
pub(super) async fn read(request: Request) -> Result<Upload, Flat> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_owned();
    let announced = announced(request.headers());
    let upload = match essence.as_str() {
        "multipart/form-data" => of_form(request, announced).await?,
        "application/json" => of_json(request, announced).await?,
        _ => {
            let bytes = collect(request.into_body().into_data_stream(), announced, MAX_BYTES).await?;
            Upload { file: File { kind: essence, bytes, name: None, tags: Vec::new() }, id: None }
        }
    };
    if upload.file.bytes.is_empty() {
        return Err(Flat(StatusCode::BAD_REQUEST, "The file is empty"));
    }
    if !is_stored(&upload.file.kind) {
        return Err(UNSUPPORTED);
    }
    match &upload.id {
        Some(id) if !is_id(id) => Err(INVALID_ID),
        _ => Ok(upload),
    }
}

/// Whether files of this type are stored.
pub(super) fn is_stored(kind: &str) -> bool {
    ["image/", "audio/", "video/"].iter().any(|prefix| kind.starts_with(prefix))
}

/// Whether a text is a valid id (`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$` in the document).
fn is_id(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    text.len() <= 128
        && text.bytes().all(is_part)
        && text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
}

/// The `Content-Length`, or 0.
fn announced(headers: &HeaderMap) -> usize {
    headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or_default()
}

/// Collects the pieces of a file in one buffer.
async fn collect<E>(
    mut pieces: impl Stream<Item = Result<Bytes, E>> + Unpin,
    announced: usize,
    limit: usize,
) -> Result<Bytes, Flat> {
    // The rest of a form is small.
    if announced > limit.saturating_add(MIB) {
        return Err(TOO_LARGE);
    }
    let mut file = BytesMut::with_capacity(announced.min(limit));
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| MALFORMED)?;
        if file.len() + piece.len() > limit {
            return Err(TOO_LARGE);
        }
        file.extend_from_slice(&piece);
    }
    Ok(file.freeze())
}

async fn of_form(request: Request, announced: usize) -> Result<Upload, Flat> {
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| MALFORMED)?;
    let (mut file, mut id, mut tags) = (None, None, Vec::new());
    while let Some(field) = form.next_field().await.map_err(|_| MALFORMED)? {
        match field.name() {
            Some("file") => {
                let kind = field.content_type().unwrap_or("application/octet-stream").to_owned();
                let name = field.file_name().map(str::to_owned);
                let bytes = collect(field, announced, MAX_BYTES).await?;
                file = Some(File { kind, bytes, name, tags: Vec::new() });
            }
            Some("id") => id = Some(text(field).await?),
            Some("tags") => tags = split(&text(field).await?),
            _ => {}
        }
    }
    let mut file = file.ok_or(Flat(StatusCode::BAD_REQUEST, "The form has no field `file`"))?;
    file.tags = tags;
    Ok(Upload { file, id })
}

async fn text(field: Field<'_>) -> Result<String, Flat> {
    let bytes = collect(field, 0, MAX_TEXT).await?;
    String::from_utf8(bytes.into()).map_err(|_| MALFORMED)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct JsonUpload {
    data: String,
    content_type: Option<String>,
    name: Option<String>,
    id: Option<String>,
    tags: Option<Tags>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Tags {
    One(String),
    Many(Vec<String>),
}

async fn of_json(request: Request, announced: usize) -> Result<Upload, Flat> {
    // Four characters encode three bytes. The rest of the JSON is small.
    let limit = MAX_BASE64 / 3 * 4 + MIB;
    let body = collect(request.into_body().into_data_stream(), announced, limit).await?;
    let upload: JsonUpload = serde_json::from_slice(&body).map_err(|_| MALFORMED)?;
    drop(body);
    let (said, data) = match upload.data.strip_prefix("data:").and_then(|rest| rest.split_once(',')) {
        Some((head, data)) => (head.split(';').next().map(str::to_owned), data),
        None => (None, upload.data.as_str()),
    };
    let bytes = STANDARD.decode(data).map_err(|_| NOT_BASE64)?;
    if bytes.len() > MAX_BASE64 {
        return Err(TOO_LARGE);
    }
    let tags = match upload.tags {
        Some(Tags::One(tags)) => split(&tags),
        Some(Tags::Many(tags)) => tags.iter().flat_map(|tag| split(tag)).collect(),
        None => Vec::new(),
    };
    let kind = upload.content_type.or(said).unwrap_or_else(|| "application/octet-stream".to_owned());
    Ok(Upload { file: File { kind, bytes: bytes.into(), name: upload.name, tags }, id: upload.id })
}

/// Splits a comma-separated list of tags.
fn split(tags: &str) -> Vec<String> {
    tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}
