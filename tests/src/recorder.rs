//! A server that records the requests it receives.

use std::sync::{Arc, Mutex, PoisonError};

use httpmock::{HttpMockRequest, MockServer};
use pollinations_ext::{ApiKey, Builder, Pollinations};

/// A key that must not occur in a snapshot.
const KEY: &str = "sk_not_in_any_snapshot";

/// A server that returns the same body for every request, and records the requests.
#[allow(missing_debug_implementations, reason = "httpmock's server has none")]
pub struct Recorder {
    server: MockServer,
    seen: Arc<Mutex<Vec<Recorded>>>,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// The path and the query, unchanged.
    pub target: String,
    /// The headers, sorted, without the content length and with the key replaced.
    pub headers: Vec<(String, String)>,
    /// The bytes of the body.
    pub body: Vec<u8>,
}

impl Recorder {
    /// Returns 200 with this body.
    pub async fn answering(kind: &str, body: impl Into<String>) -> Self {
        let server = MockServer::start_async().await;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let (kind, body) = (kind.to_owned(), body.into());
        server
            .mock_async(move |when, then| {
                when.is_true(move |request| {
                    log.lock().unwrap_or_else(PoisonError::into_inner).push(Recorded::of(request));
                    true
                });
                then.status(200).header("content-type", kind).body(body);
            })
            .await;
        Self { server, seen }
    }

    /// Returns 200 with this JSON.
    pub async fn json(body: serde_json::Value) -> Self {
        Self::answering("application/json", body.to_string()).await
    }

    /// The URL of the server.
    pub fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// A client for this server, with a secret key.
    ///
    /// # Panics
    ///
    /// If the client cannot be created.
    pub fn client(&self) -> Pollinations {
        self.builder().build().expect("a client")
    }

    /// The builder of [`client`](Self::client).
    ///
    /// # Panics
    ///
    /// Never, because the key is valid.
    pub fn builder(&self) -> Builder {
        let key: ApiKey = KEY.parse().expect("a key");
        Builder::default().base_url(self.server.base_url()).key(key)
    }

    /// The requests since the last call, as text.
    pub fn requests(&self) -> String {
        self.take().iter().map(Recorded::to_string).collect::<Vec<_>>().join("\n")
    }

    /// The requests since the last call.
    pub fn take(&self) -> Vec<Recorded> {
        std::mem::take(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Recorded {
    fn of(request: &HttpMockRequest) -> Self {
        let uri = request.uri();
        let mut headers: Vec<(String, String)> = request
            .headers_vec()
            .iter()
            .filter(|(name, _)| name != "content-length")
            .map(|(name, value)| {
                let value = match name.as_str() {
                    "host" => "[host]".to_owned(),
                    "user-agent" => format!("{}/[version]", value.split('/').next().unwrap_or_default()),
                    _ => value.replace(KEY, "[key]"),
                };
                (name.clone(), value)
            })
            .collect();
        headers.sort();
        Self {
            method: request.method_str().to_owned(),
            target: uri.path_and_query().map_or("/", |target| target.as_str()).replace(KEY, "[key]"),
            headers,
            body: request.body_ref().to_vec(),
        }
    }
}

/// Prints method and target, headers, and the body: JSON in full, forms with a fixed boundary.
impl std::fmt::Display for Recorded {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = format!("{} {}\n", self.method, self.target);
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\n");
        }
        if !self.body.is_empty() {
            text += "\n";
            match serde_json::from_slice::<serde_json::Value>(&self.body) {
                Ok(json) => text += &format!("{json:#}\n"),
                Err(_) => {
                    text += &format!("{}\n", String::from_utf8_lossy(&self.body).replace("\r\n", "\n").trim_end())
                }
            }
        }
        let boundary = self.headers.iter().find_map(|(_, value)| value.split_once("boundary="));
        if let Some((_, boundary)) = boundary {
            text = text.replace(boundary, "[boundary]");
        }
        formatter.write_str(&text)
    }
}
