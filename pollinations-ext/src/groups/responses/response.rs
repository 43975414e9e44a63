//! Responses API replies.

use std::ops::Deref;

use http::HeaderMap;
use pollinations_api::types::{
    ResponseContentPart, ResponseFunctionCall, ResponseOutput, ResponseReply, ResponseStatus, ResponseUsage,
};
use serde_json::Value;

use crate::base::header::{REQUEST_ID, header};

/// A response of the Responses API, from [`ResponsesRequest::send`](crate::responses::ResponsesRequest::send), or
/// merged from a stream by [`ResponseStream::finish`](crate::responses::ResponseStream::finish).
///
/// Dereferences to the generated [`ResponseReply`](crate::types::ResponseReply).
///
/// # Examples
///
/// ```
/// # fn example(response: pollinations_ext::responses::ModelResponse) {
/// println!("{}: {} items", response.model, response.output.len());
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ModelResponse {
    response: ResponseReply,
    headers: HeaderMap,
}

impl ModelResponse {
    pub(super) fn new(response: ResponseReply, headers: HeaderMap) -> Self {
        Self { response, headers }
    }

    /// The parts of all messages.
    fn parts(&self) -> impl Iterator<Item = &ResponseContentPart> {
        let messages = self.response.output.iter().filter_map(|item| match item {
            ResponseOutput::Message(message) => Some(&message.content),
            _ => None,
        });
        messages.flatten()
    }

    /// The text of all `output_text` parts, like `output_text` in OpenAI's SDKs. Empty if there are no such parts,
    /// for example if the model only calls functions.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(response: pollinations_ext::responses::ModelResponse) {
    /// println!("{}", response.text());
    /// # }
    /// ```
    pub fn text(&self) -> String {
        let texts = self.parts().filter_map(|part| match part {
            ResponseContentPart::OutputText(part) => Some(part.text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// Why the model refuses to answer, if the response has a `refusal` part.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(response: pollinations_ext::responses::ModelResponse) {
    /// if let Some(reason) = response.refusal() {
    ///     println!("the model refuses: {reason}");
    /// }
    /// # }
    /// ```
    pub fn refusal(&self) -> Option<&str> {
        self.parts().find_map(|part| match part {
            ResponseContentPart::Refusal(part) => Some(part.refusal.as_str()),
            _ => None,
        })
    }

    /// The model's reasoning: the full text if the provider returns it, otherwise its summary. Empty if there is
    /// neither.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(response: pollinations_ext::responses::ModelResponse) {
    /// println!("{}", response.reasoning());
    /// # }
    /// ```
    pub fn reasoning(&self) -> String {
        let mut thoughts = String::new();
        for item in &self.response.output {
            let ResponseOutput::Reasoning(item) = item else { continue };
            let parts = item.content.iter().flatten().filter_map(|part| match part {
                ResponseContentPart::ReasoningText(part) => Some(part.text.as_str()),
                _ => None,
            });
            let text: String = parts.collect();
            if text.is_empty() {
                item.summary.iter().for_each(|part| thoughts.push_str(&part.text));
            } else {
                thoughts.push_str(&text);
            }
        }
        thoughts
    }

    /// The function calls, in order. Answer each one with
    /// [`function_output`](crate::responses::ResponsesRequest::function_output), or let
    /// [`run`](crate::responses::ResponsesRequest::run) do it.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(response: pollinations_ext::responses::ModelResponse) {
    /// for call in response.function_calls() {
    ///     println!("{}({})", call.name, call.arguments);
    /// }
    /// # }
    /// ```
    pub fn function_calls(&self) -> Vec<&ResponseFunctionCall> {
        let calls = self.response.output.iter().filter_map(|item| match item {
            ResponseOutput::FunctionCall(call) => Some(call),
            _ => None,
        });
        calls.collect()
    }

    /// Why the response is incomplete, such as `max_output_tokens` or `content_filter`. `None` if it is complete.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(response: pollinations_ext::responses::ModelResponse) {
    /// if let Some(reason) = response.incomplete_reason() {
    ///     println!("{} … ({reason})", response.text());
    /// }
    /// # }
    /// ```
    pub fn incomplete_reason(&self) -> Option<&str> {
        let details = self.response.incomplete_details.as_ref();
        let reason = details.and_then(|details| details.reason.as_deref());
        reason.or((self.response.status == ResponseStatus::Incomplete).then_some("unknown"))
    }

    /// The tokens used. `None` for media models.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(response: pollinations_ext::responses::ModelResponse) {
    /// println!("{} tokens", response.usage().map_or(0, |usage| usage.total_tokens));
    /// # }
    /// ```
    pub fn usage(&self) -> Option<&ResponseUsage> {
        self.response.usage.as_ref()
    }

    /// The output as input items, to send with the next request. All items are kept unchanged, including reasoning.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let request = pollinations.responses("openai").user("Name a flower");
    /// let response = request.clone().send().await?;
    /// let next = request.items(response.to_items()).user("Another one").send().await?;
    /// # assert_eq!(next.text(), "You said: Another one");
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_items(&self) -> Vec<Value> {
        self.response.output.iter().filter_map(|item| serde_json::to_value(item).ok()).collect()
    }

    /// The request ID, for support requests to the service.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(response: pollinations_ext::responses::ModelResponse) {
    /// println!("{:?}", response.request_id());
    /// # }
    /// ```
    pub fn request_id(&self) -> Option<&str> {
        header(&self.headers, REQUEST_ID)
    }

    /// The headers of the response, such as `x-model-used`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(response: pollinations_ext::responses::ModelResponse) {
    /// println!("{:?}", response.headers().get("x-model-used"));
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the generated type.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(response: pollinations_ext::responses::ModelResponse) {
    /// let response = response.into_inner();
    /// # }
    /// ```
    pub fn into_inner(self) -> ResponseReply {
        self.response
    }
}

impl Deref for ModelResponse {
    type Target = ResponseReply;

    fn deref(&self) -> &Self::Target {
        &self.response
    }
}

/// A response without headers, such as a stored one, or [`Error::partial_response`](crate::Error::partial_response).
impl From<ResponseReply> for ModelResponse {
    fn from(response: ResponseReply) -> Self {
        Self { response, headers: HeaderMap::new() }
    }
}
