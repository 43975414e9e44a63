//! Configures a client.

use std::{env, sync::Arc, time::Duration};

use super::Pollinations;
#[cfg(all(feature = "realtime", not(target_arch = "wasm32")))]
use crate::exchange::transport::upgrade::Upgrades;
use crate::{
    base::{error::Error, maybe_send::MaybeSend},
    exchange::{
        gateway::Gateway,
        transport::{MAX_BODY, Shared},
    },
    key::{ApiKey, KeyPlacement, Keyring},
    retry::{Ask, Attempt, Bucket, Observer, PaymentAnswer, PaymentRequired, RetryPolicy},
};

const KEY_VARIABLE: &str = "POLLINATIONS_API_KEY";
const BASE_URL_VARIABLE: &str = "POLLINATIONS_BASE_URL";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(600);
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);

/// The maximum number of redirects to follow. A redirect to another host does not carry the API key.
#[cfg(not(target_arch = "wasm32"))]
const MAX_REDIRECTS: usize = 5;

/// Configures a [`Pollinations`] client: API key, base URL, timeouts, retries, HTTP client.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use pollinations_ext::{Pollinations, RetryPolicy};
///
/// let pollinations = Pollinations::builder()
///     .key("sk_example".parse()?)
///     .timeout(Duration::from_secs(120))
///     .retry(RetryPolicy::default().max_retries(4))
///     .build()?;
/// assert_eq!(pollinations.base_url(), "https://gen.pollinations.ai");
/// # Ok::<(), pollinations_ext::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    key: Option<ApiKey>,
    without_key: bool,
    fallback_keys: Vec<ApiKey>,
    placement: KeyPlacement,
    gateway: Gateway,
    base_url: Option<String>,
    media_url: Option<String>,
    http: Option<reqwest::Client>,
    retry: RetryPolicy,
    observer: Option<Observer>,
    ask: Option<Ask>,
    connect_timeout: Option<Duration>,
    timeout: Option<Duration>,
    attempt_timeout: Option<Duration>,
    idle_timeout: Option<Duration>,
    refusals_as_text: bool,
    max_body: Option<usize>,
}

impl Builder {
    /// Starts with the API key in `POLLINATIONS_API_KEY` and, if it is set, the base URL in `POLLINATIONS_BASE_URL`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidKey`](crate::ErrorKind::InvalidKey) if the key is missing or malformed.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use pollinations_ext::Builder;
    ///
    /// let pollinations = Builder::from_env()?.timeout(Duration::from_secs(60)).build()?;
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn from_env() -> Result<Self, Error> {
        let variable = |name| env::var(name).ok().filter(|value| !value.trim().is_empty());
        let Some(key) = variable(KEY_VARIABLE) else {
            return Err(Error::key(format!(
                "{KEY_VARIABLE} is not set; get a key at https://enter.pollinations.ai and export it"
            )));
        };
        let builder = Self::default().key(ApiKey::new(key)?);
        Ok(match variable(BASE_URL_VARIABLE) {
            Some(url) => builder.base_url(url.trim()),
            None => builder,
        })
    }

    /// Sets the API key.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::Builder;
    ///
    /// let pollinations = Builder::default().key("sk_example".parse()?).build()?;
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn key(mut self, key: ApiKey) -> Self {
        self.key = Some(key);
        self
    }

    /// Adds an API key to use when the current one is out of credit (402). Needs the policy
    /// [`PaymentPolicy::NextKey`](crate::PaymentPolicy::NextKey); without it, fallback keys are not used.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::{Builder, PaymentPolicy, RetryPolicy};
    ///
    /// let builder = Builder::default()
    ///     .key("sk_first".parse()?)
    ///     .fallback_key("sk_second".parse()?)
    ///     .retry(RetryPolicy::default().payment(PaymentPolicy::NextKey));
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn fallback_key(mut self, key: ApiKey) -> Self {
        self.fallback_keys.push(key);
        self
    }

    /// The former name of [`fallback_key`](Self::fallback_key).
    #[deprecated(since = "0.1.0", note = "use `fallback_key`")]
    pub fn spare_key(self, key: ApiKey) -> Self {
        self.fallback_key(key)
    }

    /// Sends no API key. You can list models and read public files; everything else fails with status 401.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Builder;
    /// let pollinations = Builder::default().without_key().build()?;
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn without_key(mut self) -> Self {
        self.key = None;
        self.without_key = true;
        self
    }

    /// Sets where requests carry the API key. The default is the `Authorization` header.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::{Builder, KeyPlacement};
    /// let builder = Builder::default().key("pk_example".parse()?).key_placement(KeyPlacement::Query);
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn key_placement(mut self, placement: KeyPlacement) -> Self {
        self.placement = placement;
        self
    }

    /// Selects the current service or one of its older gateways. The default is the current service.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::{Builder, Gateway};
    /// let builder = Builder::default().key("sk_example".parse()?).gateway(Gateway::Legacy);
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn gateway(mut self, gateway: Gateway) -> Self {
        self.gateway = gateway;
        self
    }

    /// Sets the base URL, for example that of the emulator or a proxy. Paths such as `/v1/models` are appended to it.
    /// The default is the base URL of the [`Gateway`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Builder;
    /// let pollinations = Builder::default().without_key().base_url("http://127.0.0.1:4000/").build()?;
    /// assert_eq!(pollinations.base_url(), "http://127.0.0.1:4000");
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Sets the URL of the media service. The default is `https://media.pollinations.ai`, or your own
    /// [`base_url`](Self::base_url) if you set one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Builder;
    /// let builder = Builder::default().base_url("http://127.0.0.1:4000").media_url("http://127.0.0.1:4001");
    /// # let _ = builder;
    /// ```
    pub fn media_url(mut self, url: impl Into<String>) -> Self {
        self.media_url = Some(url.into());
        self
    }

    /// Sends requests with your own HTTP client, for example to use a proxy or other TLS settings. Its redirect
    /// policy and timeouts apply in addition to those set here. Realtime sessions still use a separate HTTP client,
    /// because they need HTTP/1.1.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Builder;
    /// let http = pollinations_ext::api::reqwest::Client::new();
    /// let pollinations = Builder::default().without_key().http_client(http).build()?;
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Sets when and how often failed requests are retried.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::{Builder, RetryPolicy};
    /// let builder = Builder::default().retry(RetryPolicy::default().max_retries(5));
    /// # let _ = builder;
    /// ```
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Calls a function after every attempt, for metrics and logs. It runs on the task that makes the call, so keep
    /// it fast.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Builder;
    /// let builder = Builder::default().observer(|attempt| eprintln!("{attempt}"));
    /// # let _ = builder;
    /// ```
    pub fn observer(mut self, observe: impl Fn(&Attempt<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Observer::new(observe));
        self
    }

    /// Sets the function that runs after a 402 (out of credit) with
    /// [`PaymentPolicy::Ask`](crate::PaymentPolicy::Ask). It can ask the user to top up, let them [sign
    /// in](crate::byop), or return another API key.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::{Builder, PaymentAnswer, PaymentPolicy, RetryPolicy};
    ///
    /// let builder = Builder::default()
    ///     .retry(RetryPolicy::default().payment(PaymentPolicy::Ask))
    ///     .on_payment_required(|required| async move {
    ///         eprintln!("{}", required.message);
    ///         match "sk_another".parse() {
    ///             Ok(key) => PaymentAnswer::Key(key),
    ///             Err(_) => PaymentAnswer::GiveUp,
    ///         }
    ///     });
    /// # let _ = builder;
    /// ```
    pub fn on_payment_required<F, R>(mut self, ask: F) -> Self
    where
        F: Fn(PaymentRequired) -> R + Send + Sync + 'static,
        R: Future<Output = PaymentAnswer> + MaybeSend + 'static,
    {
        self.ask = Some(Ask::new(ask));
        self
    }

    /// Sets the connect timeout. The default is 10 s. It has no effect on a client that you pass to
    /// [`http_client`](Self::http_client).
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Builder;
    /// let builder = Builder::default().connect_timeout(std::time::Duration::from_secs(3));
    /// # let _ = builder;
    /// ```
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = Some(limit);
        self
    }

    /// Sets the timeout of a whole call, including retries. The default is 10 minutes, because a video takes several.
    ///
    /// There are three timeouts:
    ///
    /// | timeout | limits | default | when it expires |
    /// |---|---|---|---|
    /// | `timeout` | a call, including all attempts and the waits between them | 10 minutes | the call fails with [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) |
    /// | [`attempt_timeout`](Self::attempt_timeout) | one attempt, until its response begins | 2 minutes; 5 for a video | the same request is sent again and joins the running generation |
    /// | [`idle_timeout`](Self::idle_timeout) | the time between two pieces of a response | 2 minutes | a stream fails; a download resumes with a new request |
    ///
    /// A plain call has to be complete within this timeout. A stream only has to deliver its first event, and a
    /// download its headers. After that, [`idle_timeout`](Self::idle_timeout) applies.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Builder;
    /// let builder = Builder::default().timeout(std::time::Duration::from_secs(60));
    /// # let _ = builder;
    /// ```
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Sets how long an attempt may wait for a response before the client drops it and sends the same request again.
    /// The default is 2 minutes, or 5 for a video. If you set a value, it applies to both.
    ///
    /// This only affects operations that the service coalesces
    /// ([`Operation::is_coalesced`](crate::api::Operation::is_coalesced)), and only if they are not streamed. The
    /// second request joins the running generation, and only one is billed. A dead connection then costs you two
    /// minutes instead of the whole [`timeout`](Self::timeout). The last attempt that the [`RetryPolicy`] allows is
    /// never dropped: it waits until the call times out.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Builder;
    /// let builder = Builder::default().attempt_timeout(std::time::Duration::from_secs(60));
    /// # let _ = builder;
    /// ```
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = Some(limit);
        self
    }

    /// Sets whether you get a refusal as an ordinary reply, when the service writes it as one. The default is
    /// `false`: a refusal is an error.
    ///
    /// If you are out of credit, or the key may not use a model, the service answers chat and text requests with
    /// status 200 and a reply that says where to pay. By default, the client turns such a reply into an error with
    /// status 402 or 403, with [`Error::payment`] and [`Error::fix_url`]. The [`PaymentPolicy`](crate::PaymentPolicy)
    /// applies to a 402. With `true`, you get the reply as if the model had written it. Use this in a chat that a
    /// person reads.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Builder;
    /// let builder = Builder::default().refusals_as_text(true);
    /// # let _ = builder;
    /// ```
    pub fn refusals_as_text(mut self, on: bool) -> Self {
        self.refusals_as_text = on;
        self
    }

    /// Sets how long a stream or a download may go without data. The default is 2 minutes. A realtime session is not
    /// idle as long as the server answers its pings.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Builder;
    /// let builder = Builder::default().idle_timeout(std::time::Duration::from_secs(20));
    /// # let _ = builder;
    /// ```
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle_timeout = Some(limit);
        self
    }

    /// Sets the maximum size in bytes of a response that is kept in memory: JSON, the merged reply of a stream, or
    /// [`Download::bytes`](crate::Download::bytes). The default is 64 MiB. Downloads that you save, or read piece by
    /// piece, have no limit.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Builder;
    /// let builder = Builder::default().max_response_bytes(1024 * 1024);
    /// # let _ = builder;
    /// ```
    pub fn max_response_bytes(mut self, limit: usize) -> Self {
        self.max_body = Some(limit);
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidKey`](crate::ErrorKind::InvalidKey) if there is no key and
    /// [`without_key`](Self::without_key) was not called;
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if a URL is not an `http` or `https` URL, or TLS
    /// cannot be set up.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::{Builder, ErrorKind};
    /// let error = Builder::default().build().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::InvalidKey);
    /// ```
    pub fn build(self) -> Result<Pollinations, Error> {
        if self.key.is_none() && !self.without_key {
            return Err(Error::key("no API key was given; pass one with `key`, or call `without_key`"));
        }
        let base_url = usable("base", self.base_url.as_deref().unwrap_or(self.gateway.base_url()))?;
        let media_url = self.media_url.as_deref().map(|url| usable("media", url)).transpose()?;
        let connect_timeout = self.connect_timeout.unwrap_or(CONNECT_TIMEOUT);
        let http = match self.http {
            Some(http) => http,
            None => http_client(connect_timeout)?,
        };
        Ok(Pollinations::from(Shared {
            http,
            base_url,
            media_url,
            gateway: self.gateway,
            keys: Arc::new(Keyring::new(self.key, self.fallback_keys)),
            placement: self.placement,
            bucket: self.retry.retry_budget().map(|budget| Arc::new(Bucket::new(budget))),
            retry: self.retry,
            observer: self.observer,
            ask: self.ask,
            timeout: self.timeout.unwrap_or(TIMEOUT),
            attempt_timeout: self.attempt_timeout,
            refusals_as_text: self.refusals_as_text,
            #[cfg(not(target_arch = "wasm32"))]
            connections: Arc::default(),
            idle_timeout: self.idle_timeout.unwrap_or(IDLE_TIMEOUT),
            max_body: self.max_body.unwrap_or(MAX_BODY),
            chat: Arc::default(),
            #[cfg(all(feature = "realtime", not(target_arch = "wasm32")))]
            upgrades: Arc::new(Upgrades::new(connect_timeout)),
        }))
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn http_client(connect_timeout: Duration) -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
        .user_agent(concat!("pollinations-rs/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(connect_timeout)
        .redirect(reqwest::redirect::Policy::limited(MAX_REDIRECTS))
        // The URL that a redirect came from may have the API key in its query.
        .referer(false)
        .build()
        .map_err(Error::transport)
}

/// In a browser, the browser handles connecting and redirects.
#[cfg(target_arch = "wasm32")]
fn http_client(_: Duration) -> Result<reqwest::Client, Error> {
    reqwest::Client::builder().build().map_err(Error::transport)
}

/// Checks that paths can be appended to a URL. The error message does not repeat the URL, because it may contain a
/// key.
fn usable(name: &str, text: &str) -> Result<String, Error> {
    let problem = match reqwest::Url::parse(text) {
        Err(error) => error.to_string(),
        Ok(url) if !matches!(url.scheme(), "http" | "https") => "it must start with http:// or https://".to_owned(),
        Ok(url) if url.query().is_some() || url.fragment().is_some() => "it has a query or a fragment".to_owned(),
        Ok(url) if !url.username().is_empty() || url.password().is_some() => "it has a user or a password".to_owned(),
        Ok(url) => return Ok(url.as_str().trim_end_matches('/').to_owned()),
    };
    Err(Error::request(format!("the {name} URL is invalid: {problem}")))
}
