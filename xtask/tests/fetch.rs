//! Fetching the upstream document from a server that is slow, fails, or returns something else.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use xtask::{
    fetch::{Fetcher, sha256},
    sync::{self, Source},
};

const DOCUMENT: &str = r#"{"openapi":"3.1.0"}"#;

/// A server on a free port that sends the n-th answer to the n-th request, and then repeats the last answer.
struct Server {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl Server {
    fn start(answers: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        // The thread ends with the test program.
        thread::spawn(move || {
            for socket in listener.incoming() {
                let mut socket = socket.unwrap();
                let answer = answers[count.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1)].clone();
                // Use a thread for each connection, so that a silent one does not block the next.
                thread::spawn(move || {
                    let _ = socket.read(&mut [0; 2048]);
                    if answer == "silence" {
                        thread::sleep(Duration::from_secs(2));
                    }
                    let _ = socket.write_all(answer.as_bytes());
                });
            }
        });
        Self { address, requests }
    }

    fn url(&self) -> String {
        format!("http://{}/openapi.json", self.address)
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len())
}

fn json(body: &str) -> String {
    answer("200 OK", "content-type: application/json; charset=utf-8\r\n", body)
}

fn fetcher() -> Fetcher {
    Fetcher { wait: Duration::from_millis(1), timeout: Duration::from_millis(500), ..Fetcher::default() }
}

fn load(server: &Server, fetcher: &Fetcher) -> Result<serde_json::Value, String> {
    let loaded = sync::load(&Source::Url(server.url()), fetcher);
    loaded.map(|upstream| upstream.origin).map_err(|error| format!("{error:#}"))
}

#[test]
fn the_origin_records_the_url_the_date_and_the_hash() {
    let server = Server::start(vec![json(DOCUMENT)]);
    let origin = load(&server, &fetcher()).unwrap();
    assert_eq!(origin["url"], server.url());
    assert_eq!(origin["sha256"], sha256(DOCUMENT.as_bytes()));
    assert_eq!(origin["date"].as_str().unwrap().len(), "2026-02-25".len());
    assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn redirects_are_followed_up_to_a_limit() {
    let target = Server::start(vec![json(DOCUMENT)]);
    let server = Server::start(vec![answer("302 Found", &format!("location: {}\r\n", target.url()), "")]);
    load(&server, &fetcher()).unwrap();
    assert_eq!((server.requests(), target.requests()), (1, 1));

    let endless = Server::start(vec![answer("302 Found", "location: /again\r\n", "")]);
    let error = load(&endless, &fetcher()).unwrap_err();
    assert!(error.contains("it redirects without end"), "{error}");
}

#[test]
fn requests_are_retried_after_a_500() {
    let failing = answer("500 Internal Server Error", "", "");
    let server = Server::start(vec![failing.clone(), failing.clone(), json(DOCUMENT)]);
    load(&server, &fetcher()).unwrap();
    assert_eq!(server.requests(), 3);

    let server = Server::start(vec![failing]);
    let error = load(&server, &fetcher()).unwrap_err();
    assert!(error.contains("3 tries: the server answered 500 Internal Server Error"), "{error}");
    assert_eq!(server.requests(), 3);
}

#[test]
fn permanent_errors_are_not_retried() {
    for (reply, expected) in [
        (answer("404 Not Found", "", ""), "the server answered 404 Not Found"),
        (
            answer("200 OK", "content-type: text/html\r\n", "<html>"),
            "the server answered with `text/html` instead of JSON",
        ),
        (answer("200 OK", "", "<html>"), "it is neither JSON nor YAML: expected value at line 1 column 1"),
        (json(&" ".repeat(2000)), "the document is larger than 1000 bytes"),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned()
                + &format!("7d0\r\n{}\r\n0\r\n\r\n", " ".repeat(2000)),
            "the document is larger than 1000 bytes",
        ),
    ] {
        let server = Server::start(vec![reply]);
        let error = load(&server, &Fetcher { max_bytes: 1000, ..fetcher() }).unwrap_err();
        assert!(error.contains(expected), "{error}");
        assert!(
            error.contains(&server.url()) && error.ends_with("download it yourself and pass --file PATH"),
            "{error}"
        );
        assert_eq!(server.requests(), 1, "{error}");
    }
}

#[test]
fn timeouts_and_truncated_responses_are_retried() {
    let server = Server::start(vec!["silence".to_owned(), json(DOCUMENT)]);
    load(&server, &fetcher()).unwrap();
    assert_eq!(server.requests(), 2);

    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"openapi\"".to_owned();
    let server = Server::start(vec![cut.clone(), json(DOCUMENT)]);
    load(&server, &fetcher()).unwrap();
    assert_eq!(server.requests(), 2);

    let server = Server::start(vec![cut]);
    let error = load(&server, &fetcher()).unwrap_err();
    assert!(error.contains("3 tries: the connection broke"), "{error}");
    let server = Server::start(vec!["silence".to_owned()]);
    let error = load(&server, &Fetcher { tries: 1, ..fetcher() }).unwrap_err();
    assert!(error.contains("the server took too long"), "{error}");
}

#[test]
fn every_failure_keeps_the_existing_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("openapi.json");
    std::fs::write(&path, "the old one").unwrap();
    for reply in [
        answer("404 Not Found", "", ""),
        answer("200 OK", "content-type: text/html\r\n", "<html>"),
        json("{\"openapi\""),
        json(DOCUMENT),
        answer("302 Found", "location: /again\r\n", ""),
    ] {
        let server = Server::start(vec![reply]);
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["sync", "--url", &server.url(), "-o", path.to_str().unwrap()])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), 1);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "the old one");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "a partial file was left");
    }
}
