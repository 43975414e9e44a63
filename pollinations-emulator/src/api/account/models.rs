//! The account's community models and endpoint agents.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::Uri,
    routing::{delete, get, post},
};
use serde_json::{Map, Value, json};

use super::{
    agents::{apply, complete, model_id, taken, unchanged},
    shared::{Shared, fields},
};
use crate::{
    base::{failure::Failure, lock},
    gate::Caller,
    state,
};

/// The prices of a model, each 0 by default.
const PRICES: [&str; 10] = [
    "promptTextPrice",
    "promptCachedPrice",
    "promptCacheWritePrice",
    "promptAudioPrice",
    "promptImagePrice",
    "completionTextPrice",
    "completionReasoningPrice",
    "completionAudioPrice",
    "completionImagePrice",
    "completionVideoPrice",
];

/// The field that the service never returns.
const SECRET: &str = "bearerToken";

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new()
        .route("/account/my-models", get(list).post(create))
        .route("/account/my-models/endpoint-agents", post(create_endpoint_agent))
        .route("/account/my-models/models", post(upstream))
        .route("/account/my-models/provider", post(change_provider))
        .route("/account/my-models/test", post(test))
        .route("/account/my-models/{id}", delete(remove))
        .route("/account/my-models/{id}/update", post(change))
        .route("/account/my-models/{id}/fallback-candidates", get(fallback_candidates))
}

/// Prompt agents are listed as models too.
async fn list(_: Caller, State(state): Shared) -> Json<Value> {
    let mut models = state.account.models.list();
    let agents = state.account.agents.list();
    models.extend(agents.into_iter().filter(|agent| agent["type"] == "prompt_agent").map(|agent| {
        let mut model = json!({ "modelId": model_id(&agent["name"]), "pending": null });
        for field in [
            "id",
            "name",
            "title",
            "description",
            "visibility",
            "requiredSafetyFeatures",
            "createdAt",
            "updatedAt",
            "type",
        ] {
            model[field] = agent[field].clone();
        }
        model
    }));
    Json(json!({ "data": models, "provider": provider(&state) }))
}

async fn create(_: Caller, State(state): Shared, body: Json<Value>) -> Result<Json<Value>, Failure> {
    let mut model = fields(body);
    model.remove(SECRET);
    let modality = model.entry("modality").or_insert_with(|| json!("text")).clone();
    let (input, output) = modalities(modality.as_str().unwrap_or_default());
    let defaults = [
        ("type", json!("proxy")),
        ("imagePricing", json!("request")),
        ("inputModalities", json!([input])),
        ("outputModalities", json!([output])),
        ("advertised", json!({})),
        ("perUserRpm", Value::Null),
        ("paidOnly", json!(false)),
        ("fallbacks", json!([])),
    ];
    for (field, value) in defaults.into_iter().chain(PRICES.map(|price| (price, json!(0.0)))) {
        model.entry(field).or_insert(value);
    }
    state.account.models.add("model", registered(model)).map(Json).ok_or_else(taken)
}

async fn create_endpoint_agent(_: Caller, State(state): Shared, body: Json<Value>) -> Result<Json<Value>, Failure> {
    let mut agent = fields(body);
    let defaults = [
        ("type", json!("endpoint_agent")),
        ("inputModalities", json!(["text"])),
        ("outputModalities", json!(["text"])),
        ("perUserRpm", Value::Null),
    ];
    for (field, value) in defaults {
        agent.entry(field).or_insert(value);
    }
    state.account.models.add("model", registered(agent)).map(Json).ok_or_else(taken)
}

/// Adds the fields that all models and endpoint agents have.
fn registered(mut model: Map<String, Value>) -> Map<String, Value> {
    let name = model.get("name").cloned().unwrap_or_default();
    model.insert("modelId".to_owned(), model_id(&name));
    model.insert("pending".to_owned(), Value::Null);
    model.entry("upstreamModel").or_insert(name);
    complete(&mut model);
    model
}

async fn change(
    _: Caller,
    State(state): Shared,
    Path(id): Path<String>,
    body: Json<Value>,
) -> Result<Json<Value>, Failure> {
    let changes = fields(body);
    let changed = state.account.models.change(&id, |model| {
        apply(model, changes);
        let name = model.get("name").cloned().unwrap_or_default();
        model.insert("modelId".to_owned(), model_id(&name));
    });
    changed.map(Json).map_err(|problem| unchanged("model", problem))
}

async fn remove(_: Caller, State(state): Shared, Path(id): Path<String>) -> Result<Json<Value>, Failure> {
    match state.account.models.delete(&id) {
        true => Ok(Json(json!({ "id": id }))),
        false => Err(Failure::missing("model")),
    }
}

/// Other community models of the same kind.
async fn fallback_candidates(_: Caller, State(state): Shared, Path(id): Path<String>) -> Result<Json<Value>, Failure> {
    let model = state.account.models.get(&id).ok_or_else(|| Failure::missing("model"))?;
    let others = state.account.models.list().into_iter();
    let others = others.filter(|other| other["id"] != model["id"] && other["modality"] == model["modality"]);
    Ok(Json(json!({ "data": others.map(|other| other["modelId"].clone()).collect::<Vec<_>>() })))
}

/// No request is made: servers under `example.com` and on this machine count as reachable.
async fn upstream(_: Caller, State(state): Shared, body: Json<Value>) -> Result<Json<Value>, Failure> {
    let server = fields(body);
    if !state.account.pauses.begin("upstream") {
        return Err(Failure::too_often());
    }
    answers(&server, "baseUrl")?;
    Ok(Json(json!({ "data": ["small-model", "large-model"] })))
}

async fn test(_: Caller, State(state): Shared, body: Json<Value>) -> Result<Json<Value>, Failure> {
    let tested = fields(body);
    if !state.account.pauses.begin("test") {
        return Err(Failure::too_often());
    }
    answers(&tested, if tested.contains_key("url") { "url" } else { "baseUrl" })?;
    let mut result = json!({
        "ok": true,
        "message": "The model answered.",
        "usage": { "prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12 },
        "billableUsage": { "promptTextTokens": 5, "completionTextTokens": 7 },
    });
    if tested.get("modality").is_some_and(|modality| modality == "image") {
        result["imagePricing"] = json!("request");
        result["usage"] = json!({});
        result["billableUsage"] = json!({ "completionImageTokens": 1 });
    }
    Ok(Json(result))
}

/// Fails unless the server at the URL in this field counts as reachable.
fn answers(body: &Map<String, Value>, field: &str) -> Result<(), Failure> {
    let address: Option<Uri> = body.get(field).and_then(Value::as_str).and_then(|address| address.parse().ok());
    let host = address.as_ref().and_then(Uri::host).unwrap_or_default();
    let is_there = host == "example.com" || host.ends_with(".example.com") || matches!(host, "127.0.0.1" | "localhost");
    if is_there { Ok(()) } else { Err(Failure::bad_request("The server does not answer.")) }
}

async fn change_provider(_: Caller, State(state): Shared, body: Json<Value>) -> Json<Value> {
    let changes = fields(body);
    {
        let mut profile = lock(&state.account.provider);
        for (field, value) in changes {
            // An empty text removes the value.
            let value = if value == "" { Value::Null } else { value };
            profile.insert(field, value);
        }
    }
    Json(provider(&state))
}

fn provider(state: &state::State) -> Value {
    let profile = lock(&state.account.provider);
    let field = |name: &str| profile.get(name).cloned().unwrap_or_default();
    json!({ "name": field("name"), "url": field("url"), "iconUrl": field("iconUrl") })
}

/// The input and output modality of a kind of model.
fn modalities(modality: &str) -> (&'static str, &'static str) {
    match modality {
        "image" => ("text", "image"),
        "video" => ("text", "video"),
        "transcription" => ("audio", "text"),
        "speech" => ("text", "audio"),
        "embedding" => ("text", "embedding"),
        _ => ("text", "text"),
    }
}
