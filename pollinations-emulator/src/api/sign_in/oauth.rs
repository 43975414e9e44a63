//! OAuth 2.0: discovery (RFC 8414), authorization codes with PKCE (RFC 6749, RFC 7636), the token endpoint, and user
//! info.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::{
    base::{failure::Failure, key::Key},
    state::{self, Code, Decision},
};

type Shared = State<Arc<state::State>>;
type Parameters = HashMap<String, String>;

/// The default budget in pollen, and the default expiry in days.
pub(super) const BUDGET: &str = "5";
pub(super) const EXPIRY: &str = "7";

const SCOPES: [&str; 3] = ["profile", "usage", "keys"];
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(metadata))
        .route("/api/oauth/token", post(token))
        .route("/api/oauth/userinfo", get(user_info))
        .route("/api/device/userinfo", get(user_info))
}

/// `GET /.well-known/oauth-authorization-server` (RFC 8414, section 3).
async fn metadata(State(state): Shared) -> Json<Value> {
    let base = &state.base_url;
    Json(json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/api/oauth/token"),
        "userinfo_endpoint": format!("{base}/api/oauth/userinfo"),
        "device_authorization_endpoint": format!("{base}/api/device/code"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", DEVICE],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "scopes_supported": SCOPES,
        "authorization_response_iss_parameter_supported": true,
    }))
}

/// Whether an authorization request asks for a code, and not for a key in the fragment.
pub(super) fn is_for_code(query: &Parameters) -> bool {
    query.get("response_type").is_some_and(|kind| kind != "token")
}

/// Checks the app and its redirect URI. If this fails, the browser must not be redirected (RFC 6749, section 4.1.2.1).
pub(super) fn check_program(state: &state::State, query: &Parameters) -> Result<(), Failure> {
    let (client_id, redirect_uri) = (text(query, "client_id"), text(query, "redirect_uri"));
    if !state.apps.knows(client_id) {
        return Err(Failure::field("client_id", "must be the key (pk_…) of an app"));
    }
    let is_address = redirect_uri.parse::<Uri>().is_ok_and(|uri| uri.scheme().is_some() && uri.authority().is_some());
    if !is_address || redirect_uri.contains('#') || !state.apps.takes(client_id, redirect_uri) {
        return Err(Failure::field("redirect_uri", "must be a redirect URI that is registered for the app"));
    }
    Ok(())
}

/// The problem with the other parameters, if there is one. The app gets it by redirect.
pub(super) fn problem(query: &Parameters) -> Option<&'static str> {
    if text(query, "response_type") != "code" {
        return Some("unsupported_response_type");
    }
    let challenge = text(query, "code_challenge");
    let is_hash = BASE64_URL_SAFE_NO_PAD.decode(challenge).is_ok_and(|hash| hash.len() == 32);
    if !is_hash || text(query, "code_challenge_method") != "S256" {
        return Some("invalid_request");
    }
    let unknown = scopes(text(query, "scope")).any(|scope| !SCOPES.contains(&scope) && scope != "balance");
    unknown.then_some("invalid_scope")
}

/// Redirects the browser to the app with these parameters.
pub(super) fn way_back(state: &state::State, query: &Parameters, answer: &[(&str, &str)]) -> Response {
    let redirect_uri = text(query, "redirect_uri");
    let mut pairs: Vec<(&str, &str)> = answer.to_vec();
    if let Some(sent) = query.get("state") {
        pairs.push(("state", sent));
    }
    pairs.push(("iss", &state.base_url));
    let separator = if redirect_uri.contains('?') { '&' } else { '?' };
    let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
    let location = format!("{redirect_uri}{separator}{query}");
    (StatusCode::SEE_OTHER, [(header::LOCATION, location), (header::CACHE_CONTROL, "no-store".to_owned())])
        .into_response()
}

/// Redirects with a code, or with an error if the user denies access.
pub(super) fn decide(state: &state::State, form: &Parameters, limits: Key) -> Response {
    if form.get("decision").is_none_or(|decision| decision != "allow") {
        return way_back(state, form, &[("error", "access_denied")]);
    }
    let code = state.codes.issue(Code {
        client_id: text(form, "client_id").to_owned(),
        redirect_uri: text(form, "redirect_uri").to_owned(),
        challenge: text(form, "code_challenge").to_owned(),
        scope: limits.permissions.clone().unwrap_or_default().join(" "),
        expires_in: limits.expires_in.unwrap_or_default(),
        limits,
    });
    way_back(state, form, &[("code", &code)])
}

/// `POST /api/oauth/token` (RFC 6749, section 3.2), with a form or with JSON.
async fn token(State(state): Shared, headers: HeaderMap, body: Bytes) -> Response {
    let Some(fields) = fields(&headers, &body) else { return malformed() };
    match text(&fields, "grant_type") {
        "authorization_code" => exchange(&state, &fields),
        DEVICE => device(&state, text(&fields, "device_code"), Some(text(&fields, "client_id"))),
        "" => refuse("invalid_request", "grant_type is missing"),
        _ => refuse("unsupported_grant_type", "grant_type must be authorization_code or that of the device flow"),
    }
}

fn exchange(state: &state::State, fields: &Parameters) -> Response {
    for name in ["code", "client_id", "redirect_uri", "code_verifier"] {
        if text(fields, name).is_empty() {
            return refuse("invalid_request", &format!("{name} is missing"));
        }
    }
    if !state.apps.knows(text(fields, "client_id")) {
        return unknown_client();
    }
    let Some(code) = state.codes.take(text(fields, "code")) else {
        return refuse("invalid_grant", "the code is wrong, used or expired");
    };
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(text(fields, "code_verifier")));
    if code.client_id != text(fields, "client_id") || code.redirect_uri != text(fields, "redirect_uri") {
        return refuse("invalid_grant", "the code belongs to another client_id or redirect_uri");
    }
    if code.challenge != challenge {
        return refuse("invalid_grant", "the code_verifier does not match the code_challenge");
    }
    grant(state, Some(&code.client_id), code.limits, code.expires_in, &code.scope)
}

/// Answers a device that polls (RFC 8628, section 3.5).
pub(super) fn device(state: &state::State, code: &str, client_id: Option<&str>) -> Response {
    if client_id.is_some_and(|client_id| !state.apps.knows(client_id)) {
        return unknown_client();
    }
    match state.devices.ask(code) {
        Some(device) if device.is_hasty => refuse("slow_down", "the device asks more often than it may"),
        Some(device) => match device.decision {
            Decision::Granted => {
                state.devices.forget(code);
                let days: f64 = EXPIRY.parse().unwrap_or_default();
                let scopes: Vec<&str> = scopes(&device.scope).collect();
                let limits = Key::new("").permissions(scopes.iter().copied()).expires_in(days * 86_400.0);
                grant(state, client_id, limits, days * 86_400.0, &scopes.join(" "))
            }
            Decision::Denied => refuse("access_denied", "the user denied access"),
            Decision::Pending => refuse("authorization_pending", "the user has not decided yet"),
        },
        None => refuse("expired_token", "the device code has expired"),
    }
}

#[allow(clippy::cast_possible_truncation, reason = "whole seconds, saturating")]
fn grant(state: &state::State, client_id: Option<&str>, limits: Key, expires_in: f64, scope: &str) -> Response {
    let app = client_id.map(|client_id| state.keys.app(client_id));
    let key = state.keys.issue(|named| Key { key: named.key, app, ..limits });
    let body = json!({
        "access_token": key,
        "token_type": "Bearer",
        "expires_in": expires_in as i64,
        "scope": scope,
    });
    (StatusCode::OK, [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")], Json(body)).into_response()
}

/// The error for a body that cannot be parsed.
pub(super) fn malformed() -> Response {
    refuse("invalid_request", "the body must be a form or a JSON object of texts, and each parameter must come once")
}

/// The error for an unknown app.
pub(super) fn unknown_client() -> Response {
    refuse("invalid_client", "client_id must be the key (pk_…) of an app")
}

/// An error in the format of RFC 6749, section 5.2.
fn refuse(error: &str, description: &str) -> Response {
    let body = json!({ "error": error, "error_description": description });
    (StatusCode::BAD_REQUEST, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// `GET /api/oauth/userinfo`.
async fn user_info(State(state): Shared, headers: HeaderMap) -> Response {
    let Some(key) = state.keys.authenticate(&headers, "") else {
        let body = json!({ "error": "invalid_token", "error_description": "the token is missing, wrong or expired" });
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
        return (StatusCode::UNAUTHORIZED, challenge, Json(body)).into_response();
    };
    let mut claims = Map::new();
    let mut claim = |name: &str, value: &str| claims.insert(name.to_owned(), value.into());
    claim("sub", "user_emulated");
    claim("preferred_username", "emulated");
    claim("picture", "https://avatars.githubusercontent.com/u/1");
    if key.allows_account("profile") {
        claim("name", "Emma Emulated");
        claim("email", "emma@example.com");
    }
    Json(Value::Object(claims)).into_response()
}

/// The parameters in a form or JSON body. `None` if it cannot be parsed, or if a parameter is repeated (RFC 6749,
/// section 3.2).
pub(super) fn fields(headers: &HeaderMap, body: &[u8]) -> Option<Parameters> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let mut fields = Parameters::new();
    if kind.starts_with("application/json") {
        for (name, value) in serde_json::from_slice::<Map<String, Value>>(body).ok()? {
            fields.insert(name, value.as_str()?.to_owned());
        }
    } else {
        for (name, value) in serde_urlencoded::from_bytes::<Vec<(String, String)>>(body).ok()? {
            if fields.insert(name, value).is_some() {
                return None;
            }
        }
    }
    Some(fields)
}

pub(super) fn scopes(scope: &str) -> impl Iterator<Item = &str> {
    scope.split([' ', ',']).filter(|scope| !scope.is_empty())
}

pub(super) fn text<'a>(fields: &'a Parameters, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str)
}
