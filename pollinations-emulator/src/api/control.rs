//! The emulator's own paths, for tests in any language: faults, the journal, and the state.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    base::OWN_PATHS,
    fault::{self, Fault, Quirk},
    journal::Entry,
    state::{self, Record},
};

type Shared = State<Arc<state::State>>;

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new()
        .route("/_emulator/faults", get(faults).post(add_faults).delete(clear_faults))
        .route("/_emulator/journal", get(journal).delete(clear_journal))
        .route("/_emulator/state", get(state).put(set_state))
        .route("/_emulator/charges", get(charges))
        .route("/_emulator/quirks", get(quirks))
}

/// `POST /_emulator/faults`: one fault, or a list of them.
async fn add_faults(State(state): Shared, body: String) -> Response {
    let faults = serde_json::from_str::<Vec<Fault>>(&body)
        .or_else(|_| serde_json::from_str::<Fault>(&body).map(|fault| vec![fault]));
    match faults {
        Ok(faults) => {
            faults.into_iter().for_each(|fault| state.faults.add(fault));
            (StatusCode::CREATED, Json(state.faults.list())).into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({ "error": error.to_string() }))).into_response(),
    }
}

/// `GET /_emulator/faults`: the faults that have not been used up.
async fn faults(State(state): Shared) -> Json<Vec<Fault>> {
    Json(state.faults.list())
}

/// `DELETE /_emulator/faults`.
async fn clear_faults(State(state): Shared) -> StatusCode {
    state.faults.clear();
    StatusCode::NO_CONTENT
}

/// `GET /_emulator/journal`: the requests so far, oldest first.
async fn journal(State(state): Shared) -> Json<Vec<Entry>> {
    let entries = state.journal.entries();
    Json(entries.into_iter().filter(|entry| !entry.path.starts_with(OWN_PATHS)).collect())
}

/// `DELETE /_emulator/journal`.
async fn clear_journal(State(state): Shared) -> StatusCode {
    state.journal.clear();
    StatusCode::NO_CONTENT
}

/// `GET /_emulator/state`: the balances, and the number of charges.
async fn state(State(state): Shared) -> Json<Value> {
    let ledger = &state.ledger;
    Json(json!({
        "balance": ledger.balance(),
        "paidBalance": ledger.paid(),
        "questBalance": ledger.quest(),
        "charges": ledger.charges(),
    }))
}

/// The body of `PUT /_emulator/state`. As in scenarios, `balance` is the paid pollen.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Balances {
    balance: Option<f64>,
    quest_balance: Option<f64>,
}

/// `PUT /_emulator/state`: sets the balances.
async fn set_state(State(state): Shared, body: String) -> Response {
    match serde_json::from_str::<Balances>(&body) {
        Ok(balances) => {
            balances.balance.into_iter().for_each(|pollen| state.ledger.set_paid(pollen));
            balances.quest_balance.into_iter().for_each(|pollen| state.ledger.set_quest(pollen));
            self::state(State(state)).await.into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({ "error": error.to_string() }))).into_response(),
    }
}

/// `GET /_emulator/charges`: all charges as usage records, newest first.
async fn charges(State(state): Shared) -> Json<Vec<Record>> {
    Json(state.ledger.records(usize::MAX, |_| true))
}

/// `GET /_emulator/quirks`: the provider quirks that a fault can replay.
async fn quirks() -> Json<&'static [Quirk]> {
    Json(fault::quirks())
}
