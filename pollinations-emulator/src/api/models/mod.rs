//! Model listings, single models, and reports on models.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::HeaderMap,
    routing::get,
};
use serde::Serialize;
use serde_json::Value;

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
        // OpenAI's clients do not encode the slash in an id.
        .route("/v1/models/{*model}", get(one))
        .route("/models/status", get(report::status))
        .route("/models/stats", get(report::stats))
        // The older gateway.
        .route("/generate/openai/models", get(list))
        .route("/generate/image/models", listing(|category| matches!(category, "image" | "video")))
}

/// Lists the models of some categories.
fn listing(is_listed: fn(&str) -> bool) -> axum::routing::MethodRouter<Arc<state::State>> {
    get(move |State(state): Shared, caller: Option<Caller>, headers: HeaderMap, params: Params| async move {
        let filter = Filter::of(&params, &headers)?;
        let models = visible(&state, caller.as_ref()).filter(|model| is_listed(model.text("category")));
        let entries: Vec<&Value> = filter.apply(models).map(|model| model.entry(is_paid_only(&state, model))).collect();
        Ok::<_, Failure>(Json(entries))
    })
}

/// Lists all models in OpenAI's format.
async fn list(
    State(state): Shared,
    caller: Option<Caller>,
    headers: HeaderMap,
    params: Params,
) -> Result<Json<List>, Failure> {
    let filter = Filter::of(&params, &headers)?;
    let data = filter.apply(visible(&state, caller.as_ref())).map(Model::object).collect();
    Ok(Json(List { object: "list", data }))
}

/// A listing in OpenAI's format.
#[derive(Serialize)]
struct List {
    object: &'static str,
    data: Vec<&'static Value>,
}

async fn one(
    State(state): Shared,
    caller: Option<Caller>,
    Path(name): Path<String>,
) -> Result<Json<&'static Value>, Failure> {
    let found = visible(&state, caller.as_ref()).find(|model| model.names().any(|other| other == name));
    found.map(|model| Json(model.object())).ok_or_else(|| Failure::no_model(&name))
}

/// The models that a caller may use: those that the key allows. If the account has no paid pollen, models that only
/// take paid pollen are left out. Without a key, all models.
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
