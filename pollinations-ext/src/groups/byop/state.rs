//! The state of a sign-in, which protects against forged redirects.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq;

use crate::base::error::Error;

/// A random text that is sent with the link and must come back with the redirect. It proves that the redirect belongs
/// to your link, and that nobody else made it up (RFC 6749, section 10.12).
///
/// # Examples
///
/// ```
/// use pollinations_ext::byop::State;
///
/// let state = State::new()?;
/// assert!(state.matches(&state.to_string()));
/// assert!(!state.matches("forged"));
/// # Ok::<(), pollinations_ext::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct State(String);

impl State {
    /// Creates a state from 256 random bits of the operating system.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the operating system has no random numbers.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::byop::State;
    ///
    /// assert_ne!(State::new()?, State::new()?);
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn new() -> Result<Self, Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|error| Error::io("the system has no random numbers", std::io::Error::other(error.to_string())))?;
        Ok(Self(BASE64_URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Restores a state that you stored, for example in the user's session.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::byop::State;
    ///
    /// let kept = State::new()?.to_string();
    /// assert!(State::restore(kept.clone()).matches(&kept));
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn restore(state: impl Into<String>) -> Self {
        Self(state.into())
    }

    /// Whether the redirect brought back this state. The comparison takes constant time. An empty state never
    /// matches.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::byop::State;
    ///
    /// assert!(!State::restore("").matches(""));
    /// ```
    pub fn matches(&self, came_back: &str) -> bool {
        !self.0.is_empty() && self.0.as_bytes().ct_eq(came_back.as_bytes()).into()
    }
}

/// The state, as it is written into a URL.
impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("State(…)")
    }
}
