//! How a model answers: the settings of a response.

use std::collections::BTreeMap;

use pollinations_api::types::{PromptCacheRetention, ResponseInclude, ResponseTruncation, Safety};
use serde_json::{Map, Value, json};

use super::request::ResponsesRequest;
use crate::exchange::options::{into_setters, setters};

impl ResponsesRequest {
    setters! {
        on body, example "pollinations.responses(\"openai\").user(\"Hello\")";
        /// Sampling temperature, from 0 (most predictable) to 2; 1 by default.
        temperature: f64, "0.2";
        /// Sample only from the likeliest tokens that together reach this probability, from 0 to 1; 1 by default.
        top_p: f64, "0.9";
        /// Discourage words the more often they have come up: -2 to 2; 0 by default.
        frequency_penalty: f64, "0.5";
        /// Discourage words that have already come up: -2 to 2; 0 by default.
        presence_penalty: f64, "0.5";
        /// The most tokens that the response may have, reasoning included.
        max_output_tokens: u64, "500";
        /// The most calls of tools that the model may make.
        max_tool_calls: u64, "3";
        /// Whether the model may ask for several calls at once; true by default.
        parallel_tool_calls: bool, "false";
        /// How many alternatives to report for each token: 0 to 20. Needs
        /// [`include`](Self::include) with `message.output_text.logprobs`.
        top_logprobs: u64, "3";
    }

    into_setters! {
        on body, example "pollinations.responses(\"openai\").user(\"Hello\")";
        /// Whether the model may call a tool (`"auto"`), must (`"required"`), must not (`"none"`), or must call a certain
        /// one (`{"type": "function", "name": …}`).
        tool_choice: Value, "\"required\"";
        /// What to do if the conversation is too long: drop the oldest items (`auto`), or fail (`disabled`).
        truncation: ResponseTruncation, "\"auto\"";
        /// Requests with the same key are more likely to find each other's cached prompt.
        prompt_cache_key: String, "\"chat-42\"";
        /// How long the provider keeps the prompt cached.
        prompt_cache_retention: PromptCacheRetention, "\"24h\"";
        /// Your id for the end user, to help detect abuse; at most 64 characters.
        safety_identifier: String, "\"u-1\"";
        /// Speed and price class at the provider.
        service_tier: String, "\"flex\"";
    }

    /// Your id for the end user, to help the provider detect abuse: the older form of
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

    /// How much a reasoning model thinks before it answers: `minimal`, `low`, `medium`, `high`, or another word of the
    /// provider.
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

    /// Asks for a summary of the model's thoughts: `auto`, `concise` or `detailed`. See
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

    /// Asks for text in JSON that follows this schema, under a name for it (letters, digits, `_` and `-`).
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

    /// The format of the text, as OpenAI's API has it in `text.format`: `{"type": "text"}`, `{"type": "json_object"}`, or
    /// a schema ([`json_schema`](Self::json_schema)).
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

    /// What else to put into the response, such as `message.output_text.logprobs`.
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

    /// Attaches a label of yours. It comes back in the response.
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

    /// Runs safety checks on the input, separated by commas: `privacy`, `secrets`, `sexual`, `violence`, `shield`, or
    /// `nsfw` for `sexual,violence`. Off by default.
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
