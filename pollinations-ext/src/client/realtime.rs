//! Realtime sessions.

use super::Pollinations;
use crate::groups::realtime::RealtimeRequest;

impl Pollinations {
    /// Starts a realtime session with a model such as `openai/gpt-realtime-2.1`: text and audio in both directions,
    /// over a WebSocket. Needs the feature `realtime`. Not available in browsers (wasm32).
    ///
    /// Configure the session on the returned request, then open it with [`connect`](RealtimeRequest::connect).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let mut session = pollinations.realtime("openai/gpt-realtime-2.1").text_only().connect().await?;
    /// session.say("Name a flower").await?;
    /// let reply = session.respond().await?;
    /// assert!(reply.text().contains("Name a flower"));
    /// session.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn realtime(&self, model: impl Into<String>) -> RealtimeRequest {
        RealtimeRequest::new(&self.shared, model.into())
    }
}
