//! What serde's derive makes of the same JSON: structs with the fields of ours that read strictly, and keep nothing else.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A chunk of a streamed chat.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the fields of the API")]
pub struct Chunk {
    #[serde(default)]
    pub choices: Vec<Choice>,
    #[serde(default)]
    pub citations: Vec<String>,
    pub created: Option<i64>,
    pub error: Option<Value>,
    pub id: Option<String>,
    pub model: Option<String>,
    pub object: String,
    pub system_fingerprint: Option<String>,
    pub usage: Option<Usage>,
    pub user_tier: Option<String>,
}

/// One choice of a chunk.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the fields of the API")]
pub struct Choice {
    pub delta: Option<Delta>,
    pub finish_reason: Option<String>,
    pub index: Option<u64>,
}

/// What a chunk adds to the reply.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the fields of the API")]
pub struct Delta {
    pub content: Option<String>,
    pub reasoning_content: Option<String>,
    pub role: Option<String>,
}

/// Tokens.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the fields of the API")]
pub struct Usage {
    pub completion_tokens: u64,
    pub prompt_tokens: u64,
    pub total_tokens: u64,
}

/// An entry of a listing of models.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the fields of the API")]
pub struct Model {
    pub added_date: Option<f64>,
    pub agent: Option<bool>,
    #[serde(default)]
    pub aliases: Vec<String>,
    #[serde(default)]
    pub allowed_durations: Vec<f64>,
    pub alpha: Option<bool>,
    pub base_model: Option<String>,
    pub brand_icon_url: Option<String>,
    pub brand_url: Option<String>,
    #[serde(default)]
    pub capabilities: Vec<String>,
    pub category: Option<String>,
    pub community: Option<bool>,
    pub context_length: Option<u64>,
    pub context_window: Option<u64>,
    pub default_duration: Option<f64>,
    pub description: Option<String>,
    pub duration_step: Option<f64>,
    pub flat_rate: Option<bool>,
    pub health: Option<Value>,
    #[serde(default)]
    pub input_modalities: Vec<String>,
    pub is_specialized: Option<bool>,
    pub max_completion_tokens: Option<u64>,
    pub max_duration: Option<f64>,
    pub max_reference_images: Option<u64>,
    pub max_reference_videos: Option<u64>,
    pub min_duration: Option<f64>,
    pub name: String,
    #[serde(default)]
    pub output_modalities: Vec<String>,
    pub paid_only: Option<bool>,
    pub pending_change: Option<Value>,
    pub per_user_rpm: Option<f64>,
    pub pricing: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    pub pricing_adjustments: Vec<Value>,
    pub pricing_default_label: Option<String>,
    #[serde(default)]
    pub pricing_variants: Vec<Value>,
    pub publisher: Option<String>,
    pub reasoning: Option<bool>,
    #[serde(default)]
    pub required_safety: Vec<String>,
    #[serde(default)]
    pub resolutions: Vec<String>,
    #[serde(default)]
    pub supported_endpoints: Vec<String>,
    #[serde(default)]
    pub supported_parameters: Vec<String>,
    pub supports_structured_output: Option<bool>,
    pub title: Option<String>,
    pub tools: Option<bool>,
    #[serde(default)]
    pub video_capabilities: Vec<String>,
    #[serde(default)]
    pub voices: Vec<String>,
}

/// The JSON of a listing of so many models, each with the fields that most have.
pub fn models(count: usize) -> String {
    let models = (0..count).map(|number| {
        format!(
            r#"{{"name":"publisher/model-{number}","aliases":["model-{number}","m{number}"],"title":"Model {number}","description":"A model for text and images, with tools and a long context.","publisher":"publisher","category":"text","community":false,"capabilities":["tools","reasoning"],"input_modalities":["text","image"],"output_modalities":["text"],"tools":true,"reasoning":true,"paid_only":false,"is_specialized":false,"context_length":131072,"max_completion_tokens":16384,"supported_endpoints":["/v1/chat/completions","/text/{{prompt}}"],"supported_parameters":["temperature","top_p","seed","max_tokens"],"pricing":{{"currency":"pollen","promptTextTokens":0.00000015,"completionTextTokens":0.0000006}},"voices":[],"added_date":1760000000000}}"#
        )
    });
    format!("[{}]", models.collect::<Vec<_>>().join(","))
}
