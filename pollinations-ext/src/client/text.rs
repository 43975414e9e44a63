//! The methods that start requests of the other APIs for text.

use super::Pollinations;
use crate::groups::{decision::DecideRequest, messages::MessagesRequest, responses::ResponsesRequest};

impl Pollinations {
    /// Starts a request by Anthropic's Messages API, with a model such as `claude` and the most tokens that the reply
    /// may have (at least 1). For models that list `/v1/messages` in their `supported_endpoints`.
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
    pub fn messages(&self, model: impl Into<String>, max_tokens: u64) -> MessagesRequest {
        MessagesRequest::new(self.shared.clone(), model.into(), max_tokens)
    }

    /// Starts a request by OpenAI's Responses API, with a model such as `openai`. For models that list `/v1/responses`
    /// in their `supported_endpoints`.
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
    pub fn responses(&self, model: impl Into<String>) -> ResponsesRequest {
        ResponsesRequest::new(self.shared.clone(), model.into())
    }

    /// Starts a decision: questions about facts (text, or any JSON object or list), each answered with probabilities in
    /// place of text. Experimental: the service may change it.
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
