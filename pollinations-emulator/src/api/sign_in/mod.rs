//! Bring Your Own Pollen: the page where users grant keys, and the device flow (RFC 8628).

mod oauth;

use std::{collections::HashMap, sync::Arc};

use axum::{
    Form, Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, Uri, header::LOCATION},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use serde_json::json;

use crate::{
    base::{failure::Failure, key::Key},
    state::{self, Decision, INTERVAL},
};

type Shared = State<Arc<state::State>>;
type Parameters = HashMap<String, String>;

/// The lifetime of a device code, in seconds.
const EXPIRES_IN: u64 = 1800;

/// The form field that only the page sends. Tests that post a decision directly leave it out.
const ASKED: &str = "asked";

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new()
        .route("/authorize", get(ask).post(decide))
        .route("/device", get(ask_device).post(decide_device))
        .route("/api/device/code", post(device_code))
        .route("/api/device/token", post(device_token))
        .merge(oauth::routes())
}

/// `GET /authorize`: a page with two buttons.
async fn ask(State(state): Shared, Query(mut query): Query<Parameters>) -> Result<Response, Failure> {
    if oauth::is_for_code(&query) {
        oauth::check_program(&state, &query)?;
        if let Some(problem) = oauth::problem(&query) {
            return Ok(oauth::way_back(&state, &query, &[("error", problem)]));
        }
        // The defaults of the service.
        query.entry("budget".to_owned()).or_insert_with(|| oauth::BUDGET.to_owned());
        query.entry("expiry".to_owned()).or_insert_with(|| oauth::EXPIRY.to_owned());
    }
    redirect_url(&query)?;
    let facts: String = [
        ("Application", value(&query, "app_key", "client_id")),
        ("Models", value(&query, "models", "models")),
        (
            "Expires after",
            value(&query, "expiry", "expiry")
                .map(|days| if days == "1" { "1 day".to_owned() } else { format!("{days} days") }),
        ),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(format!("<dt>{name}</dt><dd>{}</dd>", escape(&value?))))
    .collect();
    let hidden: String = query
        .iter()
        .filter(|(name, _)| *name != "budget")
        .map(|(name, value)| format!("<input type=hidden name=\"{}\" value=\"{}\">", escape(name), escape(value)))
        .collect();
    let place = escape(&redirect_url(&query)?);
    let text = format!("<p>A key for <code>{place}</code>.</p><dl>{facts}</dl>");
    Ok(page("Grant a key?", &text, &format!("{hidden}{}", choices(&query)), "/authorize").into_response())
}

/// `POST /authorize`: redirects the browser back to the app.
async fn decide(State(state): Shared, Form(form): Form<Parameters>) -> Result<Response, Failure> {
    let place = redirect_url(&form)?;
    if oauth::is_for_code(&form) {
        oauth::check_program(&state, &form)?;
        return Ok(match oauth::problem(&form) {
            Some(problem) => oauth::way_back(&state, &form, &[("error", problem)]),
            None => oauth::decide(&state, &form, limited(Key::new(""), &form)),
        });
    }
    let state_parameter = form.get("state").map(|state| format!("&state={}", encode(state))).unwrap_or_default();
    let fragment = if form.get("decision").is_some_and(|decision| decision == "allow") {
        let app = value(&form, "app_key", "client_id").map(|client_id| state.keys.app(&client_id));
        format!("api_key={}{state_parameter}", state.keys.issue(|key| Key { app, ..limited(key, &form) }))
    } else {
        format!("error=access_denied{state_parameter}")
    };
    let place = place.split('#').next().unwrap_or_default();
    Ok((StatusCode::SEE_OTHER, [(LOCATION, format!("{place}#{fragment}"))]).into_response())
}

/// `POST /api/device/code` (RFC 8628, section 3.1).
async fn device_code(State(state): Shared, headers: HeaderMap, body: Bytes) -> Response {
    let Some(fields) = oauth::fields(&headers, &body) else { return oauth::malformed() };
    if !state.apps.knows(oauth::text(&fields, "client_id")) {
        return oauth::unknown_client();
    }
    let scope = oauth::text(&fields, "scope");
    let (device_code, user_code) = state.devices.issue(scope);
    let page = format!("{}/device", state.base_url);
    Json(json!({
        "device_code": device_code,
        "user_code": user_code,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={user_code}"),
        "expires_in": EXPIRES_IN,
        "interval": INTERVAL,
    }))
    .into_response()
}

/// `POST /api/device/token` (RFC 8628, sections 3.4 and 3.5).
async fn device_token(State(state): Shared, headers: HeaderMap, body: Bytes) -> Response {
    let Some(fields) = oauth::fields(&headers, &body) else { return oauth::malformed() };
    oauth::device(&state, oauth::text(&fields, "device_code"), None)
}

/// `GET /device`: the page where the user enters the code.
async fn ask_device(Query(query): Query<Parameters>) -> Html<String> {
    let code = escape(query.get("user_code").map_or("", String::as_str));
    let field = format!("<p><label>Code <input name=user_code value=\"{code}\" autofocus></label></p>");
    page("Connect a device?", "<p>Enter the code that the device shows.</p>", &field, "/device")
}

/// `POST /device`: stores the decision of the user.
async fn decide_device(State(state): Shared, Form(form): Form<Parameters>) -> Response {
    let allow = form.get("decision").is_some_and(|decision| decision == "allow");
    let decision = if allow { Decision::Granted } else { Decision::Denied };
    let code = form.get("user_code").map_or("", String::as_str);
    if !state.devices.decide(code, decision) {
        return (StatusCode::NOT_FOUND, page("No such code", "<p>It may have expired.</p>", "", "")).into_response();
    }
    let (title, text) =
        if allow { ("Connected", "The device has a key now.") } else { ("Denied", "The device gets no key.") };
    page(title, &format!("<p>{text} You can close this page.</p>"), "", "").into_response()
}

/// Limits the key as the form says.
fn limited(mut key: Key, form: &Parameters) -> Key {
    let list =
        |text: String| text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect();
    let scope = value(form, "permissions", "scope").unwrap_or_default();
    // The page has a checkbox for each scope. Without the page, all are granted.
    let is_granted = |scope: &&str| !form.contains_key(ASKED) || form.contains_key(&format!("grant_{scope}"));
    key = key.permissions(oauth::scopes(&scope).filter(is_granted));
    if let Some(models) = value(form, "models", "models") {
        let models: Vec<String> = list(models);
        key = key.models(models);
    }
    let budget = value(form, "budget", "budget").unwrap_or_else(|| oauth::BUDGET.to_owned());
    if let Ok(budget) = budget.parse() {
        key = key.budget(budget);
    }
    let days: f64 = value(form, "expiry", "expiry").and_then(|days| days.parse().ok()).unwrap_or(7.0);
    key.expires_in(days * 86_400.0)
}

/// The form fields that the user can change: the budget and the scopes.
fn choices(query: &Parameters) -> String {
    let budget = escape(query.get("budget").map_or(oauth::BUDGET, String::as_str));
    let scope = value(query, "permissions", "scope").unwrap_or_default();
    let boxes: String = oauth::scopes(&scope)
        .map(|scope| {
            let scope = escape(scope);
            format!("<p><label><input type=checkbox name=\"grant_{scope}\" checked> May see: {scope}</label></p>")
        })
        .collect();
    format!(
        "<input type=hidden name={ASKED} value=yes>\
         <p><label>Budget in pollen <input name=budget value=\"{budget}\" size=6></label></p>{boxes}"
    )
}

fn value(query: &Parameters, name: &str, later_name: &str) -> Option<String> {
    query.get(name).or_else(|| query.get(later_name)).cloned()
}

fn redirect_url(query: &Parameters) -> Result<String, Failure> {
    let url = value(query, "redirect_url", "redirect_uri").unwrap_or_default();
    let has_host = url.parse::<Uri>().is_ok_and(|uri| uri.authority().is_some() && uri.scheme().is_some());
    // Rejects `javascript:` URLs, which would run in this page.
    if has_host { Ok(url) } else { Err(Failure::field("redirect_url", "must be an absolute URL")) }
}

/// A page, with a form if there is an `action`.
fn page(title: &str, text: &str, fields: &str, action: &str) -> Html<String> {
    let form = if action.is_empty() {
        String::new()
    } else {
        format!(
            "<form method=post action=\"{action}\">{fields}<button name=decision value=allow>Allow</button> \
             <button name=decision value=deny>Deny</button></form>"
        )
    };
    Html(format!(
        "<!doctype html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width, initial-scale=1\"><title>{title}</title><link rel=icon href=\"data:,\">\
         <style>:root{{color-scheme:light dark}}body{{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;\
         padding:0 1rem}}button,input{{font:inherit;padding:.25rem .75rem}}dt{{font-weight:bold}}dd{{margin:0 0 .5rem}}</style>\
         <h1>{title}</h1>{text}{form}</html>"
    ))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// Percent-encodes a value for a fragment.
fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
