//! How a model answers: the settings of a chat completion.

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
        /// How freely the model chooses its words: 0 (strict) to 2; 1 if it is not set.
        temperature: f64, "0.2";
        /// Chooses among the likeliest words that together have this probability: 0 to 1; 1 if it is not set.
        top_p: f64, "0.9";
        /// Tokens that the reply may have at the most.
        max_tokens: u64, "500";
        /// The same seed and the same request give, as far as the model can, the same reply; -1 for a new one each time.
        seed: i64, "42";
        /// Makes words rarer the more often they have come: -2 to 2; 0 if it is not set.
        frequency_penalty: f64, "0.5";
        /// Makes words rarer that have come at all: -2 to 2; 0 if it is not set.
        presence_penalty: f64, "0.5";
        /// Makes repetitions rarer, for providers that know it: 0 to 2.
        repetition_penalty: f64, "1.1";
        /// Reports how likely each token was; see the `logprobs` of a choice.
        logprobs: bool, "true";
        /// How many alternatives to report for each token: 0 to 20. Needs [`logprobs`](Self::logprobs).
        top_logprobs: u64, "3";
        /// Tokens that the thinking may take at the most, for models that take it here.
        thinking_budget: u64, "2000";
        /// Whether the model may ask for several calls of tools at once; it may if this is not set.
        parallel_tool_calls: bool, "false";
    }

    into_setters! {
        on body, example "pollinations.chat(\"openai\").user(\"Hello\")";
        /// How long a reasoning model thinks before it answers.
        reasoning_effort: ReasoningEffort, "\"low\"";
        /// The form of the reply: text, any JSON object, or JSON after a schema. [`structured`](Self::structured) does
        /// it by a type.
        response_format: ResponseFormat, "pollinations_ext::types::ResponseFormat::json_object()";
        /// Whether the model may call a tool, must, or must call a certain one.
        tool_choice: ToolChoice, "pollinations_ext::types::ToolChoiceMode::Required";
        /// What the reply streams beside its pieces. By default [`stream`](Self::stream) asks for the usage.
        stream_options: StreamOptions, "pollinations_ext::types::StreamOptions::default()";
    }

    /// Ends the reply where one of these texts would come; 4 at the most.
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

    /// Makes a token more or less likely, by its id: -100 (never) to 100 (always).
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

    /// Lets the model think before it answers, for this many tokens at the most (from 1). For models that can be told,
    /// such as those of Claude.
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

    /// Asks for a spoken reply beside the written one: see [`ChatReply::audio_bytes`](super::ChatReply::audio_bytes).
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

    /// The kinds of output that are wanted. [`speak`](Self::speak) sets both text and sound.
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

    /// Identifies the end user to the provider of the model, so that it can tell abuse apart. Not a name.
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
