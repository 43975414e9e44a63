//! Whole answers of a session.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::event::{RealtimeCall, RealtimeEvent, failure};
use crate::base::error::Error;

/// A whole answer: the model's text, speech and function calls, from the events of one response.
///
/// # Examples
///
/// ```
/// # async fn example(
/// #     mut session: pollinations_ext::realtime::RealtimeSession,
/// # ) -> Result<(), pollinations_ext::Error> {
/// session.say("Name a flower").await?;
/// let reply = session.respond().await?;
/// println!("{}{}, {} bytes of sound", reply.text(), reply.transcript(), reply.audio().len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RealtimeReply {
    text: String,
    transcript: String,
    audio: Vec<u8>,
    response: Map<String, Value>,
}

impl RealtimeReply {
    /// The text that the model wrote. Empty if it spoke.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::realtime::RealtimeReply) {
    /// println!("{}", reply.text());
    /// # }
    /// ```
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The transcript of the model's speech. Empty if it wrote.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::realtime::RealtimeReply) {
    /// println!("{}", reply.transcript());
    /// # }
    /// ```
    pub fn transcript(&self) -> &str {
        &self.transcript
    }

    /// The model's speech. Empty if it wrote. By default the format is PCM: 24,000 samples a second, mono, 16 bits,
    /// little endian.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::realtime::RealtimeReply) -> std::io::Result<()> {
    /// std::fs::write("reply.pcm", reply.audio())?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn audio(&self) -> &[u8] {
        &self.audio
    }

    /// The function calls, in order.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::realtime::RealtimeReply) {
    /// println!("{} calls", reply.calls().len());
    /// # }
    /// ```
    pub fn calls(&self) -> Vec<RealtimeCall> {
        let items = self.response.get("output").and_then(Value::as_array).into_iter().flatten();
        let calls = items
            .filter_map(Value::as_object)
            .filter(|item| item.get("type").and_then(Value::as_str) == Some("function_call"));
        calls.filter_map(RealtimeCall::read).collect()
    }

    /// How the answer ended: `completed`, `cancelled` or `incomplete`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::realtime::RealtimeReply) {
    /// assert_eq!(reply.status(), "completed");
    /// # }
    /// ```
    pub fn status(&self) -> &str {
        self.response.get("status").and_then(Value::as_str).unwrap_or_default()
    }

    /// The tokens used, as reported by the service.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::realtime::RealtimeReply) {
    /// println!("{:?}", reply.usage().and_then(|usage| usage.get("total_tokens")));
    /// # }
    /// ```
    pub fn usage(&self) -> Option<&Value> {
        self.response.get("usage").filter(|usage| usage.is_object())
    }

    /// The response object of `response.done`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::realtime::RealtimeReply) {
    /// println!("{:?}", reply.response().get("id"));
    /// # }
    /// ```
    pub fn response(&self) -> &Map<String, Value> {
        &self.response
    }

    /// Adds an event. Returns true when the answer is complete.
    ///
    /// # Errors
    ///
    /// The error of an `error` event or of a failed response.
    pub(super) fn add(&mut self, event: &RealtimeEvent) -> Result<bool, Error> {
        if let Some(error) = event.error() {
            return Err(error);
        }
        self.text += event.text_delta().unwrap_or_default();
        self.transcript += event.transcript_delta().unwrap_or_default();
        self.audio.extend_from_slice(event.audio_delta().map(Bytes::as_ref).unwrap_or_default());
        if !event.is_done() {
            return Ok(false);
        }
        if let Some(Value::Object(response)) = event.response() {
            self.response = response.clone();
        }
        match self.status() {
            "failed" => {
                let details = self.response.get("status_details").cloned().unwrap_or_default();
                Err(failure(&details))
            }
            _ => Ok(true),
        }
    }
}
