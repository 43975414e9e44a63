//! The API key.

use std::{collections::HashSet, fmt, ops::Deref, str::FromStr, time::Duration};

use http::HeaderValue;
use pollinations_api::types;
use secrecy::{ExposeSecret, SecretString};

use crate::base::error::Error;

/// The length of a part of a key that must not be shown, in bytes.
const PIECE: usize = 8;

/// The maximum length of a key in bytes. The service's keys have about 40.
pub(crate) const MAX_KEY_LENGTH: usize = 512;

/// An API key of pollinations.ai, secret (`sk_…`) or publishable (`pk_…`).
///
/// A secret key has no rate limit; keep it on your server. A publishable key may be visible to users, and spends at
/// most 1 pollen per hour and IP address. Both spend the pollen of their account.
///
/// A key is never printed: `Debug` only shows its type, and there is no `Display`. Its memory is cleared when it is
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
    /// Creates a key from text. White space around it, such as the newline at the end of a file, is removed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidKey`](crate::ErrorKind::InvalidKey) if the text does not start with `sk_` or `pk_`, has nothing after
    /// the prefix, or contains anything but visible ASCII characters. The error message does not contain the text.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::ApiKey;
    ///
    /// let key = ApiKey::new("sk_from_a_file\n")?;
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn new(key: impl Into<String>) -> Result<Self, Error> {
        let key = SecretString::from(key.into());
        let text = key.expose_secret().trim();
        let secret = text.strip_prefix("sk_").or_else(|| text.strip_prefix("pk_"));
        let problem = match secret {
            None if text.is_empty() => "it is empty",
            None => "it must start with `sk_` or `pk_`",
            Some("") => "nothing follows its prefix",
            Some(_) if text.len() > MAX_KEY_LENGTH => "it is too long",
            Some(secret) if !secret.bytes().all(|byte| byte.is_ascii_graphic()) => {
                "it contains white space or non-ASCII characters"
            }
            Some(_) => return Ok(Self(SecretString::from(text))),
        };
        Err(Error::key(format!("the API key is not valid: {problem}; get a key at https://enter.pollinations.ai")))
    }

    /// Whether this is a secret key (`sk_…`).
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::ApiKey;
    /// assert!(ApiKey::new("sk_example")?.is_secret());
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn is_secret(&self) -> bool {
        self.0.expose_secret().starts_with("sk_")
    }

    /// Whether this is a publishable key (`pk_…`).
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::ApiKey;
    /// assert!(ApiKey::new("pk_example")?.is_publishable());
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn is_publishable(&self) -> bool {
        !self.is_secret()
    }

    /// Returns the raw key. Handle it with care: it is a secret.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::ApiKey;
    /// assert_eq!(ApiKey::new("sk_example")?.expose_secret(), "sk_example");
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }

    /// The value of an `Authorization` header (RFC 6750, section 2.1), marked as sensitive so that it is not logged.
    pub(crate) fn bearer(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.expose_secret())).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Whether a text contains the key, or a long enough part of it.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        let key = self.expose_secret();
        text.as_bytes().windows(PIECE).any(|piece| key.as_bytes().windows(PIECE).any(|other| other == piece))
            || text.contains(key)
    }

    /// Removes the key, and every long enough part of it, from a text that a server wrote.
    pub(crate) fn redact(&self, text: &str) -> String {
        let key = self.expose_secret();
        // Both as plain text and inside quotation marks.
        let text = text.replace(key, "[key]").replace(&key.escape_debug().to_string(), "[key]");
        let pieces: HashSet<&[u8]> = key.as_bytes().windows(PIECE).collect();
        let mut redacted = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(start) = rest.as_bytes().windows(PIECE).position(|piece| pieces.contains(piece)) {
            let more = rest.as_bytes()[start..].windows(PIECE).take_while(|piece| pieces.contains(piece)).count();
            // Keys are ASCII, so these are character boundaries.
            redacted.push_str(&rest[..start]);
            redacted.push_str("[key]");
            rest = &rest[start + more + PIECE - 1..];
        }
        redacted + rest
    }
}

/// The permissions of an API key, from [`Pollinations::key_status`](crate::Pollinations::key_status). Dereferences to
/// the response itself.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let status = pollinations.key_status().await?;
/// println!("{}: {:?} pollen left", status.type_, status.pollen_budget);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct KeyStatus(types::KeyStatus);

impl KeyStatus {
    pub(crate) fn new(status: types::KeyStatus) -> Self {
        Self(status)
    }

    /// Whether this model is in the key's list of models. A key without a list may use all models.
    ///
    /// Current keys are limited to categories of models: check those with [`allows_category`](Self::allows_category).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(status: pollinations_ext::KeyStatus) {
    /// println!("{}", status.allows_model("flux"));
    /// # }
    /// ```
    pub fn allows_model(&self, model: &str) -> bool {
        self.0.permissions.models.as_ref().is_none_or(|models| models.iter().any(|allowed| allowed == model))
    }

    /// Whether the key may use models of this category: `text`, `image`, `video`, `audio`, `3d`, `embedding`,
    /// `realtime`. A key without a list of models may use all categories.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(status: pollinations_ext::KeyStatus) {
    /// println!("{}", status.allows_category("image"));
    /// # }
    /// ```
    pub fn allows_category(&self, category: &str) -> bool {
        // The list contains both model names and categories.
        self.allows_model(category)
    }

    /// Whether the key has this permission for the account: `profile`, `balance`, `usage` or `keys`. A key without
    /// permissions cannot access the account.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(status: pollinations_ext::KeyStatus) {
    /// println!("{}", status.allows_account("usage"));
    /// # }
    /// ```
    pub fn allows_account(&self, permission: &str) -> bool {
        let allowed = self.0.permissions.account.iter().flatten();
        allowed.map(|allowed| allowed.strip_prefix("account:").unwrap_or(allowed)).any(|allowed| allowed == permission)
    }

    /// Whether the key has a budget and has used it up.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(status: pollinations_ext::KeyStatus) {
    /// println!("{}", status.is_budget_exhausted());
    /// # }
    /// ```
    pub fn is_budget_exhausted(&self) -> bool {
        self.0.pollen_budget.is_some_and(|budget| budget <= 0.0)
    }

    /// The former name of [`is_budget_exhausted`](Self::is_budget_exhausted).
    #[deprecated(since = "0.1.0", note = "use `is_budget_exhausted`")]
    pub fn is_spent(&self) -> bool {
        self.is_budget_exhausted()
    }

    /// How long the key is still valid, or `None` if it does not expire.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(status: pollinations_ext::KeyStatus) {
    /// println!("{:?}", status.expires_in());
    /// # }
    /// ```
    pub fn expires_in(&self) -> Option<Duration> {
        let seconds = self.0.expires_in?;
        Some(Duration::try_from_secs_f64(seconds).unwrap_or(if seconds > 0.0 { Duration::MAX } else { Duration::ZERO }))
    }
}

impl Deref for KeyStatus {
    type Target = types::KeyStatus;

    fn deref(&self) -> &Self::Target {
        &self.0
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
