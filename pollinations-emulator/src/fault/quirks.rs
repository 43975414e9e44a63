//! Answers in the forms that providers really send.

use std::{collections::HashMap, sync::LazyLock};

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use crate::base::failure::Failure;

/// The bodies by their files, put here by the build script.
static BODIES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/quirks.rs"));

/// All quirks, read when the first is needed. The index is part of the program, and a test reads it.
static QUIRKS: LazyLock<Vec<Quirk>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../quirks/index.json")).unwrap_or_default());

/// One form of an answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Quirk {
    pub(crate) name: String,
    #[serde(skip_serializing)]
    file: String,
    /// What the request asks for that is answered in this way.
    r#for: String,
    status: u16,
    content_type: String,
    #[serde(default, skip_serializing_if = "HashMap::is_empty")]
    headers: HashMap<String, String>,
    /// What a good client makes of it.
    wanted: String,
}

/// All quirks.
pub(crate) fn quirks() -> &'static [Quirk] {
    &QUIRKS
}

/// The answer of the quirk with this name, or an error that says where the names are.
pub(super) fn answer(name: &str) -> Response {
    let quirk = QUIRKS.iter().find(|quirk| quirk.name == name);
    let body = quirk.and_then(|quirk| BODIES.iter().find(|(file, _)| *file == quirk.file));
    let (Some(quirk), Some((_, body))) = (quirk, body) else {
        return Failure::form(format!("There is no quirk `{name}`. GET /_emulator/quirks lists all.")).into_response();
    };
    let mut response = Response::new(Body::from(*body));
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
