//! Properties of a model.

use pollinations_api::types::{InputModality, ModelCapability, ModelInfo, ModelObject, OutputModality};

use super::Prices;

mod sealed {
    /// Implemented only for the document's types, so that [`ModelInfoExt`](super::ModelInfoExt) can gain methods.
    ///
    /// ```compile_fail
    /// fn needs<T: pollinations_ext::ModelInfoExt>() {}
    /// needs::<String>();
    /// ```
    pub trait Sealed {}
    impl Sealed for super::ModelInfo {}
    impl Sealed for super::ModelObject {}
}

/// Methods on the entries of a listing: names, capabilities and prices. They also read the fields of older servers.
///
/// Other properties are fields of [`ModelInfo`]: `voices`, `resolutions`, `supported_parameters`, durations in
/// seconds, and more.
///
/// # Examples
///
/// ```
/// use pollinations_ext::{ModelInfoExt, types::{InputModality, ModelCapability, OutputModality}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let gemini = pollinations.models().find("gemini").await?.ok_or("there is no such model")?;
/// assert!(gemini.supports(ModelCapability::WebSearch));
/// assert!(gemini.accepts(InputModality::Video) && gemini.produces(OutputModality::Text));
/// assert_eq!(gemini.context_tokens(), Some(1_048_576));
/// assert!(gemini.success_rate().is_some_and(|rate| rate > 0.9));
/// # Ok(())
/// # }
/// ```
pub trait ModelInfoExt: sealed::Sealed {
    /// The ID, followed by the aliases. A request accepts any of them as its model.
    fn names(&self) -> impl Iterator<Item = &str>;

    /// Whether this is the ID or an alias of the model.
    fn has_name(&self, name: &str) -> bool {
        self.names().any(|other| other == name)
    }

    /// Whether the model has this capability. Servers without a list of capabilities have separate fields for tools
    /// and reasoning; these count as well.
    fn supports(&self, capability: impl Into<ModelCapability>) -> bool;

    /// Whether the model accepts this kind of input.
    fn accepts(&self, input: impl Into<InputModality>) -> bool;

    /// Whether the model generates this kind of output.
    fn produces(&self, output: impl Into<OutputModality>) -> bool;

    /// The former name of [`has_name`](Self::has_name).
    #[deprecated(since = "0.1.0", note = "use `has_name`")]
    fn is_called(&self, name: &str) -> bool {
        self.has_name(name)
    }

    /// The former name of [`supports`](Self::supports).
    #[deprecated(since = "0.1.0", note = "use `supports`")]
    fn can(&self, capability: impl Into<ModelCapability>) -> bool {
        self.supports(capability)
    }

    /// The former name of [`accepts`](Self::accepts).
    #[deprecated(since = "0.1.0", note = "use `accepts`")]
    fn takes(&self, input: impl Into<InputModality>) -> bool {
        self.accepts(input)
    }

    /// The former name of [`produces`](Self::produces).
    #[deprecated(since = "0.1.0", note = "use `produces`")]
    fn makes(&self, output: impl Into<OutputModality>) -> bool {
        self.produces(output)
    }

    /// The context window in tokens, for request and reply together: `context_length`, or `context_window` on older
    /// servers. `None` if the listing has neither.
    fn context_tokens(&self) -> Option<u64>;

    /// The prices of the model, as numbers. [`Prices`] can also read the prices of variants.
    fn prices(&self) -> Prices;

    /// The share of recent requests that succeeded, 0 to 1. `None` if there were no requests, or if the listing does
    /// not say.
    fn success_rate(&self) -> Option<f64>;
}

impl ModelInfoExt for ModelInfo {
    fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.aliases.iter().map(String::as_str))
    }

    fn supports(&self, capability: impl Into<ModelCapability>) -> bool {
        let capability = capability.into();
        self.capabilities.contains(&capability) || says(&capability, self.tools, self.reasoning)
    }

    fn accepts(&self, input: impl Into<InputModality>) -> bool {
        self.input_modalities.contains(&input.into())
    }

    fn produces(&self, output: impl Into<OutputModality>) -> bool {
        self.output_modalities.contains(&output.into())
    }

    fn context_tokens(&self) -> Option<u64> {
        self.context_length.or(self.context_window)
    }

    fn prices(&self) -> Prices {
        Prices::from(&self.pricing)
    }

    fn success_rate(&self) -> Option<f64> {
        self.health.as_ref()?.success_rate
    }
}

impl ModelInfoExt for ModelObject {
    fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.id.as_str()).chain(self.aliases.iter().map(String::as_str))
    }

    fn supports(&self, capability: impl Into<ModelCapability>) -> bool {
        let capability = capability.into();
        self.capabilities.iter().any(|one| one == capability.as_str()) || says(&capability, self.tools, self.reasoning)
    }

    fn accepts(&self, input: impl Into<InputModality>) -> bool {
        let input = input.into();
        self.input_modalities.iter().any(|one| one == input.as_str())
    }

    fn produces(&self, output: impl Into<OutputModality>) -> bool {
        let output = output.into();
        self.output_modalities.iter().any(|one| one == output.as_str())
    }

    fn context_tokens(&self) -> Option<u64> {
        self.context_length
    }

    fn prices(&self) -> Prices {
        Prices::from(&self.pricing)
    }

    fn success_rate(&self) -> Option<f64> {
        self.health.as_ref()?.success_rate
    }
}

/// Reads a capability from the older fields.
fn says(capability: &ModelCapability, tools: Option<bool>, reasoning: Option<bool>) -> bool {
    match capability {
        ModelCapability::ToolCalling => tools == Some(true),
        ModelCapability::Reasoning => reasoning == Some(true),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::json;

    #[test]
    fn models_of_older_and_newer_servers_are_read() {
        let listing = br#"[
            {"name": "openai", "aliases": ["gpt"], "tools": true, "context_window": "128000", "voices": null},
            {"name": "openai/gpt", "capabilities": ["reasoning", "telepathy"], "tools": "beta", "context_length": 400000.0,
             "context_window": 1, "health": {"status": "fine", "success_rate": null}},
            {"id": "no name", "aliases": 5}
        ]"#;
        let models: Vec<ModelInfo> = json::lenient(listing).unwrap();
        let [older, newer] = [&models[0], &models[1]];
        assert!(older.supports("tool_calling") && !older.supports("reasoning") && older.has_name("gpt"));
        assert!(
            newer.supports(ModelCapability::Reasoning)
                && newer.supports("telepathy")
                && !newer.supports("tool_calling")
        );
        assert_eq!((older.context_tokens(), newer.context_tokens()), (Some(128_000), Some(400_000)));
        assert_eq!((older.success_rate(), newer.success_rate()), (None, None));
    }

    #[test]
    fn models_in_openais_format_are_read() {
        let model = br#"{"id": "a/b", "aliases": ["b"], "capabilities": ["web_search"], "reasoning": true,
            "input_modalities": ["text"], "output_modalities": ["image"], "context_length": 5,
            "pricing": {"currency": "pollen", "promptTextTokens": "0.5"}, "health": {"success_rate": 0.5}}"#;
        let model: ModelObject = json::lenient(model).unwrap();
        assert!(model.supports("web_search") && model.supports("reasoning") && !model.supports("tool_calling"));
        assert!(model.accepts("text") && !model.accepts("image") && model.produces("image") && !model.produces("text"));
        assert_eq!(model.names().collect::<Vec<_>>(), ["a/b", "b"]);
        assert_eq!((model.context_tokens(), model.success_rate()), (Some(5), Some(0.5)));
        assert_eq!(model.prices().get("promptTextTokens"), Some(0.5));
    }
}
