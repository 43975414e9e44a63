//! The kind of answer that a request asks for.

use serde_json::Value;

use super::extract::Params;

/// What a request asks for, as far as the gate needs to know.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// An event stream, which is never shared.
    pub(super) stream: bool,
    /// A new result instead of a cached one.
    pub(super) fresh: bool,
    pub(super) json: bool,
    pub(super) audio: bool,
    pub(super) model: Option<String>,
}

impl Asked {
    /// Reads it from the query and from a JSON body.
    pub(super) fn of(query: &Params, body: &Value) -> Self {
        let format = body.pointer("/response_format/type").or_else(|| body.pointer("/text/format/type"));
        let format = format.and_then(Value::as_str);
        let modalities = body["modalities"].as_array().into_iter().flatten();
        Self {
            stream: query.is("stream") || body["stream"] == true,
            fresh: query.is("no-cache"),
            json: query.is("json") || body["json"] == true || matches!(format, Some("json_object" | "json_schema")),
            audio: modalities.into_iter().any(|modality| modality == "audio"),
            model: query.text("model").or(body["model"].as_str()).map(str::to_owned),
        }
    }
}
