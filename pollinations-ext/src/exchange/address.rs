//! URLs that contain a prompt, and URLs for other programs to load.

use reqwest::Url;

use super::transport::Shared;
use crate::base::error::Error;

/// Checks that a text can be one segment of a URL path.
///
/// `.` and `..` cannot, encoded or not: the URL standard resolves them as relative segments (WHATWG URL, section 4.4,
/// "double-dot URL path segment").
pub(crate) fn segment<'a>(text: &'a str, operation: &str) -> Result<&'a str, Error> {
    let problem = match text {
        "" => "the prompt is empty",
        "." | ".." => "a prompt of only dots cannot be part of a URL; add a word",
        text => return Ok(text),
    };
    Err(Error::request(problem).with_operation(operation))
}

/// The URL with the client's key, if that key is publishable.
pub(crate) fn with_key(shared: &Shared, url: Url, operation: &str) -> Result<String, Error> {
    if shared.keys.current().key.is_some_and(|key| key.is_secret()) {
        let message = "a URL is visible to everyone, and this client has a secret key; use a publishable key (pk_…)";
        return Err(Error::key(message).with_operation(operation));
    }
    Ok(with_any_key(shared, url))
}

/// The URL with the client's key, even if that is a secret one.
pub(crate) fn with_any_key(shared: &Shared, mut url: Url) -> String {
    if let Some(key) = shared.keys.current().key {
        url.query_pairs_mut().append_pair("key", key.expose_secret());
    }
    url.into()
}

/// The methods that return the URL of a result. The type has a private method `address`. `example` creates a request,
/// and `path` is its path.
macro_rules! address_methods {
    (of $what:literal, operation $operation:ident, example $example:literal, path $path:literal) => {
        #[doc = concat!("The URL of the ", $what, ", for a web page. It includes the client's API key if that key is publishable.")]
        ///
        /// # Errors
        ///
        /// [`ErrorKind::InvalidKey`](crate::ErrorKind::InvalidKey) if the client's key is secret, because a URL is visible to
        /// everyone. [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the prompt is empty, `.` or `..`, or if a
        /// reference file would have to be uploaded first.
        ///
        /// # Examples
        ///
        /// ```
        /// # use pollinations_ext::Pollinations;
        /// let pollinations = Pollinations::builder().key("pk_example".parse()?).build()?;
        #[doc = concat!("let url = ", $example, ".url()?;")]
        #[doc = concat!("assert_eq!(url, \"https://gen.pollinations.ai", $path, "&key=pk_example\");")]
        /// # Ok::<(), pollinations_ext::Error>(())
        /// ```
        pub fn url(&self) -> Result<String, Error> {
            address::with_key(&self.shared, self.address()?, $operation)
        }

        #[doc = concat!("The URL of the ", $what, " without an API key, for a proxy that adds the key.")]
        ///
        /// # Errors
        ///
        /// Same as [`url`](Self::url), except that a secret key is not an error.
        ///
        /// # Examples
        ///
        /// ```
        /// # use pollinations_ext::Pollinations;
        /// # let pollinations = Pollinations::builder().key("sk_example".parse()?).build()?;
        #[doc = concat!("let url = ", $example, ".url_without_key()?;")]
        #[doc = concat!("assert_eq!(url, \"https://gen.pollinations.ai", $path, "\");")]
        /// # Ok::<(), pollinations_ext::Error>(())
        /// ```
        pub fn url_without_key(&self) -> Result<String, Error> {
            self.address().map(String::from)
        }

        #[doc = concat!("The URL of the ", $what, " with the client's API key, even if that key is secret.")]
        ///
        /// Anyone who sees the URL can spend the account's pollen.
        ///
        /// # Errors
        ///
        /// Same as [`url`](Self::url), except that a secret key is not an error.
        ///
        /// # Examples
        ///
        /// ```
        /// # use pollinations_ext::Pollinations;
        /// # let pollinations = Pollinations::builder().key("sk_example".parse()?).build()?;
        #[doc = concat!("let url = ", $example, ".url_with_secret_key()?;")]
        /// assert!(url.ends_with("&key=sk_example"));
        /// # Ok::<(), pollinations_ext::Error>(())
        /// ```
        pub fn url_with_secret_key(&self) -> Result<String, Error> {
            Ok(address::with_any_key(&self.shared, self.address()?))
        }
    };
}

pub(crate) use address_methods;
