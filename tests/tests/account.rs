//! Usage records: paging and CSV tables.

use pollinations_emulator::Emulator;
use pollinations_ext::{ErrorKind, Pollinations, RetryPolicy};
use pollinations_tests::{Script, Step};
use serde_json::{Value, json};

fn client(url: &str) -> Pollinations {
    Pollinations::builder().base_url(url).key("sk_test".parse().unwrap()).retry(RetryPolicy::none()).build().unwrap()
}

fn record(second: u32, number: u32) -> Value {
    json!({
        "timestamp": format!("2026-02-25 12:00:{second:02}"), "type": "generate.text", "model": format!("m{number}"),
        "api_key": null, "api_key_type": null, "meter_source": null, "input_text_tokens": 0, "input_cached_tokens": 0,
        "input_audio_tokens": 0, "input_image_tokens": 0, "output_text_tokens": 0, "output_reasoning_tokens": 0,
        "output_audio_tokens": 0, "output_image_tokens": 0, "cost_usd": 0.5, "response_time_ms": null,
    })
}

fn page(records: &[Value]) -> Step {
    Step::json(200, json!({ "usage": records, "count": records.len() }).to_string())
}

/// The page size is four. The first and the third page end between records of the same second.
#[tokio::test]
async fn paging_loses_no_record_if_a_page_ends_between_records_of_the_same_second() {
    let all: Vec<Value> =
        [9, 8, 7, 7, 7, 6, 5, 5, 4].iter().enumerate().map(|(number, second)| record(*second, number as u32)).collect();
    let before = |second: u32, limit: usize| {
        let time = format!("2026-02-25 12:00:{second:02}");
        let records: Vec<Value> = all
            .iter()
            .filter(|record| record["timestamp"].as_str().unwrap() < time.as_str())
            .take(limit)
            .cloned()
            .collect();
        page(&records)
    };
    let script = Script::play(vec![before(99, 4), before(8, 4), before(7, 4), before(5, 4)]).await;
    let mut records = client(&script.url).account().usage().limit(4).records();
    let mut seen = Vec::new();
    while let Some(record) = records.next().await {
        seen.push(record.unwrap().model.unwrap());
    }
    assert_eq!(seen, ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8"]);
    let targets: Vec<String> = script
        .requests()
        .iter()
        .map(|request| request.lines().next().unwrap().split(' ').nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(
        targets,
        [
            "/account/usage?limit=4",
            "/account/usage?before=2026-02-25+12%3A00%3A08&limit=4",
            "/account/usage?before=2026-02-25+12%3A00%3A07&limit=4",
            "/account/usage?before=2026-02-25+12%3A00%3A05&limit=4",
        ]
    );
}

#[tokio::test]
async fn a_failed_page_ends_the_stream_of_records_with_its_error() {
    let full: Vec<Value> = (0..4).map(|number| record(9 - number, number)).collect();
    let script = Script::play(vec![page(&full), Step::json(403, "{}")]).await;
    let mut records = client(&script.url).account().usage().limit(4).records();
    for _ in 0..3 {
        records.next().await.unwrap().unwrap();
    }
    assert_eq!(records.next().await.unwrap().unwrap_err().status().unwrap(), 403);
    assert!(records.next().await.is_none());
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn paging_returns_all_usage_records_for_every_page_size() {
    let emulator = Emulator::start().await.unwrap();
    let client = client(emulator.base_url());
    let models: Vec<String> = client.models().text().await.unwrap().into_iter().map(|model| model.name).collect();
    let names = models.iter().cycle().take(12);
    for (number, model) in names.clone().enumerate() {
        client.text(format!("{number}")).model(model).send().await.unwrap();
    }
    for limit in [1, 3, 5, 12, 100] {
        let mut records = client.account().usage().limit(limit).records();
        let mut models = Vec::new();
        while let Some(record) = records.next().await {
            models.push(record.unwrap().model.unwrap());
        }
        let expected: Vec<&String> = names.clone().collect::<Vec<_>>().into_iter().rev().collect();
        assert_eq!(models.iter().collect::<Vec<_>>(), expected, "page size {limit}");
    }
    let rows = client.account().usage().csv_rows().await.unwrap();
    assert_eq!(rows, client.account().usage().send().await.unwrap().usage);
    let table = client.account().usage().csv().await.unwrap();
    assert_eq!(table.content_type(), Some("text/csv"));
    assert!(table.bytes().await.unwrap().starts_with(b"timestamp,cursor_event_id,type,model,"));
    let days = client.account().usage_daily().csv_rows().await.unwrap();
    assert_eq!(days, client.account().usage_daily().send().await.unwrap().usage);
    assert_eq!(days.iter().map(|day| day.requests).sum::<u64>(), 12);
}

#[tokio::test]
async fn csv_tables_are_read_with_unknown_columns_quotes_and_line_breaks() {
    let answer = |body: &str| Step::Answer(200, vec![("content-type", "text/csv".to_owned())], body.to_owned());
    // Different columns, in a different order, with quotation marks and a line break.
    let table = "cost_usd,requests,new,model,date,meter_source\n0.5,2,x,\"a \"\"b\"\"\nc\",2026-02-25,\n";
    let script = Script::play(vec![answer(table), answer("date,model\n2026-02-25"), answer("")]).await;
    let account = client(&script.url).account();
    let rows = account.usage_daily().csv_rows().await.unwrap();
    assert_eq!(
        (rows[0].model.as_deref(), rows[0].requests, rows[0].meter_source.as_deref()),
        (Some("a \"b\"\nc"), 2, None)
    );
    let error = account.usage_daily().csv_rows().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Decode, "account_usage_daily: line 2 of the table cannot be read")
    );
    assert!(account.usage_daily().csv_rows().await.unwrap().is_empty());
}
