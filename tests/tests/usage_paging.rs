//! Paging of usage records returns each record once, for any times of the records and any page size.

use std::sync::Arc;

use axum::{Json, Router, extract::Query, routing::get};
use pollinations_ext::{Pollinations, RetryPolicy};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// How a server interprets the cursor.
#[derive(Clone, Copy, Debug)]
enum Server {
    /// By time and event ID, like the service.
    Current,
    /// By time and event ID, including the record at the cursor.
    Inclusive,
    /// Only by time, without event IDs.
    Older,
}

#[derive(serde::Deserialize)]
struct Asked {
    limit: usize,
    before: Option<String>,
    before_event_id: Option<String>,
}

fn record(second: u32, event: &str) -> Value {
    json!({
        "timestamp": format!("2026-10-01 12:00:{second:02}"), "cursor_event_id": event, "type": "generate.text",
        "model": "openai", "api_key_id": null, "api_key": null, "api_key_type": null, "meter_source": "pack",
        "input_text_tokens": 0, "input_cached_tokens": 0, "input_audio_tokens": 0, "input_audio_seconds": 0,
        "input_image_tokens": 0, "output_text_tokens": 0, "output_reasoning_tokens": 0, "output_audio_tokens": 0,
        "output_audio_seconds": 0, "output_image_tokens": 0, "output_video_seconds": 0, "cost_usd": 0.5,
        "response_time_ms": null,
    })
}

/// A server with these records, newest first.
async fn serve(records: Vec<Value>, server: Server) -> String {
    let records = Arc::new(records);
    let page = move |Query(asked): Query<Asked>| {
        let records = Arc::clone(&records);
        async move {
            let wanted = |record: &&Value| {
                let Some(before) = asked.before.as_deref() else { return true };
                let (time, event) =
                    (record["timestamp"].as_str().unwrap(), record["cursor_event_id"].as_str().unwrap());
                let cursor = asked.before_event_id.as_deref().unwrap_or_default();
                match server {
                    Server::Current => (time, event) < (before, cursor),
                    Server::Inclusive => (time, event) <= (before, cursor),
                    Server::Older => time < before,
                }
            };
            let page: Vec<Value> = records
                .iter()
                .filter(wanted)
                .take(asked.limit)
                .cloned()
                .map(|mut record| {
                    if matches!(server, Server::Older) {
                        record.as_object_mut().unwrap().remove("cursor_event_id");
                    }
                    record
                })
                .collect();
            Json(json!({ "count": page.len(), "usage": page }))
        }
    };
    let app = Router::new().route("/account/usage", get(page.clone())).route("/account/key/usage", get(page));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

/// The times and event IDs of the records that a client reads.
async fn read(url: &str, limit: u64, of_key: bool) -> Vec<(String, String)> {
    let key = "sk_test".parse().unwrap();
    let client = Pollinations::builder().base_url(url).key(key).retry(RetryPolicy::none()).build().unwrap();
    let account = client.account();
    let request = if of_key { account.key_usage() } else { account.usage() };
    let mut records = request.limit(limit).records();
    let mut seen = Vec::new();
    while let Some(record) = records.next().await {
        let record = record.unwrap();
        seen.push((record.timestamp, record.cursor_event_id));
        assert!(seen.len() < 1000, "paging does not end");
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn each_record_is_returned_once(
        seconds in vec(0_u32..5, 0..40),
        limit in 1_u64..9,
        server in prop_oneof![Just(Server::Current), Just(Server::Inclusive), Just(Server::Older)],
        of_key: bool,
    ) {
        let mut seconds = seconds;
        seconds.sort_unstable();
        let records: Vec<Value> =
            seconds.iter().enumerate().map(|(number, second)| record(*second, &format!("event_{number:04}"))).rev().collect();
        let has_events = !matches!(server, Server::Older);
        let expected: Vec<(String, String)> = records
            .iter()
            .map(|record| {
                let event = if has_events { record["cursor_event_id"].as_str().unwrap() } else { "" };
                (record["timestamp"].as_str().unwrap().to_owned(), event.to_owned())
            })
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let seen = runtime.block_on(async { read(&serve(records, server).await, limit, of_key).await });
        prop_assert_eq!(seen, expected);
    }
}
