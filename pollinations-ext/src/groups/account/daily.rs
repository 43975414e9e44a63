//! Daily usage.

use std::sync::Arc;

use pollinations_api::{
    Client,
    types::{DailyUsage, DailyUsageRecord, Granularity, UsageFormat},
};

use super::table;
use crate::{
    base::error::Error,
    exchange::{
        call::Prepared,
        download::Download,
        options::{Options, call_options, into_setters, list_setters, setters, with_parameters},
        raw::RawResponse,
        transport::Shared,
    },
};

const DAILY: &str = "account_usage_daily";

/// A request for usage by day, API key, model and kind of pollen.
///
/// Operation `account_usage_daily`. Needs the permission `usage`. Covers the last 90 days, unless you set
/// [`days`](Self::days) or a period. The data may be up to an hour old.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// # pollinations.chat("openai").user("Hello").send().await?;
/// for row in pollinations.account().usage_daily().days(7).csv_rows().await? {
///     println!("{} {:?}: {} requests", row.date, row.model, row.requests);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct DailyUsageRequest {
    shared: Arc<Shared>,
    options: Options,
    parameters: Parameters,
}

#[derive(Clone, Debug, Default)]
struct Parameters {
    days: Option<u64>,
    granularity: Option<Granularity>,
    period: Option<String>,
    api_key_ids: Vec<String>,
    format: Option<UsageFormat>,
}

impl DailyUsageRequest {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, options: Options::default(), parameters: Parameters::default() }
    }

    setters! {
        on parameters, example "pollinations.account().usage_daily()";
        /// The number of days to look back: 1 to 90. The default is 90.
        days: u64, "7";
    }

    into_setters! {
        on parameters, example "pollinations.account().usage_daily()";
        /// The length of the period: `day`, `week` or `month`. It is the current one unless you set
        /// [`period`](Self::period).
        granularity: Granularity, "\"week\"";
        /// The first day of the period, such as `2026-10-01`. Needs [`granularity`](Self::granularity).
        period: String, "\"2026-10-01\"";
    }

    list_setters! {
        on parameters, example "pollinations.account().usage_daily()";
        /// Only includes requests made with these API keys, by ID. [`Keys::list`](super::Keys::list) has the IDs.
        api_key_ids, "[\"key_1\"]";
    }

    call_options!(until "the totals have arrived", example "pollinations.account().usage_daily()");

    /// Fetches the totals.
    ///
    /// # Errors
    ///
    /// Status 400 if a value is out of range, 401 if the API key is invalid, 403 without the permission.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{:?}", pollinations.account().usage_daily().send().await?.usage);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<DailyUsage, Error> {
        let (shared, options) = (self.shared.clone(), self.options.clone());
        let send = |client: &Client| self.write(client);
        shared.call(DAILY, &options, send).await.map(|(usage, _)| usage)
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
    /// println!("{}", pollinations.account().usage_daily().send_raw().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        let (shared, options) = (self.shared.clone(), self.options.clone());
        let send = |client: &Client| self.write(client);
        shared.raw(DAILY, &options, send).await
    }

    /// Downloads the totals as CSV (RFC 4180) with a header line.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// pollinations.account().usage_daily().csv().await?.save("daily.csv").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn csv(mut self) -> Result<Download, Error> {
        self.parameters.format = Some(UsageFormat::Csv);
        let (shared, options) = (self.shared.clone(), self.options.clone());
        let send = |client: &Client| self.write(client);
        shared.download(DAILY, &options, send).await
    }

    /// Downloads the totals as CSV and parses the rows.
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
    /// let rows = pollinations.account().usage_daily().csv_rows().await?;
    /// println!("{} pollen", rows.iter().map(|row| row.cost_usd).sum::<f64>());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn csv_rows(mut self) -> Result<Vec<DailyUsageRecord>, Error> {
        self.parameters.format = Some(UsageFormat::Csv);
        table::rows(&self.send_raw().await?, DAILY)
    }

    fn write(self, client: &Client) -> Prepared<DailyUsage> {
        let parameters = self.parameters;
        let mut request = client.account_usage_daily();
        if !parameters.api_key_ids.is_empty() {
            request = request.api_key_ids(parameters.api_key_ids.join(","));
        }
        with_parameters!(request, parameters: days, granularity, period, format).prepare()
    }
}
