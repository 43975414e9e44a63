//! Changes to an API key.

use std::sync::Arc;

use pollinations_api::{
    Client,
    types::{Key, KeyChanges},
};
use serde_json::Value;

use super::limits;
use crate::{
    base::error::Error,
    exchange::{
        call::Prepared,
        options::{Options, call_options},
        raw::RawResponse,
        transport::Shared,
    },
    groups::account::id,
};

const UPDATE: &str = "update_key";

/// A request to change an API key, from [`Keys::update`](super::Keys::update).
///
/// Operation `update_key`. Free. Needs the permission `keys`. Settings that you leave out stay the same.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let keys = pollinations.account().keys();
/// let created = keys.create("for a workshop").models(["text"]).budget(0.5).send().await?;
///
/// let key = keys.update(&created.id).name("for the next one").all_models().budget(2.0).send().await?;
/// assert_eq!(key.name.as_deref(), Some("for the next one"));
/// assert_eq!(key.pollen_balance, Some(2.0));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct UpdateKeyRequest {
    shared: Arc<Shared>,
    options: Options,
    id: String,
    body: KeyChanges,
}

/// The former name of [`UpdateKeyRequest`].
#[deprecated(since = "0.1.0", note = "use `UpdateKeyRequest`")]
pub type ChangeKeyRequest = UpdateKeyRequest;

impl UpdateKeyRequest {
    pub(super) fn new(shared: Arc<Shared>, id: String) -> Self {
        let mut options = Options::default();
        if let Some(problem) = id::problem(&id, "a key") {
            options.refuse(problem);
        }
        Self { shared, options, id, body: KeyChanges::default() }
    }

    /// Sends `null` for a field, which removes a limit.
    fn lift(mut self, field: &'static str) -> Self {
        self.body.extra_mut().insert(field, Value::Null);
        self
    }

    /// Undoes the removal of a limit.
    fn limit(&mut self, field: &str) {
        self.body.extra_mut().remove(field);
    }

    /// Sets a new display name, of 1 to 253 characters.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.account().keys().update("key_1").name("for the build");
    /// # }
    /// ```
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        limits::check_name(&name, &mut self.options);
        self.body.name = Some(name);
        self
    }

    /// Limits the key to these categories of models: `text`, `image`, `video`, `audio`, `3d`, `embedding`,
    /// `realtime`. A model ID allows the whole category of that model.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.account().keys().update("key_1").models(["image"]);
    /// # }
    /// ```
    pub fn models<M: Into<String>>(mut self, models: impl IntoIterator<Item = M>) -> Self {
        self.limit("allowedModels");
        self.body.allowed_models = Some(models.into_iter().map(Into::into).collect());
        self
    }

    /// Lets the key use all models.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.account().keys().update("key_1").all_models();
    /// # }
    /// ```
    pub fn all_models(self) -> Self {
        self.lift("allowedModels")
    }

    /// Sets how much pollen the key may spend from now on, 0 or more.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.account().keys().update("key_1").budget(5.0);
    /// # }
    /// ```
    pub fn budget(mut self, pollen: f64) -> Self {
        limits::check_budget(pollen, &mut self.options);
        self.limit("pollenBudget");
        self.body.pollen_budget = Some(pollen);
        self
    }

    /// Removes the budget, so that only the balance of the account limits the key.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.account().keys().update("key_1").no_budget();
    /// # }
    /// ```
    pub fn no_budget(self) -> Self {
        self.lift("pollenBudget")
    }

    /// Sets when the key expires: an ISO 8601 date and time in UTC, such as `2026-12-31T00:00:00Z`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.account().keys().update("key_1").expires_at("2026-12-31T00:00:00Z");
    /// # }
    /// ```
    pub fn expires_at(mut self, time: impl Into<String>) -> Self {
        let time = time.into();
        if humantime::parse_rfc3339(&time).is_err() {
            self.options.refuse(format!("`{time}` is not a time such as `2026-12-31T00:00:00Z`"));
        }
        self.limit("expiresAt");
        self.body.expires_at = Some(time);
        self
    }

    /// Removes the expiry, so that the key is valid until it is revoked.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.account().keys().update("key_1").never_expires();
    /// # }
    /// ```
    pub fn never_expires(self) -> Self {
        self.lift("expiresAt")
    }

    /// Replaces the key's permissions for the account: `profile`, `usage`, `keys`, or a
    /// [`Permission`](crate::byop::Permission). An empty list removes all permissions.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.account().keys().update("key_1").permissions(["usage"]);
    /// # }
    /// ```
    pub fn permissions<P: Into<String>>(mut self, permissions: impl IntoIterator<Item = P>) -> Self {
        let permissions: Vec<String> = permissions.into_iter().map(Into::into).collect();
        if permissions.is_empty() {
            self.body.account_permissions = None;
            return self.lift("accountPermissions");
        }
        self.limit("accountPermissions");
        self.body.account_permissions = Some(permissions);
        self
    }

    /// Sets whether the key only spends Quest Pollen, never paid pollen.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.account().keys().update("key_1").quest_pollen_only(true);
    /// # }
    /// ```
    pub fn quest_pollen_only(mut self, on: bool) -> Self {
        self.body.quest_pollen_only = Some(on);
        self
    }

    /// Replaces the redirect URIs: the URLs that the app of a publishable key may send users back to.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.account().keys().update("key_1").redirect_uris(["https://example.com/back"]);
    /// # }
    /// ```
    pub fn redirect_uris<U: Into<String>>(mut self, addresses: impl IntoIterator<Item = U>) -> Self {
        let addresses: Vec<String> = addresses.into_iter().map(Into::into).collect();
        // The generated type omits an empty list.
        self.body.extra_mut().insert("redirectUris", addresses);
        self
    }

    /// Sets whether the app of a publishable key earns from its users' spending.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.account().keys().update("key_1").earnings(true);
    /// # }
    /// ```
    pub fn earnings(mut self, on: bool) -> Self {
        self.body.earnings_enabled = Some(on);
        self
    }

    /// Replaces the note that is shown with the key.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.account().keys().update("key_1").description("Used by the nightly job");
    /// # }
    /// ```
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.body.description = Some(text.into());
        self
    }

    call_options!(until "the key is changed", example "pollinations.account().keys().update(\"key_1\")", field);

    /// Changes the key and returns the changed key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the ID, name, budget or time is invalid; then nothing is
    /// sent. Status 400 for other invalid values, 401 if the API key is invalid, 403 without the permission `keys`,
    /// 404 if the ID is unknown.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let key = pollinations.account().keys().update("key_1").no_budget().send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<Key, Error> {
        let (shared, options) = (self.shared.clone(), self.options.clone());
        let send = |client: &Client| self.write(client);
        shared.call(UPDATE, &options, send).await.map(|(key, _)| key)
    }

    /// Changes the key and returns the raw response.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send), except that the response is not decoded.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let response = pollinations.account().keys().update("key_1").no_budget().send_raw().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        let (shared, options) = (self.shared.clone(), self.options.clone());
        let send = |client: &Client| self.write(client);
        shared.raw(UPDATE, &options, send).await
    }

    fn write(self, client: &Client) -> Prepared<Key> {
        client.update_key().id(self.id).body(self.body).prepare()
    }
}
