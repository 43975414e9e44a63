//! Usage of the account, of a key, and by day.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use super::{
    shared::{Shared, table},
    window::Window,
};
use crate::{
    base::failure::Failure,
    gate::{Caller, Params},
    state::{self, Record},
};

const DEFAULT_LIMIT: usize = 100;

/// How many days of records, and of daily sums, a report covers by default.
const DAYS: i64 = 30;
const DAILY_DAYS: i64 = 90;

const COLUMNS: [&str; 21] = [
    "timestamp",
    "cursor_event_id",
    "type",
    "model",
    "api_key_id",
    "api_key",
    "api_key_type",
    "meter_source",
    "input_text_tokens",
    "input_cached_tokens",
    "input_audio_tokens",
    "input_audio_seconds",
    "input_image_tokens",
    "output_text_tokens",
    "output_reasoning_tokens",
    "output_audio_tokens",
    "output_audio_seconds",
    "output_image_tokens",
    "output_video_seconds",
    "cost_usd",
    "response_time_ms",
];

const DAILY_COLUMNS: [&str; 7] = ["date", "api_key_id", "api_key", "model", "meter_source", "requests", "cost_usd"];

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new()
        .route("/account/usage", get(of_account))
        .route("/account/key/usage", get(of_key))
        .route("/account/usage/daily", get(daily))
}

async fn of_account(_: Caller, State(state): Shared, query: Params) -> Result<Response, Failure> {
    report(&state, None, &query)
}

async fn of_key(Caller(key): Caller, State(state): Shared, query: Params) -> Result<Response, Failure> {
    report(&state, Some(&key.id()), &query)
}

/// A page of the records of the account, or of one key.
fn report(state: &state::State, key: Option<&str>, query: &Params) -> Result<Response, Failure> {
    let limit = query.integer("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(DEFAULT_LIMIT);
    let window = Window::of(query, DAYS)?;
    let before = query.text("before").map(as_recorded);
    let event = query.text("before_event_id");
    let records = state.ledger.records(limit, |record| {
        // The event id orders records of the same second.
        let is_older = before.as_deref().is_none_or(|before| match event {
            Some(event) => (record.timestamp.as_str(), record.cursor_event_id.as_str()) < (before, event),
            None => record.timestamp.as_str() < before,
        });
        is_older
            && window.has(&record.timestamp)
            && key.is_none_or(|id| record.api_key_id.as_deref() == Some(id))
            && is_of_key(record, query)
            && is_of_model(record, query)
    });
    let usage: Vec<Value> = records.iter().map(|record| json!(record)).collect();
    if query.text("format") == Some("csv") {
        return table(&COLUMNS, &usage);
    }
    Ok(Json(json!({ "count": usage.len(), "usage": usage })).into_response())
}

async fn daily(_: Caller, State(state): Shared, query: Params) -> Result<Response, Failure> {
    let window = Window::of(&query, DAILY_DAYS)?;
    let mut days: BTreeMap<[String; 5], (u64, f64)> = BTreeMap::new();
    let is_wanted = |record: &Record| window.has(&record.timestamp) && is_of_key(record, &query);
    for record in state.ledger.records(usize::MAX, is_wanted) {
        let date = record.timestamp.split(' ').next().unwrap_or_default().to_owned();
        let (model, meter) = (record.model.unwrap_or_default(), record.meter_source.unwrap_or_default());
        let (id, key) = (record.api_key_id.unwrap_or_default(), record.api_key.unwrap_or_default());
        let day = days.entry([date, id, key, model, meter]).or_default();
        day.0 += 1;
        day.1 += record.cost_usd;
    }
    let usage: Vec<Value> = days
        .into_iter()
        .map(|([date, id, key, model, meter], (requests, cost))| {
            json!({
                "date": date, "api_key_id": id, "api_key": key, "model": model, "meter_source": meter,
                "requests": requests, "cost_usd": cost,
            })
        })
        .collect();
    if query.text("format") == Some("csv") {
        return table(&DAILY_COLUMNS, &usage);
    }
    Ok(Json(json!({ "count": usage.len(), "usage": usage })).into_response())
}

/// Converts a time such as `2026-02-25T12:00:00.000Z` into the format of records.
fn as_recorded(time: &str) -> String {
    time.get(..19).unwrap_or(time).replace('T', " ")
}

fn is_of_key(record: &Record, query: &Params) -> bool {
    is_listed(query.text("api_key_ids"), record.api_key_id.as_deref())
}

fn is_of_model(record: &Record, query: &Params) -> bool {
    is_listed(query.text("models"), record.model.as_deref())
}

/// Whether a value is in a comma-separated list. Without a list, every value is.
fn is_listed(list: Option<&str>, value: Option<&str>) -> bool {
    list.is_none_or(|list| list.split(',').map(str::trim).any(|listed| Some(listed) == value))
}
