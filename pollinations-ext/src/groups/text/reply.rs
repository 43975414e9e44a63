//! Text replies.

use std::fmt;

use http::HeaderMap;

use crate::{base::header::header, exchange::raw::RawResponse};

/// A text that the model wrote.
///
/// # Examples
///
/// ```no_run
/// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
/// let reply = pollinations.text("A haiku").send().await?;
/// println!("{reply} (by {:?})", reply.model());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TextReply(pub(super) RawResponse);

impl TextReply {
    /// The text.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::TextReply) {
    /// println!("{}", reply.text());
    /// # }
    /// ```
    pub fn text(&self) -> String {
        self.0.text()
    }

    /// The model that the service used.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::TextReply) {
    /// println!("{:?}", reply.model());
    /// # }
    /// ```
    pub fn model(&self) -> Option<&str> {
        header(self.headers(), "x-model-used")
    }

    /// The request ID, for support requests to the service.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::TextReply) {
    /// println!("{:?}", reply.request_id());
    /// # }
    /// ```
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id()
    }

    /// The headers of the response.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(reply: pollinations_ext::TextReply) {
    /// println!("{:?}", reply.headers());
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }
}

impl fmt::Display for TextReply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text())
    }
}
