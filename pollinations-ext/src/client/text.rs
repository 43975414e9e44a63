//! Other text APIs: Messages, Responses and decisions.

use super::Pollinations;
use crate::groups::decision::DecideRequest;
#[cfg(feature = "messages")]
use crate::groups::messages::MessagesRequest;
#[cfg(feature = "responses")]
use crate::groups::responses::ResponsesRequest;

impl Pollinations {
    /// Starts a request to Anthropic's Messages API. It needs a model, such as `claude`, and the maximum number of
    /// tokens in the reply (at least 1). Works with models that list `/v1/messages` in their `supported_endpoints`.
    /// With the feature `messages`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let reply = pollinations.messages("claude", 1024).user("Name a flower").send().await?;
    /// assert!(reply.text().contains("Name a flower"));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "messages")]
    pub fn messages(&self, model: impl Into<String>, max_tokens: u64) -> MessagesRequest {
        MessagesRequest::new(self.shared.clone(), model.into(), max_tokens)
    }

    /// Starts a request to OpenAI's Responses API, with a model such as `openai`. Works with models that list
    /// `/v1/responses` in their `supported_endpoints`. With the feature `responses`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let response = pollinations.responses("openai").user("Name a flower").send().await?;
    /// assert!(response.text().contains("Name a flower"));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "responses")]
    pub fn responses(&self, model: impl Into<String>) -> ResponsesRequest {
        ResponsesRequest::new(self.shared.clone(), model.into())
    }

    /// Asks questions about facts. The facts are text, or any JSON object or list. Each answer is a probability for
    /// each possible value instead of text. Experimental: the service may change it.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let decision = pollinations.decide("It is raining.").proposition("wet", "The street is wet").send().await?;
    /// let probability = decision.probability("wet").unwrap_or_default();
    /// assert!((0.0..=1.0).contains(&probability));
    /// # Ok(())
    /// # }
    /// ```
    pub fn decide(&self, facts: impl Into<serde_json::Value>) -> DecideRequest {
        DecideRequest::new(self.shared.clone(), facts.into())
    }
}
