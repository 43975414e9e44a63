//! Writes chat requests.

use pollinations_api::{
    Client,
    types::{ChatCompletion, ChatCompletionRequest},
};
use reqwest::{Method, Request};

use crate::{
    base::error::Error,
    exchange::{call::Write, transport::Shared},
};

/// Writes a chat request with the URL and headers of an earlier one.
///
/// Chats are the most frequent requests, and all chats of a client have the same URL and headers. So the generated
/// client writes the first request, and later requests reuse its URL and headers. This saves a tenth of the time of a
/// call, mostly for parsing the URL.
pub(super) struct Body(pub(super) Box<ChatCompletionRequest>);

impl Write<ChatCompletion> for Body {
    fn write(self, shared: &Shared) -> Result<Request, Error> {
        if let Some((url, headers)) = shared.chat.get() {
            let mut request = Request::new(Method::POST, url.clone());
            request.headers_mut().clone_from(headers);
            let body = serde_json::to_vec(&self.0).map_err(|error| Error::request(error.to_string()))?;
            *request.body_mut() = Some(body.into());
            return Ok(request);
        }
        let request = (|client: &Client| client.chat_completions().body(*self.0).prepare()).write(shared)?;
        // If another call was first, it has stored the same value.
        let _ = shared.chat.set((request.url().clone(), request.headers().clone()));
        Ok(request)
    }
}
