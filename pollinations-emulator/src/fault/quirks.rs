//! Quirks: recorded answers in forms that providers really send.

use std::{collections::HashMap, sync::LazyLock};

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::base::failure::Failure;

/// All quirks, parsed on first use. The list is compiled in, and a test makes sure that it can be parsed.
static QUIRKS: LazyLock<Vec<Quirk>> =
    LazyLock::new(|| serde_json::from_str(include_str!("quirks.json")).unwrap_or_default());

/// A recorded answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Quirk {
    pub(crate) name: String,
    /// The kind of request that it answers.
    r#for: String,
    status: u16,
    content_type: String,
    #[serde(default, skip_serializing_if = "HashMap::is_empty")]
    headers: HashMap<String, String>,
    /// What a good client should make of it.
    wanted: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    body: String,
    /// The body in base64, if it is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

impl Quirk {
    fn bytes(&'static self) -> Bytes {
        match &self.base64 {
            Some(text) => BASE64_STANDARD.decode(text).unwrap_or_default().into(),
            None => Bytes::from_static(self.body.as_bytes()),
        }
    }
}

/// All quirks.
pub(crate) fn quirks() -> &'static [Quirk] {
    &QUIRKS
}

/// The answer of the quirk with this name, or an error if there is no such quirk.
pub(super) fn answer(name: &str) -> Response {
    let Some(quirk) = QUIRKS.iter().find(|quirk| quirk.name == name) else {
        return Failure::form(format!("There is no quirk `{name}`. GET /_emulator/quirks lists all.")).into_response();
    };
    let mut response = Response::new(Body::from(quirk.bytes()));
    *response.status_mut() = StatusCode::from_u16(quirk.status).unwrap_or_default();
    let own = quirk.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let kind = Some((CONTENT_TYPE.as_str(), quirk.content_type.as_str())).filter(|(_, kind)| !kind.is_empty());
    for (name, value) in own.chain(kind) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
