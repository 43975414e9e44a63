//! The settings of a chat request.

use std::collections::BTreeMap;

use pollinations_api::types::{
    AudioFormat, AudioOptions, ChatVoice, Modality, ReasoningEffort, ResponseFormat, StopSequences, StreamOptions,
    ThinkingMode, ThinkingOptions, ToolChoice,
};

use super::request::ChatRequest;
use crate::exchange::options::{into_setters, setters};

impl ChatRequest {
    setters! {
        on body, example "pollinations.chat(\"openai\").user(\"Hello\")";
        /// Sets the sampling temperature: 0 (most predictable) to 2. The service's default is 1.
        temperature: f64, "0.2";
        /// Samples only from the most likely tokens that together reach this probability: 0 to 1. The service's
        /// default is 1.
        top_p: f64, "0.9";
        /// Sets the maximum number of tokens in the reply.
        max_tokens: u64, "500";
        /// Sets the seed. The same request with the same seed returns the same reply, if the model supports it. -1
        /// returns a new reply each time.
        seed: i64, "42";
        /// Penalizes tokens in proportion to how often they have occurred: -2 to 2. The service's default is 0.
        frequency_penalty: f64, "0.5";
        /// Penalizes tokens that have occurred at all: -2 to 2. The service's default is 0.
        presence_penalty: f64, "0.5";
        /// Penalizes repetitions, for providers that support it: 0 to 2.
        repetition_penalty: f64, "1.1";
        /// Sets whether to return how likely each token was, as `logprobs` of a choice.
        logprobs: bool, "true";
        /// Sets how many alternatives to return for each token: 0 to 20. Needs [`logprobs`](Self::logprobs).
        top_logprobs: u64, "3";
        /// Sets the maximum number of tokens for reasoning, for models that support this setting.
        thinking_budget: u64, "2000";
        /// Sets whether the model may ask for several tool calls at once. The service's default is true.
        parallel_tool_calls: bool, "false";
    }

    into_setters! {
        on body, example "pollinations.chat(\"openai\").user(\"Hello\")";
        /// Sets how much a reasoning model thinks before it answers.
        reasoning_effort: ReasoningEffort, "\"low\"";
        /// Sets the format of the reply: text, any JSON object, or JSON that follows a schema. To create the schema
        /// from a Rust type, use [`structured`](Self::structured).
        response_format: ResponseFormat, "pollinations_ext::types::ResponseFormat::json_object()";
        /// Sets whether the model may call tools, must call one, or must call a particular one.
        tool_choice: ToolChoice, "pollinations_ext::types::ToolChoiceMode::Required";
        /// Sets the extra data that a stream includes. By default, [`stream`](Self::stream) asks for the usage.
        stream_options: StreamOptions, "pollinations_ext::types::StreamOptions::default()";
    }

    /// Ends the reply when the model would write one of these texts. At most 4.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.chat("openai").user("Count").stop(["10", "ten"]);
    /// # }
    /// ```
    pub fn stop<S: Into<String>>(mut self, sequences: impl IntoIterator<Item = S>) -> Self {
        self.body.stop = Some(StopSequences::Many(sequences.into_iter().map(Into::into).collect()));
        self
    }

    /// Makes a token more or less likely, by its token ID: -100 (never) to 100 (always).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.chat("openai").user("Hello").logit_bias("1734", -100);
    /// # }
    /// ```
    pub fn logit_bias(mut self, token: impl Into<String>, bias: i64) -> Self {
        self.body.logit_bias.get_or_insert_with(BTreeMap::new).insert(token.into(), bias);
        self
    }

    /// Lets the model reason before it answers, for at most this many tokens (at least 1). Works with models that
    /// have this setting, such as Claude.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.chat("claude").user("Prove it").thinking(4000);
    /// # }
    /// ```
    pub fn thinking(mut self, tokens: u64) -> Self {
        let thinking = self.body.thinking.insert(ThinkingOptions::default());
        thinking.type_ = Some(ThinkingMode::Enabled);
        thinking.budget_tokens = Some(tokens);
        self
    }

    /// Asks for a spoken reply in addition to the text: see [`ChatReply::audio_bytes`](super::ChatReply::audio_bytes).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.chat("openai-audio").user("Say hello").speak("alloy", "mp3");
    /// # }
    /// ```
    pub fn speak(mut self, voice: impl Into<ChatVoice>, format: impl Into<AudioFormat>) -> Self {
        self.body.audio = Some(AudioOptions::new(format, voice));
        self.modalities([Modality::Text, Modality::Audio])
    }

    /// Sets the kinds of output you want. [`speak`](Self::speak) sets text and audio.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.chat("openai").user("Hello").modalities(["text"]);
    /// # }
    /// ```
    pub fn modalities<M: Into<Modality>>(mut self, modalities: impl IntoIterator<Item = M>) -> Self {
        self.body.modalities = modalities.into_iter().map(Into::into).collect();
        self
    }

    /// Sets an ID for your user, so that the provider can detect abuse. Do not send a name.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.chat("openai").user("Hello").end_user("u-7f3a");
    /// # }
    /// ```
    pub fn end_user(mut self, id: impl Into<String>) -> Self {
        self.body.user = Some(id.into());
        self
    }
}
