//! Receives the code or key from the browser.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, Method, Response, StatusCode,
    header::{HOST, ORIGIN},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use super::page::{self, Outcome};
use crate::{
    base::{
        error::{Error, ErrorKind},
        time::timeout,
    },
    groups::byop::{
        code::{Code, CodeFlow},
        fragment::accept,
        state::State,
    },
    key::ApiKey,
};

/// The path of the redirect URI.
pub(super) const PATH: &str = "/callback";

/// The maximum size in bytes of a request head, and of a submitted fragment.
pub(super) const MAX_ANSWER: usize = 8 * 1024;
pub(super) const MAX_HEAD: usize = 16 * 1024;

/// The time limit for the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How the code or key arrives.
pub(super) enum Way {
    /// With a code in the query.
    Query(Box<CodeFlow>),
    /// With a key in the fragment. The page reads it, removes it from the address bar, and posts it.
    Fragment(State),
}

/// The result of the redirect.
#[derive(Debug)]
pub(super) enum Received {
    Code(Code),
    Key(ApiKey),
}

/// Answers one request.
pub(super) async fn connection(socket: TcpStream, desk: Arc<Desk>) {
    let service = service_fn(move |request| {
        let desk = Arc::clone(&desk);
        async move { Ok::<_, Infallible>(desk.answer(request).await) }
    });
    let mut server = http1::Builder::new();
    server.keep_alive(false).max_buf_size(MAX_HEAD).timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    // The browser closed the connection, or the client does not speak HTTP.
    let _ = server.serve_connection(TokioIo::new(socket), service).await;
}

/// Receives results. Only the first one counts.
pub(super) struct Desk {
    host: String,
    origin: String,
    way: Way,
    answer: Mutex<Answer>,
    /// Whether the browser has loaded the result page.
    is_shown: AtomicBool,
    /// Whether a redirect arrived that does not belong to this sign-in.
    is_forged: AtomicBool,
}

#[derive(Default)]
struct Answer {
    /// Taken once.
    outcome: Option<Result<Received, Error>>,
    is_in: bool,
}

impl Desk {
    pub(super) fn new(address: SocketAddr, way: Way) -> Self {
        Self {
            host: address.to_string(),
            origin: format!("http://{address}"),
            way,
            answer: Mutex::default(),
            is_shown: AtomicBool::new(false),
            is_forged: AtomicBool::new(false),
        }
    }

    pub(super) fn take(&self) -> Option<Result<Received, Error>> {
        self.lock().outcome.take()
    }

    pub(super) fn is_answered(&self) -> bool {
        self.lock().is_in
    }

    /// Whether the browser has everything it needs.
    pub(super) fn is_done(&self) -> bool {
        self.is_answered() && (matches!(self.way, Way::Fragment(_)) || self.is_shown.load(Ordering::Relaxed))
    }

    /// The error when the time limit expires.
    pub(super) fn nobody(&self, limit: Duration) -> Error {
        let seconds = limit.as_secs_f64();
        if self.is_forged.load(Ordering::Relaxed) {
            let message =
                format!("no valid redirect arrived within {seconds} s, only forged ones; start the sign-in again");
            return Error::new(ErrorKind::StateMismatch, message);
        }
        Error::new(ErrorKind::Timeout, format!("the user did not answer within {seconds} s; start the sign-in again"))
    }

    fn lock(&self) -> MutexGuard<'_, Answer> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores the result. Returns false if there already is one.
    fn keep(&self, outcome: Result<Received, Error>) -> bool {
        let mut answer = self.lock();
        let is_first = !answer.is_in;
        if is_first {
            *answer = Answer { outcome: Some(outcome), is_in: true };
        }
        is_first
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        // A request with another host name could come from a malicious page (DNS rebinding).
        let named = header(request.headers(), &HOST) == Some(&self.host);
        let absolute = request.uri().authority().is_some_and(|authority| authority.as_str() != self.host);
        if !named || absolute {
            return page::refusal(StatusCode::FORBIDDEN);
        }
        let outcome = Outcome::of_path(request.uri().path());
        if request.uri().path() != PATH && (outcome.is_none() || matches!(self.way, Way::Fragment(_))) {
            return page::refusal(StatusCode::NOT_FOUND);
        }
        match (&self.way, request.method(), outcome) {
            (Way::Query(_), &Method::GET, Some(outcome)) => {
                self.is_shown.fetch_or(self.is_answered(), Ordering::Relaxed);
                page::outcome(outcome)
            }
            (Way::Query(flow), &Method::GET, None) => self.come_back(flow, &request),
            (Way::Fragment(_), &Method::GET, _) => page::fragment(),
            (Way::Fragment(state), &Method::POST, _) => self.hand_in(state, request).await,
            _ => page::refusal(StatusCode::METHOD_NOT_ALLOWED),
        }
    }

    /// Receives a code, and redirects the browser to a page without the code in its URL.
    fn come_back(&self, flow: &CodeFlow, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let headers = request.headers();
        let fetch = |name: &'static str| header(headers, &HeaderName::from_static(name));
        // The request may come from an image or a frame in another page, or from prefetching.
        if fetch("sec-fetch-dest").is_some_and(|kind| kind != "document") || headers.contains_key("sec-purpose") {
            return page::refusal(StatusCode::FORBIDDEN);
        }
        let query = request.uri().query().unwrap_or_default();
        if query.len() > MAX_ANSWER {
            return page::refusal(StatusCode::URI_TOO_LONG);
        }
        let received = flow.code_from_redirect(&format!("?{query}")).map(Received::Code);
        let outcome = match &received {
            Ok(_) => Outcome::Granted,
            Err(error) if error.kind() == ErrorKind::Denied => Outcome::Denied,
            // Any page can redirect the browser here. The user's own redirect may still come.
            Err(error) if error.kind() == ErrorKind::StateMismatch => {
                self.is_forged.store(true, Ordering::Relaxed);
                return page::go_to(Outcome::Failed);
            }
            Err(_) => Outcome::Failed,
        };
        if self.keep(received) { page::go_to(outcome) } else { page::refusal(StatusCode::CONFLICT) }
    }

    /// Receives a fragment from the page.
    async fn hand_in(&self, state: &State, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let headers = request.headers();
        let ours = header(headers, &ORIGIN) == Some(&self.origin)
            && header(headers, &HeaderName::from_static("sec-fetch-site")).is_none_or(|site| site == "same-origin");
        if !ours {
            return page::refusal(StatusCode::FORBIDDEN);
        }
        let body = match timeout(HEAD_TIMEOUT, Limited::new(request.into_body(), MAX_ANSWER).collect()).await {
            Ok(Ok(body)) => body.to_bytes(),
            _ => return page::refusal(StatusCode::PAYLOAD_TOO_LARGE),
        };
        let Ok(fragment) = std::str::from_utf8(&body) else { return page::refusal(StatusCode::BAD_REQUEST) };
        let received = accept(state, &format!("#{fragment}")).map(Received::Key);
        let (status, word) = match &received {
            Ok(_) => (StatusCode::OK, "granted"),
            Err(error) if error.kind() == ErrorKind::Denied => (StatusCode::OK, "denied"),
            Err(_) => (StatusCode::BAD_REQUEST, "refused"),
        };
        if self.keep(received) { page::word(status, word) } else { page::refusal(StatusCode::CONFLICT) }
    }
}

/// A header that occurs exactly once.
fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}
