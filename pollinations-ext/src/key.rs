//! The API key.

use std::{fmt, str::FromStr};

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::error::Error;

/// Bytes of a key at the most. The service's keys have some 40.
const MAX_LENGTH: usize = 512;

/// An API key of pollinations.ai, secret (`sk_…`) or publishable (`pk_…`).
///
/// A secret key has no rate limit and must stay on the server. A publishable key may be shown to users and spends at
/// most 1 pollen an hour for each IP address. Either spends the pollen of its account.
///
/// A key never shows itself: `Debug` prints its kind alone, and there is no `Display`. Its memory is cleared when it is
/// dropped.
///
/// # Examples
///
/// ```
/// use pollinations_ext::ApiKey;
///
/// let key: ApiKey = "sk_example".parse()?;
/// assert!(key.is_secret());
/// assert_eq!(format!("{key:?}"), "ApiKey(sk_…)");
/// assert!("hunter2".parse::<ApiKey>().is_err());
/// # Ok::<(), pollinations_ext::Error>(())
/// ```
#[derive(Clone)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// Takes a key; white space around it, such as the newline of a file, is left out.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Key`](crate::ErrorKind::Key) when the text does not start with `sk_` or `pk_`, has nothing after
    /// that, or holds anything but visible ASCII characters. The error does not repeat the text.
    pub fn new(key: impl Into<String>) -> Result<Self, Error> {
        let key = SecretString::from(key.into());
        let text = key.expose_secret().trim();
        let secret = text.strip_prefix("sk_").or_else(|| text.strip_prefix("pk_"));
        let problem = match secret {
            None if text.is_empty() => "it is empty",
            None => "it starts with neither `sk_` nor `pk_`",
            Some("") => "nothing follows its prefix",
            Some(_) if text.len() > MAX_LENGTH => "it is too long",
            Some(secret) if !secret.bytes().all(|byte| byte.is_ascii_graphic()) => {
                "it holds white space or characters that are not ASCII"
            }
            Some(_) => return Ok(Self(SecretString::from(text))),
        };
        Err(Error::key(format!("the API key is not valid: {problem}; keys come from https://enter.pollinations.ai")))
    }

    /// Whether this is a secret key (`sk_…`).
    pub fn is_secret(&self) -> bool {
        self.0.expose_secret().starts_with("sk_")
    }

    /// Whether this is a publishable key (`pk_…`).
    pub fn is_publishable(&self) -> bool {
        !self.is_secret()
    }

    /// The key itself. Whoever calls this sees to it that it goes no further.
    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }

    /// The value of an `Authorization` header (RFC 6750, section 2.1), marked so that it is not logged.
    pub(crate) fn bearer(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.expose_secret())).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Takes the key out of a text that a server wrote.
    pub(crate) fn redact(&self, text: &str) -> String {
        let key = self.expose_secret();
        // As it stands, and as it stands within quotation marks.
        text.replace(key, "[key]").replace(&key.escape_debug().to_string(), "[key]")
    }
}

impl FromStr for ApiKey {
    type Err = Error;

    fn from_str(key: &str) -> Result<Self, Error> {
        Self::new(key)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ApiKey({}_…)", if self.is_secret() { "sk" } else { "pk" })
    }
}
