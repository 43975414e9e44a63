//! Writes the request of a chat.

use pollinations_api::{
    Client,
    types::{ApiError, ChatCompletion, ChatCompletionRequest},
};
use reqwest::{Method, Request};

use crate::{
    base::error::Error,
    exchange::{call::Write, transport::Shared},
};

/// The body of a chat, in a request as the generated client writes it.
///
/// Chats are the most frequent requests, and all chats of a client go to one URL with the same headers. So the generated
/// client writes the first one, and later ones only replace its body. That saves a tenth of a call, most of it spent on
/// parsing the URL again.
pub(super) struct Body(pub(super) Box<ChatCompletionRequest>);

impl Write<ChatCompletion, ApiError> for Body {
    fn write(self, shared: &Shared) -> Result<Request, Error> {
        if let Some((url, headers)) = shared.chat.get() {
            let mut request = Request::new(Method::POST, url.clone());
            request.headers_mut().clone_from(headers);
            let body = serde_json::to_vec(&self.0).map_err(|error| Error::request(error.to_string()))?;
            *request.body_mut() = Some(body.into());
            return Ok(request);
        }
        let generated = |client: Client| async move { client.chat_completions().body(*self.0).send().await };
        let request = generated.write(shared)?;
        // Another call may have been first, with the same.
        let _ = shared.chat.set((request.url().clone(), request.headers().clone()));
        Ok(request)
    }
}
