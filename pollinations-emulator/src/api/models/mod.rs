//! Listings of models, one model, and how models have been doing.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::HeaderMap,
    routing::get,
};
use serde_json::{Map, Value, json};

use self::{catalog::Model, filter::Filter};
use crate::{
    base::failure::Failure,
    gate::{Caller, Params},
    state,
};

mod catalog;
mod filter;
mod report;

type Shared = State<Arc<state::State>>;

/// When the service's models were added, for those that do not say.
const ADDED: i64 = 1_767_225_600;

/// Fields of an entry that OpenAI's format has as well.
const SHARED_FIELDS: &[&str] = &[
    "agent",
    "aliases",
    "base_model",
    "capabilities",
    "category",
    "community",
    "context_length",
    "description",
    "health",
    "input_modalities",
    "output_modalities",
    "per_user_rpm",
    "pricing",
    "reasoning",
    "supported_endpoints",
    "supported_parameters",
    "title",
    "tools",
];

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new()
        .route("/models", listing(|_| true))
        .route("/text/models", listing(|category| category == "text"))
        .route("/image/models", listing(|category| matches!(category, "image" | "video")))
        .route("/video/models", listing(|category| category == "video"))
        .route("/audio/models", listing(|category| category == "audio"))
        .route("/embeddings/models", listing(|category| category == "embedding"))
        .route("/3d/models", listing(|category| category == "3d"))
        .route("/v1/models", get(list))
        // OpenAI's clients leave the slash of an id as it is.
        .route("/v1/models/{*model}", get(one))
        .route("/models/status", get(report::status))
        .route("/models/stats", get(report::stats))
        // The older gateway.
        .route("/generate/openai/models", get(list))
        .route("/generate/image/models", listing(|category| matches!(category, "image" | "video")))
}

/// The listing of the models of some categories.
fn listing(is_listed: fn(&str) -> bool) -> axum::routing::MethodRouter<Arc<state::State>> {
    get(move |State(state): Shared, caller: Option<Caller>, headers: HeaderMap, params: Params| async move {
        let filter = Filter::of(&params, &headers)?;
        let models = visible(&state, caller.as_ref()).filter(|model| is_listed(model.text("category")));
        let entries: Vec<Value> = filter.apply(models).map(|model| entry(&state, model)).collect();
        Ok::<_, Failure>(Json(entries))
    })
}

/// The same in OpenAI's format, of all categories.
async fn list(
    State(state): Shared,
    caller: Option<Caller>,
    headers: HeaderMap,
    params: Params,
) -> Result<Json<Value>, Failure> {
    let filter = Filter::of(&params, &headers)?;
    let data: Vec<Value> = filter.apply(visible(&state, caller.as_ref())).map(object).collect();
    Ok(Json(json!({ "object": "list", "data": data })))
}

async fn one(State(state): Shared, caller: Option<Caller>, Path(name): Path<String>) -> Result<Json<Value>, Failure> {
    let found = visible(&state, caller.as_ref()).find(|model| model.names().any(|other| other == name));
    found.map(|model| Json(object(model))).ok_or_else(|| Failure::no_model(&name))
}

/// The models that somebody may use: those that the key is limited to, and no paid ones without paid pollen. Without a
/// key they are all there.
fn visible<'a>(state: &'a state::State, caller: Option<&'a Caller>) -> impl Iterator<Item = &'static Model> + 'a {
    let is_visible = move |model: &&Model| {
        caller.is_none_or(|Caller(key)| {
            let is_affordable = !is_paid_only(state, model) || state.ledger.paid() > 0.0;
            model.names().any(|name| key.allows_model("", name)) && is_affordable
        })
    };
    catalog::all().iter().filter(is_visible)
}

fn is_paid_only(state: &state::State, model: &Model) -> bool {
    model.names().any(|name| state.ledger.is_paid_only(name))
}

fn entry(state: &state::State, model: &Model) -> Value {
    let mut entry = model.fields().clone();
    entry.insert("paid_only".to_owned(), is_paid_only(state, model).into());
    entry.into()
}

fn object(model: &Model) -> Value {
    let fields = model.fields();
    let kept = SHARED_FIELDS.iter().filter_map(|&name| Some((name.to_owned(), fields.get(name)?.clone())));
    let mut object: Map<String, Value> = kept.collect();
    object.insert("id".to_owned(), model.id().into());
    object.insert("object".to_owned(), "model".into());
    object.insert("created".to_owned(), fields.get("added_date").cloned().unwrap_or_else(|| ADDED.into()));
    object.insert("owned_by".to_owned(), model.text("publisher").into());
    object.into()
}
