//! The account: profile, balance, key and usage.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use crate::{
    base::{clock, failure::Failure},
    gate::{Caller, Params},
    state::{self, Record},
};

type Shared = State<Arc<state::State>>;

const DEFAULT_LIMIT: usize = 100;

const USAGE_COLUMNS: [&str; 21] = [
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
        .route("/account/balance", get(balance))
        .route("/account/key", get(key))
        .route("/account/profile", get(profile))
        .route("/account/usage", get(usage))
        .route("/account/usage/daily", get(daily))
}

async fn balance(Caller(key): Caller, State(state): Shared) -> Json<Value> {
    let total = state.ledger.balance();
    let left = state.ledger.budget_left(&key).map_or(total, |left| left.min(total));
    let mut answer = json!({ "balance": left });
    if key.allows_account("usage") {
        answer["accountBalance"] = json!({
            "total": total, "tier": state.ledger.quest(), "paid": state.ledger.paid(),
        });
    }
    Json(answer)
}

async fn key(Caller(key): Caller, State(state): Shared) -> Json<Value> {
    Json(json!({
        "id": key.id(),
        "userId": "user_emulator",
        "byopApp": null,
        "questPollenOnly": false,
        "valid": true,
        "type": if key.is_publishable() { "publishable" } else { "secret" },
        "name": "emulator",
        "expiresAt": key.expires_in.map(clock::after),
        "expiresIn": key.expires_in,
        "permissions": { "models": key.models, "account": key.permissions },
        "pollenBudget": state.ledger.budget_left(&key),
        "rateLimitEnabled": key.is_publishable(),
    }))
}

async fn profile(_: Caller) -> Json<Value> {
    Json(json!({
        "name": "Ada Emulator",
        "email": "ada@example.com",
        "githubUsername": "ada",
        "image": null,
        "tier": "seed",
        "createdAt": "2026-01-01T00:00:00.000Z",
        "nextResetAt": clock::iso(24),
    }))
}

async fn usage(_: Caller, State(state): Shared, query: Params) -> Result<Response, Failure> {
    let limit = query.integer("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(DEFAULT_LIMIT);
    let before = query.text("before");
    let older = |record: &Record| before.is_none_or(|before| record.timestamp.as_str() < before);
    let records: Vec<Record> = state.ledger.records().into_iter().filter(older).take(limit).collect();
    if query.text("format") == Some("csv") {
        // The line of names is there without a record too.
        let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        writer.write_record(USAGE_COLUMNS).map_err(|error| Failure::form(error.to_string()))?;
        for record in &records {
            writer.serialize(record).map_err(|error| Failure::form(error.to_string()))?;
        }
        let text = writer.into_inner().map_err(|error| Failure::form(error.to_string()))?;
        return Ok(table(text));
    }
    Ok(Json(json!({ "count": records.len(), "usage": records })).into_response())
}

async fn daily(_: Caller, State(state): Shared, query: Params) -> Result<Response, Failure> {
    let mut days: BTreeMap<[String; 5], (u64, f64)> = BTreeMap::new();
    for record in state.ledger.records() {
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
        let mut writer = csv::Writer::from_writer(Vec::new());
        let failed = |error: csv::Error| Failure::form(error.to_string());
        writer.write_record(DAILY_COLUMNS).map_err(failed)?;
        for day in &usage {
            let cell = |column: &&str| match &day[*column] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            writer.write_record(DAILY_COLUMNS.iter().map(cell)).map_err(failed)?;
        }
        return Ok(table(writer.into_inner().map_err(|error| Failure::form(error.to_string()))?));
    }
    Ok(Json(json!({ "count": usage.len(), "usage": usage })).into_response())
}

fn table(text: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "text/csv")], text).into_response()
}
