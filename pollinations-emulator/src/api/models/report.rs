//! Reports on models, in the format of the analytics service behind the real ones. They count the emulator's charges.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use axum::{Json, extract::State};
use serde_json::{Map, Value, json};

use super::catalog;
use crate::{
    base::clock,
    gate::Params,
    state::{self, Record},
};

/// How many minutes `/models/status` covers by default.
const MINUTES: i64 = 60;

/// How many minutes `/models/stats` covers: a week.
const WEEK: i64 = 7 * 24 * 60;

type Shared = State<Arc<state::State>>;

/// The sum of the charges for a model.
#[derive(Default)]
struct Sum {
    requests: u64,
    pollen: f64,
    milliseconds: f64,
    last: Option<String>,
}

/// `GET /models/status`: all models, with their requests in the last minutes.
pub(super) async fn status(State(state): Shared, params: Params) -> Json<Value> {
    let begun = Instant::now();
    let sums = sums(&state, params.integer("minutes").unwrap_or(MINUTES));
    let columns = [
        ("model", "String"),
        ("requests", "UInt64"),
        ("success_rate", "Nullable(Float64)"),
        ("avg_response_ms", "Nullable(Float64)"),
        ("last_request_at", "Nullable(DateTime)"),
    ];
    let rows = sums.into_iter().map(|(model, sum)| {
        // Only successful requests are charged, so there are no others to count.
        let (rate, mean) = if sum.requests == 0 { (None, None) } else { (Some(1.0), Some(sum.mean())) };
        [json!(model), json!(sum.requests), json!(rate), json!(mean), json!(sum.last)]
    });
    table(&columns, rows.collect(), begun)
}

/// `GET /models/stats`: the models that were used in the last week.
pub(super) async fn stats(State(state): Shared) -> Json<Value> {
    let begun = Instant::now();
    let columns = [("model", "String"), ("requests", "UInt64"), ("pollen", "Float64")];
    let sums = sums(&state, WEEK).into_iter().filter(|(_, sum)| sum.requests > 0);
    let rows = sums.map(|(model, sum)| [json!(model), json!(sum.requests), json!(sum.pollen)]);
    table(&columns, rows.collect(), begun)
}

impl Sum {
    fn add(&mut self, record: Record) {
        self.requests += 1;
        self.pollen += record.cost_usd;
        self.milliseconds += record.response_time_ms.unwrap_or_default();
        self.last = self.last.take().max(Some(record.timestamp));
    }

    #[allow(clippy::cast_precision_loss, reason = "a mean need not be exact")]
    fn mean(&self) -> f64 {
        self.milliseconds / self.requests as f64
    }
}

/// The charges of the last minutes by model id. Models that were not used are included.
fn sums(state: &Arc<state::State>, minutes: i64) -> BTreeMap<String, Sum> {
    let since = clock::record_before(minutes);
    let mut sums: BTreeMap<String, Sum> =
        catalog::all().iter().map(|model| (model.id().to_owned(), Sum::default())).collect();
    for record in state.ledger.records(usize::MAX, |record| record.timestamp >= since) {
        let name = record.model.clone().unwrap_or_default();
        let id = catalog::find(&name).map_or(name, |model| model.id().to_owned());
        sums.entry(id).or_default().add(record);
    }
    sums
}

fn table<const N: usize>(columns: &[(&str, &str); N], rows: Vec<[Value; N]>, begun: Instant) -> Json<Value> {
    let meta: Vec<Value> = columns.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect();
    let count = rows.len();
    let data: Vec<Map<String, Value>> =
        rows.into_iter().map(|row| columns.iter().map(|(name, _)| (*name).to_owned()).zip(row).collect()).collect();
    let read = Value::from(data.clone()).to_string().len();
    let statistics = json!({ "elapsed": begun.elapsed().as_secs_f64(), "rows_read": count, "bytes_read": read });
    Json(json!({ "meta": meta, "data": data, "rows": count, "statistics": statistics }))
}
