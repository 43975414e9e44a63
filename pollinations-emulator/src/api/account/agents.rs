//! The account's agents.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::{get, post},
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::shared::{OWNER, Shared, fields};
use crate::{
    base::{clock, failure::Failure},
    gate::Caller,
    state::{self, Unchanged},
};

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new()
        .route("/account/agents", get(list).post(create))
        .route("/account/agents/{id}", get(one).patch(change).delete(delete))
        .route("/account/agents/{id}/sync", post(sync))
}

async fn list(_: Caller, State(state): Shared) -> Json<Value> {
    Json(json!({ "data": state.account.agents.list() }))
}

async fn one(_: Caller, State(state): Shared, Path(id): Path<String>) -> Result<Json<Value>, Failure> {
    state.account.agents.get(&id).map(Json).ok_or_else(|| Failure::missing("agent"))
}

async fn create(_: Caller, State(state): Shared, body: Json<Value>) -> Result<Json<Value>, Failure> {
    let mut agent = fields(body);
    match agent.get("repository").and_then(Value::as_str).map(str::to_owned) {
        Some(repository) => {
            let name = repository_name(&repository)
                .ok_or_else(|| Failure::field("repository", "must be a public repository on GitHub"))?;
            agent.insert("type".to_owned(), json!("code_agent"));
            agent.insert("name".to_owned(), json!(name));
            agent.insert("title".to_owned(), json!(name));
            agent.insert("deployedCommitSha".to_owned(), json!(commit(&repository, 1)));
        }
        None => {
            agent.insert("type".to_owned(), json!("prompt_agent"));
            agent.entry("mcpServers").or_insert_with(|| json!([]));
        }
    }
    complete(&mut agent);
    state.account.agents.add("agent", agent).map(Json).ok_or_else(taken)
}

async fn change(
    _: Caller,
    State(state): Shared,
    Path(id): Path<String>,
    body: Json<Value>,
) -> Result<Json<Value>, Failure> {
    let changes = fields(body);
    let changed = state.account.agents.change(&id, |agent| apply(agent, changes));
    changed.map(Json).map_err(|problem| unchanged("agent", problem))
}

async fn delete(_: Caller, State(state): Shared, Path(id): Path<String>) -> Result<Json<Value>, Failure> {
    match state.account.agents.delete(&id) {
        true => Ok(Json(json!({ "id": id }))),
        false => Err(Failure::missing("agent")),
    }
}

/// Every sync deploys a new commit.
async fn sync(State(state): Shared, Path(id): Path<String>) -> Result<Json<Value>, Failure> {
    let agent = state.account.agents.get(&id).unwrap_or_default();
    let Some(repository) = agent["repository"].as_str() else { return Err(Failure::missing("agent made of code")) };
    if !state.account.pauses.begin(&format!("sync {id}")) {
        return Err(Failure::too_often());
    }
    let deployed = commit(repository, clock::millis());
    let changed = state.account.agents.change(&id, |agent| {
        agent.insert("deployedCommitSha".to_owned(), json!(deployed));
        agent.insert("updatedAt".to_owned(), json!(clock::iso(0)));
    });
    let changed = changed.map_err(|problem| unchanged("agent made of code", problem))?;
    Ok(Json(json!({ "updated": true, "deployedCommitSha": changed["deployedCommitSha"] })))
}

/// The error for a name that another agent or model of the account has.
pub(super) fn taken() -> Failure {
    Failure::field("name", "is taken")
}

/// The error for an agent or a model that was not changed.
pub(super) fn unchanged(what: &str, problem: Unchanged) -> Failure {
    match problem {
        Unchanged::Missing => Failure::missing(what),
        Unchanged::Taken => taken(),
    }
}

/// Adds the fields that all agents and models have.
pub(super) fn complete(item: &mut Map<String, Value>) {
    let now = clock::iso(0);
    let defaults = [
        ("description", Value::Null),
        ("visibility", json!("private")),
        ("requiredSafetyFeatures", json!([])),
        ("createdAt", json!(now)),
        ("updatedAt", json!(now)),
    ];
    for (field, value) in defaults {
        item.entry(field).or_insert(value);
    }
}

/// Changes fields. Fields that the item does not have are ignored.
pub(super) fn apply(item: &mut Map<String, Value>, changes: Map<String, Value>) {
    for (field, value) in changes {
        if item.contains_key(&field) {
            item.insert(field, value);
        }
    }
    item.insert("updatedAt".to_owned(), json!(clock::iso(0)));
}

/// The model id of an agent or a community model.
pub(super) fn model_id(name: &Value) -> Value {
    json!(format!("community/{OWNER}/{}", name.as_str().unwrap_or_default()))
}

/// The name in `https://github.com/owner/name` or `owner/name`.
fn repository_name(repository: &str) -> Option<&str> {
    let path = repository.strip_prefix("https://github.com/").unwrap_or(repository);
    let (owner, name) = path.trim_end_matches('/').trim_end_matches(".git").split_once('/')?;
    let is_name = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    (is_name(owner) && is_name(name)).then_some(name)
}

/// A made-up commit hash.
fn commit(repository: &str, number: i64) -> String {
    let digest = Sha256::digest(format!("{repository} {number}"));
    digest.iter().take(20).map(|byte| format!("{byte:02x}")).collect()
}
