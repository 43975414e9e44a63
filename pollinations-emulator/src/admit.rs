//! What every request goes through before it is answered: it is numbered, written down, checked, and perhaps not
//! answered at all.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequestParts, Request, State},
    http::{HeaderName, HeaderValue, header::CONTENT_TYPE, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

use crate::{
    auth::Key,
    document::{self, Operation},
    failure::{self, Failure},
    fault, journal,
    state::State as Emulated,
};

/// Bytes of a request at the most.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// Operations on the account, and the permission that each needs.
const PERMISSIONS: &[(&str, &str)] = &[
    ("account_balance", "balance"),
    ("account_profile", "profile"),
    ("account_usage", "usage"),
    ("account_usage_daily", "usage"),
];

/// The parameters of a query, after they have been checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(BTreeMap<String, String>);

impl Params {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.text(name) == Some("true")
    }

    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok()
    }

    /// A number without its fraction; one too large for the type is its largest.
    #[allow(clippy::cast_possible_truncation, reason = "saturates, as it should")]
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok().or_else(|| self.number(name).map(|number| number as i64))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// The key of an authenticated request.
#[derive(Clone)]
pub(crate) struct Caller(pub(crate) Key);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Failure::unauthorized)
    }
}

/// The middleware around all of it.
pub(crate) async fn admit(State(state): State<Arc<Emulated>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = state.next_request_id();
    let (parts, body) = request.into_parts();
    let operation = document::operation(parts.method.as_str(), parts.uri.path());
    let operation_id = operation.map(|operation| operation.id.as_str());
    let connection = parts.extensions.get::<fault::Connection>().cloned();
    let body = to_bytes(body, MAX_BODY).await;
    let mut entry = journal::Entry::of(&parts, body.as_ref().ok(), &id, operation_id);

    let requested = fault::requested(&parts.headers).transpose();
    let (fault, problem) = match requested {
        Ok(Some(fault)) => (Some(fault), None),
        Ok(None) => (state.faults.next(operation_id, parts.uri.path()), None),
        Err(problem) => (None, Some(Failure::form(problem))),
    };
    if let Some(fault) = &fault {
        tokio::time::sleep(fault.delay()).await;
    }
    let mut response = match fault.as_ref().and_then(fault::Fault::instead) {
        Some(response) => response,
        None => {
            let response = match (problem, body) {
                (Some(problem), _) => problem.into_response(),
                (None, Ok(body)) => answer(&state, operation, parts, body, next).await,
                (None, Err(_)) => Failure::too_large().into_response(),
            };
            failure::render(response, &id)
        }
    };
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().entry(HeaderName::from_static("x-request-id")).or_insert(value);
    }
    entry.answered(response.status(), begun.elapsed());
    state.journal.add(entry);
    match fault {
        Some(fault) => fault.spoil(response, connection),
        None => response,
    }
}

/// Checks the request, and has it answered.
async fn answer(
    state: &Emulated,
    operation: Option<&Operation>,
    mut parts: Parts,
    body: Bytes,
    next: Next,
) -> Response {
    if let Some(operation) = operation {
        let query = parts.uri.query().unwrap_or_default();
        let key = state.keys.authenticate(&parts.headers, query);
        let shows_key =
            parts.headers.contains_key("authorization") || query.split('&').any(|pair| pair.starts_with("key="));
        let media = matches!(operation.id.as_str(), "upload_media" | "fetch_media" | "media_exists");
        match key {
            Some(key) => {
                let needed = PERMISSIONS.iter().find(|(id, _)| *id == operation.id).map(|(_, permission)| *permission);
                if let Some(permission) = needed.filter(|permission| !key.allows_account(permission)) {
                    return Failure::forbidden(format!("The key lacks the permission account:{permission}."))
                        .into_response();
                }
                parts.extensions.insert(Caller(key));
            }
            // The media service has errors of its own.
            None if media => {}
            None if operation.needs_key || shows_key => return Failure::unauthorized().into_response(),
            None => {}
        }
        match check(operation, &parts, &body) {
            Ok(params) => {
                parts.extensions.insert(params);
            }
            Err(failure) => return failure.into_response(),
        }
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

/// Holds the request against the document.
fn check(operation: &Operation, parts: &Parts, body: &[u8]) -> Result<Params, Failure> {
    let query = parts.uri.query().unwrap_or_default();
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(query).map_err(|error| Failure::form(error.to_string()))?;
    let mut form = Vec::new();
    let mut fields = Map::new();
    for parameter in &operation.parameters {
        let mut values = pairs.iter().filter(|(name, _)| *name == parameter.name).map(|(_, value)| value).peekable();
        if values.peek().is_none() && parameter.required {
            add(&mut fields, &parameter.name, "is required".to_owned());
        }
        for problem in values.filter_map(|value| parameter.problem(value)) {
            add(&mut fields, &parameter.name, problem);
        }
    }
    if let Some(validator) = &operation.body {
        let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
            form.push("the body must be application/json".to_owned());
        } else {
            match serde_json::from_slice::<Value>(body) {
                Ok(value) => {
                    for error in validator.iter_errors(&value) {
                        let path = error.instance_path().to_string();
                        match path.split('/').nth(1).filter(|name| !name.is_empty()) {
                            Some(name) => add(&mut fields, name, error.to_string()),
                            None => form.push(error.to_string()),
                        }
                    }
                }
                Err(error) => form.push(format!("the body is not JSON: {error}")),
            }
        }
    }
    if form.is_empty() && fields.is_empty() {
        return Ok(Params(pairs.into_iter().collect()));
    }
    Err(Failure::validation(&form, fields))
}

fn add(fields: &mut Map<String, Value>, name: &str, problem: String) {
    // What was sent may be long, and need not come back whole.
    let problem: String = problem.chars().take(300).collect();
    if let Value::Array(problems) = fields.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
        problems.push(Value::String(problem));
    }
}
