//! What was spent: requests one by one, or summed by day.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use futures_util::StreamExt;
use pollinations_api::{
    Client,
    types::{AccountUsage, DailyUsage, DailyUsageRecord, UsageFormat, UsageRecord},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

use super::pages::Pages;
use crate::{
    base::{
        error::{Error, ErrorKind},
        maybe_send::BoxFuture,
    },
    exchange::{
        call::Generated,
        download::Download,
        options::{Options, call_options, into_setters, setters},
        raw::RawResponse,
        transport::Shared,
    },
};

const USAGE: &str = "account_usage";
const DAILY: &str = "account_usage_daily";

/// Records on a page, if the caller does not say.
const PAGE: u64 = 1000;

/// Asks for the requests of the account, the newest first.
///
/// Operation `account_usage`. Needs the permission `account:usage`.
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
/// let page = pollinations.account().usage().limit(10).send().await?;
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
    options: Options,
    parameters: Parameters,
}

#[derive(Clone, Debug, Default)]
struct Parameters {
    limit: Option<u64>,
    before: Option<String>,
    format: Option<UsageFormat>,
}

impl UsageRequest {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, options: Options::default(), parameters: Parameters::default() }
    }

    setters! {
        on parameters, example "pollinations.account().usage()";
        /// Records on a page: 1 to 50,000; 100 if it is not set. For [`records`](Self::records), which asks for as many
        /// pages as it takes, 1000.
        limit: u64, "500";
    }

    into_setters! {
        on parameters, example "pollinations.account().usage()";
        /// Only requests before this time, as the records have it.
        before: String, "\"2026-02-25 12:00:00\"";
    }

    call_options!(until "the page is there", example "pollinations.account().usage()");

    /// Fetches one page.
    ///
    /// # Errors
    ///
    /// Status 400 for a limit out of range, 401 without a valid key, 403 without the permission.
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
        let (shared, options) = (self.shared.clone(), self.options.clone());
        let send = |client: Client| self.write(client);
        shared.call(USAGE, &options, send).await.map(|(usage, _)| usage)
    }

    /// Fetches one page and returns the response as it came.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), but for an answer that cannot be read.
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
        let (shared, options) = (self.shared.clone(), self.options.clone());
        let send = |client: Client| self.write(client);
        shared.raw(USAGE, &options, send).await
    }

    /// All records to the oldest, page after page, as they are needed. No record comes twice and none is left out, also
    /// where a page ends between records of the same second.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// use futures_util::TryStreamExt;
    ///
    /// let all: Vec<_> = pollinations.account().usage().records().try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn records(self) -> UsageStream {
        UsageStream::new(self)
    }

    /// Fetches one page as a table (CSV, RFC 4180) with a line of names, as the service writes it.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
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
        let (shared, options) = (self.shared.clone(), self.options.clone());
        let send = |client: Client| self.write(client);
        shared.download(USAGE, &options, send).await
    }

    /// Fetches one page as a table and reads its rows.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`ErrorKind::Decode`] for a row that cannot be read, with its line.
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
        rows(&self.send_raw().await?, USAGE)
    }

    async fn write(self, client: Client) -> Generated<AccountUsage> {
        let Parameters { limit, before, format } = self.parameters;
        let mut request = client.account_usage();
        if let Some(limit) = limit {
            request = request.limit(limit);
        }
        if let Some(before) = before {
            request = request.before(before);
        }
        if let Some(format) = format {
            request = request.format(format);
        }
        request.send().await
    }
}

/// Asks for the requests of the last 90 days, summed by day, model and source.
///
/// Operation `account_usage_daily`. Needs the permission `account:usage`.
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
/// for row in pollinations.account().usage_daily().csv_rows().await? {
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
    format: Option<UsageFormat>,
}

impl DailyUsageRequest {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, options: Options::default(), format: None }
    }

    call_options!(until "the sums are there", example "pollinations.account().usage_daily()");

    /// Fetches the sums.
    ///
    /// # Errors
    ///
    /// Status 401 without a valid key, 403 without the permission.
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
        let send = |client: Client| self.write(client);
        shared.call(DAILY, &options, send).await.map(|(usage, _)| usage)
    }

    /// Fetches the sums and returns the response as it came.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), but for an answer that cannot be read.
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
        let send = |client: Client| self.write(client);
        shared.raw(DAILY, &options, send).await
    }

    /// Fetches the sums as a table (CSV, RFC 4180) with a line of names, as the service writes it.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
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
        self.format = Some(UsageFormat::Csv);
        let (shared, options) = (self.shared.clone(), self.options.clone());
        let send = |client: Client| self.write(client);
        shared.download(DAILY, &options, send).await
    }

    /// Fetches the sums as a table and reads its rows.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`ErrorKind::Decode`] for a row that cannot be read, with its line.
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
        self.format = Some(UsageFormat::Csv);
        rows(&self.send_raw().await?, DAILY)
    }

    async fn write(self, client: Client) -> Generated<DailyUsage> {
        let mut request = client.account_usage_daily();
        if let Some(format) = self.format {
            request = request.format(format);
        }
        request.send().await
    }
}

/// Reads a table by the names in its first line, each row as the JSON object that it stands for. Columns that the type
/// does not have are in the `extra()` of a row.
fn rows<T: DeserializeOwned>(response: &RawResponse, operation: &str) -> Result<Vec<T>, Error> {
    let failed = |line: u64| {
        let error = Error::new(ErrorKind::Decode, format!("line {line} of the table cannot be read"));
        error.with_operation(operation).with_request_id(response.request_id().map(str::to_owned))
    };
    let mut reader = csv::Reader::from_reader(response.body().as_ref());
    let names = reader.headers().map_err(|_| failed(1))?.clone();
    let mut rows = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|error| failed(error.position().map_or(row as u64 + 2, csv::Position::line)))?;
        let line = record.position().map_or(row as u64 + 2, csv::Position::line);
        let object: Map<String, Value> =
            names.iter().zip(&record).map(|(name, cell)| (name.to_owned(), json_of(cell))).collect();
        rows.push(serde_json::from_value(Value::Object(object)).map_err(|_| failed(line))?);
    }
    Ok(rows)
}

/// A cell as JSON: a number if it is written as one, nothing if it is empty, and otherwise a text.
fn json_of(cell: &str) -> Value {
    match cell {
        "" => Value::Null,
        "true" | "false" => Value::Bool(cell == "true"),
        _ => match serde_json::from_str::<Number>(cell) {
            Ok(number) if number.to_string() == cell || number.is_f64() => Value::Number(number),
            _ => cell.into(),
        },
    }
}

/// The records of an account, page after page: a [`Stream`] of [`UsageRecord`]s, the newest first.
///
/// After an error nothing more comes.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// # for n in 0..5 { pollinations.chat("openai").user(format!("Hello {n}")).send().await?; }
/// let mut records = pollinations.account().usage().limit(2).records();
/// let mut count = 0;
/// while let Some(record) = records.next().await {
///     println!("{:?}", record?.model);
///     count += 1;
/// }
/// assert_eq!(count, 5);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is fetched until the stream is polled"]
pub struct UsageStream {
    request: UsageRequest,
    pages: Pages,
    ready: VecDeque<UsageRecord>,
    fetching: Option<Fetching>,
}

type Fetching = BoxFuture<Result<AccountUsage, Error>>;

impl UsageStream {
    fn new(request: UsageRequest) -> Self {
        let limit = request.parameters.limit.unwrap_or(PAGE);
        let pages = Pages::new(limit, request.parameters.before.clone());
        Self { request, pages, ready: VecDeque::new(), fetching: None }
    }

    /// The next record; nothing after the oldest, or after an error.
    ///
    /// # Errors
    ///
    /// As [`UsageRequest::send`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let newest = pollinations.account().usage().limit(1).records().next().await.transpose()?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Result<UsageRecord, Error>> {
        StreamExt::next(self).await
    }
}

impl Stream for UsageStream {
    type Item = Result<UsageRecord, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(record) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(record)));
            }
            if this.pages.is_done() {
                return Poll::Ready(None);
            }
            let fetching = this.fetching.get_or_insert_with(|| {
                let mut request = this.request.clone();
                request.parameters.limit = Some(this.pages.limit());
                request.parameters.before.clone_from(this.pages.before());
                Box::pin(request.send())
            });
            let page = ready!(fetching.as_mut().poll(context));
            this.fetching = None;
            match page {
                Ok(page) => this.ready = this.pages.turn(page.usage).into(),
                Err(error) => {
                    this.pages.end();
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl fmt::Debug for UsageStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("UsageStream").field("pages", &self.pages).finish_non_exhaustive()
    }
}
