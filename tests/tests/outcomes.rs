//! Which requests are retried after a lost response: uploads, requests on connections that the server had closed, and
//! interrupted downloads.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt;
use pollinations_ext::{ErrorKind, File, Pollinations, RetryPolicy};
use pollinations_tests::{Script, Step};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};

fn client(url: &str) -> Pollinations {
    let quick = RetryPolicy::default().base_delay(Duration::from_millis(1));
    let builder = Pollinations::builder().base_url(url).media_url(url).key("sk_test".parse().unwrap());
    builder.retry(quick).build().unwrap()
}

fn upload() -> File {
    File::bytes(vec![1, 2, 3]).name("cat.png").content_type("image/png")
}

#[tokio::test]
async fn an_upload_is_not_retried_if_the_outcome_is_unknown() {
    let script = Script::play(vec![Step::Close]).await;
    let policy = RetryPolicy::default().base_delay(Duration::from_millis(1)).retry_non_idempotent(true);
    let error = client(&script.url).media().upload(upload()).retry(policy).send().await.unwrap_err();
    assert!(error.outcome_unknown() && error.is_retryable(), "{error:?}");
    assert_eq!((error.attempts(), script.requests().len()), (1, 1));

    // An error response means that the file was not stored, so the upload is retried.
    let script = Script::play(vec![Step::json(503, "{}"), Step::json(524, "{}")]).await;
    let error = client(&script.url).media().upload(upload()).send().await.unwrap_err();
    assert_eq!((error.attempts(), error.outcome_unknown()), (3, false));
}

#[tokio::test]
async fn every_request_is_retried_if_the_connection_is_refused() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let client = client(&format!("http://127.0.0.1:{port}"));
    let stream = client.chat("openai").user("Hello").stream().await.unwrap_err();
    let uploaded = client.media().upload(upload()).send().await.unwrap_err();
    for error in [stream, uploaded] {
        assert_eq!((error.kind(), error.attempts(), error.outcome_unknown()), (ErrorKind::Connect, 3, false));
    }
}

/// What the server does with the second request on a connection.
#[derive(Clone, Copy)]
struct Second {
    /// How long the server waits before it closes the connection.
    after: Duration,
    /// What the server sends before that.
    bytes: &'static [u8],
}

/// A server that keeps the connection open after its first response, and closes it after the second request.
async fn closing(second: Second) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                read_request(&mut socket).await?;
                count.fetch_add(1, Ordering::SeqCst);
                let events = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ok\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\r\n",
                    events.len()
                );
                socket.write_all(format!("{head}{events}").as_bytes()).await.ok()?;
                read_request(&mut socket).await?;
                count.fetch_add(1, Ordering::SeqCst);
                sleep(second.after).await;
                socket.write_all(second.bytes).await.ok()
            });
        }
    });
    (url, requests)
}

async fn read_request(socket: &mut TcpStream) -> Option<()> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    while !bytes.windows(8).any(|window| window == b"\"stream\"") {
        let count = socket.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
    }
    Some(())
}

/// Two streams, one after the other on the same connection.
async fn two_streams(second: Second) -> (Result<String, pollinations_ext::Error>, usize) {
    let (url, requests) = closing(second).await;
    let client = client(&url);
    let stream = || async {
        let stream = client.chat("openai").user("Hello").stream().await?;
        Ok(stream.finish().await?.text().to_owned())
    };
    assert_eq!(stream().await.unwrap(), "ok");
    // Give the client time to return the connection to its pool.
    sleep(Duration::from_millis(50)).await;
    (stream().await, requests.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_request_on_a_pooled_connection_that_the_server_had_closed_is_retried() {
    let (second, requests) = two_streams(Second { after: Duration::ZERO, bytes: b"" }).await;
    assert_eq!((second.unwrap().as_str(), requests), ("ok", 3));
}

#[tokio::test]
async fn a_request_is_not_retried_if_the_server_worked_on_it_before_it_closed_the_connection() {
    let (second, requests) = two_streams(Second { after: Duration::from_millis(1200), bytes: b"" }).await;
    let error = second.unwrap_err();
    assert!(error.outcome_unknown(), "{error:?}");
    assert_eq!((error.attempts(), requests), (1, 2));
}

#[tokio::test]
async fn a_request_is_not_retried_once_the_response_has_begun() {
    let begun = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 99\r\n\r\n";
    let (second, requests) = two_streams(Second { after: Duration::ZERO, bytes: begun }).await;
    assert!(second.unwrap_err().outcome_unknown());
    assert_eq!(requests, 2);
}

#[tokio::test]
async fn a_request_on_a_new_connection_is_not_retried_if_the_server_closes_it() {
    let script = Script::play(vec![Step::Close]).await;
    let error = client(&script.url).chat("openai").user("Hello").stream().await.unwrap_err();
    assert!(error.outcome_unknown(), "{error:?}");
    assert_eq!(script.requests().len(), 1);
}

fn incomplete(body: &str) -> Step {
    Step::ShortBody("image/jpeg", body.to_owned())
}

fn complete(body: &str) -> Step {
    Step::Answer(200, vec![("content-type", "image/jpeg".to_owned())], body.to_owned())
}

#[tokio::test]
async fn a_saved_file_never_mixes_two_responses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cat.jpg");
    let steps = || vec![incomplete("the first half of one"), complete("another")];

    let script = Script::play(steps()).await;
    assert_eq!(client(&script.url).image("a cat").send().await.unwrap().save(&path).await.unwrap(), 7);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "another");

    let script = Script::play(steps()).await;
    assert_eq!(client(&script.url).image("a cat").send().await.unwrap().bytes().await.unwrap(), "another");
    let requests = script.requests();
    assert_eq!((requests.len(), &requests[0]), (2, &requests[1]));

    // Bytes that were already written cannot be taken back, so a different response is an error.
    let script = Script::play(steps()).await;
    let mut read = Vec::new();
    let error = client(&script.url).image("a cat").send().await.unwrap().write_to(&mut read).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert_eq!(read, b"the first half of one");
}

#[tokio::test]
async fn a_byte_stream_continues_where_it_was_interrupted() {
    let script = Script::play(vec![incomplete("one "), incomplete("one two "), complete("one two three")]).await;
    let mut image = client(&script.url).image("a cat").send().await.unwrap();
    let mut pieces = Vec::new();
    while let Some(piece) = image.next().await {
        pieces.push(String::from_utf8(piece.unwrap().to_vec()).unwrap());
    }
    assert_eq!(pieces, ["one ", "two ", "three"]);
}

#[tokio::test]
async fn retries_of_a_download_are_limited() {
    let script = Script::play(vec![incomplete("half")]).await;
    let error = client(&script.url).image("a cat").send().await.unwrap().bytes().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), script.requests().len()), (ErrorKind::Connection, 3, 3));
    let once = client(&script.url).image("a cat").retry(RetryPolicy::none());
    assert_eq!(once.send().await.unwrap().bytes().await.unwrap_err().attempts(), 1);
}
