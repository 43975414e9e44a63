//! Lists, creates, changes and revokes the account's keys.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::{get, patch},
};
use serde_json::{Map, Value, json};

use super::shared::{Shared, fields, texts};
use crate::{
    base::{category, clock, failure::Failure, key::Key},
    gate::Caller,
    state::{self, Entry, NewKey},
};

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new()
        .route("/account/keys", get(list).post(create))
        .route("/account/keys/{id}", patch(change).delete(revoke))
}

/// `secret` or `publishable`.
pub(super) fn kind(key: &Key) -> &'static str {
    if key.is_publishable() { "publishable" } else { "secret" }
}

async fn list(_: Caller, State(state): Shared) -> Json<Value> {
    let keys: Vec<Value> = state.keys.list().iter().map(|entry| shown(&state, entry)).collect();
    Json(json!({ "data": keys }))
}

async fn create(_: Caller, State(state): Shared, body: Json<Value>) -> Result<Json<Value>, Failure> {
    let body = fields(body);
    let is_publishable = body.get("type").is_some_and(|kind| kind == "publishable");
    let mut key = Key::new("");
    key.permissions = None;
    apply(&mut key, &body, is_publishable)?;
    if is_publishable {
        // A new publishable key identifies an app, and cannot spend its owner's pollen.
        key.budget = Some(0.0);
    }
    key.expires_in = body.get("expiresIn").and_then(Value::as_f64);
    let new = NewKey {
        is_publishable,
        description: text(&body, "description"),
        redirect_uris: redirect_uris(&body, is_publishable)?.unwrap_or_default(),
        earns: body.get("earningsEnabled") == Some(&Value::Bool(true)),
    };
    let entry = state.keys.create(key, new);
    Ok(Json(json!({
        "id": entry.id,
        "key": entry.key.key,
        "name": entry.key.name,
        "type": kind(&entry.key),
        "prefix": prefix(&entry.key),
        "expiresAt": entry.expires.and_then(clock::iso_of),
        "permissions": permissions(&entry.key),
        "pollenBudget": entry.key.budget,
    })))
}

async fn change(
    _: Caller,
    State(state): Shared,
    Path(id): Path<String>,
    body: Json<Value>,
) -> Result<Json<Value>, Failure> {
    let body = fields(body);
    let expires = match body.get("expiresAt") {
        Some(Value::String(time)) => {
            Some(Some(clock::parse(time).ok_or_else(|| Failure::field("expiresAt", "must be a date and time"))?))
        }
        Some(_) => Some(None),
        None => None,
    };
    let changed = state.keys.change(&id, |entry| {
        let is_publishable = entry.key.is_publishable();
        apply(&mut entry.key, &body, is_publishable)?;
        if let Some(addresses) = redirect_uris(&body, is_publishable)? {
            entry.redirect_uris = addresses;
        }
        entry.expires = expires.unwrap_or(entry.expires);
        entry.description = text(&body, "description").or_else(|| entry.description.take());
        entry.earns = body.get("earningsEnabled").and_then(Value::as_bool).unwrap_or(entry.earns);
        Ok(())
    });
    let changed: Entry = changed.ok_or_else(|| Failure::missing("key"))??;
    if body.contains_key("pollenBudget") {
        state.ledger.renew_budget(&changed.key);
    }
    Ok(Json(shown(&state, &changed)))
}

async fn revoke(Caller(key): Caller, State(state): Shared, Path(id): Path<String>) -> Result<Json<Value>, Failure> {
    if key.id() == id {
        return Err(Failure::bad_request("A key cannot revoke itself."));
    }
    match state.keys.revoke(&id) {
        true => Ok(Json(json!({ "success": true, "id": id }))),
        false => Err(Failure::missing("key")),
    }
}

/// Applies the limits in a request body to a key.
fn apply(key: &mut Key, body: &Map<String, Value>, is_publishable: bool) -> Result<(), Failure> {
    key.name = text(body, "name").or_else(|| key.name.take());
    if let Some(models) = body.get("allowedModels") {
        key.models = models.is_array().then(|| category::of_all(&texts(models)));
    }
    if let Some(permissions) = body.get("accountPermissions") {
        key.permissions = permissions.is_array().then(|| texts(permissions));
    }
    if let Some(quest) = body.get("questPollenOnly").and_then(Value::as_bool) {
        key.quest_pollen_only = quest;
    }
    match body.get("pollenBudget").map(Value::as_f64) {
        Some(Some(budget)) if budget < 0.0 => return Err(Failure::field("pollenBudget", "must not be negative")),
        Some(Some(budget)) if is_publishable && budget > 0.0 => {
            return Err(Failure::field("pollenBudget", "must be 0 for a publishable key"));
        }
        Some(budget) => key.budget = if is_publishable { Some(0.0) } else { budget },
        None => {}
    }
    Ok(())
}

/// The redirect URIs in a request body. They must use `https`, or `http` with a loopback host.
fn redirect_uris(body: &Map<String, Value>, is_publishable: bool) -> Result<Option<Vec<String>>, Failure> {
    let Some(addresses) = body.get("redirectUris").map(texts) else { return Ok(None) };
    if !is_publishable && !addresses.is_empty() {
        return Err(Failure::field("redirectUris", "are for publishable keys"));
    }
    let local = ["http://127.0.0.1", "http://[::1]", "http://localhost"];
    let is_one = |address: &String| {
        address.starts_with("https://")
            || local.iter().any(|start| {
                address.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
            })
    };
    if addresses.iter().all(is_one) {
        return Ok(Some(addresses));
    }
    Err(Failure::field("redirectUris", "must be https, or http on the local machine"))
}

/// A key as it is listed, without the key itself.
fn shown(state: &state::State, entry: &Entry) -> Value {
    let key = &entry.key;
    json!({
        "id": entry.id,
        "name": key.name,
        "start": key.key.get(..6),
        "prefix": prefix(key),
        "type": kind(key),
        "createdAt": clock::iso_of(entry.created),
        "expiresAt": entry.expires.and_then(clock::iso_of),
        "lastRequest": entry.last_request.and_then(clock::iso_of),
        "permissions": permissions(key),
        "metadata": {
            "description": entry.description,
            "redirectUris": entry.redirect_uris,
            "earningsEnabled": entry.earns,
            "questPollenOnly": key.quest_pollen_only,
        },
        "pollenBalance": state.ledger.budget_left(key),
        "enabled": entry.is_valid(),
    })
}

fn prefix(key: &Key) -> &str {
    key.key.split('_').next().unwrap_or_default()
}

/// The models and permissions of a key; null if it has neither.
fn permissions(key: &Key) -> Value {
    if key.models.is_none() && key.permissions.is_none() {
        return Value::Null;
    }
    json!({ "models": key.models, "account": key.permissions })
}

fn text(body: &Map<String, Value>, field: &str) -> Option<String> {
    body.get(field).and_then(Value::as_str).map(str::to_owned)
}
