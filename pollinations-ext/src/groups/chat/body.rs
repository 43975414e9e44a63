//! Writes chat requests.

use pollinations_api::{
    Client,
    types::{ApiError, ChatCompletion, ChatCompletionRequest},
};
use reqwest::Request;

use crate::{
    base::error::Error,
    exchange::{call::Write, transport::Shared},
};

/// Writes the body of a chat request into a request that the generated client wrote earlier.
///
/// Chats are the most frequent requests, and all chats of a client have the same URL and headers. So the generated
/// client writes the first request, and later requests only replace its body. This saves a tenth of the time of a
/// call, mostly for parsing the URL.
pub(super) struct Body(pub(super) Box<ChatCompletionRequest>);

impl Write<ChatCompletion, ApiError> for Body {
    fn write(self, shared: &Shared) -> Result<Request, Error> {
        if let Some(mut request) = shared.chat.get().and_then(Request::try_clone) {
            let body = serde_json::to_vec(&self.0).map_err(|error| Error::request(error.to_string()))?;
            *request.body_mut() = Some(body.into());
            return Ok(request);
        }
        let generated = |client: Client| async move { client.chat_completions().body(*self.0).send().await };
        let mut request = generated.write(shared)?;
        let body = request.body_mut().take();
        if let Some(head) = request.try_clone() {
            // If another call was first, it has stored the same value.
            let _ = shared.chat.set(head);
        }
        *request.body_mut() = body;
        Ok(request)
    }
}
