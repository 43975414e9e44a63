//! The account: profile, balance, key and usage.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use axum::{
    Json,
    extract::{Query, State},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    auth::Key,
    clock,
    failure::Failure,
    state::{self, Record},
};

type Shared = State<Arc<state::State>>;

/// `/account/usage` returns at most this many records.
const MAX_LIMIT: usize = 50_000;

const DEFAULT_LIMIT: usize = 100;

pub(crate) async fn balance(_: Key, State(state): Shared) -> Json<Value> {
    Json(json!({ "balance": state.balance() }))
}

pub(crate) async fn key(key: Key) -> Json<Value> {
    Json(json!({
        "valid": true,
        "type": if key.is_publishable() { "publishable" } else { "secret" },
        "name": "emulator",
        "expiresAt": null,
        "expiresIn": null,
        "permissions": { "models": null, "account": ["profile", "balance", "usage", "keys"] },
        "pollenBudget": null,
        "rateLimitEnabled": key.is_publishable(),
    }))
}

pub(crate) async fn profile(_: Key) -> Json<Value> {
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

#[derive(Debug, Deserialize)]
pub(crate) struct UsageQuery {
    format: Option<String>,
    limit: Option<String>,
    before: Option<String>,
}

pub(crate) async fn usage(_: Key, State(state): Shared, Query(query): Query<UsageQuery>) -> Result<Response, Failure> {
    let limit = match query.limit.as_deref() {
        None => DEFAULT_LIMIT,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=MAX_LIMIT).contains(limit))
            .ok_or_else(|| Failure::field("limit", format!("must be a whole number from 1 to {MAX_LIMIT}")))?,
    };
    let older = |record: &Record| query.before.as_deref().is_none_or(|before| record.timestamp.as_str() < before);
    let records: Vec<Record> = state.records().into_iter().filter(older).take(limit).collect();
    if is_csv(query.format.as_deref())? {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for record in &records {
            writer.serialize(record).map_err(|error| Failure::form(error.to_string()))?;
        }
        let text = writer.into_inner().map_err(|error| Failure::form(error.to_string()))?;
        return Ok(table(text));
    }
    Ok(Json(json!({ "count": records.len(), "usage": records })).into_response())
}

#[derive(Debug, Deserialize)]
pub(crate) struct DailyQuery {
    format: Option<String>,
}

pub(crate) async fn daily(_: Key, State(state): Shared, Query(query): Query<DailyQuery>) -> Result<Response, Failure> {
    let mut days: BTreeMap<(String, String), (u64, f64)> = BTreeMap::new();
    for record in state.records() {
        let date = record.timestamp.split(' ').next().unwrap_or_default().to_owned();
        let day = days.entry((date, record.model.unwrap_or_default())).or_default();
        day.0 += 1;
        day.1 += record.cost_usd;
    }
    if is_csv(query.format.as_deref())? {
        let mut text = String::from("date,model,meter_source,requests,cost_usd\n");
        for ((date, model), (requests, cost)) in &days {
            let _ = writeln!(text, "{date},{model},tier,{requests},{cost}");
        }
        return Ok(table(text.into_bytes()));
    }
    let usage: Vec<Value> = days
        .into_iter()
        .map(|((date, model), (requests, cost))| {
            json!({ "date": date, "model": model, "meter_source": "tier", "requests": requests, "cost_usd": cost })
        })
        .collect();
    Ok(Json(json!({ "count": usage.len(), "usage": usage })).into_response())
}

fn is_csv(format: Option<&str>) -> Result<bool, Failure> {
    match format {
        None | Some("json") => Ok(false),
        Some("csv") => Ok(true),
        Some(_) => Err(Failure::field("format", "must be json or csv")),
    }
}

fn table(text: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "text/csv")], text).into_response()
}
