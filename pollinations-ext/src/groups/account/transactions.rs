//! Single earnings of the account's apps and community models.

use std::sync::Arc;

use pollinations_api::{
    Client,
    types::{EarningsTransactions, Granularity},
};

use crate::{
    base::error::Error,
    exchange::{
        call::Prepared,
        options::{Options, call_options, into_setters, setters, with_parameters},
        raw::RawResponse,
        transport::Shared,
    },
};

const OPERATION: &str = "earnings_transactions";

/// A request for single earnings, newest first.
///
/// Operation `earnings_transactions`. Needs the permission `usage`. Covers the last 30 days, unless you set
/// [`days`](Self::days) or a period.
///
/// The service has no pagination for these. If one reply cannot hold all of them, request one
/// [`period`](Self::period) at a time.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let list = pollinations.account().earnings_transactions().limit(1000).send().await?;
/// for earned in list.transactions {
///     println!("{} {}: {} pollen", earned.timestamp, earned.entity_name, earned.pollen_earned);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct EarningsTransactionsRequest {
    shared: Arc<Shared>,
    options: Options,
    parameters: Parameters,
}

#[derive(Clone, Debug, Default)]
struct Parameters {
    limit: Option<u64>,
    days: Option<u64>,
    granularity: Option<Granularity>,
    period: Option<String>,
}

impl EarningsTransactionsRequest {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, options: Options::default(), parameters: Parameters::default() }
    }

    setters! {
        on parameters, example "pollinations.account().earnings_transactions()";
        /// The number of entries to list: 1 to 50,000. The default is 100.
        limit: u64, "1000";
        /// The number of days to look back: 1 to 365. The default is 30.
        days: u64, "7";
    }

    into_setters! {
        on parameters, example "pollinations.account().earnings_transactions()";
        /// The length of the period: `day`, `week` or `month`. It is the current one unless you set
        /// [`period`](Self::period).
        granularity: Granularity, "\"day\"";
        /// The first day of the period, such as `2026-10-01`. Needs [`granularity`](Self::granularity).
        period: String, "\"2026-10-01\"";
    }

    call_options!(until "the list has arrived", example "pollinations.account().earnings_transactions()");

    /// Fetches the list.
    ///
    /// # Errors
    ///
    /// Status 400 if a value is out of range, 401 if the API key is invalid, 403 without the permission.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.account().earnings_transactions().send().await?.count);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<EarningsTransactions, Error> {
        let (shared, options) = (self.shared.clone(), self.options.clone());
        let send = |client: &Client| self.write(client);
        shared.call(OPERATION, &options, send).await.map(|(list, _)| list)
    }

    /// Fetches the list and returns the raw response.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send), except that the response is not decoded.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.account().earnings_transactions().send_raw().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        let (shared, options) = (self.shared.clone(), self.options.clone());
        let send = |client: &Client| self.write(client);
        shared.raw(OPERATION, &options, send).await
    }

    fn write(self, client: &Client) -> Prepared<EarningsTransactions> {
        let parameters = self.parameters;
        with_parameters!(client.earnings_transactions(), parameters: limit, days, granularity, period).prepare()
    }
}
