//! Usage, one request at a time.

use std::sync::Arc;

use pollinations_api::{
    Client,
    types::{AccountUsage, Granularity, UsageFormat, UsageRecord},
};

use super::{
    pages::{Cursor, Pages},
    records::UsageStream,
    table,
};
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

/// The default number of records on a page of a stream.
const PAGE: u64 = 1000;

/// Which requests to report.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whose {
    /// All requests of the account.
    Account,
    /// Only requests made with the client's own key.
    Key,
}

impl Whose {
    fn operation(self) -> &'static str {
        match self {
            Self::Account => "account_usage",
            Self::Key => "key_usage",
        }
    }
}

/// A request for the paid requests, newest first: those of the account ([`Account::usage`](super::Account::usage)) or
/// those of the client's own key ([`Account::key_usage`](super::Account::key_usage)).
///
/// Operations `account_usage`, which needs the permission `usage`, and `key_usage`, which needs no permission.
///
/// The report covers the last 30 days, unless you set [`days`](Self::days), or a period with
/// [`granularity`](Self::granularity) and [`period`](Self::period). [`send`](Self::send) fetches one page.
/// [`records`](Self::records) fetches all of them.
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
/// let page = pollinations.account().usage().models(["openai"]).days(7).limit(10).send().await?;
/// let spent: f64 = page.usage.iter().map(|record| record.cost_usd).sum();
/// println!("{spent} pollen for {} requests", page.count);
/// # assert_eq!(page.count, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct UsageRequest {
    shared: Arc<Shared>,
    whose: Whose,
    options: Options,
    parameters: Parameters,
}

#[derive(Clone, Debug, Default)]
struct Parameters {
    limit: Option<u64>,
    days: Option<u64>,
    before: Option<String>,
    before_event_id: Option<String>,
    granularity: Option<Granularity>,
    period: Option<String>,
    models: Vec<String>,
    api_key_ids: Vec<String>,
    format: Option<UsageFormat>,
}

/// Writes the request for either operation. Both take the same parameters.
macro_rules! write {
    ($request:expr, $parameters:ident) => {{
        let mut request = $request;
        if !$parameters.models.is_empty() {
            request = request.models($parameters.models.join(","));
        }
        if !$parameters.api_key_ids.is_empty() {
            request = request.api_key_ids($parameters.api_key_ids.join(","));
        }
        with_parameters!(
            request,
            $parameters: limit, days, before, before_event_id, granularity, period, format,
        )
        .prepare()
    }};
}

impl UsageRequest {
    pub(super) fn new(shared: Arc<Shared>, whose: Whose) -> Self {
        Self { shared, whose, options: Options::default(), parameters: Parameters::default() }
    }

    setters! {
        on parameters, example "pollinations.account().usage()";
        /// The number of records on a page: 1 to 50,000. The default is 100, or 1000 for [`records`](Self::records),
        /// which fetches as many pages as needed.
        limit: u64, "500";
        /// The number of days to look back: 1 to 90. The default is 30.
        days: u64, "7";
    }

    into_setters! {
        on parameters, example "pollinations.account().usage()";
        /// Only includes requests before this time: `2026-10-01 12:00:00` in UTC, or an ISO 8601 date and time.
        before: String, "\"2026-10-01 12:00:00\"";
        /// The `cursor_event_id` of the last record you have, to continue after it. Needs [`before`](Self::before).
        /// It distinguishes records of the same second. [`records`](Self::records) sets it for you.
        before_event_id: String, "\"event_1\"";
        /// The length of the period: `day`, `week` or `month`. It is the current one unless you set
        /// [`period`](Self::period).
        granularity: Granularity, "\"week\"";
        /// The first day of the period, such as `2026-10-01`. Needs [`granularity`](Self::granularity).
        period: String, "\"2026-10-01\"";
    }

    list_setters! {
        on parameters, example "pollinations.account().usage()";
        /// Only includes requests to these models, by ID.
        models, "[\"openai\", \"flux\"]";
        /// Only includes requests made with these API keys, by ID. [`Keys::list`](super::Keys::list) has the IDs.
        api_key_ids, "[\"key_1\"]";
    }

    call_options!(until "the page has arrived", example "pollinations.account().usage()");

    /// Fetches one page.
    ///
    /// # Errors
    ///
    /// Status 400 if a value is out of range, 401 if the API key is invalid, 403 without the permission.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{:?}", pollinations.account().usage().send().await?.usage);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<AccountUsage, Error> {
        let Self { shared, whose, options, parameters } = self;
        let send = move |client: &Client| write(client, whose, parameters);
        shared.call(whose.operation(), &options, send).await.map(|(usage, _)| usage)
    }

    /// Fetches one page and returns the raw response.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send), except that the response is not decoded.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.account().usage().send_raw().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        let Self { shared, whose, options, parameters } = self;
        let send = move |client: &Client| write(client, whose, parameters);
        shared.raw(whose.operation(), &options, send).await
    }

    /// Streams all records of the report, newest first. Pages are fetched as needed. Every record is returned exactly
    /// once, even if a page ends between records of the same second.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// use futures_util::TryStreamExt;
    ///
    /// let all: Vec<_> = pollinations.account().usage().days(90).records().try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn records(self) -> UsageStream {
        let start = Cursor { before: self.parameters.before.clone(), event: self.parameters.before_event_id.clone() };
        let pages = Pages::new(self.parameters.limit.unwrap_or(PAGE), start);
        UsageStream::new(pages, move |limit, cursor| {
            let mut request = self.clone();
            request.parameters.limit = Some(limit);
            request.parameters.before.clone_from(&cursor.before);
            request.parameters.before_event_id.clone_from(&cursor.event);
            Box::pin(request.send())
        })
    }

    /// Downloads one page as CSV (RFC 4180) with a header line.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// pollinations.account().usage().limit(50_000).csv().await?.save("usage.csv").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn csv(mut self) -> Result<Download, Error> {
        self.parameters.format = Some(UsageFormat::Csv);
        let Self { shared, whose, options, parameters } = self;
        let send = move |client: &Client| write(client, whose, parameters);
        shared.download(whose.operation(), &options, send).await
    }

    /// Downloads one page as CSV and parses the rows.
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
    /// for row in pollinations.account().usage().limit(50_000).csv_rows().await? {
    ///     println!("{} {}", row.timestamp, row.cost_usd);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn csv_rows(mut self) -> Result<Vec<UsageRecord>, Error> {
        self.parameters.format = Some(UsageFormat::Csv);
        let operation = self.whose.operation();
        table::rows(&self.send_raw().await?, operation)
    }
}

fn write(client: &Client, whose: Whose, parameters: Parameters) -> Prepared<AccountUsage> {
    match whose {
        Whose::Account => write!(client.account_usage(), parameters),
        Whose::Key => write!(client.key_usage(), parameters),
    }
}
