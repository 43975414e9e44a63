//! The PKCE code verifier (RFC 7636).

use std::fmt;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac_sha256::Hash;
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroize};

use crate::base::error::Error;

/// The secret of a sign-in with an authorization code: the PKCE code verifier (RFC 7636).
///
/// The link that the user opens only has a hash of it. Your program sends the secret itself when it exchanges the
/// code for a key, so an intercepted code is useless. `Debug` never prints the verifier, and its memory is cleared
/// when it is dropped.
///
/// # Examples
///
/// ```
/// use pollinations_ext::byop::Verifier;
///
/// let verifier = Verifier::new()?;
/// assert_eq!(verifier.challenge().len(), 43);
/// assert_eq!(format!("{verifier:?}"), "Verifier(…)");
/// # Ok::<(), pollinations_ext::Error>(())
/// ```
#[derive(Clone)]
pub struct Verifier(SecretString);

impl Verifier {
    /// Creates a verifier from 32 random bytes of the operating system.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the operating system has no random numbers.
    ///
    /// # Examples
    ///
    /// ```
    /// let verifier = pollinations_ext::byop::Verifier::new()?;
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn new() -> Result<Self, Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|error| Error::io("the system has no random numbers", std::io::Error::other(error.to_string())))?;
        let text = BASE64_URL_SAFE_NO_PAD.encode(bytes);
        bytes.zeroize();
        Ok(Self(SecretString::from(text)))
    }

    /// Restores a verifier that you stored in the user's session.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if it is not 43 to 128 letters, digits, `-`, `.`, `_` or `~`
    /// (RFC 7636, section 4.1).
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::byop::Verifier;
    ///
    /// let kept = Verifier::new()?.expose_secret().to_owned();
    /// let verifier = Verifier::restore(kept)?;
    /// assert!(Verifier::restore("short").is_err());
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn restore(verifier: impl Into<String>) -> Result<Self, Error> {
        let verifier = SecretString::from(verifier.into());
        let text = verifier.expose_secret();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if (43..=128).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(verifier))
        } else {
            Err(Error::request("the code verifier must be 43 to 128 letters, digits, `-`, `.`, `_` or `~`"))
        }
    }

    /// The hash that is part of the link: `BASE64URL(SHA256(verifier))`, the method `S256`.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::byop::Verifier;
    ///
    /// // The example of RFC 7636, appendix B.
    /// let verifier = Verifier::restore("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")?;
    /// assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn challenge(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(Hash::hash(self.expose_secret().as_bytes()))
    }

    /// Returns the secret, to store it in the user's session on the server until the user returns. Do not send it to
    /// the browser.
    ///
    /// # Examples
    ///
    /// ```
    /// let verifier = pollinations_ext::byop::Verifier::new()?;
    /// let kept = verifier.expose_secret().to_owned();
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Verifier(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verifiers_are_unique_and_can_be_restored() {
        let (one, two) = (Verifier::new().unwrap(), Verifier::new().unwrap());
        assert_ne!(one.expose_secret(), two.expose_secret());
        assert_eq!(one.expose_secret().len(), 43);
        assert_eq!(Verifier::restore(one.expose_secret()).unwrap().challenge(), one.challenge());
    }

    #[test]
    fn invalid_verifiers_are_errors_that_do_not_repeat_them() {
        let long = "x".repeat(129);
        for text in ["", "secret", &"x".repeat(42), &long, &"é".repeat(50), &format!("{} ", "x".repeat(50))] {
            let error = Verifier::restore(text).unwrap_err();
            assert!(text.is_empty() || !error.to_string().contains(text), "{error}");
        }
    }
}
