//! Multipart forms with a recording.

use std::collections::BTreeMap;

use axum::{
    body::Bytes,
    extract::{
        Multipart,
        multipart::{MultipartError, MultipartRejection},
    },
    http::StatusCode,
};

use crate::base::{document, failure::Failure};

/// A multipart form with a recording.
pub(super) struct Form {
    pub(super) recording: Bytes,
    texts: BTreeMap<String, String>,
}

impl Form {
    /// Reads a form, and validates its fields against the document.
    pub(super) async fn read(path: &str, form: Result<Multipart, MultipartRejection>) -> Result<Self, Failure> {
        let mut form = form.map_err(|rejection| Failure::form(rejection.body_text()))?;
        let mut recording = None;
        let mut texts = BTreeMap::new();
        while let Some(field) = form.next_field().await.map_err(|error| unread(&error))? {
            let name = field.name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(|error| unread(&error))?;
            // The service accepts both names.
            if name == "file" || name == "audio" {
                recording = Some(bytes);
            } else {
                texts.insert(name, String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        for rule in document::operation("POST", path).into_iter().flat_map(|operation| &operation.form) {
            if let Some(problem) = texts.get(&rule.name).and_then(|text| rule.problem(text)) {
                return Err(Failure::field(&rule.name, problem));
            }
        }
        let recording = recording.filter(|recording| !recording.is_empty());
        let recording = recording.ok_or_else(|| Failure::field("file", "is required and must not be empty"))?;
        Ok(Self { recording, texts })
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }
}

/// The error for a form that cannot be read.
fn unread(error: &MultipartError) -> Failure {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Failure::too_large(),
        _ => Failure::form(error.body_text()),
    }
}
