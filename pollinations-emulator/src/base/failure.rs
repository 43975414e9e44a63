//! Errors, and the formats in which they are sent.

use axum::{
    Json,
    extract::Request,
    http::{Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{clock, refusal::Refusal};

/// An error. [`render`] adds the time and the request id.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    code: &'static str,
    message: String,
    details: Option<Value>,
    refusal: Option<Refusal>,
}

impl Failure {
    /// 401: the key is missing, malformed, unknown, expired or revoked.
    pub(crate) fn unauthorized() -> Self {
        let message = "A valid API key is needed: send it as a Bearer token or as the query parameter `key`.";
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message)
    }

    /// 402 or 403: the service refuses to generate.
    pub(crate) fn refused(refusal: Refusal) -> Self {
        let status = match refusal {
            Refusal::Forbidden => StatusCode::FORBIDDEN,
            _ => StatusCode::PAYMENT_REQUIRED,
        };
        Self { refusal: Some(refusal), ..Self::new(status, refusal.code(), refusal.message()) }
    }

    /// The reason of the refusal, if it is one.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// Turns a 402 into the form it had before each reason got its own code.
    pub(crate) fn older(mut self) -> Self {
        if let Some(reason) = self.refusal.take().and_then(Refusal::reason) {
            self.code = Refusal::PaymentRequired.code();
            self.details = Some(json!({ "name": "PaymentRequiredError", "reason": reason }));
        }
        self
    }

    /// 403: the key lacks a permission.
    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)
    }

    /// 404: there is no such object.
    pub(crate) fn missing(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("There is no such {what}."))
    }

    /// 429: this was done less than 30 seconds ago.
    pub(crate) fn too_often() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", "This can be done once every 30 seconds.")
    }

    /// 400 with a message, without details.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    /// 404: there is no such model, or the key may not use it.
    pub(crate) fn no_model(name: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("There is no model {name}."))
    }

    /// 426: the path only accepts WebSockets.
    pub(crate) fn upgrade_required() -> Self {
        let message = "Connect with a WebSocket: this address takes no other request.";
        Self::new(StatusCode::UPGRADE_REQUIRED, "UPGRADE_REQUIRED", message)
    }

    /// 503: the generation ended without a result.
    pub(crate) fn lost() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE", "The generation was lost. Send it again.")
    }

    /// 413: the body is too large.
    pub(crate) fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, code_of(StatusCode::PAYLOAD_TOO_LARGE), "The request is too large.")
    }

    /// 415: the operation does not take bodies of this content type.
    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, code_of(StatusCode::UNSUPPORTED_MEDIA_TYPE), message)
    }

    /// 400: a field of the request is invalid.
    pub(crate) fn field(name: &str, reason: impl Into<String>) -> Self {
        let mut fields = Map::new();
        fields.insert(name.to_owned(), json!([reason.into()]));
        Self::validation(&[], fields)
    }

    /// 400: an image cannot be used. The code is one of those for images, such as `invalid_image_url`.
    pub(crate) fn image(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 400: the request as a whole is invalid.
    pub(crate) fn form(reason: impl Into<String>) -> Self {
        Self::validation(&[reason.into()], Map::new())
    }

    pub(crate) fn validation(form: &[String], fields: Map<String, Value>) -> Self {
        let mut failure =
            Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", "The request is not valid; see the details.");
        failure.details = Some(json!({ "name": "ValidationError", "formErrors": form, "fieldErrors": fields }));
        failure
    }

    /// The message including the details and the `fixUrl`, for formats without fields for them.
    fn sentence(&self) -> String {
        let mut problems = Vec::new();
        let details = self.details.as_ref();
        let forms = details.and_then(|details| details["formErrors"].as_array()).into_iter().flatten();
        problems.extend(forms.filter_map(Value::as_str).map(str::to_owned));
        for (name, reasons) in details.and_then(|details| details["fieldErrors"].as_object()).into_iter().flatten() {
            let reasons = reasons.as_array().into_iter().flatten().filter_map(Value::as_str);
            problems.extend(reasons.map(|reason| format!("{name}: {reason}")));
        }
        match (problems.is_empty(), self.refusal) {
            (false, _) => problems.join("; "),
            (true, Some(refusal)) => format!("{} See {}", self.message, refusal.fix_url()),
            (true, None) => self.message.clone(),
        }
    }

    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: None, refusal: None }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The error code for a status that has no more specific code.
pub(crate) fn code_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "UNAUTHORIZED",
        402 => "PAYMENT_REQUIRED",
        403 => "FORBIDDEN",
        404 => "NOT_FOUND",
        405 => "METHOD_NOT_ALLOWED",
        408 => "REQUEST_TIMEOUT",
        409 => "CONFLICT",
        410 => "GONE",
        413 => "PAYLOAD_TOO_LARGE",
        415 => "UNSUPPORTED_MEDIA_TYPE",
        422 => "UNPROCESSABLE_ENTITY",
        426 => "UPGRADE_REQUIRED",
        429 => "RATE_LIMITED",
        400..=499 => "BAD_REQUEST",
        500 => "INTERNAL_ERROR",
        502 => "BAD_GATEWAY",
        503 => "SERVICE_UNAVAILABLE",
        504 => "GATEWAY_TIMEOUT",
        _ => "UNKNOWN_ERROR",
    }
}

/// The format of an error body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ErrorFormat {
    /// The envelope of the service.
    #[default]
    Envelope,
    /// The format of Anthropic's Messages API.
    Anthropic,
    /// `{"error": "message"}`, as the media service and the reports on models send it.
    Flat,
}

/// An error in the format of Anthropic's Messages API.
pub(crate) fn anthropic(status: StatusCode, message: &str, request_id: Option<&str>) -> Value {
    let kind = match status.as_u16() {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    };
    let mut body = json!({ "type": "error", "error": { "type": kind, "message": message } });
    if let Some(id) = request_id {
        body["request_id"] = json!(id);
    }
    body
}

/// The response for a failure.
pub(crate) fn render(failure: Failure, format: ErrorFormat, request_id: &str) -> Response {
    match format {
        ErrorFormat::Anthropic => {
            let body = anthropic(failure.status, &failure.sentence(), None);
            return (failure.status, Json(body)).into_response();
        }
        ErrorFormat::Flat => return flat(failure),
        ErrorFormat::Envelope => {}
    }
    let mut error = json!({
        "code": failure.code,
        "message": failure.message,
        "timestamp": clock::iso(0),
        "requestId": request_id,
    });
    // The service leaves `details` out if there are none.
    if let Some(details) = failure.details {
        error["details"] = details;
    }
    if let Some(refusal) = failure.refusal {
        error["fixUrl"] = json!(refusal.fix_url());
    }
    let body = json!({ "status": failure.status.as_u16(), "success": false, "error": error });
    (failure.status, Json(body)).into_response()
}

/// The response for a failure in the flat format, with the details in the message.
fn flat(failure: Failure) -> Response {
    let details = failure.details.unwrap_or_default();
    let fields = details["fieldErrors"].as_object().into_iter().flatten();
    let fields = fields.flat_map(|(name, problems)| {
        problems
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(move |problem| format!("{name} {problem}"))
    });
    let form = details["formErrors"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    let problems: Vec<String> = form.chain(fields).collect();
    let message = if problems.is_empty() { failure.message } else { problems.join("; ") };
    (failure.status, Json(json!({ "error": message }))).into_response()
}

/// Removes the failure from a response, if it carries one.
pub(crate) fn take(response: &mut Response) -> Option<Failure> {
    response.extensions_mut().remove()
}

/// Whether a response carries a failure.
pub(crate) fn is_one(response: &Response) -> bool {
    response.extensions().get::<Failure>().is_some()
}

pub(crate) async fn not_found(uri: Uri) -> Failure {
    no_route(uri.path())
}

/// 404: there is no operation at this path.
pub(crate) fn no_route(path: &str) -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("There is nothing at {path}."))
}

pub(crate) async fn method_not_allowed(method: Method, request: Request) -> Failure {
    let message = format!("{} does not take {method}.", request.uri().path());
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message)
}
