//! The client and how it is set up.

use std::{env, fmt, sync::Arc, time::Duration};

use pollinations_api::{Client, SharedTransport};

use crate::{
    account::Account,
    chat::ChatRequest,
    error::Error,
    image::ImageRequest,
    key::ApiKey,
    models::Models,
    retry::RetryPolicy,
    transport::{Plain, Shared},
};

/// The address of the live service.
const BASE_URL: &str = "https://gen.pollinations.ai";

const KEY_VARIABLE: &str = "POLLINATIONS_API_KEY";
const BASE_URL_VARIABLE: &str = "POLLINATIONS_BASE_URL";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(600);
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);
const MAX_BODY: usize = 64 * 1024 * 1024;

/// Redirects that are followed at most. None of them carries the key to another host.
const MAX_REDIRECTS: usize = 5;

/// A client of pollinations.ai. Cheap to clone; clones share their connections.
///
/// # Examples
///
/// ```no_run
/// use pollinations_ext::Pollinations;
///
/// # async fn example() -> Result<(), pollinations_ext::Error> {
/// let pollinations = Pollinations::from_env()?;
/// let reply = pollinations.chat("openai").user("Name a flower").send().await?;
/// println!("{}", reply.text());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Pollinations {
    shared: Arc<Shared>,
}

impl Pollinations {
    /// Takes the key from `POLLINATIONS_API_KEY` and, if it is set, the address from `POLLINATIONS_BASE_URL`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Key`](crate::ErrorKind::Key) when the key is not set or not one,
    /// [`ErrorKind::Request`](crate::ErrorKind::Request) when the address is not an `http` or `https` URL.
    pub fn from_env() -> Result<Self, Error> {
        let key = env::var(KEY_VARIABLE).unwrap_or_default();
        if key.trim().is_empty() {
            return Err(Error::key(format!(
                "{KEY_VARIABLE} is not set; get a key at https://enter.pollinations.ai and export it"
            )));
        }
        let mut builder = Self::builder().key(ApiKey::new(key)?);
        if let Some(url) = env::var(BASE_URL_VARIABLE).ok().filter(|url| !url.trim().is_empty()) {
            builder = builder.base_url(url.trim());
        }
        builder.build()
    }

    /// Sets up a client.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Starts a chat completion with this model, such as `openai` or `gemini-fast`.
    /// [`Models::text`] lists them.
    pub fn chat(&self, model: impl Into<String>) -> ChatRequest {
        ChatRequest::new(self.shared.clone(), model.into())
    }

    /// Starts the generation of an image, or with a video model of a video.
    pub fn image(&self, prompt: impl Into<String>) -> ImageRequest {
        ImageRequest::new(self.shared.clone(), prompt.into())
    }

    /// The account that the key belongs to.
    pub fn account(&self) -> Account {
        Account::new(self.shared.clone())
    }

    /// The models that the service offers.
    pub fn models(&self) -> Models {
        Models::new(self.shared.clone())
    }

    /// The generated client, with the same authentication, retries and time limits under it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::Pollinations;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = Pollinations::builder().base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let status = pollinations.api().account_key().send().await?;
    /// assert!(status.valid);
    /// # Ok(())
    /// # }
    /// ```
    pub fn api(&self) -> Client {
        let transport = SharedTransport::new(Plain(self.shared.clone()));
        Client::new_with_client(&self.shared.base_url, self.shared.http.clone(), transport)
    }

    /// The address of the service, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.shared.base_url
    }
}

impl fmt::Debug for Pollinations {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Pollinations")
            .field("base_url", &self.shared.base_url)
            .field("key", &self.shared.key)
            .field("retry", &self.shared.retry)
            .field("timeout", &self.shared.timeout)
            .finish_non_exhaustive()
    }
}

/// How a request shows its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyPlacement {
    /// In the header `Authorization: Bearer`.
    #[default]
    Header,
    /// In the query, as `?key=`. Servers and proxies on the way may log it, and an HTTP client of your own may send it
    /// on in a `Referer` header.
    Query,
}

/// Sets up a [`Pollinations`] client.
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
    placement: KeyPlacement,
    base_url: Option<String>,
    http: Option<reqwest::Client>,
    retry: RetryPolicy,
    connect_timeout: Option<Duration>,
    timeout: Option<Duration>,
    idle_timeout: Option<Duration>,
    max_body: Option<usize>,
}

impl Builder {
    /// Authenticates with this key.
    pub fn key(mut self, key: ApiKey) -> Self {
        self.key = Some(key);
        self
    }

    /// Sends no key. The listings of models need none; everything else answers 401.
    pub fn without_key(mut self) -> Self {
        self.key = None;
        self.without_key = true;
        self
    }

    /// Where requests carry the key; in the header by default.
    pub fn key_placement(mut self, placement: KeyPlacement) -> Self {
        self.placement = placement;
        self
    }

    /// The address of the service; `https://gen.pollinations.ai` by default. An emulator or a proxy goes here.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Sends requests with this HTTP client, for a proxy or a TLS setup of your own. Its redirect policy and its
    /// time-outs hold beside those set here.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// How failed requests are repeated.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// How long the making of a connection may take; 10 s by default. Has no effect on a client given with
    /// [`http_client`](Self::http_client).
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = Some(limit);
        self
    }

    /// How long a call may take, all its attempts together; 10 minutes by default, since videos take several.
    ///
    /// A call ends when its response is there: the whole of it, or for a stream its first event, or for a download its
    /// head. From then on [`idle_timeout`](Self::idle_timeout) holds.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// How long a stream or a download may stay silent; 2 minutes by default.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle_timeout = Some(limit);
        self
    }

    /// Bytes of a JSON response at the most; 64 MiB by default.
    pub fn max_response_bytes(mut self, limit: usize) -> Self {
        self.max_body = Some(limit);
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Key`](crate::ErrorKind::Key) when no key was given and [`without_key`](Self::without_key) was not
    /// called; [`ErrorKind::Request`](crate::ErrorKind::Request) when the address is not an `http` or `https` URL, or
    /// when TLS cannot be set up.
    pub fn build(self) -> Result<Pollinations, Error> {
        if self.key.is_none() && !self.without_key {
            return Err(Error::key("no API key was given; pass one with `key`, or call `without_key`"));
        }
        let http = match self.http {
            Some(http) => http,
            None => reqwest::Client::builder()
                .user_agent(concat!("pollinations-rs/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(self.connect_timeout.unwrap_or(CONNECT_TIMEOUT))
                .redirect(reqwest::redirect::Policy::limited(MAX_REDIRECTS))
                // The address that a redirect came from may have the key in its query.
                .referer(false)
                .build()
                .map_err(Error::transport)?,
        };
        let shared = Shared {
            http,
            base_url: base_url(self.base_url.as_deref().unwrap_or(BASE_URL))?,
            key: self.key,
            placement: self.placement,
            retry: self.retry,
            timeout: self.timeout.unwrap_or(TIMEOUT),
            idle_timeout: self.idle_timeout.unwrap_or(IDLE_TIMEOUT),
            max_body: self.max_body.unwrap_or(MAX_BODY),
        };
        Ok(Pollinations { shared: Arc::new(shared) })
    }
}

/// An address to which paths can be appended. The message does not repeat it: somebody may have put a key there.
fn base_url(text: &str) -> Result<String, Error> {
    let problem = match reqwest::Url::parse(text) {
        Err(error) => error.to_string(),
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            "it starts with neither http:// nor https://".to_owned()
        }
        Ok(url) if url.query().is_some() || url.fragment().is_some() => "it has a query or a fragment".to_owned(),
        Ok(url) if !url.username().is_empty() || url.password().is_some() => "it has a user or a password".to_owned(),
        Ok(url) => return Ok(url.as_str().trim_end_matches('/').to_owned()),
    };
    Err(Error::request(format!("the base URL is not usable: {problem}")))
}
