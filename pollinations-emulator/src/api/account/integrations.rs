//! Connected apps, which agents may use.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{delete, get},
};
use serde_json::{Map, Value, json};

use super::shared::{Shared, fields};
use crate::{
    base::failure::Failure,
    gate::{Caller, Params},
    state,
};

/// The apps that can be connected: slug, name and description.
const TOOLKITS: &[(&str, &str, &str)] = &[
    ("github", "GitHub", "Repositories, issues and pull requests."),
    ("gmail", "Gmail", "E-mail."),
    ("googlecalendar", "Google Calendar", "Calendars and events."),
    ("notion", "Notion", "Pages and databases."),
    ("slack", "Slack", "Messages and channels."),
    ("linear", "Linear", "Issues and projects."),
];

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new()
        .route("/account/integrations", get(list).post(connect))
        .route("/account/integrations/toolkits", get(search))
        .route("/account/integrations/{id}", delete(disconnect))
}

async fn list(_: Caller, State(state): Shared) -> Json<Value> {
    Json(json!({ "data": state.account.integrations.list() }))
}

async fn search(_: Caller, query: Params) -> Json<Value> {
    let words = query.text("search").unwrap_or_default().to_lowercase();
    let is_found = |text: &str| text.to_lowercase().contains(&words);
    let found = TOOLKITS.iter().filter(|(slug, name, what)| is_found(slug) || is_found(name) || is_found(what));
    let found: Vec<Value> = found
        .map(|(slug, name, what)| json!({ "slug": slug, "name": name, "description": what, "logo": null }))
        .collect();
    Json(json!({ "data": found }))
}

async fn connect(_: Caller, State(state): Shared, body: Json<Value>) -> Result<Json<Value>, Failure> {
    let toolkit = fields(body).remove("toolkit").unwrap_or_default();
    if !TOOLKITS.iter().any(|(slug, ..)| toolkit == *slug) {
        return Err(Failure::field("toolkit", "is not an app that can be connected"));
    }
    let connection = Map::from_iter([
        ("toolkit".to_owned(), toolkit),
        ("alias".to_owned(), Value::Null),
        // It would become `ACTIVE` when the user signs in to the app, which is not possible here.
        ("status".to_owned(), json!("INITIATED")),
    ]);
    let connection = state.account.integrations.add("connection", connection).unwrap_or_default();
    let id = &connection["id"];
    let url = format!("https://connect.example.com/sign-in/{}", id.as_str().unwrap_or_default());
    Ok(Json(json!({ "id": id, "redirectUrl": url, "url": url })))
}

async fn disconnect(_: Caller, State(state): Shared, Path(id): Path<String>) -> Result<StatusCode, Failure> {
    match state.account.integrations.delete(&id) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Failure::missing("connection")),
    }
}
