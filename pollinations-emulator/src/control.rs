//! The emulator's own paths, for tests in any language: faults, the journal, and its state.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{fault::Fault, journal::Entry, state};

/// Where these paths are.
pub(crate) const PREFIX: &str = "/_emulator/";

type Shared = State<Arc<state::State>>;

/// `POST /_emulator/faults`: one fault, or a list of them.
pub(crate) async fn add_faults(State(state): Shared, body: String) -> Response {
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

/// `GET /_emulator/faults`: those still to come.
pub(crate) async fn faults(State(state): Shared) -> Json<Vec<Fault>> {
    Json(state.faults.list())
}

/// `DELETE /_emulator/faults`.
pub(crate) async fn clear_faults(State(state): Shared) -> StatusCode {
    state.faults.clear();
    StatusCode::NO_CONTENT
}

/// `GET /_emulator/journal`: the requests so far, the oldest first.
pub(crate) async fn journal(State(state): Shared) -> Json<Vec<Entry>> {
    let entries = state.journal.entries();
    Json(entries.into_iter().filter(|entry| !entry.path.starts_with(PREFIX)).collect())
}

/// `DELETE /_emulator/journal`.
pub(crate) async fn clear_journal(State(state): Shared) -> StatusCode {
    state.journal.clear();
    StatusCode::NO_CONTENT
}

/// `GET /_emulator/state`: the balance.
pub(crate) async fn state(State(state): Shared) -> Json<Value> {
    Json(json!({ "balance": state.balance() }))
}

/// `PUT /_emulator/state`: another balance.
pub(crate) async fn set_state(State(state): Shared, Json(body): Json<Value>) -> Response {
    match body["balance"].as_f64() {
        Some(balance) => {
            state.set_balance(balance);
            self::state(State(state)).await.into_response()
        }
        None => (StatusCode::BAD_REQUEST, Json(json!({ "error": "balance must be a number" }))).into_response(),
    }
}
