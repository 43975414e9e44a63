//! Helpers for the operations of the account.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

use crate::{base::failure::Failure, state};

pub(super) type Shared = State<Arc<state::State>>;

/// The owner in the ids of the account's models and agents: `community/ada/…`.
pub(super) const OWNER: &str = "ada";

/// A CSV table (RFC 4180) with these columns.
pub(super) fn table(columns: &[&str], rows: &[Value]) -> Result<Response, Failure> {
    let failed = |error: csv::Error| Failure::form(error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    // The header is written even if there are no rows.
    writer.write_record(columns).map_err(failed)?;
    for row in rows {
        let cell = |column: &&str| match &row[*column] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        writer.write_record(columns.iter().map(cell)).map_err(failed)?;
    }
    let text = writer.into_inner().map_err(|error| Failure::form(error.to_string()))?;
    Ok(([(CONTENT_TYPE, "text/csv")], text).into_response())
}

/// The fields of a body, which has been validated already.
pub(super) fn fields(Json(body): Json<Value>) -> Map<String, Value> {
    match body {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// The strings in a list.
pub(super) fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
