//! The account behind the key.

use std::sync::Arc;

use pollinations_api::types::{AccountBalance, AccountProfile, KeyStatus};

use crate::{
    error::Error,
    transport::{Shared, fetch},
};

/// What the service says of the key's account. Nothing here costs pollen.
///
/// # Examples
///
/// ```
/// # use pollinations_ext::Pollinations;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = Pollinations::builder().base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let account = pollinations.account();
/// println!("{} pollen left", account.balance().await?.balance);
/// println!("tier: {}", account.profile().await?.tier);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Account {
    shared: Arc<Shared>,
}

impl Account {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The pollen that is left: the key's budget if it has one, else the balance of the account.
    ///
    /// Operation `account_balance`. Needs the permission `account:balance`.
    ///
    /// # Errors
    ///
    /// Status 401 without a valid key, 403 without the permission.
    pub async fn balance(&self) -> Result<AccountBalance, Error> {
        fetch!(self.shared, account_balance)
    }

    /// Who the account belongs to, its tier, and when its daily pollen is renewed.
    ///
    /// Operation `account_profile`. Needs the permission `account:profile`.
    ///
    /// # Errors
    ///
    /// Status 401 without a valid key, 403 without the permission.
    pub async fn profile(&self) -> Result<AccountProfile, Error> {
        fetch!(self.shared, account_profile)
    }

    /// What the key may do: its kind, expiry, permissions and budget.
    ///
    /// Operation `account_key`.
    ///
    /// # Errors
    ///
    /// Status 401 without a valid key.
    pub async fn key(&self) -> Result<KeyStatus, Error> {
        fetch!(self.shared, account_key)
    }
}
