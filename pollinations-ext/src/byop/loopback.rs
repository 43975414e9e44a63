//! A receiver on this machine, for programs that have no address of their own (RFC 8252, section 7.3).
//!
//! The key comes back in the fragment of an address, which browsers do not send. So the receiver serves a small page
//! that reads the fragment, takes it out of the address bar, and posts it back.

use std::{
    convert::Infallible,
    future::poll_fn,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{CONTENT_TYPE, HOST, ORIGIN},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{
    authorize::{Authorization, accept},
    state::State,
};
use crate::{
    base::{
        error::{Error, ErrorKind},
        time::{sleep, timeout},
    },
    key::ApiKey,
};

/// Where the browser comes back to.
const PATH: &str = "/callback";

/// Bytes of an answer, and of the head of a request, at the most.
const MAX_ANSWER: usize = 8 * 1024;
const MAX_HEAD: usize = 16 * 1024;

/// How long the head of a request may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections that are served at a time.
const MAX_CONNECTIONS: usize = 32;

/// Receives the key of a user on this machine, once.
///
/// It listens on 127.0.0.1 alone, answers nobody who comes under another name, and takes answers from its own page
/// alone. It ends with the first of them, be it a key or not.
///
/// Needs the feature `byop-loopback`.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use pollinations_ext::{Pollinations, byop::{Authorization, Receiver}};
///
/// # async fn example() -> Result<(), pollinations_ext::Error> {
/// let receiver = Receiver::bind().await?;
/// let authorization = Authorization::new(receiver.redirect_url()).models(["flux"]).budget(1.0);
/// println!("Please visit {}", authorization.url()?);
/// let key = receiver.receive(&authorization, Duration::from_secs(300)).await?;
/// let pollinations = Pollinations::builder().key(key).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is received until `receive` is called"]
pub struct Receiver {
    listener: TcpListener,
    address: SocketAddr,
}

impl Receiver {
    /// Takes a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] when there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::byop::Receiver;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), pollinations_ext::Error> {
    /// let receiver = Receiver::bind().await?;
    /// assert!(receiver.redirect_url().starts_with("http://127.0.0.1:"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn bind() -> Result<Self, Error> {
        Self::bind_port(0).await
    }

    /// Takes this port of 127.0.0.1, for programs whose redirect URLs are registered.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] when it is taken.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), pollinations_ext::Error> {
    /// let receiver = pollinations_ext::byop::Receiver::bind_port(8400).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn bind_port(port: u16) -> Result<Self, Error> {
        let failed = |error| Error::io("cannot listen on 127.0.0.1", error);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// The address for the browser to come back to.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::{Authorization, Receiver};
    /// # fn example(receiver: Receiver) {
    /// let authorization = Authorization::new(receiver.redirect_url());
    /// # }
    /// ```
    pub fn redirect_url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// Waits for the user.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`] when he does not grant a key, [`ErrorKind::State`] when somebody else has made the answer,
    /// [`ErrorKind::Key`] when what came is no key, [`ErrorKind::Timeout`] when nothing comes within the limit.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use pollinations_ext::byop::{Authorization, Receiver};
    /// # async fn example(receiver: Receiver, authorization: Authorization) -> Result<(), pollinations_ext::Error> {
    /// let key = receiver.receive(&authorization, Duration::from_secs(300)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn receive(self, authorization: &Authorization, limit: Duration) -> Result<ApiKey, Error> {
        let desk = Arc::new(Desk {
            host: self.address.to_string(),
            origin: format!("http://{}", self.address),
            state: authorization.state(),
            outcome: Mutex::default(),
        });
        match timeout(limit, serve(self.listener, desk)).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let message = format!("the user has not decided within {} s", limit.as_secs_f64());
                Err(Error::new(ErrorKind::Timeout, message))
            }
        }
    }
}

/// Serves connections until one of them has brought an answer. What is still open then is closed.
async fn serve(listener: TcpListener, desk: Arc<Desk>) -> Result<ApiKey, Error> {
    let mut connections = JoinSet::new();
    loop {
        let event = poll_fn(|context| {
            if let Poll::Ready(Some(_)) = connections.poll_join_next(context) {
                return Poll::Ready(Event::Answered);
            }
            if connections.len() < MAX_CONNECTIONS {
                return listener.poll_accept(context).map(Event::Accepted);
            }
            Poll::Pending
        });
        match event.await {
            // The browser has had its response when its connection ends.
            Event::Answered => {
                if let Some(outcome) = desk.outcome().take() {
                    return outcome;
                }
            }
            Event::Accepted(Ok((socket, _))) => {
                connections.spawn(connection(socket, Arc::clone(&desk)));
            }
            // Too many open files, perhaps: others may be closed.
            Event::Accepted(Err(_)) => sleep(Duration::from_millis(50)).await,
        }
    }
}

enum Event {
    Answered,
    Accepted(std::io::Result<(TcpStream, SocketAddr)>),
}

/// Answers one request.
async fn connection(socket: TcpStream, desk: Arc<Desk>) {
    let service = service_fn(move |request| {
        let desk = Arc::clone(&desk);
        async move { Ok::<_, Infallible>(desk.answer(request).await) }
    });
    let mut server = http1::Builder::new();
    server.keep_alive(false).max_buf_size(MAX_HEAD).timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    // A browser that has gone away, or somebody who does not speak HTTP.
    let _ = server.serve_connection(TokioIo::new(socket), service).await;
}

/// Where answers are handed in.
struct Desk {
    host: String,
    origin: String,
    state: State,
    outcome: Mutex<Option<Result<ApiKey, Error>>>,
}

impl Desk {
    fn outcome(&self) -> std::sync::MutexGuard<'_, Option<Result<ApiKey, Error>>> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        // Another name for this machine is how a page of somebody else would come here (DNS rebinding).
        let named = header(request.headers(), &HOST) == Some(&self.host);
        let absolute = request.uri().authority().is_some_and(|authority| authority.as_str() != self.host);
        if !named || absolute {
            return refusal(StatusCode::FORBIDDEN);
        }
        if request.uri().path() != PATH {
            return refusal(StatusCode::NOT_FOUND);
        }
        match *request.method() {
            Method::GET => page(),
            Method::POST => self.hand_in(request).await,
            _ => refusal(StatusCode::METHOD_NOT_ALLOWED),
        }
    }

    async fn hand_in(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let headers = request.headers();
        let ours = header(headers, &ORIGIN) == Some(&self.origin)
            && header(headers, &HeaderName::from_static("sec-fetch-site")).is_none_or(|site| site == "same-origin");
        if !ours {
            return refusal(StatusCode::FORBIDDEN);
        }
        let body = match timeout(HEAD_TIMEOUT, Limited::new(request.into_body(), MAX_ANSWER).collect()).await {
            Ok(Ok(body)) => body.to_bytes(),
            _ => return refusal(StatusCode::PAYLOAD_TOO_LARGE),
        };
        let Ok(fragment) = std::str::from_utf8(&body) else { return refusal(StatusCode::BAD_REQUEST) };
        let outcome = accept(&self.state, &format!("#{fragment}"));
        let (status, word) = match &outcome {
            Ok(_) => (StatusCode::OK, "granted"),
            Err(error) if error.kind() == ErrorKind::Denied => (StatusCode::OK, "denied"),
            Err(_) => (StatusCode::BAD_REQUEST, "refused"),
        };
        // The first answer counts.
        let mut kept = self.outcome();
        if kept.is_some() {
            return refusal(StatusCode::CONFLICT);
        }
        *kept = Some(outcome);
        response(status, "text/plain; charset=utf-8", word.to_owned(), "default-src 'none'")
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

fn page() -> Response<Full<Bytes>> {
    // Without randomness the page does not run, and nothing is handed in.
    let nonce = State::new().map(|nonce| nonce.to_string()).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let html = include_str!("page.html").replace("{nonce}", &nonce);
    response(StatusCode::OK, "text/html; charset=utf-8", html, &policy)
}

fn refusal(status: StatusCode) -> Response<Full<Bytes>> {
    response(status, "text/plain; charset=utf-8", "refused".to_owned(), "default-src 'none'")
}

fn response(status: StatusCode, kind: &'static str, body: String, policy: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert("content-security-policy", policy);
    }
    response
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        task::JoinHandle,
    };

    use super::*;

    /// A receiver at work: its address, and what it comes to.
    struct Waiting {
        address: SocketAddr,
        outcome: JoinHandle<Result<ApiKey, Error>>,
    }

    impl Waiting {
        async fn start() -> Self {
            let receiver = Receiver::bind().await.unwrap();
            let address = receiver.address;
            let authorization = Authorization::new(receiver.redirect_url()).with_state(State::restore("s3cret"));
            let outcome = tokio::spawn(async move { receiver.receive(&authorization, Duration::from_secs(20)).await });
            Self { address, outcome }
        }

        /// Sends bytes and returns the response; empty if the connection is refused or cut.
        async fn send(&self, request: &str) -> String {
            let Ok(mut socket) = TcpStream::connect(self.address).await else { return String::new() };
            let mut response = Vec::new();
            let _ = socket.write_all(request.as_bytes()).await;
            let _ = timeout(Duration::from_secs(5), socket.read_to_end(&mut response)).await;
            String::from_utf8_lossy(&response).into_owned()
        }

        fn post(&self, body: &str) -> String {
            let address = self.address;
            format!(
                "POST /callback HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        }

        fn get(&self, path: &str) -> String {
            format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address)
        }

        async fn outcome(self) -> Result<String, ErrorKind> {
            let outcome = self.outcome.await.unwrap();
            outcome.map(|key| key.expose_secret().to_owned()).map_err(|error| error.kind())
        }
    }

    const GRANT: &str = "api_key=sk_users&state=s3cret";

    #[tokio::test]
    async fn the_page_then_the_key_and_then_nobody_is_there() {
        let waiting = Waiting::start().await;
        let page = waiting.send(&waiting.get("/callback")).await;
        assert!(page.starts_with("HTTP/1.1 200 OK"), "{page}");
        assert!(page.contains("content-security-policy: default-src 'none'; script-src 'nonce-"), "{page}");
        assert!(!page.contains("{nonce}") && !page.contains("http://") && !page.contains("https://"), "{page}");
        let request = waiting.post(GRANT);
        assert!(waiting.send(&request).await.ends_with("granted"));
        let address = waiting.address;
        assert_eq!(waiting.outcome().await.as_deref(), Ok("sk_users"));
        assert!(TcpStream::connect(address).await.is_err(), "a replay finds nobody");
    }

    #[tokio::test]
    async fn denial_in_both_forms() {
        for answer in ["", "error=access_denied&state=s3cret"] {
            let waiting = Waiting::start().await;
            assert!(waiting.send(&waiting.post(answer)).await.ends_with("denied"));
            assert_eq!(waiting.outcome().await, Err(ErrorKind::Denied));
        }
    }

    #[tokio::test]
    async fn a_forged_answer_ends_it() {
        for (answer, kind) in [
            ("api_key=sk_attackers&state=guess", ErrorKind::State),
            ("api_key=sk_attackers", ErrorKind::State),
            ("api_key=hunter2&state=s3cret", ErrorKind::Key),
        ] {
            let waiting = Waiting::start().await;
            assert!(waiting.send(&waiting.post(answer)).await.starts_with("HTTP/1.1 400"));
            assert_eq!(waiting.outcome().await, Err(kind), "{answer}");
        }
    }

    #[tokio::test]
    async fn what_is_not_its_own_page_is_turned_away() {
        let waiting = Waiting::start().await;
        let address = waiting.address.to_string();
        let good = waiting.post(GRANT);
        let port = waiting.address.port();
        let large = "x".repeat(MAX_ANSWER + 1);
        let attempts = [
            // Another name for this machine.
            (waiting.get("/callback").replace(&address, "evil.example"), "403"),
            (good.replace(&format!("Host: {address}"), &format!("Host: localhost:{port}")), "403"),
            (waiting.get("/callback").replace("GET /callback", "GET http://evil.example/callback"), "403"),
            // A page of somebody else.
            (good.replace(&format!("http://{address}"), "https://evil.example"), "403"),
            (good.replace(&format!("Origin: http://{address}\r\n"), ""), "403"),
            (good.replace(&format!("http://{address}"), "null"), "403"),
            (good.replace("Content-Length", "Sec-Fetch-Site: cross-site\r\nContent-Length"), "403"),
            // Ways around the path and the method.
            (waiting.get("/callback/"), "404"),
            (waiting.get("//callback"), "404"),
            (waiting.get("/x/../callback"), "404"),
            (waiting.get("/%63allback"), "404"),
            (waiting.get("/"), "404"),
            (good.replace("POST", "PUT"), "405"),
            (waiting.get("/callback").replace("GET", "OPTIONS"), "405"),
            // Too much, or nonsense.
            (waiting.post(&large), "413"),
            (waiting.get(&format!("/{}", "x".repeat(MAX_HEAD))), ""),
            ("\0\0\0\0\r\n\r\n".to_owned(), ""),
        ];
        for (request, status) in attempts {
            let response = waiting.send(&request).await;
            let got = response.get(9..12).unwrap_or_default();
            let turned_away = got == status || (status.is_empty() && !got.starts_with('2'));
            assert!(turned_away, "{request:.200}\n{response}");
        }
        // And it still waits.
        assert!(waiting.send(&good).await.ends_with("granted"));
        assert_eq!(waiting.outcome().await.as_deref(), Ok("sk_users"));
    }

    #[tokio::test]
    async fn who_comes_second_changes_nothing() {
        let waiting = Waiting::start().await;
        let address = waiting.address;
        let grant = waiting.post(GRANT);
        let other = waiting.post("api_key=sk_another&state=s3cret");
        // Both are there before either says anything.
        let (mut first, mut second) =
            (TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap());
        first.write_all(grant.as_bytes()).await.unwrap();
        let mut answer = String::new();
        first.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("granted"), "{answer}");
        // It may be told no, or nothing at all.
        let _ = second.write_all(other.as_bytes()).await;
        let mut answer = String::new();
        let _ = second.read_to_string(&mut answer).await;
        assert!(!answer.ends_with("granted"), "{answer}");
        assert_eq!(waiting.outcome().await.as_deref(), Ok("sk_users"));
    }

    #[tokio::test]
    async fn nobody_comes() {
        let receiver = Receiver::bind().await.unwrap();
        let authorization = Authorization::new(receiver.redirect_url());
        let error = receiver.receive(&authorization, Duration::from_millis(20)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
    }
}
