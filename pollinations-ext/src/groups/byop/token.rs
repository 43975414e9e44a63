//! The response of the token endpoint: a key and its permissions.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::{asked::Permission, failure, wire::Answer};
use crate::{
    base::{
        error::{Error, ErrorKind},
        json,
        time::now,
    },
    key::ApiKey,
};

/// A user's API key, with the permissions they granted.
///
/// The user can grant less than you asked for, so look at [`scopes`](Self::scopes) or [`allows`](Self::allows).
///
/// # Examples
///
/// ```no_run
/// # fn example(grant: pollinations_ext::byop::Grant) -> Result<(), pollinations_ext::Error> {
/// use pollinations_ext::{Pollinations, byop::Permission};
///
/// println!("may see the balance: {}", grant.allows(Permission::Usage));
/// println!("expires at {:?}", grant.expires_at());
/// let pollinations = Pollinations::builder().key(grant.into_key()).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Grant {
    key: ApiKey,
    scopes: Vec<String>,
    expires_at: Option<SystemTime>,
}

impl Grant {
    /// The user's API key. Keep it secret: it spends their pollen.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(grant: pollinations_ext::byop::Grant) {
    /// assert!(grant.key().is_secret());
    /// # }
    /// ```
    pub fn key(&self) -> &ApiKey {
        &self.key
    }

    /// Returns the user's API key and drops the rest.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(grant: pollinations_ext::byop::Grant) -> Result<(), pollinations_ext::Error> {
    /// let pollinations = pollinations_ext::Pollinations::builder().key(grant.into_key()).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_key(self) -> ApiKey {
        self.key
    }

    /// What the key may access in the account, by the service's names. If the service does not say, these are the
    /// permissions you asked for (RFC 6749, section 5.1).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(grant: pollinations_ext::byop::Grant) {
    /// println!("{}", grant.scopes().join(", "));
    /// # }
    /// ```
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// Whether the key has this permission.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(grant: pollinations_ext::byop::Grant) {
    /// use pollinations_ext::byop::Permission;
    ///
    /// println!("{}", grant.allows(Permission::Profile));
    /// # }
    /// ```
    pub fn allows(&self, permission: Permission) -> bool {
        let name = permission.to_string();
        self.scopes.iter().any(|scope| scope.strip_prefix("account:").unwrap_or(scope) == name)
    }

    /// When the key expires, by the local clock. `None` if the service does not say. There are no refresh tokens:
    /// once the key has expired, the user has to sign in again.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(grant: pollinations_ext::byop::Grant) {
    /// println!("{:?}", grant.expires_at());
    /// # }
    /// ```
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// Reads the response of a token endpoint (RFC 6749, section 5.1). `asked` is the requested scope, which applies
    /// if the response has none.
    pub(super) fn read(answer: &Answer, asked: Option<&str>) -> Result<Self, Error> {
        if !answer.status.is_success() || failure::code(&answer.body).is_some() {
            return Err(failure::of_answer(answer, "the service did not issue a key"));
        }
        let unreadable = |message: &str| Error::new(ErrorKind::Decode, message).with_request_id(answer.id.clone());
        let value: Value = json::read(&answer.body).map_err(|_| unreadable("the response is not a token"))?;
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let token = text("access_token").ok_or_else(|| unreadable("the response has no access token"))?;
        if text("token_type").is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return Err(unreadable("the service issued a token that is not a bearer token"));
        }
        let key = ApiKey::new(token)?;
        let scope = text("scope").or(asked).unwrap_or_default();
        let seconds = match value.get("expires_in") {
            Some(Value::String(seconds)) => seconds.trim().parse().ok(),
            Some(seconds) => seconds.as_f64(),
            None => None,
        };
        let lifetime = seconds.and_then(|seconds: f64| Duration::try_from_secs_f64(seconds).ok());
        Ok(Self {
            key,
            scopes: scope.split([' ', ',']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
            expires_at: lifetime.and_then(|lifetime| now().checked_add(lifetime)),
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::StatusCode;

    use super::{super::failure::OAuthError, *};

    fn read(status: u16, body: &str) -> Result<Grant, Error> {
        let body = Bytes::copy_from_slice(body.as_bytes());
        Grant::read(&Answer { status: StatusCode::from_u16(status).unwrap(), body, id: None }, Some("profile usage"))
    }

    #[test]
    fn grants_are_read_in_every_form() {
        let grant = read(200, r#"{"access_token":"sk_u","token_type":"bearer","expires_in":60,"scope":"usage keys"}"#);
        let grant = grant.unwrap();
        assert_eq!(grant.scopes(), ["usage", "keys"]);
        assert!(grant.allows(Permission::Keys) && !grant.allows(Permission::Profile));
        let left = grant.expires_at().unwrap().duration_since(now()).unwrap();
        assert!((58..=60).contains(&left.as_secs()), "{left:?}");
        assert!(!format!("{grant:?}").contains("sk_u"), "{grant:?}");

        let grant = read(200, r#"{"access_token":"sk_u","scope":"profile,account:keys","expires_in":"60"}"#).unwrap();
        assert!(grant.allows(Permission::Profile) && grant.allows(Permission::Keys) && grant.expires_at().is_some());
        // If the scope is missing, the requested scope was granted. If it is empty, nothing was granted.
        let grant = read(200, r#"{"access_token":"sk_u","expires_in":-1}"#).unwrap();
        assert_eq!((grant.scopes().len(), grant.expires_at()), (2, None));
        assert!(read(200, r#"{"access_token":"sk_u","scope":""}"#).unwrap().scopes().is_empty());
    }

    #[test]
    fn oauth_errors_are_read() {
        for (status, body, expected) in [
            (400, r#"{"error":"invalid_grant","error_description":"used"}"#, Some(OAuthError::InvalidGrant)),
            (401, r#"{"error":"invalid_client"}"#, Some(OAuthError::InvalidClient)),
            (200, r#"{"error":"invalid_scope"}"#, Some(OAuthError::InvalidScope)),
            (400, r#"{"error":"something_new"}"#, None),
            (503, "<title>Gone for lunch</title>", None),
        ] {
            let error = read(status, body).unwrap_err();
            assert_eq!((error.kind(), error.oauth_error()), (ErrorKind::Api, expected), "{body}");
            assert!(!error.is_signed_out(), "{body}");
        }
        assert_eq!(
            read(400, r#"{"error":"invalid_grant","error_description":"used"}"#).unwrap_err().to_string(),
            "400 invalid_grant: the code is wrong, used or expired (used)"
        );
    }

    #[test]
    fn invalid_grants_are_errors_that_do_not_repeat_the_response() {
        for (body, kind) in [
            ("{}", ErrorKind::Decode),
            ("hidden", ErrorKind::Decode),
            (r#"{"access_token":"hidden"}"#, ErrorKind::InvalidKey),
            (r#"{"access_token":"sk_hidden","token_type":"mac"}"#, ErrorKind::Decode),
        ] {
            let error = read(200, body).unwrap_err();
            assert_eq!(error.kind(), kind, "{body}");
            assert!(!format!("{error} {error:?}").contains("hidden"), "{error:?}");
        }
    }
}
