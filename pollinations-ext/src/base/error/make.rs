//! Creates errors, and adds details from higher layers.

use std::{error::Error as StdError, time::Duration};

use http::StatusCode;
use pollinations_api::types::ErrorCode;

use super::{Error, Inner, kind::ErrorKind, partial::Partial};
use crate::base::reason::{PaymentKind, RateLimit};

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            operation: None,
            status: None,
            code: None,
            request_id: None,
            details: None,
            body: None,
            text: None,
            partial: None,
            attempts: 0,
            retry_after: None,
            payment: None,
            rate_limit: None,
            fix_url: None,
            outcome_unknown: false,
            source: None,
        }))
    }

    pub(crate) fn key(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidKey, message)
    }

    pub(crate) fn request(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidRequest, message)
    }

    pub(crate) fn io(message: impl Into<String>, error: std::io::Error) -> Self {
        Self::new(ErrorKind::Io, format!("{}: {error}", message.into())).source_error(error)
    }

    /// An error of the HTTP client, without its URL, because that may contain a key.
    pub(crate) fn transport(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let kind = Self::kind_of(&error);
        let what = match kind {
            ErrorKind::Timeout => "the request timed out",
            ErrorKind::Connect => "cannot connect to the server",
            ErrorKind::InvalidRequest => "the request cannot be sent",
            _ => "the connection broke",
        };
        let advice = if kind == ErrorKind::Connect { "; check the network and the base URL" } else { "" };
        let message = format!("{what} ({}){advice}", innermost(&error));
        Self::new(kind, message).source_error(error)
    }

    /// The error that interrupted a body, from the HTTP client or from another source of bytes.
    pub(crate) fn broken(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        match error.into().downcast::<reqwest::Error>() {
            Ok(error) => Self::transport(*error),
            Err(error) => {
                let mut broken = Self::new(ErrorKind::Connection, format!("the connection broke ({error})"));
                broken.0.source = Some(error);
                broken
            }
        }
    }

    pub(crate) fn kind_of(error: &reqwest::Error) -> ErrorKind {
        match () {
            () if error.is_timeout() => ErrorKind::Timeout,
            () if is_connect(error) => ErrorKind::Connect,
            () if error.is_builder() => ErrorKind::InvalidRequest,
            () => ErrorKind::Connection,
        }
    }

    fn source_error(mut self, error: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(error));
        self
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_code(mut self, code: Option<ErrorCode>) -> Self {
        self.0.code = code;
        self
    }

    pub(crate) fn with_details(mut self, details: Option<serde_json::Value>) -> Self {
        self.0.details = details;
        self
    }

    pub(crate) fn with_request_id(mut self, request_id: Option<String>) -> Self {
        self.0.request_id = self.0.request_id.or(request_id);
        self
    }

    pub(crate) fn with_body(mut self, body: Option<String>) -> Self {
        self.0.body = body;
        self
    }

    pub(crate) fn with_text(mut self, text: impl Into<String>) -> Self {
        self.0.text = Some(text.into());
        self
    }

    pub(crate) fn with_partial(mut self, partial: Option<impl Into<Partial>>) -> Self {
        self.0.partial = partial.map(|partial| Box::new(partial.into()));
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn with_payment(mut self, payment: Option<PaymentKind>) -> Self {
        self.0.payment = payment;
        self
    }

    pub(crate) fn with_rate_limit(mut self, limit: Option<RateLimit>) -> Self {
        self.0.rate_limit = limit;
        self
    }

    pub(crate) fn with_fix_url(mut self, url: Option<String>) -> Self {
        self.0.fix_url = url;
        self
    }

    pub(crate) fn with_outcome_unknown(mut self) -> Self {
        self.0.outcome_unknown = true;
        self
    }

    pub(crate) fn with_operation(mut self, operation: &str) -> Self {
        self.0.operation.get_or_insert_with(|| operation.to_owned());
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Rewrites all text from the server, because any of it may contain the API key.
    pub(crate) fn rewritten(mut self, rewrite: impl Fn(&str) -> String) -> Self {
        let inner = &mut *self.0;
        inner.message = rewrite(&inner.message);
        for text in [&mut inner.request_id, &mut inner.body, &mut inner.fix_url].into_iter().flatten() {
            *text = rewrite(text);
        }
        if let Some(details) = &mut inner.details {
            rewrite_texts(details, &rewrite);
        }
        // Known codes contain no key.
        inner.code.take_if(|code| rewrite(code.as_str()) != code.as_str());
        self
    }
}

/// Rewrites all text in a JSON value.
fn rewrite_texts(value: &mut serde_json::Value, rewrite: &impl Fn(&str) -> String) {
    match value {
        serde_json::Value::String(text) => *text = rewrite(text),
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| rewrite_texts(item, rewrite)),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(|field| rewrite_texts(field, rewrite)),
        _ => {}
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn is_connect(error: &reqwest::Error) -> bool {
    error.is_connect()
}

/// A browser does not distinguish failed connections from failed requests.
#[cfg(target_arch = "wasm32")]
fn is_connect(_: &reqwest::Error) -> bool {
    false
}

/// The innermost cause, which is the most specific, such as "connection refused".
fn innermost(error: &dyn StdError) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
