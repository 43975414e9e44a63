//! The journal: the requests so far, for tests to look at.

use std::{
    collections::VecDeque,
    fmt,
    ops::BitOr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::Bytes,
    http::{HeaderValue, StatusCode, request::Parts},
};
use serde::Serialize;
use serde_json::Value;

use crate::base::key::{looks_like_one, may_contain_one};

/// How many requests are kept. The oldest are dropped first.
const MAX_ENTRIES: usize = 20_000;

/// How many bytes of bodies are kept in total.
const MAX_BODIES: usize = 64 * 1024 * 1024;

/// How many bytes of one body are kept.
pub(crate) const MAX_BODY: usize = 64 * 1024;

/// A request and the status of its response. API keys are removed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Entry {
    /// The request id, which is in the response header `x-request-id`.
    pub request_id: String,
    /// `GET`, `POST` and so on.
    pub method: String,
    /// The path as it was sent, percent-encoded.
    pub path: String,
    /// The query as it was sent, with API keys replaced by `[key]`.
    pub query: String,
    /// The operation, by its id in `openapi.json`; `None` for any other path.
    pub operation: Option<String>,
    /// The headers in the order they were sent in, with the API key replaced by `[key]`.
    pub headers: Vec<(String, String)>,
    /// The first 64 KiB of the body, as text.
    pub body: String,
    /// The status of the response.
    pub status: u16,
    /// The time until the response began, in milliseconds.
    pub milliseconds: f64,
}

impl Entry {
    pub(crate) fn of(parts: &Parts, id: &str, operation: Option<&str>) -> Self {
        let headers = parts.headers.iter().map(|(name, value)| {
            let shown = match name.as_str() {
                "authorization" => "[key]".to_owned(),
                _ => String::from_utf8_lossy(value.as_bytes()).into_owned(),
            };
            (name.to_string(), shown)
        });
        let query: Vec<&str> = parts.uri.query().into_iter().flat_map(|query| query.split('&')).collect();
        let query = query.into_iter().map(|pair| match pair.split_once('=') {
            Some((name, value)) if name == "key" || looks_like_one(value) => format!("{name}=[key]"),
            _ => pair.to_owned(),
        });
        Self {
            request_id: id.to_owned(),
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: query.collect::<Vec<_>>().join("&"),
            operation: operation.map(str::to_owned),
            headers: headers.collect(),
            body: String::new(),
            status: 0,
            milliseconds: 0.0,
        }
    }

    /// Adds the body. `kind` is its content type.
    pub(crate) fn carried(&mut self, body: &Bytes, kind: Option<&HeaderValue>) {
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_form = kind.starts_with("application/x-www-form-urlencoded");
        self.body = if is_form { form(body) } else { text(body) };
    }

    pub(crate) fn answered(&mut self, status: StatusCode, elapsed: Duration) {
        self.status = status.as_u16();
        self.milliseconds = elapsed.as_secs_f64() * 1000.0;
    }
}

/// The beginning of a body as text, without keys: JSON may contain some, such as the `client_id` of a device flow.
fn text(body: &Bytes) -> String {
    let beginning = |bytes: &[u8]| String::from_utf8_lossy(bytes.get(..MAX_BODY).unwrap_or(bytes)).into_owned();
    if may_contain_one(body)
        && let Ok(mut json) = serde_json::from_slice::<Value>(body)
        && take_keys_out(&mut json)
    {
        return beginning(json.to_string().as_bytes());
    }
    beginning(body)
}

/// A form without keys, codes and verifiers.
fn form(body: &Bytes) -> String {
    let text = text(body);
    let pairs = text.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if looks_like_one(value) => format!("{name}=[key]"),
        Some((name @ ("code" | "code_verifier" | "device_code"), _)) => format!("{name}=[secret]"),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// Replaces every string that is a key. Returns false if the value contains no key.
fn take_keys_out(json: &mut Value) -> bool {
    match json {
        Value::String(text) if looks_like_one(text) => {
            "[key]".clone_into(text);
            true
        }
        Value::Array(list) => list.iter_mut().map(take_keys_out).fold(false, BitOr::bitor),
        Value::Object(fields) => fields.values_mut().map(take_keys_out).fold(false, BitOr::bitor),
        _ => false,
    }
}

/// Formats the entry as a line of a log.
impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, path, query, status, milliseconds, request_id, .. } = self;
        let mark = if query.is_empty() { "" } else { "?" };
        write!(formatter, "{status} {method} {path}{mark}{query} ({milliseconds:.1} ms, {request_id})")
    }
}

/// Called for each request.
pub(crate) type Listener = Box<dyn Fn(&Entry) + Send + Sync>;

/// The entries, and a listener for new ones.
#[derive(Default)]
pub(crate) struct Journal {
    kept: Mutex<Kept>,
    listener: Option<Listener>,
}

#[derive(Default)]
struct Kept {
    entries: VecDeque<Entry>,
    /// The size of all bodies together.
    bytes: usize,
}

impl Kept {
    fn add(&mut self, entry: Entry) {
        self.bytes += entry.body.len();
        self.entries.push_back(entry);
        while self.entries.len() > MAX_ENTRIES || self.bytes > MAX_BODIES {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.body.len();
        }
    }
}

impl Journal {
    pub(crate) fn new(listener: Option<Listener>) -> Self {
        Self { kept: Mutex::default(), listener }
    }

    pub(crate) fn add(&self, entry: Entry) {
        if let Some(listener) = &self.listener {
            listener(&entry);
        }
        self.lock().add(entry);
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.lock().entries.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        *self.lock() = Kept::default();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Journal").field("entries", &self.lock().entries.len()).finish_non_exhaustive()
    }
}
