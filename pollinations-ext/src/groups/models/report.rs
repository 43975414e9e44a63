//! Model statistics.

use std::{future::IntoFuture, sync::Arc};

use pollinations_api::{
    Client,
    types::{StatusReport, StatusTraffic},
};
use serde_json::{Map, Value};

use crate::{
    base::{error::Error, maybe_send::BoxFuture},
    exchange::{
        call::Prepared,
        options::{Options, call_options, into_setters, setters, with_parameters},
        raw::RawResponse,
        transport::Shared,
    },
};

const STATUS: &str = "model_status";
const STATS: &str = "model_stats";

/// Columns that may contain the ID of the model.
const NAMES: &[&str] = &["model", "model_id", "name"];

/// A request for statistics of recent requests. Await it to send it.
///
/// Operation `model_status`. Needs no key.
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
/// let report = pollinations.models().status().minutes(15).await?;
/// let row = report.row_of("openai/gpt-5.4-nano").ok_or("there is no such model")?;
/// assert_eq!(row.number("requests"), Some(1.0));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is awaited"]
pub struct ModelStatusRequest {
    shared: Arc<Shared>,
    options: Options,
    parameters: Parameters,
}

#[derive(Clone, Debug, Default)]
struct Parameters {
    traffic: Option<StatusTraffic>,
    minutes: Option<u64>,
}

impl ModelStatusRequest {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, options: Options::default(), parameters: Parameters::default() }
    }

    into_setters! {
        on parameters, example "pollinations.models().status()";
        /// Which requests to include: `all` (the default), or `regular` ones, without older APIs and the service's
        /// own traffic.
        traffic: StatusTraffic, "\"regular\"";
    }

    setters! {
        on parameters, example "pollinations.models().status()";
        /// How many minutes the report covers: 1 to 10,080 (a week). The default is 60.
        minutes: u64, "15";
    }

    call_options!(until "the report has arrived", example "pollinations.models().status()");

    /// Sends the request and returns the raw response.
    ///
    /// # Errors
    ///
    /// Same as when you await it, except that the response is not decoded.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.models().status().send_raw().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        let (shared, options) = (self.shared.clone(), self.options.clone());
        let send = |client: &Client| self.write(client);
        shared.raw(STATUS, &options, send).await
    }

    fn write(self, client: &Client) -> Prepared<StatusReport> {
        let parameters = self.parameters;
        with_parameters!(client.model_status(), parameters: traffic, minutes).prepare()
    }
}

/// A request for the usage of each model in the last 7 days. Await it to send it.
///
/// Operation `model_stats`. Needs no key.
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
/// let report = pollinations.models().stats().await?;
/// for row in report.rows() {
///     println!("{:?}: {:?} requests", row.model(), row.number("requests"));
/// }
/// # assert_eq!(report.rows().count(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is awaited"]
pub struct ModelStatsRequest {
    shared: Arc<Shared>,
    options: Options,
}

impl ModelStatsRequest {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, options: Options::default() }
    }

    call_options!(until "the report has arrived", example "pollinations.models().stats()");

    /// Sends the request and returns the raw response.
    ///
    /// # Errors
    ///
    /// Same as when you await it, except that the response is not decoded.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.models().stats().send_raw().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        self.shared.raw(STATS, &self.options, move |client: &Client| client.model_stats().prepare()).await
    }
}

impl IntoFuture for ModelStatusRequest {
    type Output = Result<ModelReport, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (shared, options) = (self.shared.clone(), self.options.clone());
            let send = |client: &Client| self.write(client);
            shared.call(STATUS, &options, send).await.map(|(report, _)| ModelReport(report))
        })
    }
}

impl IntoFuture for ModelStatsRequest {
    type Output = Result<ModelReport, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let send = move |client: &Client| client.model_stats().prepare();
            self.shared.call(STATS, &self.options, send).await.map(|(report, _)| ModelReport(report))
        })
    }
}

/// A report about models, as rows from an analytics service. Upstream does not guarantee which columns there are.
///
/// # Examples
///
/// ```no_run
/// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
/// let report = pollinations.models().status().await?;
/// println!("{}", report.columns().collect::<Vec<_>>().join(", "));
/// for row in report.rows() {
///     println!("{:?}", row.fields());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ModelReport(StatusReport);

impl ModelReport {
    /// The rows, in the order received.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: pollinations_ext::ModelReport) {
    /// let busiest = report.rows().max_by_key(|row| row.number("requests").unwrap_or_default() as u64);
    /// # }
    /// ```
    pub fn rows(&self) -> impl Iterator<Item = ReportRow<'_>> {
        self.0.data.iter().map(ReportRow)
    }

    /// The first row about a model, by the name that the report uses. This is usually its ID.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: pollinations_ext::ModelReport) {
    /// let row = report.row_of("openai/gpt-5.4-nano");
    /// # }
    /// ```
    pub fn row_of(&self, model: &str) -> Option<ReportRow<'_>> {
        self.rows().find(|row| row.model() == Some(model))
    }

    /// The names of the columns. If the report does not list them, those of the first row.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: pollinations_ext::ModelReport) {
    /// assert!(report.columns().any(|column| column == "requests"));
    /// # }
    /// ```
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let listed = self.0.meta.iter().filter_map(|column| column.name.as_deref());
        let first = self.0.data.first().filter(|_| self.0.meta.is_empty());
        listed.chain(first.into_iter().flat_map(|row| row.keys().map(String::as_str)))
    }

    /// Returns the generated type, with the types of the columns and the statistics of the query.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(report: pollinations_ext::ModelReport) {
    /// println!("{:?}", report.into_inner().statistics);
    /// # }
    /// ```
    pub fn into_inner(self) -> StatusReport {
        self.0
    }
}

/// A row of a [`ModelReport`].
///
/// # Examples
///
/// ```no_run
/// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
/// for row in pollinations.models().stats().await?.rows() {
///     println!("{:?}: {:?} requests", row.model(), row.number("requests"));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReportRow<'a>(&'a Map<String, Value>);

impl<'a> ReportRow<'a> {
    /// The model that the row is about: its column `model`, otherwise `model_id` or `name`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(row: pollinations_ext::ReportRow<'_>) {
    /// println!("{}", row.model().unwrap_or("all models"));
    /// # }
    /// ```
    pub fn model(self) -> Option<&'a str> {
        NAMES.iter().find_map(|name| self.text(name))
    }

    /// A text in the row. `None` if there is no such column, or if its value is not text.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(row: pollinations_ext::ReportRow<'_>) {
    /// println!("{:?}", row.text("last_request_at"));
    /// # }
    /// ```
    pub fn text(self, column: &str) -> Option<&'a str> {
        self.get(column)?.as_str()
    }

    /// A number in the row, even if it was sent as text, which analytics services do with large integers. `None` if
    /// there is no such column, or if its value is not a number.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(row: pollinations_ext::ReportRow<'_>) {
    /// println!("{:?}", row.number("requests"));
    /// # }
    /// ```
    pub fn number(self, column: &str) -> Option<f64> {
        match self.get(column)? {
            Value::String(text) => text.trim().parse().ok(),
            value => value.as_f64(),
        }
    }

    /// The value of a column, of any type.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(row: pollinations_ext::ReportRow<'_>) {
    /// println!("{:?}", row.get("errors_by_status"));
    /// # }
    /// ```
    pub fn get(self, column: &str) -> Option<&'a Value> {
        self.0.get(column)
    }

    /// All columns.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(row: pollinations_ext::ReportRow<'_>) {
    /// println!("{}", serde_json::to_string(row.fields()).unwrap_or_default());
    /// # }
    /// ```
    pub fn fields(self) -> &'a Map<String, Value> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::json;

    #[test]
    fn report_rows_may_have_any_columns() {
        let report = br#"{"data": [{"model": "a", "requests": "12345678901", "rate": 0.5, "at": null, "more": [1]},
            {"model_id": "b"}, {"requests": 1}], "rows": "3", "new": {}}"#;
        let report = ModelReport(json::lenient(report).unwrap());
        let row = report.row_of("a").unwrap();
        assert_eq!((row.number("requests"), row.number("rate")), (Some(12_345_678_901.0), Some(0.5)));
        assert_eq!((row.number("model"), row.text("rate"), row.number("at")), (None, None, None));
        assert_eq!(row.get("more"), Some(&serde_json::json!([1])));
        let models: Vec<_> = report.rows().map(ReportRow::model).collect();
        assert_eq!(models, [Some("a"), Some("b"), None]);
        assert!(report.row_of("c").is_none());
        // Without a list of columns, the first row determines them.
        assert_eq!(report.columns().count(), 5);
        assert_eq!(report.into_inner().rows, Some(3));
    }
}
