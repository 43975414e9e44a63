//! Prompts as part of an address, and addresses for others to load.

use reqwest::Url;

use super::transport::Shared;
use crate::base::error::Error;

/// A text that can be one segment of a path.
///
/// `.` and `..` cannot, encoded or not: the URL standard (WHATWG URL, section 4.4, "double-dot URL path segment") takes
/// them for steps through the path.
pub(crate) fn segment<'a>(text: &'a str, operation: &str) -> Result<&'a str, Error> {
    let problem = match text {
        "" => "the prompt is empty",
        "." | ".." => "a prompt of dots alone cannot be sent in an address; add a word",
        text => return Ok(text),
    };
    Err(Error::request(problem).with_operation(operation))
}

/// The address with the client's key, if everybody may see that.
pub(crate) fn with_key(shared: &Shared, url: Url, operation: &str) -> Result<String, Error> {
    if shared.keys.current().key.is_some_and(|key| key.is_secret()) {
        let message = "everybody can read an address, and this client has a secret key; take a publishable one (pk_…)";
        return Err(Error::key(message).with_operation(operation));
    }
    Ok(with_any_key(shared, url))
}

/// The address with the client's key, whatever it is.
pub(crate) fn with_any_key(shared: &Shared, mut url: Url) -> String {
    if let Some(key) = shared.keys.current().key {
        url.query_pairs_mut().append_pair("key", key.expose_secret());
    }
    url.into()
}
