//! The answers that faults send instead of the service's.

use axum::{
    body::Body,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{Fault, connection::NoResponse, quirks};
use crate::base::{
    clock,
    failure::{ErrorFormat, anthropic, code_of},
    refusal::Refusal,
};

impl Fault {
    /// The response that replaces the real one, if there is one.
    pub(crate) fn instead(&self, format: ErrorFormat) -> Option<Response> {
        if self.reset {
            let mut response = StatusCode::SERVICE_UNAVAILABLE.into_response();
            response.extensions_mut().insert(NoResponse);
            return Some(response);
        }
        if let Some(name) = &self.quirk {
            return Some(quirks::answer(name));
        }
        if let Some(code) = self.cloudflare {
            return Some(cloudflare(code, self.plain));
        }
        if let Some(seconds) = self.key_limit {
            return Some(key_limit(seconds));
        }
        if self.status.is_none() && self.body.is_none() {
            return None;
        }
        let status = StatusCode::from_u16(self.status.unwrap_or(200)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let title = status.canonical_reason().unwrap_or("Unknown Error");
        let (kind, body) = match &self.body {
            Some(body) => ("application/json", body.clone()),
            None if self.html => (
                "text/html; charset=utf-8",
                format!("<html><head><title>{} {title}</title></head></html>", status.as_u16()),
            ),
            None if format == ErrorFormat::Anthropic => {
                let message = format!("{title}, as asked for.");
                ("application/json", anthropic(status, &message, self.request_id.as_deref()).to_string())
            }
            None => ("application/json", self.envelope(status, title).to_string()),
        };
        let mut response = (status, [(CONTENT_TYPE, kind)], body).into_response();
        let headers = response.headers_mut();
        if let Some(value) = self.retry_after.as_ref().and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(RETRY_AFTER, value);
        }
        if let Some(wait) = self.retry_after_ms {
            headers.insert(HeaderName::from_static("retry-after-ms"), wait.into());
        }
        if is_bodiless(status) {
            *response.body_mut() = Body::empty();
        }
        Some(response)
    }

    fn envelope(&self, status: StatusCode, title: &str) -> Value {
        let code = self.code.as_deref().unwrap_or(code_of(status));
        let mut error =
            json!({ "code": code, "message": format!("{title}, as asked for."), "timestamp": clock::iso(0) });
        if let Some(reason) = &self.reason {
            error["details"] = json!({ "name": "Fault", "reason": reason });
        }
        if let Some(id) = &self.request_id {
            error["requestId"] = json!(id);
        }
        let code = Value::String(code.to_owned());
        if self.code.is_some()
            && let Ok(refusal) = serde_json::from_value::<Refusal>(code)
        {
            error["fixUrl"] = json!(refusal.fix_url());
        }
        json!({ "status": status.as_u16(), "success": false, "error": error })
    }
}

/// An error of Cloudflare.
fn cloudflare(code: u16, plain: bool) -> Response {
    let reason = match code {
        520 => "Web server is returning an unknown error",
        521 => "Web server is down",
        522 => "Connection timed out",
        523 => "Origin is unreachable",
        524 => "A timeout occurred",
        525 => "SSL handshake failed",
        526 => "Invalid SSL certificate",
        527 => "Railgun error",
        529 => "Site is overloaded",
        530 => "Origin DNS error",
        1015 => "You are being rate limited",
        _ => "Unknown error",
    };
    let status = match code {
        1015 => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_GATEWAY),
    };
    let (kind, body) = if plain {
        ("text/plain; charset=UTF-8", format!("error code: {code}"))
    } else {
        let page = format!(
            "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>gen.pollinations.ai | {code}: {reason}</title></head>\
             <body><h1>{reason}</h1><p>Error code {code}</p><p>Cloudflare</p></body></html>\n"
        );
        ("text/html; charset=UTF-8", page)
    };
    (status, [("content-type", kind), ("server", "cloudflare"), ("cache-control", "no-store")], body).into_response()
}

/// The rate limit of a publishable key.
fn key_limit(seconds: u64) -> Response {
    let body = json!({
        "error": "Rate limit exceeded",
        "message": format!("This key may send another request in {seconds} seconds."),
        "retryAfterSeconds": seconds,
    });
    let headers = [(CONTENT_TYPE, "application/json".to_owned()), (RETRY_AFTER, seconds.to_string())];
    (StatusCode::TOO_MANY_REQUESTS, headers, body.to_string()).into_response()
}

/// Statuses that have no body (RFC 9110, section 6.4.1).
fn is_bodiless(status: StatusCode) -> bool {
    status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED || status.is_informational()
}
