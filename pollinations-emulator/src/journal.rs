//! The requests so far, to look at in a test.

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

/// Requests that are kept; the oldest go first.
const MAX_ENTRIES: usize = 20_000;

/// Bytes of all bodies that are kept together.
const MAX_BODIES: usize = 64 * 1024 * 1024;

/// Bytes of a body that are kept.
pub(crate) const MAX_BODY: usize = 64 * 1024;

/// One request and the status of its response. API keys are removed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Entry {
    /// The id that the response carries.
    pub request_id: String,
    /// `GET`, `POST` and so on.
    pub method: String,
    /// The path, as it came.
    pub path: String,
    /// The query as it came, with keys replaced by `[key]`.
    pub query: String,
    /// The operation, by its id in `openapi.json`; `None` for any other path.
    pub operation: Option<String>,
    /// The headers in the order in which they came, with the key replaced by `[key]`.
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

    /// Notes the body, or as much of it as is shown, and what it is.
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

/// The beginning of a body as text. The body of a device flow contains the key of the app.
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

/// A form without keys, and without what a sign-in keeps secret.
fn form(body: &Bytes) -> String {
    let text = text(body);
    let pairs = text.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if looks_like_one(value) => format!("{name}=[key]"),
        Some((name @ ("code" | "code_verifier" | "device_code"), _)) => format!("{name}=[secret]"),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// Replaces every string that is a key; false if there is none.
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

/// A line of a log.
impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, path, query, status, milliseconds, request_id, .. } = self;
        let mark = if query.is_empty() { "" } else { "?" };
        write!(formatter, "{status} {method} {path}{mark}{query} ({milliseconds:.1} ms, {request_id})")
    }
}

/// Called for each request.
pub(crate) type Listener = Box<dyn Fn(&Entry) + Send + Sync>;

/// All requests, and a listener.
#[derive(Default)]
pub(crate) struct Journal {
    kept: Mutex<Kept>,
    listener: Option<Listener>,
}

#[derive(Default)]
struct Kept {
    entries: VecDeque<Entry>,
    /// Bytes of their bodies.
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
