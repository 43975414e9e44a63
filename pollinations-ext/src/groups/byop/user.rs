//! The user that an API key belongs to.

use serde_json::{Map, Value};

use super::wire::Answer;
use crate::base::{
    error::{Error, ErrorKind},
    json,
};

/// The user that an API key belongs to, from [`Server::user_info`](super::Server::user_info). The fields are OpenID
/// Connect claims.
///
/// # Examples
///
/// ```
/// # fn example(user: pollinations_ext::byop::UserInfo) {
/// println!("Hello {}", user.name.or(user.preferred_username).unwrap_or(user.sub));
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct UserInfo {
    /// The ID of the account. Use it to identify the user: it never changes.
    pub sub: String,
    /// The user name.
    pub preferred_username: Option<String>,
    /// The URL of the user's picture.
    pub picture: Option<String>,
    /// The full name, if the key has the permission `profile`.
    pub name: Option<String>,
    /// The e-mail address, if the key has the permission `profile`.
    pub email: Option<String>,
    /// All other claims.
    pub other: Map<String, Value>,
}

impl UserInfo {
    pub(super) fn read(answer: &Answer) -> Result<Self, Error> {
        Self::of_claims(&answer.body).map_err(|error| error.with_request_id(answer.id.clone()))
    }

    /// Parses the claims of a user.
    pub(crate) fn of_claims(body: &[u8]) -> Result<Self, Error> {
        let unreadable = || Error::new(ErrorKind::Decode, "the response has no user ID");
        let mut other: Map<String, Value> = json::read(body).map_err(|_| unreadable())?;
        let sub = match other.remove("sub") {
            Some(Value::String(sub)) if !sub.is_empty() => sub,
            Some(Value::Number(sub)) => sub.to_string(),
            _ => return Err(unreadable()),
        };
        let mut text = |name: &str| match other.remove(name)? {
            Value::String(text) => Some(text),
            Value::Null => None,
            // A claim of an unexpected type is kept in `other`.
            value => {
                other.insert(name.to_owned(), value);
                None
            }
        };
        Ok(Self {
            sub,
            preferred_username: text("preferred_username"),
            picture: text("picture"),
            name: text("name"),
            email: text("email"),
            other,
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::StatusCode;

    use super::*;

    fn read(body: &'static str) -> Result<UserInfo, Error> {
        UserInfo::read(&Answer { status: StatusCode::OK, body: Bytes::from_static(body.as_bytes()), id: None })
    }

    #[test]
    fn only_the_user_id_is_required() {
        let user = read(r#"{"sub":7,"name":null,"picture":["a"],"tier":"seed"}"#).unwrap();
        assert_eq!((user.sub.as_str(), user.name, user.picture), ("7", None, None));
        assert_eq!(user.other.len(), 2, "{:?}", user.other);
        for body in ["{}", r#"{"sub":""}"#, "[]", "<html>"] {
            assert_eq!(read(body).unwrap_err().kind(), ErrorKind::Decode, "{body}");
        }
    }
}
