//! Total earnings of the account's apps and community models.

use std::sync::Arc;

use pollinations_api::{
    Client,
    types::{AccountEarnings, EarningsBucket, Granularity, UsageFormat},
};

use super::table;
use crate::{
    base::error::Error,
    exchange::{
        call::Prepared,
        download::Download,
        options::{Options, call_options, into_setters, setters, with_parameters},
        raw::RawResponse,
        transport::Shared,
    },
};

const OPERATION: &str = "account_earnings";

/// A request for earnings by day, and by app or community model.
///
/// Operation `account_earnings`. Needs the permission `usage`. Covers the last 90 days, unless you set
/// [`days`](Self::days) or a period.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let earnings = pollinations.account().earnings().days(30).send().await?;
/// for source in &earnings.per_entity {
///     println!("{}: {} pollen for {} requests", source.entity_name, source.pollen_earned, source.requests);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct EarningsRequest {
    shared: Arc<Shared>,
    options: Options,
    parameters: Parameters,
}

#[derive(Clone, Debug, Default)]
struct Parameters {
    days: Option<u64>,
    granularity: Option<Granularity>,
    period: Option<String>,
    format: Option<UsageFormat>,
}

impl EarningsRequest {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, options: Options::default(), parameters: Parameters::default() }
    }

    setters! {
        on parameters, example "pollinations.account().earnings()";
        /// The number of days to look back: 1 to 365. The default is 90.
        days: u64, "30";
    }

    into_setters! {
        on parameters, example "pollinations.account().earnings()";
        /// The length of the period: `day`, `week` or `month`. It is the current one unless you set
        /// [`period`](Self::period).
        granularity: Granularity, "\"month\"";
        /// The first day of the period, such as `2026-10-01`. Needs [`granularity`](Self::granularity).
        period: String, "\"2026-10-01\"";
    }

    call_options!(until "the totals have arrived", example "pollinations.account().earnings()");

    /// Fetches the totals: `daily` has one for each day and source, `per_entity` one for each source.
    ///
    /// # Errors
    ///
    /// Status 400 if a value is out of range, 401 if the API key is invalid, 403 without the permission.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{:?}", pollinations.account().earnings().send().await?.daily);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<AccountEarnings, Error> {
        let (shared, options) = (self.shared.clone(), self.options.clone());
        let send = |client: &Client| self.write(client);
        shared.call(OPERATION, &options, send).await.map(|(earnings, _)| earnings)
    }

    /// Fetches the totals and returns the raw response.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send), except that the response is not decoded.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.account().earnings().send_raw().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        let (shared, options) = (self.shared.clone(), self.options.clone());
        let send = |client: &Client| self.write(client);
        shared.raw(OPERATION, &options, send).await
    }

    /// Downloads the daily totals as CSV (RFC 4180) with a header line.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// pollinations.account().earnings().csv().await?.save("earnings.csv").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn csv(mut self) -> Result<Download, Error> {
        self.parameters.format = Some(UsageFormat::Csv);
        let (shared, options) = (self.shared.clone(), self.options.clone());
        let send = |client: &Client| self.write(client);
        shared.download(OPERATION, &options, send).await
    }

    /// Downloads the daily totals as CSV and parses the rows.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send), and [`ErrorKind::Decode`](crate::ErrorKind::Decode) if a row cannot be parsed.
    /// The message has its line number.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for row in pollinations.account().earnings().csv_rows().await? {
    ///     println!("{} {}: {}", row.date, row.entity_name, row.pollen_earned);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn csv_rows(mut self) -> Result<Vec<EarningsBucket>, Error> {
        self.parameters.format = Some(UsageFormat::Csv);
        table::rows(&self.send_raw().await?, OPERATION)
    }

    fn write(self, client: &Client) -> Prepared<AccountEarnings> {
        let parameters = self.parameters;
        with_parameters!(client.account_earnings(), parameters: days, granularity, period, format).prepare()
    }
}
