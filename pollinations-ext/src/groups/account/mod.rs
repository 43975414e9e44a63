//! The account that the API key belongs to.

#[cfg(feature = "community")]
mod agents;
mod daily;
mod earnings;
mod id;
#[cfg(feature = "community")]
mod integrations;
mod keys;
#[cfg(feature = "community")]
mod my_models;
mod pages;
mod records;
mod table;
mod transactions;
mod usage;

use std::sync::Arc;

#[cfg(feature = "community")]
pub use agents::Agents;
pub use daily::DailyUsageRequest;
pub use earnings::EarningsRequest;
#[cfg(feature = "community")]
pub use integrations::Integrations;
#[allow(deprecated, reason = "programs that use the former name still compile")]
pub use keys::ChangeKeyRequest;
pub use keys::{CreateKeyRequest, CreatedKey, Keys, UpdateKeyRequest};
#[cfg(feature = "community")]
pub use my_models::MyModels;
use pollinations_api::{
    Client,
    types::{AccountBalance, AccountProfile, AccountQuests, HarnessReport, KeyStatus, QuestCatalog, QuestRewards},
};
pub use records::UsageStream;
pub use transactions::EarningsTransactionsRequest;
pub use usage::UsageRequest;
use usage::Whose;

use crate::{
    base::error::Error,
    exchange::{
        options::Options,
        request::{Request, request},
        transport::Shared,
    },
};

const REPORT: &str = "report_harness";

/// The account that the API key belongs to: balance, usage, keys, earnings, quests, agents. These calls are free.
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

    /// Returns the remaining pollen: the budget of the key if it has one, otherwise the balance of the account.
    ///
    /// Operation `account_balance`. A key with a budget needs no permission; other keys need `usage`. With `usage`,
    /// `account_balance` also has the parts of the account's balance: `tier` is Quest Pollen, `paid` is paid pollen,
    /// and `total` is both.
    ///
    /// # Errors
    ///
    /// Status 401 if the API key is invalid, 403 without the permission.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let balance = pollinations.account().balance().await?;
    /// println!("{} pollen left", balance.balance);
    /// if let Some(parts) = balance.account_balance {
    ///     println!("{} from quests, {} paid", parts.tier, parts.paid);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn balance(&self) -> Request<AccountBalance> {
        request!(self.shared, account_balance)
    }

    /// Returns the profile of the account's owner.
    ///
    /// Operation `account_profile`. Name and e-mail address are only returned with the permission `profile`.
    ///
    /// # Errors
    ///
    /// Status 401 if the API key is invalid.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let profile = pollinations.account().profile().await?;
    /// println!("{:?} {:?}", profile.github_username, profile.name);
    /// # Ok(())
    /// # }
    /// ```
    pub fn profile(&self) -> Request<AccountProfile> {
        request!(self.shared, account_profile)
    }

    /// Returns the key's type, expiry, permissions and budget.
    /// [`Pollinations::key_status`](crate::Pollinations::key_status) returns the same.
    ///
    /// Operation `account_key`.
    ///
    /// # Errors
    ///
    /// Status 401 if the API key is invalid.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{:?}", pollinations.account().key().await?.permissions.models);
    /// # Ok(())
    /// # }
    /// ```
    pub fn key(&self) -> Request<KeyStatus> {
        request!(self.shared, account_key)
    }

    /// Lists the paid requests of the account, one by one, newest first.
    ///
    /// Operation `account_usage`. Needs the permission `usage`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let mut records = pollinations.account().usage().days(7).records();
    /// while let Some(record) = records.next().await {
    ///     let record = record?;
    ///     println!("{} {:?} {}", record.timestamp, record.model, record.cost_usd);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn usage(&self) -> UsageRequest {
        UsageRequest::new(self.shared.clone(), Whose::Account)
    }

    /// Lists the paid requests made with the client's own API key, newest first.
    ///
    /// Operation `key_usage`. Needs no permission.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let page = pollinations.account().key_usage().days(1).send().await?;
    /// println!("{} requests with this key today", page.count);
    /// # Ok(())
    /// # }
    /// ```
    pub fn key_usage(&self) -> UsageRequest {
        UsageRequest::new(self.shared.clone(), Whose::Key)
    }

    /// Returns usage by day, API key, model and kind of pollen. The data may be up to an hour old.
    ///
    /// Operation `account_usage_daily`. Needs the permission `usage`.
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

    /// The API keys of the account: list, create, change and revoke them.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for key in pollinations.account().keys().list().await?.data {
    ///     println!("{} {:?}", key.id, key.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn keys(&self) -> Keys {
        Keys::new(self.shared.clone())
    }

    /// Returns the earnings of your apps and community models, by day and by source.
    ///
    /// Operation `account_earnings`. Needs the permission `usage`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for source in pollinations.account().earnings().send().await?.per_entity {
    ///     println!("{}: {} pollen", source.entity_name, source.pollen_earned);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn earnings(&self) -> EarningsRequest {
        EarningsRequest::new(self.shared.clone())
    }

    /// Lists the earnings of your apps and community models, one by one, newest first.
    ///
    /// Operation `earnings_transactions`. Needs the permission `usage`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for earned in pollinations.account().earnings_transactions().send().await?.transactions {
    ///     println!("{} {}: {} pollen", earned.timestamp, earned.entity_name, earned.pollen_earned);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn earnings_transactions(&self) -> EarningsTransactionsRequest {
        EarningsTransactionsRequest::new(self.shared.clone())
    }

    /// Returns the quests, with your progress. Completed quests earn pollen.
    ///
    /// Operation `account_quests`. Needs the permission `usage`.
    ///
    /// # Errors
    ///
    /// Status 401 if the API key is invalid, 403 without the permission.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for quest in pollinations.account().quests().await?.quests {
    ///     println!("{} ({} pollen): {}", quest.title, quest.reward_amount, quest.status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn quests(&self) -> Request<AccountQuests> {
        request!(self.shared, account_quests)
    }

    /// Lists the rewards you have earned with quests, newest first.
    ///
    /// Operation `quest_rewards`. Needs the permission `usage`.
    ///
    /// # Errors
    ///
    /// Status 401 if the API key is invalid, 403 without the permission.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for reward in pollinations.account().quest_rewards().await?.rewards {
    ///     println!("{}: {} pollen, claimed at {:?}", reward.title, reward.pollen_amount, reward.claimed_at);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn quest_rewards(&self) -> Request<QuestRewards> {
        request!(self.shared, quest_rewards)
    }

    /// Lists all quests. Needs no API key.
    ///
    /// Operation `quest_catalog`.
    ///
    /// # Errors
    ///
    /// Status 500 if the service cannot list them.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for quest in pollinations.account().quest_catalog().await?.quests {
    ///     println!("{}: {} pollen", quest.title, quest.reward_amount);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn quest_catalog(&self) -> Request<QuestCatalog> {
        request!(self.shared, quest_catalog)
    }

    /// The agents of the account. With the feature `community`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{} agents", pollinations.account().agents().list().await?.data.len());
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "community")]
    pub fn agents(&self) -> Agents {
        Agents::new(self.shared.clone())
    }

    /// The community models of the account. With the feature `community`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{} models", pollinations.account().my_models().list().await?.data.len());
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "community")]
    pub fn my_models(&self) -> MyModels {
        MyModels::new(self.shared.clone())
    }

    /// The apps that agents may use on your behalf. With the feature `community`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{} apps", pollinations.account().integrations().list().await?.data.len());
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "community")]
    pub fn integrations(&self) -> Integrations {
        Integrations::new(self.shared.clone())
    }

    /// Reports to the service that a coding tool uses this account. The name has up to 32 lower-case letters, digits
    /// and dashes. The service's own command-line tool does this.
    ///
    /// Operation `report_harness`.
    ///
    /// # Errors
    ///
    /// Status 400 if the name is not allowed, 401 if the API key is invalid.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// pollinations.account().report_harness("my-harness").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn report_harness(&self, harness: impl Into<String>) -> Result<(), Error> {
        let report = HarnessReport::new(harness.into());
        let send = move |client: &Client| client.report_harness().body(report).prepare();
        self.shared.raw(REPORT, &Options::default(), send).await.map(drop)
    }
}
