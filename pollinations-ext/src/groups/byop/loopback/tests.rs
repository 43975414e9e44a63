//! Which requests the receiver accepts, and which it rejects.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::JoinHandle,
};

use super::{
    desk::{MAX_ANSWER, MAX_HEAD},
    *,
};
use crate::{
    base::error::ErrorKind,
    groups::byop::{state::State, verifier::Verifier},
};

/// A running receiver: its address and its outcome.
struct Waiting {
    address: SocketAddr,
    outcome: JoinHandle<Result<ApiKey, Error>>,
}

impl Waiting {
    async fn start() -> Self {
        let receiver = Receiver::bind().await.unwrap();
        let address = receiver.address;
        let authorization = FragmentFlow::new(receiver.redirect_url()).with_state(State::restore("s3cret"));
        let outcome = tokio::spawn(async move { receiver.receive(&authorization, Duration::from_secs(20)).await });
        Self { address, outcome }
    }

    /// Sends bytes and returns the response. Empty if the connection is refused or closed.
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
async fn the_receiver_serves_its_page_accepts_the_key_and_stops() {
    let waiting = Waiting::start().await;
    let page = waiting.send(&waiting.get("/callback")).await;
    assert!(page.starts_with("HTTP/1.1 200 OK"), "{page}");
    assert!(page.contains("content-security-policy: default-src 'none'; script-src 'nonce-"), "{page}");
    assert!(!page.contains("{nonce}") && !page.contains("http://") && !page.contains("https://"), "{page}");
    let request = waiting.post(GRANT);
    assert!(waiting.send(&request).await.ends_with("granted"));
    let address = waiting.address;
    assert_eq!(waiting.outcome().await.as_deref(), Ok("sk_users"));
    assert!(TcpStream::connect(address).await.is_err(), "the receiver must stop");
}

#[tokio::test]
async fn a_redirect_with_or_without_an_error_is_a_denial() {
    for answer in ["", "error=access_denied&state=s3cret"] {
        let waiting = Waiting::start().await;
        assert!(waiting.send(&waiting.post(answer)).await.ends_with("denied"));
        assert_eq!(waiting.outcome().await, Err(ErrorKind::Denied));
    }
}

#[tokio::test]
async fn a_forged_key_ends_the_wait_with_an_error() {
    for (answer, kind) in [
        ("api_key=sk_attackers&state=guess", ErrorKind::StateMismatch),
        ("api_key=sk_attackers", ErrorKind::StateMismatch),
        ("api_key=hunter2&state=s3cret", ErrorKind::InvalidKey),
    ] {
        let waiting = Waiting::start().await;
        assert!(waiting.send(&waiting.post(answer)).await.starts_with("HTTP/1.1 400"));
        assert_eq!(waiting.outcome().await, Err(kind), "{answer}");
    }
}

#[tokio::test]
async fn requests_from_other_hosts_sites_and_paths_are_rejected() {
    let waiting = Waiting::start().await;
    let address = waiting.address.to_string();
    let good = waiting.post(GRANT);
    let port = waiting.address.port();
    let large = "x".repeat(MAX_ANSWER + 1);
    let attempts = [
        // Another host name.
        (waiting.get("/callback").replace(&address, "evil.example"), "403"),
        (good.replace(&format!("Host: {address}"), &format!("Host: localhost:{port}")), "403"),
        (waiting.get("/callback").replace("GET /callback", "GET http://evil.example/callback"), "403"),
        // A page of another site.
        (good.replace(&format!("http://{address}"), "https://evil.example"), "403"),
        (good.replace(&format!("Origin: http://{address}\r\n"), ""), "403"),
        (good.replace(&format!("http://{address}"), "null"), "403"),
        (good.replace("Content-Length", "Sec-Fetch-Site: cross-site\r\nContent-Length"), "403"),
        // Other paths and methods.
        (waiting.get("/callback/"), "404"),
        (waiting.get("//callback"), "404"),
        (waiting.get("/x/../callback"), "404"),
        (waiting.get("/%63allback"), "404"),
        (waiting.get("/"), "404"),
        (good.replace("POST", "PUT"), "405"),
        (waiting.get("/callback").replace("GET", "OPTIONS"), "405"),
        // Too large, or malformed.
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
    // The receiver is still waiting.
    assert!(waiting.send(&good).await.ends_with("granted"));
    assert_eq!(waiting.outcome().await.as_deref(), Ok("sk_users"));
}

#[tokio::test]
async fn a_second_key_is_ignored() {
    let waiting = Waiting::start().await;
    let address = waiting.address;
    let grant = waiting.post(GRANT);
    let other = waiting.post("api_key=sk_another&state=s3cret");
    // Both connect before either sends a request.
    let (mut first, mut second) =
        (TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap());
    first.write_all(grant.as_bytes()).await.unwrap();
    let mut answer = String::new();
    first.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("granted"), "{answer}");
    // The second request may fail, because the receiver has stopped.
    let _ = second.write_all(other.as_bytes()).await;
    let mut answer = String::new();
    let _ = second.read_to_string(&mut answer).await;
    assert!(!answer.ends_with("granted"), "{answer}");
    assert_eq!(waiting.outcome().await.as_deref(), Ok("sk_users"));
}

#[tokio::test]
async fn the_receiver_times_out_without_a_redirect() {
    let receiver = Receiver::bind().await.unwrap();
    let authorization = FragmentFlow::new(receiver.redirect_url());
    let error = receiver.receive(&authorization, Duration::from_millis(20)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

/// A receiver that waits for a code.
async fn waiting_for_code(limit: Duration) -> (SocketAddr, JoinHandle<Result<Code, Error>>) {
    let receiver = Receiver::bind().await.unwrap();
    let address = receiver.address;
    let flow = CodeFlow::new("pk_app".parse().unwrap(), receiver.redirect_url())
        .with_state(State::restore("s3cret"))
        .with_verifier(Verifier::restore("v".repeat(43)).unwrap());
    (address, tokio::spawn(async move { receiver.receive_code(&flow, limit).await }))
}

async fn send(address: SocketAddr, request: &str) -> String {
    let Ok(mut socket) = TcpStream::connect(address).await else { return String::new() };
    let mut response = Vec::new();
    let _ = socket.write_all(request.as_bytes()).await;
    let _ = timeout(Duration::from_secs(5), socket.read_to_end(&mut response)).await;
    String::from_utf8_lossy(&response).into_owned()
}

fn get(address: SocketAddr, target: &str, headers: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n")
}

const CODE: &str = "/callback?code=c0de&state=s3cret";
const LIMIT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn the_code_is_accepted_and_the_browser_redirected_to_a_page_without_it() {
    let (address, outcome) = waiting_for_code(LIMIT).await;
    let response = send(address, &get(address, CODE, "Sec-Fetch-Dest: document\r\n")).await;
    assert!(response.starts_with("HTTP/1.1 303") && response.contains("location: /granted\r\n"), "{response}");
    let page = send(address, &get(address, "/granted", "")).await;
    assert!(page.contains("Access granted") && page.contains("cache-control: no-store"), "{page}");
    assert!(!page.contains("<script") && !page.contains("script-src") && !page.contains("c0de"), "{page}");
    assert!(outcome.await.unwrap().is_ok());
    assert!(TcpStream::connect(address).await.is_err(), "the receiver must stop");
}

#[tokio::test]
async fn the_receiver_stops_even_if_the_browser_does_not_load_the_result_page() {
    let (address, outcome) = waiting_for_code(LIMIT).await;
    let begun = Instant::now();
    send(address, &get(address, CODE, "")).await;
    assert!(outcome.await.unwrap().is_ok());
    assert!(begun.elapsed() < 3 * GRACE);
}

#[tokio::test]
async fn denials_and_malformed_redirects_end_the_wait() {
    for (query, page, kind) in [
        ("error=access_denied&state=s3cret", "/denied", ErrorKind::Denied),
        ("error=server_error&state=s3cret", "/denied", ErrorKind::Denied),
        ("code=sk_attackers&state=s3cret", "/failed", ErrorKind::InvalidRequest),
        ("api_key=sk_attackers&state=s3cret", "/failed", ErrorKind::InvalidRequest),
    ] {
        let (address, outcome) = waiting_for_code(LIMIT).await;
        let response = send(address, &get(address, &format!("/callback?{query}"), "")).await;
        assert!(response.contains(&format!("location: {page}\r\n")), "{query}: {response}");
        send(address, &get(address, page, "")).await;
        assert_eq!(outcome.await.unwrap().unwrap_err().kind(), kind, "{query}");
    }
}

#[tokio::test]
async fn forged_codes_are_rejected_without_ending_the_wait() {
    let (address, outcome) = waiting_for_code(LIMIT).await;
    let good = get(address, CODE, "");
    let port = address.port();
    let attempts = [
        // A different state or issuer. A code in the fragment never arrives here.
        (get(address, "/callback?code=c0de&state=guess", ""), "303"),
        (get(address, "/callback?code=c0de", ""), "303"),
        (get(address, "/callback", ""), "303"),
        (get(address, "/callback?code=c0de&state=s3cret&iss=https%3A%2F%2Fevil.example", ""), "303"),
        // Another host name.
        (good.replace(&address.to_string(), "evil.example"), "403"),
        (good.replace(&format!("Host: {address}"), &format!("Host: localhost:{port}")), "403"),
        (good.replace("GET /", "GET http://evil.example/"), "403"),
        (good.replace("Host:", "Host: evil.example\r\nHost:"), ""),
        // Not a navigation: an image, a frame, a prefetched page.
        (get(address, CODE, "Sec-Fetch-Dest: image\r\n"), "403"),
        (get(address, CODE, "Sec-Fetch-Dest: iframe\r\n"), "403"),
        (get(address, CODE, "Sec-Purpose: prefetch\r\n"), "403"),
        // Another method, another path, a request that is too large.
        (good.replace("GET", "POST"), "405"),
        (get(address, "/callback/?code=c0de&state=s3cret", ""), "404"),
        (get(address, &format!("{CODE}&x={}", "x".repeat(MAX_ANSWER)), ""), "414"),
        (get(address, &format!("{CODE}&x={}", "x".repeat(MAX_HEAD)), ""), ""),
        // The result page, requested too early.
        (get(address, "/granted", ""), "200"),
    ];
    for (request, status) in attempts {
        let response = send(address, &request).await;
        let got = response.get(9..12).unwrap_or_default();
        assert!(got == status || (status.is_empty() && !got.starts_with('2')), "{request:.200}\n{response}");
        assert!(!response.contains("location") || response.contains("location: /failed"), "{response}");
    }
    assert!(send(address, &good).await.contains("location: /granted"));
    send(address, &get(address, "/granted", "")).await;
    assert!(outcome.await.unwrap().is_ok());
}

#[tokio::test]
async fn only_one_of_two_simultaneous_codes_is_accepted() {
    let (address, outcome) = waiting_for_code(LIMIT).await;
    let other = get(address, "/callback?code=other&state=s3cret", "");
    let one = get(address, CODE, "");
    let (first, second) = tokio::join!(send(address, &one), send(address, &other));
    let taken = [&first, &second].iter().filter(|response| response.contains("location: /granted")).count();
    assert_eq!(taken, 1, "{first}\n{second}");
    send(address, &get(address, "/granted", "")).await;
    assert!(outcome.await.unwrap().is_ok());
}

#[tokio::test]
async fn the_timeout_error_tells_whether_redirects_were_forged() {
    let (_, outcome) = waiting_for_code(Duration::from_millis(20)).await;
    assert_eq!(outcome.await.unwrap().unwrap_err().kind(), ErrorKind::Timeout);
    let (address, outcome) = waiting_for_code(Duration::from_millis(1500)).await;
    send(address, &get(address, "/callback?code=c0de&state=guess", "")).await;
    assert_eq!(outcome.await.unwrap().unwrap_err().kind(), ErrorKind::StateMismatch);
    let receiver = Receiver::bind().await.unwrap();
    let flow = CodeFlow::new("pk_app".parse().unwrap(), "http://127.0.0.1:1/callback");
    assert_eq!(receiver.receive_code(&flow, LIMIT).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
}
