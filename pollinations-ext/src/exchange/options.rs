//! Settings that all requests share.

use std::{fmt, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE};
use reqwest::Request;
use serde_json::{Map, Value};

#[cfg(not(target_arch = "wasm32"))]
use super::content::Content;
#[cfg(not(target_arch = "wasm32"))]
use crate::base::progress::Report;
use crate::{base::error::Error, retry::RetryPolicy};

/// The settings of one call that differ from its client, and additional headers, parameters and fields.
///
/// Boxed, because most calls have none, and every method of a request moves it.
#[derive(Clone, Default)]
pub(crate) struct Options(Option<Box<Settings>>);

#[derive(Clone, Default)]
struct Settings {
    retry: Option<RetryPolicy>,
    timeout: Option<Duration>,
    attempt_timeout: Option<Duration>,
    #[cfg(not(target_arch = "wasm32"))]
    report: Option<Report>,
    #[cfg(not(target_arch = "wasm32"))]
    content: Option<Content>,
    headers: HeaderMap,
    query: Vec<(String, String)>,
    fields: Map<String, Value>,
    /// An invalid setting, reported when the request is sent.
    problem: Option<String>,
}

impl Options {
    fn settings(&mut self) -> &mut Settings {
        self.0.get_or_insert_default()
    }

    pub(crate) fn retry(&self) -> Option<&RetryPolicy> {
        self.0.as_ref()?.retry.as_ref()
    }

    pub(crate) fn set_retry(&mut self, policy: RetryPolicy) {
        self.settings().retry = Some(policy);
    }

    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.0.as_ref()?.timeout
    }

    pub(crate) fn set_timeout(&mut self, limit: Duration) {
        self.settings().timeout = Some(limit);
    }

    pub(crate) fn attempt_timeout(&self) -> Option<Duration> {
        self.0.as_ref()?.attempt_timeout
    }

    pub(crate) fn set_attempt_timeout(&mut self, limit: Duration) {
        self.settings().attempt_timeout = Some(limit);
    }

    /// The callback for upload progress.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn report(&self) -> Option<&Report> {
        self.0.as_ref()?.report.as_ref()
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn set_report(&mut self, report: Report) {
        self.settings().report = Some(report);
    }

    /// The body, if it is streamed for each attempt instead of being part of the request.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn content(&self) -> Option<&Content> {
        self.0.as_ref()?.content.as_ref()
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn set_content(&mut self, content: Content) {
        self.settings().content = Some(content);
    }

    pub(crate) fn header(&mut self, name: &str, value: &str) {
        let parsed = (HeaderName::try_from(name), HeaderValue::try_from(value));
        match parsed {
            (Ok(name), Ok(mut value)) => {
                // The value may be a secret, so `Debug` must not print it.
                value.set_sensitive(true);
                self.settings().headers.insert(name, value);
            }
            (Err(_), _) => {
                self.settings().problem = Some(format!("`{}` is not the name of a header", name.escape_debug()))
            }
            (_, Err(_)) => self.settings().problem = Some(format!("the value of the header `{name}` cannot be sent")),
        }
    }

    /// Sets a header, unless the caller has already set it.
    pub(crate) fn default_header(&mut self, name: HeaderName, value: HeaderValue) {
        self.settings().headers.entry(name).or_insert(value);
    }

    pub(crate) fn query(&mut self, name: String, value: String) {
        self.settings().query.push((name, value));
    }

    pub(crate) fn field(&mut self, name: String, value: Value) {
        self.settings().fields.insert(name, value);
    }

    /// Makes sending the request fail, because a value is invalid.
    pub(crate) fn refuse(&mut self, problem: impl Into<String>) {
        self.settings().problem.get_or_insert_with(|| problem.into());
    }

    /// Adds the additional headers, parameters and fields to a request.
    pub(crate) fn apply(&self, request: &mut Request) -> Result<(), Error> {
        let Some(settings) = &self.0 else { return Ok(()) };
        if let Some(problem) = &settings.problem {
            return Err(Error::request(problem.as_str()));
        }
        for (name, value) in &settings.headers {
            request.headers_mut().insert(name, value.clone());
        }
        if !settings.query.is_empty() {
            request.url_mut().query_pairs_mut().extend_pairs(&settings.query);
        }
        if !settings.fields.is_empty() {
            let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
            let Ok(mut object) = serde_json::from_slice::<Map<String, Value>>(body) else {
                return Err(Error::request("fields can only be added to a request whose body is a JSON object"));
            };
            object.extend(settings.fields.clone());
            let body = serde_json::to_vec(&object).map_err(|error| Error::request(error.to_string()))?;
            *request.body_mut() = Some(body.into());
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            request.headers_mut().remove(http::header::CONTENT_LENGTH);
        }
        Ok(())
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let none = Settings::default();
        let settings = self.0.as_deref().unwrap_or(&none);
        formatter
            .debug_struct("Options")
            .field("retry", &settings.retry)
            .field("timeout", &settings.timeout)
            .field("attempt_timeout", &settings.attempt_timeout)
            .field("headers", &settings.headers)
            .field("query", &settings.query.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("fields", &settings.fields.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// The settings that all requests share, for an `impl` block. `until` says when the timeout ends, and `example`
/// creates a request. `field` is for requests with a JSON body.
macro_rules! call_options {
    (until $until:literal, example $example:literal) => {
        /// Sets the retry policy of this request.
        ///
        /// # Examples
        ///
        /// ```
        /// # fn example(pollinations: pollinations_ext::Pollinations) {
        #[doc = concat!("let request = ", $example, ".retry(pollinations_ext::RetryPolicy::none());")]
        /// # }
        /// ```
        pub fn retry(mut self, policy: $crate::retry::RetryPolicy) -> Self {
            self.options.set_retry(policy);
            self
        }

        #[doc = concat!("Sets the timeout of this call, including retries: the time until ", $until, ".")]
        ///
        /// # Examples
        ///
        /// ```
        /// # fn example(pollinations: pollinations_ext::Pollinations) {
        #[doc = concat!("let request = ", $example, ".timeout(std::time::Duration::from_secs(30));")]
        /// # }
        /// ```
        pub fn timeout(mut self, limit: std::time::Duration) -> Self {
            self.options.set_timeout(limit);
            self
        }

        /// Sets how long an attempt may wait for a response before the same request is sent again and joins the
        /// running generation. See [`Builder::attempt_timeout`](crate::Builder::attempt_timeout).
        ///
        /// # Examples
        ///
        /// ```
        /// # fn example(pollinations: pollinations_ext::Pollinations) {
        #[doc = concat!("let request = ", $example, ".attempt_timeout(std::time::Duration::from_secs(60));")]
        /// # }
        /// ```
        pub fn attempt_timeout(mut self, limit: std::time::Duration) -> Self {
            self.options.set_attempt_timeout(limit);
            self
        }

        /// Sets a header, and replaces one of the same name.
        ///
        /// If the name or value is not valid in HTTP (RFC 9110, section 5), sending the request fails.
        ///
        /// # Examples
        ///
        /// ```
        /// # fn example(pollinations: pollinations_ext::Pollinations) {
        #[doc = concat!("let request = ", $example, ".header(\"x-trace\", \"42\");")]
        /// # }
        /// ```
        pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
            self.options.header(name.as_ref(), value.as_ref());
            self
        }

        /// Adds a query parameter, for parameters without a setter.
        ///
        /// # Examples
        ///
        /// ```
        /// # fn example(pollinations: pollinations_ext::Pollinations) {
        #[doc = concat!("let request = ", $example, ".query(\"new\", \"true\");")]
        /// # }
        /// ```
        pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            self.options.query(name.into(), value.into());
            self
        }
    };
    (until $until:literal, example $example:literal, field) => {
        $crate::exchange::options::call_options!(until $until, example $example);

        /// Sets a field of the JSON body, and replaces one of the same name. Use it for fields without a setter.
        ///
        /// # Examples
        ///
        /// ```
        /// # fn example(pollinations: pollinations_ext::Pollinations) {
        #[doc = concat!("let request = ", $example, ".field(\"new\", true);")]
        /// # }
        /// ```
        pub fn field(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
            self.options.field(name.into(), value.into());
            self
        }
    };
}

pub(crate) use call_options;

/// Setters for one optional value each, for an `impl` block. `on` is the field of `self` with the values, and
/// `example` creates a request. Each line ends with an example value.
macro_rules! setters {
    (on $target:ident, example $make:literal; $($(#[$doc:meta])* $name:ident: $type:ty, $value:literal;)*) => { $(
        $(#[$doc])*
        ///
        /// # Examples
        ///
        /// ```
        /// # fn example(pollinations: pollinations_ext::Pollinations) {
        #[doc = concat!("let request = ", $make, ".", stringify!($name), "(", $value, ");")]
        /// # }
        /// ```
        pub fn $name(mut self, value: $type) -> Self {
            if let Some(problem) = $crate::exchange::options::Argument::problem(&value, stringify!($name)) {
                self.options.refuse(problem);
            }
            self.$target.$name = Some(value);
            self
        }
    )* };
}

/// The same, for values that are converted.
macro_rules! into_setters {
    (on $target:ident, example $make:literal; $($(#[$doc:meta])* $name:ident: $type:ty, $value:literal;)*) => { $(
        $(#[$doc])*
        ///
        /// # Examples
        ///
        /// ```
        /// # fn example(pollinations: pollinations_ext::Pollinations) {
        #[doc = concat!("let request = ", $make, ".", stringify!($name), "(", $value, ");")]
        /// # }
        /// ```
        pub fn $name(mut self, value: impl Into<$type>) -> Self {
            self.$target.$name = Some(value.into());
            self
        }
    )* };
}

/// The same, for lists of texts. Each call replaces the whole list.
macro_rules! list_setters {
    (on $target:ident, example $make:literal; $($(#[$doc:meta])* $name:ident, $value:literal;)*) => { $(
        $(#[$doc])*
        ///
        /// # Examples
        ///
        /// ```
        /// # fn example(pollinations: pollinations_ext::Pollinations) {
        #[doc = concat!("let request = ", $make, ".", stringify!($name), "(", $value, ");")]
        /// # }
        /// ```
        pub fn $name<T: Into<String>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
            self.$target.$name = values.into_iter().map(Into::into).collect();
            self
        }
    )* };
}

/// The type of a setter's argument.
pub(crate) trait Argument {
    /// Why the value is invalid, or `None` if it is valid.
    fn problem(&self, _name: &str) -> Option<String> {
        None
    }
}

impl Argument for f64 {
    // JSON has no infinity and no NaN. They would be sent as `null`, which the service reads as the default.
    fn problem(&self, name: &str) -> Option<String> {
        (!self.is_finite()).then(|| format!("`{name}` is {self}; it must be a finite number"))
    }
}

impl Argument for bool {}
impl Argument for i64 {}
impl Argument for u32 {}
impl Argument for u64 {}

pub(crate) use {into_setters, list_setters, setters};

/// Calls the setters of a generated request for the parameters that are set. The setters have the names of the
/// parameters.
macro_rules! with_parameters {
    ($request:expr, $parameters:ident: $($name:ident),* $(,)?) => {{
        let mut request = $request;
        $(if let Some(value) = $parameters.$name {
            request = request.$name(value);
        })*
        request
    }};
}

pub(crate) use with_parameters;

/// The setters for safety checks, for requests whose `parameters` have a text field `safe`.
macro_rules! safety_methods {
    (example $example:literal) => {
        /// Runs the `privacy` and `secrets` checks on the input. Off by default. To choose other checks, use
        /// [`safety_checks`](Self::safety_checks).
        ///
        /// # Examples
        ///
        /// ```
        /// # fn example(pollinations: pollinations_ext::Pollinations) {
        #[doc = concat!("let request = ", $example, ".safe(true);")]
        /// # }
        /// ```
        pub fn safe(self, on: bool) -> Self {
            self.safety_checks(on.to_string())
        }

        /// Runs safety checks on the input. Separate them by commas: `privacy`, `secrets`, `sexual`, `violence`,
        /// `shield`, or `nsfw` for `sexual,violence`. Off by default.
        ///
        /// # Examples
        ///
        /// ```
        /// # fn example(pollinations: pollinations_ext::Pollinations) {
        #[doc = concat!("let request = ", $example, ".safety_checks(\"secrets,violence\");")]
        /// # }
        /// ```
        pub fn safety_checks(mut self, checks: impl Into<String>) -> Self {
            self.parameters.safe = Some(checks.into());
            self
        }
    };
}

pub(crate) use safety_methods;
