//! A proxy that records exchanges, and a server that replays them.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{
        HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
        header::{CONNECTION, UPGRADE},
        request::Parts,
    },
    response::IntoResponse,
};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, task::JoinHandle};

/// The maximum size of a body in bytes.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// Headers of a single connection (RFC 9110, section 7.6.1), and headers that each side sets itself.
const OWN: &[&str] =
    &["host", "connection", "content-length", "transfer-encoding", "accept-encoding", "content-encoding", "keep-alive"];

/// The response headers to record.
const KEPT: &[&str] = &["x-model-used", "x-request-id", "x-content-id", "retry-after"];

/// Fields with personal data.
const PERSONAL: &[&str] =
    &["name", "email", "githubUsername", "image", "api_key", "createdAt", "key", "start", "preferred_username"];

/// One request and its response, without API keys and personal data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// The path, unchanged.
    pub path: String,
    /// The query, without the API key.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub query: String,
    /// The body of the request, as text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request: String,
    /// The status of the response.
    pub status: u16,
    /// The content type of the response.
    #[serde(default)]
    pub content_type: String,
    /// Some headers of the response.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body of the response.
    #[serde(with = "body")]
    pub body: Vec<u8>,
}

impl Exchange {
    fn new(parts: &Parts, request: &Bytes, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let kept = KEPT.iter().filter(|name| headers.contains_key(**name));
        Self {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: without_key(parts.uri.query().unwrap_or_default()),
            request: String::from_utf8_lossy(request).into_owned(),
            status: status.as_u16(),
            content_type: text("content-type"),
            headers: kept.map(|name| ((*name).to_owned(), text(name))).collect(),
            body: body.to_vec(),
        }
    }
}

/// A proxy in front of a server.
#[derive(Debug)]
pub struct Tape {
    base_url: String,
    seen: Arc<Mutex<Vec<Exchange>>>,
    server: JoinHandle<()>,
}

impl Drop for Tape {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Tape {
    /// Starts a proxy between a client and the server at this URL.
    ///
    /// # Errors
    ///
    /// An error if the URL is invalid, no port is free, or the HTTP client cannot be created.
    pub async fn start(target: &str) -> Result<Self, String> {
        match reqwest::Url::parse(target) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => {}
            _ => return Err(format!("`{target}` is not an http or https URL")),
        }
        let target = target.trim_end_matches('/').to_owned();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        Self::serve(seen, move |request| {
            let (target, http, log) = (target.clone(), http.clone(), Arc::clone(&log));
            async move { forward(&target, &http, &log, request).await }
        })
        .await
    }

    /// Replays recorded exchanges from a folder: each request gets its recorded responses in order, and then the last
    /// one again.
    ///
    /// # Errors
    ///
    /// An error if the folder cannot be read, its files are not exchanges, or no port is free.
    pub async fn replay(folder: &Path) -> Result<Self, String> {
        let mut stored: HashMap<String, Vec<Exchange>> = HashMap::new();
        let mut paths: Vec<_> = fs::read_dir(folder)
            .map_err(|error| format!("cannot read {}: {error}", folder.display()))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .collect();
        paths.sort();
        for path in paths {
            let text = fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            let exchange: Exchange = serde_json::from_str(&text)
                .map_err(|error| format!("{} is not a recorded exchange: {error}", path.display()))?;
            let key = key(&exchange.method, &exchange.path, &exchange.query, &exchange.request);
            stored.entry(key).or_default().push(exchange);
        }
        let stored = Arc::new(Mutex::new(stored));
        Self::serve(Arc::default(), move |request| {
            let stored = Arc::clone(&stored);
            async move { play(&stored, request).await }
        })
        .await
    }

    async fn serve<F, R>(seen: Arc<Mutex<Vec<Exchange>>>, answer: F) -> Result<Self, String>
    where
        F: Fn(Request) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Response<Body>> + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| format!("cannot listen: {error}"))?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let app = Router::new().fallback(answer);
        let server = tokio::spawn(async move {
            // The server ends with the task.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self { base_url: format!("http://{address}"), seen, server })
    }

    /// The URL of the proxy.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The exchanges since the last call.
    pub fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut lock(&self.seen))
    }
}

/// Saves exchanges in a folder, one per file.
///
/// # Errors
///
/// An error if the folder or a file cannot be written.
pub fn store(folder: &Path, exchanges: &[Exchange]) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    for (number, exchange) in exchanges.iter().enumerate() {
        let path = folder.join(format!("{number:03}.json"));
        let text = serde_json::to_string_pretty(exchange).map_err(|error| error.to_string())?;
        fs::write(&path, text + "\n").map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Identifies a request. The boundary of a form differs each time, so it is left out.
fn key(method: &str, path: &str, query: &str, body: &str) -> String {
    let boundary = body.strip_prefix("--").and_then(|rest| rest.lines().next());
    let body = boundary.map_or_else(|| body.to_owned(), |boundary| body.replace(boundary, ""));
    format!("{method} {path}?{query}\n{body}")
}

fn without_key(query: &str) -> String {
    query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("key=")).collect::<Vec<_>>().join("&")
}

async fn forward(target: &str, http: &reqwest::Client, log: &Mutex<Vec<Exchange>>, request: Request) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    let upgrade = parts.extensions.remove::<OnUpgrade>().filter(|_| parts.headers.contains_key(UPGRADE));
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let path_and_query = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut headers = parts.headers.clone();
    OWN.iter().for_each(|name| drop(headers.remove(*name)));
    let secrets = secrets(&headers, parts.uri.query().unwrap_or_default());
    if upgrade.is_some() {
        // `Connection` applies to a single connection, so the proxy has to set it again for a WebSocket.
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    }
    let outgoing = http.request(parts.method.clone(), format!("{target}{path_and_query}")).headers(headers);
    let response = match outgoing.body(body.clone()).send().await {
        Ok(response) => response,
        Err(error) => {
            let message = format!("cannot connect to the server: {}", error.without_url());
            return (StatusCode::BAD_GATEWAY, message).into_response();
        }
    };
    let (status, received) = (response.status(), response.headers().clone());
    if let (StatusCode::SWITCHING_PROTOCOLS, Some(upgrade)) = (status, upgrade) {
        tokio::spawn(tunnel(upgrade, response));
        let exchange = Exchange::new(&parts, &body, status, &received, &[]);
        lock(log).push(sanitized(exchange, &secrets));
        let mut switched = answer(status, &received, Bytes::new());
        switched.headers_mut().insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        return switched;
    }
    let Ok(content) = response.bytes().await else {
        // A body that the server cut off is an error for the client too.
        return (StatusCode::BAD_GATEWAY, "the response was cut off").into_response();
    };
    let exchange = Exchange::new(&parts, &body, status, &received, &content);
    lock(log).push(sanitized(exchange, &secrets));
    answer(status, &received, content)
}

/// Copies bytes in both directions after a connection has become a WebSocket.
async fn tunnel(near: OnUpgrade, far: reqwest::Response) {
    let (Ok(near), Ok(mut far)) = (near.await, far.upgrade().await) else { return };
    // Both sides notice the end by themselves.
    let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(near), &mut far).await;
}

fn answer(status: StatusCode, headers: &HeaderMap, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    for (name, value) in headers {
        if !OWN.contains(&name.as_str()) {
            response.headers_mut().append(name, value.clone());
        }
    }
    response
}

/// The API keys of a request.
fn secrets(headers: &HeaderMap, query: &str) -> Vec<String> {
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let in_query = query.split('&').find_map(|pair| pair.strip_prefix("key="));
    bearer.into_iter().chain(in_query).map(str::to_owned).collect()
}

/// An exchange without secrets and personal data.
fn sanitized(mut exchange: Exchange, secrets: &[String]) -> Exchange {
    let clean = |text: &str| secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "[key]"));
    exchange.request = clean(&exchange.request);
    exchange.headers.iter_mut().for_each(|(_, value)| *value = clean(value));
    if let Ok(text) = String::from_utf8(exchange.body.clone()) {
        let mut text = clean(&text);
        if exchange.path.starts_with("/account/")
            && let Ok(mut value) = serde_json::from_str::<serde_json::Value>(&text)
        {
            remove_personal_data(&mut value);
            text = value.to_string();
        }
        exchange.body = text.into_bytes();
    }
    exchange
}

/// Replaces personal data and new keys.
fn remove_personal_data(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(object) => {
            for (name, value) in object {
                match value {
                    serde_json::Value::String(text) if PERSONAL.contains(&name.as_str()) => {
                        *text = match name.as_str() {
                            "email" => "somebody@example.com".to_owned(),
                            // A new key is a secret.
                            "key" | "start" => "sk_taken_out".to_owned(),
                            "createdAt" => "2026-01-01T00:00:00.000Z".to_owned(),
                            _ => "somebody".to_owned(),
                        };
                    }
                    value => remove_personal_data(value),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(remove_personal_data),
        _ => {}
    }
}

async fn play(stored: &Mutex<HashMap<String, Vec<Exchange>>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY).await.unwrap_or_default();
    let query = without_key(parts.uri.query().unwrap_or_default());
    let key = key(parts.method.as_str(), parts.uri.path(), &query, &String::from_utf8_lossy(&body));
    let mut stored = lock(stored);
    let found = stored.get_mut(&key).and_then(|exchanges| match exchanges.len() {
        0 => None,
        1 => exchanges.first().cloned(),
        _ => Some(exchanges.remove(0)),
    });
    let Some(exchange) = found else {
        return (
            StatusCode::NOT_IMPLEMENTED,
            format!("there is no recorded response for {} {}", parts.method, parts.uri.path()),
        )
            .into_response();
    };
    let mut response = Response::new(Body::from(exchange.body));
    *response.status_mut() = StatusCode::from_u16(exchange.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = ("content-type".to_owned(), exchange.content_type);
    for (name, value) in exchange.headers.into_iter().chain([kind]) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), value.parse()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// A body as text, or as base64 if it is not text.
mod body {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Body {
        Text(String),
        Base64 { base64: String },
    }

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        let body = match std::str::from_utf8(bytes) {
            Ok(text) => Body::Text(text.to_owned()),
            Err(_) => Body::Base64 { base64: BASE64_STANDARD.encode(bytes) },
        };
        body.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        match Body::deserialize(deserializer)? {
            Body::Text(text) => Ok(text.into_bytes()),
            Body::Base64 { base64 } => BASE64_STANDARD.decode(base64).map_err(D::Error::custom),
        }
    }
}
