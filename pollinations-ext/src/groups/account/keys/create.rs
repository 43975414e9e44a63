//! Creates API keys.

use std::{sync::Arc, time::Duration};

use pollinations_api::{
    Client,
    types::{self, KeyGrants, KeyType, NewKey},
};
use serde_json::{Map, Value};

use super::limits;
use crate::{
    base::{
        error::{Error, ErrorKind},
        json,
    },
    exchange::{
        call::Prepared,
        options::{Options, call_options},
        raw::RawResponse,
        transport::Shared,
    },
    key::{ApiKey, without_keys},
};

const CREATE: &str = "create_key";

/// A request to create an API key, from [`Keys::create`](super::Keys::create).
///
/// Operation `create_key`. Free. Needs the permission `keys`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use pollinations_ext::byop::Permission;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let created = pollinations
///     .account()
///     .keys()
///     .create("reporting")
///     .models(["text", "image"])
///     .budget(1.5)
///     .expires_in(Duration::from_secs(24 * 3600))
///     .permissions([Permission::Usage])
///     .send()
///     .await?;
/// assert!(created.key.is_secret());
/// assert_eq!(format!("{:?}", created.key), "ApiKey(sk_…)");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct CreateKeyRequest {
    shared: Arc<Shared>,
    options: Options,
    body: NewKey,
}

impl CreateKeyRequest {
    pub(super) fn new(shared: Arc<Shared>, name: String) -> Self {
        let mut options = Options::default();
        limits::check_name(&name, &mut options);
        Self { shared, options, body: NewKey::new(name) }
    }

    /// Creates a publishable key (`pk_…`). It identifies an app that signs users in; OAuth calls it the `client_id`.
    /// It spends no pollen of your account, so it has no [`budget`](Self::budget). By default, the key is secret
    /// (`sk_…`).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let keys = pollinations.account().keys();
    /// let request = keys.create("my app").publishable().redirect_uris(["https://example.com/back"]);
    /// # }
    /// ```
    pub fn publishable(mut self) -> Self {
        self.body.type_ = Some(KeyType::Publishable);
        self
    }

    /// Limits the key to these categories of models: `text`, `image`, `video`, `audio`, `3d`, `embedding`,
    /// `realtime`. A model ID allows the whole category of that model. By default, the key may use all models.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.account().keys().create("images only").models(["image"]);
    /// # }
    /// ```
    pub fn models<M: Into<String>>(mut self, models: impl IntoIterator<Item = M>) -> Self {
        self.body.allowed_models = Some(models.into_iter().map(Into::into).collect());
        self
    }

    /// Limits how much pollen the key may spend, 0 or more. By default, only the balance of the account limits it.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.account().keys().create("for a workshop").budget(0.5);
    /// # }
    /// ```
    pub fn budget(mut self, pollen: f64) -> Self {
        limits::check_budget(pollen, &mut self.options);
        self.body.pollen_budget = Some(pollen);
        self
    }

    /// Makes the key expire after this time, rounded up to whole seconds. By default, it never expires.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let week = std::time::Duration::from_secs(7 * 24 * 3600);
    /// let request = pollinations.account().keys().create("for a week").expires_in(week);
    /// # }
    /// ```
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        if lifetime.is_zero() {
            self.options.refuse("the lifetime of a key must be more than 0 seconds");
        }
        let seconds = lifetime.as_secs().saturating_add(u64::from(lifetime.subsec_nanos() > 0));
        self.body.expires_in = Some(seconds);
        self
    }

    /// Lets the key read or change parts of the account: `profile`, `usage`, `keys`, or a
    /// [`Permission`](crate::byop::Permission). By default, it has no access to the account. A key with `keys` can
    /// create keys without limits.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.account().keys().create("reporting").permissions(["usage"]);
    /// # }
    /// ```
    pub fn permissions<P: Into<String>>(mut self, permissions: impl IntoIterator<Item = P>) -> Self {
        self.body.account_permissions = Some(permissions.into_iter().map(Into::into).collect());
        self
    }

    /// Sets whether the key only spends Quest Pollen, never paid pollen. The default is `false`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.account().keys().create("for trying things out").quest_pollen_only(true);
    /// # }
    /// ```
    pub fn quest_pollen_only(mut self, on: bool) -> Self {
        self.body.quest_pollen_only = Some(on);
        self
    }

    /// Sets the redirect URIs: the URLs that the app of a [`publishable`](Self::publishable) key may send users back
    /// to. They start with `https://`, or with `http://` on the user's own machine.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.account().keys().create("my app").publishable();
    /// let request = request.redirect_uris(["https://example.com/back", "http://127.0.0.1/back"]);
    /// # }
    /// ```
    pub fn redirect_uris<U: Into<String>>(mut self, addresses: impl IntoIterator<Item = U>) -> Self {
        self.body.redirect_uris = addresses.into_iter().map(Into::into).collect();
        self
    }

    /// Sets whether the app of a [`publishable`](Self::publishable) key earns from its users' spending. The default
    /// is `false`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.account().keys().create("my app").publishable().earnings(true);
    /// # }
    /// ```
    pub fn earnings(mut self, on: bool) -> Self {
        self.body.earnings_enabled = Some(on);
        self
    }

    /// Sets a note that is shown with the key.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.account().keys().create("for the build").description("Used by the nightly job");
    /// # }
    /// ```
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.body.description = Some(text.into());
        self
    }

    call_options!(until "the new key has arrived", example "pollinations.account().keys().create(\"x\")", field);

    /// Creates the key.
    ///
    /// The request is not retried if its outcome is unknown, because that could create a second key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] if the name, budget or lifetime is invalid; then nothing is sent. Status 400 for other
    /// invalid values, 401 if the API key is invalid, 403 without the permission `keys`. [`ErrorKind::Decode`] if the
    /// reply has no readable key. In that case the key exists, and the error message has its ID if the reply contains
    /// one. Error messages never contain the new key.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let created = pollinations.account().keys().create("for the build").send().await?;
    /// println!("The key has the id {}", created.id);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<CreatedKey, Error> {
        let response = self.send_raw().await?;
        CreatedKey::read(&response).map_err(|error| {
            let error = error.with_operation(CREATE).with_status(response.status());
            error.with_request_id(response.request_id().map(str::to_owned))
        })
    }

    /// Creates the key and returns the raw response. Its body contains the new key.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send), except that the response is not decoded.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let response = pollinations.account().keys().create("for the build").send_raw().await?;
    /// assert_eq!(response.status(), 200);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        let (shared, options) = (self.shared.clone(), self.options.clone());
        let send = |client: &Client| self.write(client);
        // If a server creates a key and then fails, its message may contain the key.
        shared.raw(CREATE, &options, send).await.map_err(|error| error.rewritten(without_keys))
    }

    fn write(self, client: &Client) -> Prepared<types::CreatedKey> {
        client.create_key().body(self.body).prepare()
    }
}

/// A new API key. Save its secret: the service never shows it again.
///
/// `Debug` prints everything except the secret.
///
/// # Examples
///
/// ```
/// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
/// let created = pollinations.account().keys().create("for the build").send().await?;
/// let client = pollinations.with_key(created.key);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CreatedKey {
    /// The ID, for [`Keys::update`](super::Keys::update) and [`Keys::revoke`](super::Keys::revoke).
    pub id: String,
    /// The key itself.
    pub key: ApiKey,
    /// The display name.
    pub name: Option<String>,
    /// Whether it is secret or publishable.
    pub type_: Option<KeyType>,
    /// The prefix of the key: `sk` for secret keys, `pk` for publishable keys.
    pub prefix: Option<String>,
    /// When it expires, as an ISO 8601 date and time; `None` if it never does.
    pub expires_at: Option<String>,
    /// The key's permissions.
    pub permissions: Option<KeyGrants>,
    /// How much pollen it may spend; `None` if only the balance of the account limits it.
    pub pollen_budget: Option<f64>,
    /// All other fields of the reply.
    pub other: Map<String, Value>,
}

impl CreatedKey {
    fn read(response: &RawResponse) -> Result<Self, Error> {
        let unreadable = |why: &str| Error::new(ErrorKind::Decode, format!("the key was created, but {why}"));
        // Serde's message may contain the key, and so may the body.
        let created: types::CreatedKey =
            json::lenient(response.body()).map_err(|_| unreadable("the reply cannot be read"))?;
        let Ok(key) = ApiKey::new(created.key.as_str()) else {
            let id = without_keys(&created.id);
            return Err(unreadable(&format!("its secret does not look like an API key; its ID is `{id}`")));
        };
        let other = created.extra().iter().filter(|(_, value)| !key.is_in(&value.to_string()));
        let other = other.map(|(name, value)| (name.to_owned(), value.clone())).collect();
        Ok(Self {
            id: created.id,
            key,
            name: created.name,
            type_: created.type_,
            prefix: created.prefix,
            expires_at: created.expires_at,
            permissions: created.permissions,
            pollen_budget: created.pollen_budget,
            other,
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn read(body: &'static str) -> Result<CreatedKey, Error> {
        CreatedKey::read(&RawResponse::new(
            CREATE,
            StatusCode::OK,
            HeaderMap::new(),
            Bytes::from_static(body.as_bytes()),
        ))
    }

    #[test]
    fn the_key_is_only_in_its_field() {
        let created =
            read(r#"{"id":"key_1","key":"sk_0123456789abcdef","again":"sk_0123456789abcdef","new":5}"#).unwrap();
        assert_eq!(created.key.expose_secret(), "sk_0123456789abcdef");
        assert_eq!(created.other, Map::from_iter([("new".to_owned(), Value::from(5))]));
        assert!(!format!("{created:?} {created:#?}").contains("0123456789"));
    }

    #[test]
    fn the_error_for_a_reply_without_a_key_does_not_show_its_content() {
        for body in [
            r#"{"id":"key_1","key":5,"secret":"sk_0123456789abcdef"}"#,
            r#"{"id":"key_1","key":"0123456789abcdef"}"#,
            r#"{"id":"key_1","key":"sk_0123456789abcdef"#,
            r#"["sk_0123456789abcdef"]"#,
            "sk_0123456789abcdef",
            "",
        ] {
            let error = read(body).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
            assert!(!format!("{error} {error:?} {error:#?}").contains("0123456789"), "{error:?}");
        }
        assert!(read(r#"{"id":"key_1","key":"0123456789abcdef"}"#).unwrap_err().message().contains("`key_1`"));
    }
}
