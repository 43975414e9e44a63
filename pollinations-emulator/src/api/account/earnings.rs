//! Earnings of the account's apps and community models.

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
    state::{self, Earning},
};

const DEFAULT_LIMIT: usize = 100;

/// How many days of sums, and of single earnings, a report covers by default.
const DAYS: i64 = 90;
const TRANSACTION_DAYS: i64 = 30;

const COLUMNS: [&str; 13] = [
    "date",
    "entity_id",
    "entity_name",
    "source",
    "requests",
    "paid_requests",
    "tier_requests",
    "baseline_price",
    "pollen_earned",
    "paid_earned",
    "tier_earned",
    "cost_usd",
    "reward_rate",
];

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new().route("/account/earnings", get(sums)).route("/account/earnings/transactions", get(transactions))
}

/// The sum of the earnings of an app or a model.
#[derive(Default)]
struct Sum {
    name: String,
    source: &'static str,
    requests: u64,
    paid_requests: u64,
    cost: f64,
    earned: f64,
    paid_earned: f64,
}

impl Sum {
    fn add(&mut self, earning: &Earning) {
        self.name.clone_from(&earning.entity_name);
        self.source = earning.source;
        self.requests += 1;
        self.cost += earning.cost;
        self.earned += earning.earned();
        if earning.meter == "pack" {
            self.paid_requests += 1;
            self.paid_earned += earning.earned();
        }
    }

    fn shown(&self, date: &str, id: &str) -> Value {
        json!({
            "date": date,
            "entity_id": id,
            "entity_name": self.name,
            "source": self.source,
            "requests": self.requests,
            "paid_requests": self.paid_requests,
            "tier_requests": self.requests - self.paid_requests,
            "baseline_price": self.cost,
            "pollen_earned": self.earned,
            "paid_earned": self.paid_earned,
            "tier_earned": self.earned - self.paid_earned,
            "cost_usd": self.cost,
            "reward_rate": if self.cost > 0.0 { self.earned / self.cost } else { 0.0 },
        })
    }
}

async fn sums(_: Caller, State(state): Shared, query: Params) -> Result<Response, Failure> {
    let window = Window::of(&query, DAYS)?;
    let (mut daily, mut total): (BTreeMap<(String, String), Sum>, BTreeMap<String, Sum>) = Default::default();
    for earning in state.ledger.earnings().iter().filter(|earning| window.has(&earning.timestamp)) {
        let date = earning.timestamp.split(' ').next().unwrap_or_default().to_owned();
        daily.entry((date, earning.entity_id.clone())).or_default().add(earning);
        total.entry(earning.entity_id.clone()).or_default().add(earning);
    }
    let daily: Vec<Value> = daily.iter().rev().map(|((date, id), sum)| sum.shown(date, id)).collect();
    if query.text("format") == Some("csv") {
        return table(&COLUMNS, &daily);
    }
    // A total has no date.
    let total: Vec<Value> = total.iter().map(|(id, sum)| sum.shown("", id)).collect();
    Ok(Json(json!({ "daily": daily, "perEntity": total })).into_response())
}

async fn transactions(_: Caller, State(state): Shared, query: Params) -> Result<Json<Value>, Failure> {
    let limit = query.integer("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(DEFAULT_LIMIT);
    let window = Window::of(&query, TRANSACTION_DAYS)?;
    let list = state.ledger.earnings();
    let list: Vec<Value> = list
        .iter()
        .filter(|earning| window.has(&earning.timestamp))
        .take(limit)
        .map(|earning| {
            json!({
                "timestamp": earning.timestamp,
                "cursor_event_id": earning.event,
                "entity_name": earning.entity_name,
                "model": earning.model,
                "meter_source": earning.meter,
                "pollen_earned": earning.earned(),
            })
        })
        .collect();
    Ok(Json(json!({ "count": list.len(), "transactions": list })))
}
