//! The API keys of the account.

mod create;
mod limits;
mod update;

use std::sync::Arc;

use pollinations_api::{
    Client,
    types::{KeyList, RevokedKey},
};

pub use create::{CreateKeyRequest, CreatedKey};
#[allow(deprecated, reason = "programs that use the former name still compile")]
pub use update::ChangeKeyRequest;
pub use update::UpdateKeyRequest;

use super::id;
use crate::exchange::{
    request::{Request, request},
    transport::Shared,
};

/// The API keys of the account: list, create, change and revoke them.
///
/// All calls are free and need a key with the permission `keys`. The secret of a key is only in the reply that
/// creates it.
///
/// A change is not retried if its outcome is unknown, because the connection broke or the call timed out: see
/// [`Error::outcome_unknown`](crate::Error::outcome_unknown). A new key may then exist although you did not receive
/// it. Find it by its name in [`list`](Self::list), and revoke it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let keys = pollinations.account().keys();
/// let hour = Duration::from_secs(3600);
/// let created = keys.create("for a workshop").models(["text"]).budget(0.5).expires_in(hour).send().await?;
///
/// let guest = pollinations.with_key(created.key.clone());
/// println!("{}", guest.chat("openai").user("Hello").send().await?.text());
///
/// keys.revoke(&created.id).await?;
/// assert!(guest.chat("openai").user("Still there?").send().await.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Keys {
    shared: Arc<Shared>,
}

impl Keys {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Lists the keys, without their secrets.
    ///
    /// Operation `list_keys`. `pollen_balance` is the remaining budget of a key, in pollen.
    ///
    /// # Errors
    ///
    /// Status 401 if the API key is invalid, 403 without the permission `keys`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for key in pollinations.account().keys().list().await?.data {
    ///     println!("{} {:?}: {:?} pollen left", key.id, key.name, key.pollen_balance);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> Request<KeyList> {
        request!(self.shared, list_keys)
    }

    /// Starts a request for a new key with this display name, of 1 to 253 characters. Without limits, the key may use
    /// all models, spend the whole balance, and never expires. It has no access to the account.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let created = pollinations.account().keys().create("for the build").budget(2.0).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(&self, name: impl Into<String>) -> CreateKeyRequest {
        CreateKeyRequest::new(self.shared.clone(), name.into())
    }

    /// Starts a change to the key with this ID. Settings that you leave out stay the same.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// pollinations.account().keys().update("key_1").budget(5.0).never_expires().send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn update(&self, id: impl Into<String>) -> UpdateKeyRequest {
        UpdateKeyRequest::new(self.shared.clone(), id.into())
    }

    /// The former name of [`update`](Self::update).
    #[deprecated(since = "0.1.0", note = "use `update`")]
    pub fn change(&self, id: impl Into<String>) -> UpdateKeyRequest {
        self.update(id)
    }

    /// Revokes the key with this ID. It stops working at once. This cannot be undone.
    ///
    /// Operation `revoke_key`.
    ///
    /// # Errors
    ///
    /// Status 400 for the client's own key (a key cannot revoke itself), 401 if the API key is invalid, 403 without
    /// the permission `keys`, 404 if the ID is unknown. [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the ID
    /// is empty; then nothing is sent.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// pollinations.account().keys().revoke("key_1").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn revoke(&self, id: impl Into<String>) -> Request<RevokedKey> {
        let id = id.into();
        let problem = id::problem(&id, "a key");
        let send = move |client: &Client| client.revoke_key().id(id).prepare();
        Request::new(&self.shared, "revoke_key", send).refuse(problem)
    }
}
