//! The account: balance, profile, usage, keys, earnings, quests, agents, models and connected apps.

mod agents;
mod earnings;
mod integrations;
mod keys;
mod models;
mod quests;
mod shared;
mod usage;
mod window;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use serde_json::{Value, json};

use self::shared::{OWNER, Shared};
use crate::{
    base::{clock, failure::Failure},
    gate::Caller,
    state,
};

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new()
        .route("/account/balance", get(balance))
        .route("/account/key", get(key))
        .route("/account/profile", get(profile))
        .route("/account/polli/harness-on", post(harness))
        .merge(usage::routes())
        .merge(keys::routes())
        .merge(earnings::routes())
        .merge(quests::routes())
        .merge(agents::routes())
        .merge(models::routes())
        .merge(integrations::routes())
}

/// A key with a budget sees what is left of its budget. The balance of the account needs the permission `usage`.
async fn balance(Caller(key): Caller, State(state): Shared) -> Result<Json<Value>, Failure> {
    if key.budget.is_none() && !key.allows_account("balance") {
        return Err(Failure::forbidden("The key lacks the permission account:usage."));
    }
    let total = state.ledger.balance();
    let left = state.ledger.budget_left(&key).map_or(total, |left| left.min(total));
    let mut answer = json!({ "balance": left });
    if key.allows_account("usage") {
        answer["accountBalance"] = json!({
            "total": total, "tier": state.ledger.quest(), "paid": state.ledger.paid(),
        });
    }
    Ok(Json(answer))
}

async fn key(Caller(key): Caller, State(state): Shared) -> Json<Value> {
    let app = key.app.as_ref().map(|app| json!({ "clientKeyId": app.id, "name": app.name, "appUser": null }));
    Json(json!({
        "id": key.id(),
        "userId": "user_emulator",
        "byopApp": app,
        "questPollenOnly": key.quest_pollen_only,
        "valid": true,
        "type": keys::kind(&key),
        "name": key.name.as_deref().unwrap_or("emulator"),
        "expiresAt": key.expires_in.map(clock::after),
        "expiresIn": key.expires_in,
        "permissions": { "models": key.models, "account": key.permissions },
        "pollenBudget": state.ledger.budget_left(&key),
        "rateLimitEnabled": key.is_publishable(),
    }))
}

/// The name and the email address need the permission `profile`.
async fn profile(Caller(key): Caller) -> Json<Value> {
    let mut profile = json!({
        "githubUsername": OWNER,
        "image": null,
        "communityEndpointsAllowed": true,
        "tier": "seed",
        "createdAt": "2026-01-01T00:00:00.000Z",
        "nextResetAt": clock::iso(24),
    });
    if key.allows_account("profile") {
        profile["name"] = json!("Ada Emulator");
        profile["email"] = json!("ada@example.com");
    }
    Json(profile)
}

async fn harness(_: Caller) -> StatusCode {
    StatusCode::OK
}
