//! Settings of a Responses API request.

use std::collections::BTreeMap;

use pollinations_api::types::{PromptCacheRetention, ResponseInclude, ResponseTruncation, Safety};
use serde_json::{Map, Value, json};

use super::request::ResponsesRequest;
use crate::exchange::options::{into_setters, setters};

impl ResponsesRequest {
    setters! {
        on body, example "pollinations.responses(\"openai\").user(\"Hello\")";
        /// Sets the sampling temperature: 0 (most predictable) to 2. The service's default is 1.
        temperature: f64, "0.2";
        /// Samples only from the most likely tokens that together reach this probability: 0 to 1. The service's
        /// default is 1.
        top_p: f64, "0.9";
        /// Penalizes tokens in proportion to how often they have occurred: -2 to 2. The service's default is 0.
        frequency_penalty: f64, "0.5";
        /// Penalizes tokens that have occurred at all: -2 to 2. The service's default is 0.
        presence_penalty: f64, "0.5";
        /// Sets the maximum number of tokens in the response, including reasoning.
        max_output_tokens: u64, "500";
        /// Sets the maximum number of tool calls.
        max_tool_calls: u64, "3";
        /// Sets whether the model may ask for several tool calls at once. The service's default is true.
        parallel_tool_calls: bool, "false";
        /// Sets how many alternatives to return for each token: 0 to 20. Needs [`include`](Self::include) with
        /// `message.output_text.logprobs`.
        top_logprobs: u64, "3";
    }

    into_setters! {
        on body, example "pollinations.responses(\"openai\").user(\"Hello\")";
        /// Sets whether the model may call tools (`"auto"`), must call one (`"required"`), must not call any
        /// (`"none"`), or must call a particular one (`{"type": "function", "name": …}`).
        tool_choice: Value, "\"required\"";
        /// Sets what happens if the conversation is too long: drop the oldest items (`auto`), or fail (`disabled`).
        truncation: ResponseTruncation, "\"auto\"";
        /// Sets a key for prompt caching. Requests with the same key are more likely to share a cached prompt.
        prompt_cache_key: String, "\"chat-42\"";
        /// Sets how long the provider keeps the prompt in its cache.
        prompt_cache_retention: PromptCacheRetention, "\"24h\"";
        /// Sets an ID for your user, so that the provider can detect abuse. At most 64 characters. Do not send a
        /// name.
        safety_identifier: String, "\"u-1\"";
        /// Sets the provider's service tier, which decides speed and price.
        service_tier: String, "\"flex\"";
    }

    /// Sets an ID for your user, so that the provider can detect abuse. This is the older form of
    /// [`safety_identifier`](Self::safety_identifier).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.responses("openai").user("Hello").end_user("u-1");
    /// # }
    /// ```
    pub fn end_user(mut self, id: impl Into<String>) -> Self {
        self.body.user = Some(id.into());
        self
    }

    /// Sets how much a reasoning model thinks before it answers: `minimal`, `low`, `medium`, `high`, or another value
    /// of the provider.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.responses("openai").user("Prove it").reasoning_effort("high");
    /// # }
    /// ```
    pub fn reasoning_effort(self, effort: impl Into<String>) -> Self {
        self.reasoning("effort", effort.into())
    }

    /// Asks for a summary of the reasoning: `auto`, `concise` or `detailed`. See
    /// [`ModelResponse::reasoning`](crate::responses::ModelResponse::reasoning).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.responses("openai").user("Prove it").reasoning_summary("auto");
    /// # }
    /// ```
    pub fn reasoning_summary(self, summary: impl Into<String>) -> Self {
        self.reasoning("summary", summary.into())
    }

    fn reasoning(mut self, name: &str, value: String) -> Self {
        self.body.reasoning.get_or_insert_with(Map::new).insert(name.to_owned(), value.into());
        self
    }

    /// Asks for JSON that follows this schema. The name may have letters, digits, `_` and `-`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let schema = serde_json::json!({
    ///     "type": "object",
    ///     "properties": { "name": { "type": "string" } },
    ///     "required": ["name"],
    ///     "additionalProperties": false,
    /// });
    /// let request = pollinations.responses("openai").user("Name a flower").json_schema("flower", schema);
    /// # }
    /// ```
    pub fn json_schema(self, name: impl Into<String>, schema: Value) -> Self {
        self.text_format(json!({ "type": "json_schema", "name": name.into(), "schema": schema, "strict": true }))
    }

    /// Sets the format of the text, as `text.format` in OpenAI's API: `{"type": "text"}`, `{"type": "json_object"}`,
    /// or a schema ([`json_schema`](Self::json_schema)).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let format = serde_json::json!({ "type": "json_object" });
    /// let request = pollinations.responses("openai").user("A flower, in JSON").text_format(format);
    /// # }
    /// ```
    pub fn text_format(mut self, format: Value) -> Self {
        self.body.text.insert("format".to_owned(), format);
        self
    }

    /// Asks for additional data in the response, such as `message.output_text.logprobs`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.responses("openai").user("Hello").include(["message.output_text.logprobs"]);
    /// # }
    /// ```
    pub fn include<T: Into<ResponseInclude>>(mut self, what: impl IntoIterator<Item = T>) -> Self {
        self.body.include = Some(what.into_iter().map(Into::into).collect());
        self
    }

    /// Attaches a label, which the response repeats.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.responses("openai").user("Hello").metadata("order", "42");
    /// # }
    /// ```
    pub fn metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.body.metadata.get_or_insert_with(BTreeMap::new).insert(name.into(), value.into());
        self
    }

    /// Runs safety checks on the input. Separate them by commas: `privacy`, `secrets`, `sexual`, `violence`,
    /// `shield`, or `nsfw` for `sexual,violence`. Off by default.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.responses("openai").user("Hello").safety_checks("secrets,violence");
    /// # }
    /// ```
    pub fn safety_checks(mut self, checks: impl Into<String>) -> Self {
        self.body.safe = Some(Safety::Text(checks.into()));
        self
    }
}
