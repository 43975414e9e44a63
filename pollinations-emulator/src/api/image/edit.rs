//! `POST /v1/images/edits`: JSON with URLs, or a form with files.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State},
    http::header::CONTENT_TYPE,
    response::Response,
};
use serde_json::{Map, Value};

use super::{
    generate::paint,
    limits::{DEFAULT_MODEL, DEFAULT_SIZE, MAX_SIZE},
    source::Source,
    wrapped::{self, Made},
};
use crate::{
    answer::{
        edited::{self, Edit},
        picture::Look,
    },
    base::{document, failure::Failure},
    gate::Caller,
    state,
};

/// Removes axum's size limit. The gate has its own.
pub(super) fn limit() -> DefaultBodyLimit {
    DefaultBodyLimit::disable()
}

/// A request, from JSON or from a form.
#[derive(Default)]
struct Asked {
    /// The fields that are not images. Those of a form are strings.
    fields: Map<String, Value>,
    images: Vec<Source>,
    mask: Option<Source>,
}

pub(super) async fn edit(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    request: Request,
) -> Result<Response, Failure> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let asked = match kind.as_str() {
        "application/json" => in_json(&state, request).await?,
        "multipart/form-data" => in_form(&state, request).await?,
        _ => return Err(Failure::form("the body must be application/json or multipart/form-data")),
    };
    let text = |name: &str| asked.fields.get(name).and_then(Value::as_str);
    let prompt = text("prompt").unwrap_or_default();
    let model = text("model").unwrap_or(DEFAULT_MODEL);
    let size = wrapped::size(text("size"));
    let is_on = |name: &str| asked.fields.get(name).is_some_and(|value| *value == true || *value == "true");
    let look = if is_on("transparent") { Look::Transparent } else { Look::Photo };
    let seed = match asked.fields.get("seed") {
        Some(Value::String(seed)) => seed.parse().unwrap_or_default(),
        Some(seed) => wrapped::seed(seed),
        None => 0,
    };
    let Some(first) = asked.images.first().cloned() else {
        return Err(Failure::field("image", "is required and must not be empty"));
    };
    let tokens = wrapped::tokens(prompt);
    state.ledger.spend(&key, "image", model, tokens)?;

    let edit = Edit {
        // All images influence the result, but only the first one is visible in it.
        subject: format!("{prompt}{:x}", fingerprint(&asked.images)),
        seed,
        size,
        fallback: DEFAULT_SIZE,
        limit: MAX_SIZE,
        source: first.into_bytes(),
        mask: asked.mask.clone().and_then(Source::into_bytes),
        look,
    };
    let bytes = paint(move || edited::png(&edit)).await?;
    let format = text("response_format");
    Ok(wrapped::answer(&state, Made { model, prompt, kind: "image/png", bytes, format, tokens }))
}

/// A hash of the images.
fn fingerprint(images: &[Source]) -> u64 {
    let mut hasher = DefaultHasher::new();
    images.hash(&mut hasher);
    hasher.finish()
}

async fn in_json(state: &state::State, request: Request) -> Result<Asked, Failure> {
    let bytes = Bytes::from_request(request, &()).await.map_err(|error| Failure::form(error.body_text()))?;
    let body: Value =
        serde_json::from_slice(&bytes).map_err(|error| Failure::form(format!("the body is not JSON: {error}")))?;
    let rules = document::operation("POST", "/v1/images/edits").and_then(|operation| operation.json.as_ref());
    if let Some(error) = rules.and_then(|rules| rules.iter_errors(&body).next()) {
        let path = error.instance_path().to_string();
        return Err(match path.split('/').nth(1).filter(|name| !name.is_empty()) {
            Some(name) => Failure::field(name, error.to_string()),
            None => Failure::form(error.to_string()),
        });
    }
    let Value::Object(mut fields) = body else { return Err(Failure::form("the body must be an object")) };
    let images = match fields.remove("image") {
        Some(Value::String(url)) => vec![Source::at(state, &url)?],
        Some(Value::Array(list)) => {
            let urls = list.iter().filter_map(|image| image["image_url"].as_str());
            urls.map(|url| Source::at(state, url)).collect::<Result<_, _>>()?
        }
        _ => Vec::new(),
    };
    let mask = fields.remove("mask");
    let mask = mask.as_ref().and_then(|mask| mask.as_str().or_else(|| mask["image_url"].as_str()));
    let mask = mask.map(|url| Source::at(state, url)).transpose()?;
    Ok(Asked { fields, images, mask })
}

async fn in_form(state: &state::State, request: Request) -> Result<Asked, Failure> {
    let mut form = Multipart::from_request(request, &()).await.map_err(|error| Failure::form(error.body_text()))?;
    let mut asked = Asked::default();
    while let Some(field) = form.next_field().await.map_err(|error| Failure::form(error.body_text()))? {
        let name = field.name().unwrap_or_default().to_owned();
        let is_file = field.file_name().is_some();
        let bytes = field.bytes().await.map_err(|error| Failure::form(error.body_text()))?;
        let text = || String::from_utf8_lossy(&bytes).into_owned();
        let source = |bytes: &Bytes| if is_file { Source::content(bytes.clone()) } else { Source::at(state, &text()) };
        match name.as_str() {
            "image" | "image[]" => asked.images.push(source(&bytes)?),
            "mask" => asked.mask = Some(source(&bytes)?),
            _ => drop(asked.fields.insert(name, Value::String(text()))),
        }
    }
    let rules = document::operation("POST", "/v1/images/edits").into_iter().flat_map(|operation| &operation.form);
    for rule in rules {
        if let Some(problem) = asked.fields.get(&rule.name).and_then(Value::as_str).and_then(|text| rule.problem(text))
        {
            return Err(Failure::field(&rule.name, problem));
        }
    }
    if !asked.fields.contains_key("prompt") {
        return Err(Failure::field("prompt", "is required"));
    }
    // The document has no field `n` in forms, but OpenAI's clients send it.
    if asked.fields.get("n").is_some_and(|n| *n != "1") {
        return Err(Failure::field("n", "must be 1"));
    }
    Ok(asked)
}
