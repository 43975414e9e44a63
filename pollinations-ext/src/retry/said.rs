//! Details in the body of an error response: how long to wait, what is used up, and where to fix it.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::after::retry_after;
use crate::base::{
    error::Error,
    reason::{PaymentKind, RateLimit},
};

/// The details of an error response that a program can act on.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Said {
    pub(crate) retry_after: Option<Duration>,
    pub(crate) payment: Option<PaymentKind>,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) fix_url: Option<String>,
}

impl Said {
    /// Reads the headers and the body of a response with this status. A wait in the headers has priority over one in
    /// the body.
    pub(crate) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let value: Value = serde_json::from_slice(body).unwrap_or_default();
        // From the innermost to the outermost object: the details, the error, the envelope.
        let error = value.get("error").unwrap_or(&Value::Null);
        let places = [error.get("details").unwrap_or(&Value::Null), error, &value];
        let find = |names: &[&str]| {
            places.into_iter().flat_map(|place| names.iter().filter_map(|name| place.get(*name))).find(|v| !v.is_null())
        };
        let text = |names: &[&str]| find(names).and_then(Value::as_str);
        let seconds = find(&["retryAfterSeconds", "retry_after_seconds", "retryAfter", "retry_after"]);
        let seconds = seconds.and_then(|value| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()));
        let in_body = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let fix_url = text(&["fixUrl", "fix_url"]).filter(|url| url.starts_with("https://"));
        let payment = || PaymentKind::read(error_code(&value), text(&["reason"]), fix_url);
        // Only the rate limit of a key has its wait in the body.
        let limit = if in_body.is_some() { RateLimit::Key } else { RateLimit::Address };
        Self {
            retry_after: retry_after(headers).or(in_body),
            payment: (status == StatusCode::PAYMENT_REQUIRED).then(|| payment().unwrap_or(PaymentKind::Unspecified)),
            rate_limit: (status == StatusCode::TOO_MANY_REQUESTS).then_some(limit),
            fix_url: fix_url.map(str::to_owned),
        }
    }

    /// Adds the details to an error.
    pub(crate) fn tell(self, error: Error) -> Error {
        let error = error.with_retry_after(self.retry_after).with_payment(self.payment);
        error.with_rate_limit(self.rate_limit).with_fix_url(self.fix_url)
    }
}

fn error_code(value: &Value) -> Option<&str> {
    let error = value.get("error").unwrap_or(value);
    [error.get("code"), value.get("code"), value.get("error")].into_iter().flatten().find_map(Value::as_str)
}

/// The body of an error in the service's envelope, for a refusal that was sent in another form.
pub(crate) fn envelope(status: StatusCode, code: &str, message: &str, fix_url: &str) -> Bytes {
    let error = serde_json::json!({ "code": code, "message": message, "fixUrl": fix_url });
    Bytes::from(serde_json::json!({ "status": status.as_u16(), "success": false, "error": error }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, body: &str) -> Said {
        Said::read(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn the_payment_kind_is_read_from_every_form_of_402() {
        use PaymentKind::{Balance, KeyBudget, QuestPollen, Unspecified};
        for (body, kind) in [
            (r#"{"error":{"code":"KEY_BUDGET_EXHAUSTED"}}"#, KeyBudget),
            (r#"{"error":{"code":"INSUFFICIENT_BALANCE"}}"#, Balance),
            (r#"{"error":{"code":"QUEST_POLLEN_ONLY"}}"#, QuestPollen),
            (r#"{"error":{"code":"PAYMENT_REQUIRED","details":{"reason":"key_budget"}}}"#, KeyBudget),
            (r#"{"error":{"code":"PAYMENT_REQUIRED","details":{"reason":"account_balance"}}}"#, Balance),
            (r#"{"error":{"fixUrl":"https://enter.pollinations.ai/keys?ref=agent_key_budget"}}"#, KeyBudget),
            (r#"{"error":{"code":"PAYMENT_REQUIRED"}}"#, Unspecified),
            (r#"{"error":"KEY_BUDGET_EXHAUSTED","message":"spent"}"#, KeyBudget),
            ("<html>", Unspecified),
            ("", Unspecified),
        ] {
            assert_eq!(said(402, body).payment, Some(kind), "{body}");
        }
        assert_eq!(said(503, r#"{"error":{"code":"KEY_BUDGET_EXHAUSTED"}}"#).payment, None);
    }

    #[test]
    fn rate_limits_of_keys_and_addresses_are_distinguished() {
        let key = said(429, r#"{"error":"Rate limit exceeded","message":"Slow down","retryAfterSeconds":15}"#);
        assert_eq!((key.rate_limit, key.retry_after), (Some(RateLimit::Key), Some(Duration::from_secs(15))));
        let edge = said(429, r#"{"success":false,"error":{"code":"RATE_LIMITED","message":"Slow down"}}"#);
        assert_eq!((edge.rate_limit, edge.retry_after), (Some(RateLimit::Address), None));
    }

    #[test]
    fn the_delay_in_the_body_must_be_a_valid_duration() {
        for (wait, seconds) in
            [("2.5", Some(2.5)), ("\"7\"", Some(7.0)), ("-1", None), ("1e300", None), ("\"soon\"", None)]
        {
            let said = said(429, &format!(r#"{{"retryAfterSeconds":{wait}}}"#));
            assert_eq!(said.retry_after.map(|wait| wait.as_secs_f64()), seconds, "{wait}");
        }
    }

    #[test]
    fn a_fix_url_must_be_an_http_url() {
        let url = "https://enter.pollinations.ai/keys?ref=agent_grant";
        assert_eq!(said(403, &format!(r#"{{"error":{{"fixUrl":"{url}"}}}}"#)).fix_url.as_deref(), Some(url));
        assert_eq!(said(403, r#"{"error":{"fixUrl":"javascript:alert(1)"}}"#).fix_url, None);
    }
}
