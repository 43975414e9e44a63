//! Where requests go.

use std::sync::{Arc, Mutex};

use pollinations_api::{Client, Execution, SharedTransport, Transport, reqwest};

/// Writes addresses down and answers every request with nothing.
#[derive(Default)]
struct Recorder(Mutex<Vec<String>>);

impl Transport for Recorder {
    fn execute<'a>(&'a self, _: &'a reqwest::Client, request: reqwest::Request, _: &'a str) -> Execution<'a> {
        Box::pin(async move {
            self.0.lock().unwrap().push(request.url().to_string());
            Ok(reqwest::Response::from(http::Response::new("")))
        })
    }
}

async fn addresses(base_url: &str) -> Vec<String> {
    let recorder = Arc::new(Recorder::default());
    let client = Client::new(base_url, SharedTransport::from(Arc::clone(&recorder)));
    client.media_exists().hash("0123").send().await.unwrap();
    // No balance comes back, and none is looked at.
    let _ = client.account_balance().send().await;
    recorder.0.lock().unwrap().clone()
}

#[tokio::test]
async fn operations_go_to_the_server_that_the_document_gives_them() {
    let expected = ["https://media.pollinations.ai/0123", "https://gen.pollinations.ai/account/balance"];
    assert_eq!(addresses("https://gen.pollinations.ai").await, expected);
}

#[tokio::test]
async fn another_address_answers_for_all() {
    let expected = ["http://127.0.0.1:9/0123", "http://127.0.0.1:9/account/balance"];
    assert_eq!(addresses("http://127.0.0.1:9").await, expected);
}
