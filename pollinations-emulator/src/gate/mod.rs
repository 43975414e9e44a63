//! The middleware that every request passes: it adds request ids, applies faults, checks keys, validates requests, and
//! writes the journal.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, header::CONTENT_TYPE, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use self::{
    asked::Asked,
    incoming::{Incoming, Unread},
};
use crate::{
    base::{
        document::{self, Operation},
        failure::{self, Failure},
    },
    fault::{self, Fault},
    journal,
    state::State as Emulated,
};

mod asked;
mod check;
mod coalesce;
mod cors;
mod extract;
mod incoming;
mod refuse;
mod rejection;

pub(crate) use extract::{Caller, Params};

/// The account permissions, and the operations that need them. The others need none, except for `account_balance`,
/// which checks by itself, and `account_profile`, which adds the name and the email address with the permission
/// `profile`.
const PERMISSIONS: &[(&str, &[&str])] = &[
    (
        "usage",
        &[
            "account_usage",
            "account_usage_daily",
            "account_earnings",
            "earnings_transactions",
            "account_quests",
            "quest_rewards",
        ],
    ),
    (
        "keys",
        &[
            "list_keys",
            "create_key",
            "update_key",
            "revoke_key",
            "list_agents",
            "create_agent",
            "get_agent",
            "update_agent",
            "delete_agent",
            "list_my_models",
            "create_my_model",
            "update_my_model",
            "delete_my_model",
            "create_endpoint_agent",
            "list_upstream_models",
            "list_fallback_candidates",
            "test_my_model",
            "update_provider_profile",
        ],
    ),
];

/// The middleware itself.
pub(crate) async fn admit(State(state): State<Arc<Emulated>>, request: Request, next: Next) -> Response {
    if cors::is_preflight(&request) {
        return cors::preflight(request.headers());
    }
    let begun = Instant::now();
    let id = state.requests.next_id();
    let (parts, body) = request.into_parts();
    let is_outside = has_dot_segment(parts.uri.path());
    let operation = document::operation(parts.method.as_str(), parts.uri.path()).filter(|_| !is_outside);
    let operation_id = operation.map(|operation| operation.id.as_str());
    let connection = parts.extensions.get::<fault::Connection>().cloned();
    let body = Incoming::receive(body, operation.is_some_and(Operation::takes_large_files)).await;
    let mut entry = journal::Entry::of(&parts, &id, operation_id);
    let kind = parts.headers.get(CONTENT_TYPE).cloned();

    let requested = fault::requested(&parts.headers).transpose();
    let (fault, problem) = match requested {
        Ok(Some(fault)) => (Some(fault), None),
        Ok(None) => (state.faults.next(operation_id, parts.uri.path()), None),
        Err(problem) => (None, Some(Failure::form(problem))),
    };
    let problem = problem.or_else(|| is_outside.then(|| failure::no_route(parts.uri.path())));
    if let Some(fault) = &fault {
        tokio::time::sleep(fault.delay()).await;
    }
    let format = operation.map(Operation::error_format).unwrap_or_default();
    let instead = fault.as_ref().and_then(|fault| fault.instead(format));
    let is_replaced = instead.is_some() && !fault.as_ref().is_some_and(Fault::is_carried_out);
    let answered = if is_replaced {
        None
    } else {
        let (response, asked) = match (problem, &body) {
            (Some(problem), _) => (problem.into_response(), Asked::default()),
            (None, Ok(body)) => answer(&state, operation, parts, body, fault.as_ref(), next).await,
            (None, Err(Unread::TooLarge)) => (Failure::too_large().into_response(), Asked::default()),
            (None, Err(Unread::Broken)) => (Failure::form("the body cannot be read").into_response(), Asked::default()),
        };
        Some(rendered(response, &state, operation, &asked, &id))
    };
    // If the fault replaces the answer of a request that was carried out, that answer is dropped here.
    let instead = instead.map(|response| rendered(response, &state, operation, &Asked::default(), &id));
    let Some(mut response) = instead.or(answered) else { return Failure::lost().into_response() };
    let is_from_the_service = !fault.as_ref().is_some_and(Fault::is_from_in_front);
    if let Ok(value) = HeaderValue::from_str(&id)
        && is_from_the_service
    {
        response.headers_mut().entry(HeaderName::from_static("x-request-id")).or_insert(value);
        cors::allow(response.headers_mut());
    }
    if let Ok(body) = body {
        entry.carried(&body.finish().await, kind.as_ref());
    }
    entry.answered(response.status(), begun.elapsed());
    state.journal.add(entry);
    match fault {
        Some(fault) => fault.spoil(response, connection),
        None => response,
    }
}

/// Writes the failure that a response carries. Other responses stay as they are.
fn rendered(
    mut response: Response,
    state: &Emulated,
    operation: Option<&Operation>,
    asked: &Asked,
    id: &str,
) -> Response {
    match failure::take(&mut response) {
        Some(failure) => refuse::render(failure, state.refusals, operation, asked, id),
        None => response,
    }
}

/// Checks a request and answers it.
async fn answer(
    state: &Emulated,
    operation: Option<&Operation>,
    mut parts: Parts,
    body: &Incoming,
    fault: Option<&Fault>,
    next: Next,
) -> (Response, Asked) {
    let asked = match operation.map(|operation| admitted(state, operation, &mut parts, body.known())).transpose() {
        Ok(asked) => asked.unwrap_or_default(),
        Err(failure) => return (failure.into_response(), Asked::default()),
    };
    if let Some(refusal) = fault.and_then(Fault::refusal) {
        return (Failure::refused(refusal).into_response(), asked);
    }
    let time = fault.and_then(Fault::generation_time);
    let is_shared = state.coalesces && !asked.stream && operation.is_some_and(|operation| operation.coalesced);
    let response = if is_shared {
        // The result of a HEAD request is shared with GET, so it needs a body.
        if parts.method == Method::HEAD {
            parts.method = Method::GET;
        }
        let (method, uri) = (parts.method.as_str(), &parts.uri);
        let identity = coalesce::identity(method, uri.path(), uri.query().unwrap_or_default(), body.known());
        let fresh = asked.fresh && operation.is_some_and(Operation::can_be_fresh);
        coalesce::shared(state, Request::from_parts(parts, body.body()), identity, fresh, time, next).await
    } else {
        coalesce::alone(Request::from_parts(parts, body.body()), time, next).await
    };
    (rejection::as_failure(response).await, asked)
}

/// Checks the key, its permissions, and the request. Passes the key and the parameters on to the operation.
fn admitted(state: &Emulated, operation: &Operation, parts: &mut Parts, body: &[u8]) -> Result<Asked, Failure> {
    let query = parts.uri.query().unwrap_or_default();
    let key = state.keys.authenticate(&parts.headers, query);
    let shows_key =
        parts.headers.contains_key("authorization") || query.split('&').any(|pair| pair.starts_with("key="));
    match key {
        Some(key) => {
            let is_under = |operations: &[&str]| operations.contains(&operation.id.as_str());
            let needed = PERMISSIONS.iter().find(|(_, operations)| is_under(operations)).map(|(needed, _)| *needed);
            if let Some(permission) = needed.filter(|permission| !key.allows_account(permission)) {
                return Err(Failure::forbidden(format!("The key lacks the permission account:{permission}.")));
            }
            parts.extensions.insert(Caller(key));
        }
        // The media service ignores the key where none is required.
        None if operation.needs_key || (shows_key && !operation.is_media) => return Err(Failure::unauthorized()),
        None => {}
    }
    let (params, asked) = check::check(operation, parts, body)?;
    parts.extensions.insert(params);
    Ok(asked)
}

/// Whether a segment of a path is `.` or `..`, percent-encoded or not. URL parsers remove such segments (WHATWG URL,
/// section 4.4), so the service never sees one: it reads `/image/..` as `/`.
fn has_dot_segment(path: &str) -> bool {
    path.split('/').any(|segment| {
        let is_short = (1..=6).contains(&segment.len());
        is_short && matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_segments_are_found_in_every_encoding() {
        for path in ["/image/..", "/image/.", "/image/%2e%2E", "/image/.%2e", "/text/%2E", "/image/../x"] {
            assert!(has_dot_segment(path), "{path}");
        }
        for path in ["/image/...", "/image/.a", "/image/%2e%2e%2e", "/image/a..", "/", "/image/%252e"] {
            assert!(!has_dot_segment(path), "{path}");
        }
    }
}
