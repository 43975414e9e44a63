//! The servers to which requests are sent.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use pollinations_api::{
    Client, Error, Execution, Operation, SharedTransport, Transport, reqwest, types::ChatCompletionRequest,
};

/// Records the URL of each request, and returns an empty response.
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

async fn urls(base_url: &str) -> Vec<String> {
    let recorder = Arc::new(Recorder::default());
    let client = Client::new(base_url, SharedTransport::from(Arc::clone(&recorder)));
    client.media_exists().id("0123").send().await.unwrap();
    // The empty response is not a valid balance, so the error is ignored.
    let _ = client.account_balance().send().await;
    recorder.0.lock().unwrap().clone()
}

#[tokio::test]
async fn operations_use_the_server_given_in_the_document() {
    let expected = ["https://media.pollinations.ai/0123", "https://gen.pollinations.ai/account/balance"];
    assert_eq!(urls("https://gen.pollinations.ai").await, expected);
}

#[tokio::test]
async fn a_custom_base_url_applies_to_all_operations() {
    let expected = ["http://127.0.0.1:9/0123", "http://127.0.0.1:9/account/balance"];
    assert_eq!(urls("http://127.0.0.1:9").await, expected);
}

#[test]
fn a_prepared_request_is_the_one_that_is_sent() {
    let client = Client::new("https://gen.pollinations.ai", SharedTransport::default());
    let request = client.media_exists().id("0123").prepare().unwrap().into_request();
    assert_eq!((request.method().as_str(), request.url().as_str()), ("HEAD", "https://media.pollinations.ai/0123"));
    assert!(!request.headers().contains_key("api-version"), "{request:?}");
    let body = serde_json::json!({ "messages": [{ "role": "user", "content": "Hello" }] });
    let chat: ChatCompletionRequest = serde_json::from_value(body.clone()).unwrap();
    let request: reqwest::Request = client.chat_completions().body(chat).prepare().unwrap().into();
    let sent = request.body().and_then(reqwest::Body::as_bytes).unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(sent).unwrap(), body);
}

#[test]
fn a_request_that_cannot_be_written_is_an_error() {
    let client = Client::new("https://gen.pollinations.ai", SharedTransport::default());
    let error = client.media_exists().prepare().unwrap_err();
    assert!(error.to_string().contains("id was not initialized"), "{error}");
    assert!(matches!(error.into_inner(), Error::InvalidRequest(_)));
    let error = Client::new("no URL", SharedTransport::default()).account_balance().prepare().unwrap_err();
    assert!(matches!(error.into_inner(), Error::CommunicationError(_)));
}

/// Every feature in the document can be turned on, in this crate and through `pollinations-ext`.
#[test]
fn every_feature_in_the_document_is_declared() {
    let document: serde_json::Value = serde_json::from_str(include_str!("../openapi.json")).unwrap();
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let features: BTreeSet<&str> = operations.filter_map(|operation| operation["x-feature"].as_str()).collect();
    assert_eq!(features, BTreeSet::from(["community", "messages", "responses"]));
    for feature in features {
        assert!(include_str!("../Cargo.toml").contains(&format!("\n{feature} = []\n")), "{feature}");
        let forwarded = format!("\n{feature} = [\"pollinations-api/{feature}\"]\n");
        assert!(include_str!("../../pollinations-ext/Cargo.toml").contains(&forwarded), "{feature}");
    }
}

#[test]
fn every_operation_matches_the_document() {
    let document: serde_json::Value = serde_json::from_str(include_str!("../openapi.json")).unwrap();
    let mut described = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else { continue };
            let found = Operation::find(id).unwrap_or_else(|| panic!("{id} is missing"));
            assert_eq!((found.id, found.path, found.method.as_str()), (id, &**path, &*method.to_uppercase()));
            let server =
                [operation, item, &document].into_iter().find_map(|holder| holder["servers"][0]["url"].as_str());
            assert_eq!(Some(found.server), server, "{id}");
            assert_eq!(found.is_public, operation["security"] == serde_json::json!([]), "{id}");
            assert_eq!(found.is_coalesced, operation["x-coalesced"] == serde_json::json!(true), "{id}");
            described += 1;
        }
    }
    assert_eq!(Operation::all().len(), described);
    assert!(Operation::all().iter().any(|operation| operation.is_public));
    assert!(Operation::all().iter().any(|operation| operation.is_coalesced));
}
