//! Error messages: one line with what happened, where, and what to do about it.

use std::{borrow::Cow, fmt};

use http::StatusCode;

use super::{Error, Inner, is_retryable_status, kind::ErrorKind};

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        if let Some(operation) = &inner.operation {
            write!(formatter, "{operation}: ")?;
        }
        if let Some(status) = inner.status {
            write!(formatter, "{}", status.as_u16())?;
            if let Some(code) = &inner.code {
                write!(formatter, " {code}")?;
            }
            formatter.write_str(": ")?;
        }
        formatter.write_str(&inner.message)?;
        let mut notes = Vec::new();
        notes.extend(inner.request_id.as_ref().map(|id| format!("request {id}")));
        if inner.attempts > 1 {
            notes.push(format!("after {} attempts", inner.attempts));
        }
        if inner.outcome_unknown {
            notes.push("the outcome is unknown: the request may or may not have been processed".to_owned());
        }
        notes.extend(inner.retry_after.map(|wait| format!("retry after {} s", wait.as_secs())));
        if !notes.is_empty() {
            write!(formatter, " ({})", notes.join(", "))?;
        }
        match inner.advice() {
            Some(advice) => write!(formatter, "; {advice}"),
            None => Ok(()),
        }
    }
}

impl Inner {
    /// What to do about the error, unless the message already says so.
    fn advice(&self) -> Option<Cow<'static, str>> {
        if let Some(url) = &self.fix_url {
            // The service's message often contains the URL.
            return (!self.message.contains(url.as_str())).then(|| format!("fix it at {url}").into());
        }
        let advice = match (self.kind, self.status, self.partial.as_deref()) {
            (ErrorKind::Api, Some(StatusCode::UNAUTHORIZED), _) => {
                "check the API key, or get a new one at https://enter.pollinations.ai"
            }
            (ErrorKind::Api, Some(status), _)
                if status.is_server_error() && is_retryable_status(status) && self.retry_after.is_none() =>
            {
                "try again later"
            }
            (_, _, Some(partial)) => partial.advice(),
            (ErrorKind::Decode, ..) if self.body.is_some() => "`Error::body` has what the server sent",
            (ErrorKind::StructuredOutput, ..) => "`Error::text` has the reply",
            _ => return None,
        };
        Some(advice.into())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        formatter
            .debug_struct("Error")
            .field("kind", &inner.kind)
            .field("message", &inner.message)
            .field("operation", &inner.operation)
            .field("status", &inner.status)
            .field("code", &inner.code)
            .field("request_id", &inner.request_id)
            .field("details", &inner.details)
            .field("body", &inner.body)
            .field("text", &inner.text)
            .field("has_partial", &inner.partial.is_some())
            .field("attempts", &inner.attempts)
            .field("retry_after", &inner.retry_after)
            .field("payment", &inner.payment)
            .field("rate_limit", &inner.rate_limit)
            .field("fix_url", &inner.fix_url)
            .field("outcome_unknown", &inner.outcome_unknown)
            .field("source", &inner.source)
            .finish()
    }
}
