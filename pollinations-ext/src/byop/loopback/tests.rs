//! What the receiver takes, and what it turns away.

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
