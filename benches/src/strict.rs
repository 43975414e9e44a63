//! Structs with the same fields as ours and serde's derive, which read strictly and drop unknown fields.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// `ChatCompletionChunk`.
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
    pub user_tier: Option<UserTier>,
}

/// `ChunkChoice`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the fields of the API")]
pub struct Choice {
    pub delta: Option<Delta>,
    pub finish_reason: Option<FinishReason>,
    pub index: Option<u64>,
}

/// `CompletionUsage`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the fields of the API")]
pub struct Usage {
    pub cache_creation_input_tokens: Option<u64>,
    pub cache_read_input_tokens: Option<u64>,
    pub cached_input_tokens: Option<u64>,
    pub completion_tokens: u64,
    pub completion_tokens_details: Option<CompletionTokensDetails>,
    pub prompt_tokens: u64,
    pub prompt_tokens_details: Option<PromptTokensDetails>,
    pub reasoning_tokens: Option<u64>,
    pub total_tokens: u64,
}

/// UserTier.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the values of the API")]
pub enum UserTier {
    #[serde(rename = "anonymous")]
    Anonymous,
    #[serde(rename = "seed")]
    Seed,
    #[serde(rename = "flower")]
    Flower,
    #[serde(rename = "nectar")]
    Nectar,
}

/// `ChatDelta`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the fields of the API")]
pub struct Delta {
    pub audio: Option<AudioDelta>,
    pub content: Option<String>,
    pub content_blocks: Option<Vec<ContentBlock>>,
    pub reasoning_content: Option<String>,
    pub role: Option<String>,
    pub tool_calls: Option<Vec<ToolCallDelta>>,
}

/// FinishReason.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the values of the API")]
pub enum FinishReason {
    #[serde(rename = "stop")]
    Stop,
    #[serde(rename = "length")]
    Length,
    #[serde(rename = "tool_calls")]
    ToolCalls,
    #[serde(rename = "content_filter")]
    ContentFilter,
    #[serde(rename = "function_call")]
    FunctionCall,
}

/// `CompletionTokensDetails`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the fields of the API")]
pub struct CompletionTokensDetails {
    pub accepted_prediction_tokens: Option<u64>,
    pub audio_tokens: Option<u64>,
    pub reasoning_tokens: Option<u64>,
    pub rejected_prediction_tokens: Option<u64>,
}

/// `PromptTokensDetails`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the fields of the API")]
pub struct PromptTokensDetails {
    pub audio_tokens: Option<u64>,
    pub cache_creation_input_tokens: Option<u64>,
    pub cache_type: Option<String>,
    pub cache_write_tokens: Option<u64>,
    pub cached_tokens: Option<u64>,
    pub image_tokens: Option<u64>,
}

/// `AudioDelta`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the fields of the API")]
pub struct AudioDelta {
    pub data: Option<String>,
    pub expires_at: Option<i64>,
    pub id: Option<String>,
    pub transcript: Option<String>,
}

/// A part of a message. The benchmarks contain none.
pub type ContentBlock = Value;

/// `ToolCallDelta`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the fields of the API")]
pub struct ToolCallDelta {
    pub function: Option<FunctionCallDelta>,
    pub id: Option<String>,
    pub index: Option<u64>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// `FunctionCallDelta`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the fields of the API")]
pub struct FunctionCallDelta {
    pub arguments: Option<String>,
    pub name: Option<String>,
}

/// `ModelInfo`.
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
    pub capabilities: Vec<ModelCapability>,
    pub category: Option<ModelCategory>,
    pub community: Option<bool>,
    pub context_length: Option<u64>,
    pub context_window: Option<u64>,
    pub default_duration: Option<f64>,
    pub description: Option<String>,
    pub duration_step: Option<f64>,
    pub flat_rate: Option<bool>,
    pub health: Option<ModelHealth>,
    #[serde(default)]
    pub input_modalities: Vec<InputModality>,
    pub is_specialized: Option<bool>,
    pub max_completion_tokens: Option<u64>,
    pub max_duration: Option<f64>,
    pub max_reference_images: Option<u64>,
    pub max_reference_videos: Option<u64>,
    pub min_duration: Option<f64>,
    pub name: String,
    #[serde(default)]
    pub output_modalities: Vec<OutputModality>,
    pub paid_only: Option<bool>,
    pub pending_change: Option<PendingPriceChange>,
    pub per_user_rpm: Option<f64>,
    #[serde(default)]
    pub pricing: BTreeMap<String, Price>,
    #[serde(default)]
    pub pricing_adjustments: Vec<PricingAdjustment>,
    pub pricing_default_label: Option<String>,
    #[serde(default)]
    pub pricing_variants: Vec<PricingVariant>,
    pub publisher: Option<String>,
    pub reasoning: Option<bool>,
    #[serde(default)]
    pub required_safety: Vec<SafetyFeature>,
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
    pub video_capabilities: Vec<VideoCapability>,
    #[serde(default)]
    pub voices: Vec<String>,
}

/// ModelCapability.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the values of the API")]
pub enum ModelCapability {
    #[serde(rename = "tool_calling")]
    ToolCalling,
    #[serde(rename = "reasoning")]
    Reasoning,
    #[serde(rename = "web_search")]
    WebSearch,
    #[serde(rename = "code_execution")]
    CodeExecution,
    #[serde(rename = "pollinations_models")]
    PollinationsModels,
}

/// ModelCategory.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the values of the API")]
pub enum ModelCategory {
    #[serde(rename = "text")]
    Text,
    #[serde(rename = "image")]
    Image,
    #[serde(rename = "video")]
    Video,
    #[serde(rename = "audio")]
    Audio,
    #[serde(rename = "3d")]
    ThreeD,
    #[serde(rename = "embedding")]
    Embedding,
    #[serde(rename = "realtime")]
    Realtime,
}

/// `ModelHealth`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the fields of the API")]
pub struct ModelHealth {
    pub requests: u64,
    pub status: HealthStatus,
    pub success_rate: f64,
}

/// InputModality.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the values of the API")]
pub enum InputModality {
    #[serde(rename = "text")]
    Text,
    #[serde(rename = "image")]
    Image,
    #[serde(rename = "audio")]
    Audio,
    #[serde(rename = "video")]
    Video,
}

/// OutputModality.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the values of the API")]
pub enum OutputModality {
    #[serde(rename = "text")]
    Text,
    #[serde(rename = "image")]
    Image,
    #[serde(rename = "audio")]
    Audio,
    #[serde(rename = "video")]
    Video,
    #[serde(rename = "3d")]
    ThreeD,
    #[serde(rename = "embedding")]
    Embedding,
}

/// `PendingPriceChange`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the fields of the API")]
pub struct PendingPriceChange {
    pub effective_at: String,
    pub paid_only: bool,
    pub pricing: BTreeMap<String, Price>,
}

/// A price: a number, or a string that contains a number.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(missing_docs, reason = "the values of the API")]
pub enum Price {
    Number(f64),
    Text(String),
}

/// `PricingAdjustment`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the fields of the API")]
pub struct PricingAdjustment {
    pub currency: String,
    pub kind: String,
    pub label: String,
    pub name: String,
    pub option: Option<PricingOption>,
    pub price: Price,
    pub quantity: f64,
    pub suffix: Option<String>,
    pub unit: String,
}

/// `PricingVariant`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the fields of the API")]
pub struct PricingVariant {
    pub description: String,
    pub label: String,
    pub name: String,
    pub pricing: BTreeMap<String, Price>,
}

/// SafetyFeature.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the values of the API")]
pub enum SafetyFeature {
    #[serde(rename = "privacy")]
    Privacy,
    #[serde(rename = "secrets")]
    Secrets,
    #[serde(rename = "sexual")]
    Sexual,
    #[serde(rename = "violence")]
    Violence,
    #[serde(rename = "shield")]
    Shield,
}

/// VideoCapability.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the values of the API")]
pub enum VideoCapability {
    #[serde(rename = "start_frame")]
    StartFrame,
    #[serde(rename = "end_frame")]
    EndFrame,
    #[serde(rename = "keyframes")]
    Keyframes,
    #[serde(rename = "audio_output")]
    AudioOutput,
    #[serde(rename = "reference_images")]
    ReferenceImages,
    #[serde(rename = "reference_videos")]
    ReferenceVideos,
    #[serde(rename = "reference_audios")]
    ReferenceAudios,
}

/// HealthStatus.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the values of the API")]
pub enum HealthStatus {
    #[serde(rename = "healthy")]
    Healthy,
    #[serde(rename = "degraded")]
    Degraded,
    #[serde(rename = "down")]
    Down,
    #[serde(rename = "unknown")]
    Unknown,
}

/// `PricingOption`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the fields of the API")]
pub struct PricingOption {
    pub default: Option<bool>,
    pub group: String,
    pub label: String,
    pub value: String,
}

/// The JSON of a listing of `count` models, each with the usual fields.
pub fn models(count: usize) -> String {
    let models = (0..count).map(|number| {
        format!(
            r#"{{"name":"publisher/model-{number}","aliases":["model-{number}","m{number}"],"title":"Model {number}","description":"A model for text and images, with tools and a long context.","publisher":"publisher","category":"text","community":false,"capabilities":["tool_calling","reasoning"],"input_modalities":["text","image"],"output_modalities":["text"],"tools":true,"reasoning":true,"paid_only":false,"is_specialized":false,"context_length":131072,"max_completion_tokens":16384,"supported_endpoints":["/v1/chat/completions","/text/{{prompt}}"],"supported_parameters":["temperature","top_p","seed","max_tokens"],"pricing":{{"currency":"pollen","promptTextTokens":0.00000015,"completionTextTokens":0.0000006}},"voices":[],"added_date":1760000000000}}"#
        )
    });
    format!("[{}]", models.collect::<Vec<_>>().join(","))
}
