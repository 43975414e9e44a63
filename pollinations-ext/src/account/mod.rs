//! The account behind the key.

mod pages;
mod usage;

use std::sync::Arc;

use pollinations_api::types::{AccountBalance, AccountProfile, KeyStatus};
pub use usage::{DailyUsageRequest, UsageRequest, UsageStream};

use crate::exchange::{
    fetch::{Fetch, fetch},
    transport::Shared,
};

/// What the service says of the key's account. Nothing here costs pollen.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let account = pollinations.account();
/// println!("{} pollen left", account.balance().await?.balance);
/// println!("{:?}", account.profile().await?.github_username);
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
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{} pollen left", pollinations.account().balance().await?.balance);
    /// # Ok(())
    /// # }
    /// ```
    pub fn balance(&self) -> Fetch<AccountBalance> {
        fetch!(self.shared, account_balance)
    }

    /// Who the account belongs to, its tier, and when its daily pollen is renewed.
    ///
    /// Operation `account_profile`. Needs the permission `account:profile`.
    ///
    /// # Errors
    ///
    /// Status 401 without a valid key, 403 without the permission.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let profile = pollinations.account().profile().await?;
    /// println!("{:?}, renewed at {:?}", profile.github_username, profile.next_reset_at);
    /// # Ok(())
    /// # }
    /// ```
    pub fn profile(&self) -> Fetch<AccountProfile> {
        fetch!(self.shared, account_profile)
    }

    /// What the key may do: its kind, expiry, permissions and budget.
    /// [`Pollinations::key_status`](crate::Pollinations::key_status) is the same with questions to ask of it.
    ///
    /// Operation `account_key`.
    ///
    /// # Errors
    ///
    /// Status 401 without a valid key.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{:?}", pollinations.account().key().await?.permissions.models);
    /// # Ok(())
    /// # }
    /// ```
    pub fn key(&self) -> Fetch<KeyStatus> {
        fetch!(self.shared, account_key)
    }

    /// The requests of the account, one by one, the newest first.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let mut records = pollinations.account().usage().records();
    /// while let Some(record) = records.next().await {
    ///     let record = record?;
    ///     println!("{} {:?} {}", record.timestamp, record.model, record.cost_usd);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn usage(&self) -> UsageRequest {
        UsageRequest::new(self.shared.clone())
    }

    /// The requests and the pollen of the last 90 days, summed by day, model and source. May lag by an hour.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for day in pollinations.account().usage_daily().send().await?.usage {
    ///     println!("{} {:?}: {} pollen", day.date, day.model, day.cost_usd);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn usage_daily(&self) -> DailyUsageRequest {
        DailyUsageRequest::new(self.shared.clone())
    }
}
