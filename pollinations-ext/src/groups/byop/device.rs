//! Sign-in for programs without a browser (RFC 8628).

use std::{fmt, time::Duration};

use http::StatusCode;
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    asked::{Asked, Permission},
    failure,
    server::Server,
    token::Grant,
    wire::{self, Answer},
};
use crate::{
    base::{
        error::{Error, ErrorKind},
        json,
        time::{Instant, sleep},
    },
    key::ApiKey,
};

const OPERATION: &str = "device_flow";

/// The polling interval in seconds, if the server does not set one (RFC 8628, section 3.2). Also the number of
/// seconds to add when the server asks to slow down (section 3.5).
const INTERVAL: u64 = 5;

/// How long a code is valid in seconds, if the server does not say.
const EXPIRES_IN: u64 = 900;

/// RFC 8628, section 3.4.
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Signs in a user with a short code, which they enter in a browser on any machine (RFC 8628). Use it for programs
/// without a browser.
///
/// # Examples
///
/// ```no_run
/// use pollinations_ext::{Pollinations, byop::DeviceFlow};
///
/// # async fn example() -> Result<(), pollinations_ext::Error> {
/// let code = DeviceFlow::new("pk_example".parse()?).start().await?;
/// println!("Please visit {} and enter {}", code.verification_uri(), code.user_code());
/// let pollinations = Pollinations::builder().key(code.wait().await?.into_key()).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a device flow does nothing until it is started"]
pub struct DeviceFlow {
    app_key: ApiKey,
    asked: Asked,
    server: Server,
}

impl DeviceFlow {
    /// Creates a sign-in for the app with this app key (`pk_…`).
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::DeviceFlow;
    /// let flow = DeviceFlow::new("pk_example".parse()?);
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn new(app_key: ApiKey) -> Self {
        Self { app_key, asked: Asked::default(), server: Server::default() }
    }

    /// Sets what the key may read or change in the user's account. The default is nothing. The user can grant less:
    /// see [`Grant::scopes`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::{DeviceFlow, Permission};
    /// let flow = DeviceFlow::new("pk_example".parse()?).permissions([Permission::Usage]);
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn permissions(mut self, permissions: impl IntoIterator<Item = Permission>) -> Self {
        self.asked.permissions = permissions.into_iter().collect();
        self
    }

    /// Sets the sign-in server. The default is the server of pollinations.ai.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::{DeviceFlow, Server};
    /// let flow = DeviceFlow::new("pk_example".parse()?).server(Server::at("http://127.0.0.1:4000"));
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn server(mut self, server: Server) -> Self {
        self.server = server;
        self
    }

    /// Requests a code.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] if the app key is secret or the server's URL is invalid. [`ErrorKind::Api`] if the
    /// service rejects the app key. [`ErrorKind::Decode`] if the response cannot be parsed.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use pollinations_ext::byop::DeviceFlow;
    /// # async fn example(flow: DeviceFlow) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", flow.start().await?.user_code());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start(self) -> Result<DeviceCode, Error> {
        let key = self.app_key.clone();
        self.begin().await.map_err(|error| error.with_operation(OPERATION).rewritten(|text| key.redact(text)))
    }

    async fn begin(self) -> Result<DeviceCode, Error> {
        let Self { app_key, asked, server } = self;
        if app_key.is_secret() {
            return Err(Error::request("the app key must be publishable (pk_…)"));
        }
        let mut question = Map::new();
        question.insert("client_id".to_owned(), app_key.expose_secret().into());
        question.extend(asked.scope(" ").map(|scope| ("scope".to_owned(), scope.into())));
        let http = server.http()?;
        let answer = wire::send(&http, wire::json(server.device_url()?, &Value::Object(question))).await?;
        let answer = answer.hiding(|text| app_key.redact(text));
        if !answer.status.is_success() {
            return Err(failure::of_answer(&answer, "the service did not issue a code"));
        }
        let unreadable =
            || Error::new(ErrorKind::Decode, "the response is not a device code").with_request_id(answer.id.clone());
        let mut grant: Code = json::read(&answer.body).map_err(|_| unreadable())?;
        let page = |address: Option<&String>| {
            let page = address.map(|address| server.page(address).map(String::from).ok_or_else(unreadable));
            page.transpose()
        };
        grant.verification_uri_complete = page(grant.verification_uri_complete.as_ref())?;
        grant.verification_uri =
            page(grant.verification_uri.as_ref())?.or_else(|| grant.verification_uri_complete.clone());
        let verification_uri = grant.verification_uri.clone().ok_or_else(unreadable)?;
        let (token_url, older_token_url) = (server.token_url()?, server.older_token_url()?);
        let begun = Instant::now();
        Ok(DeviceCode { grant, verification_uri, app_key, asked, http, token_url, older_token_url, begun })
    }
}

/// RFC 8628, section 3.2.
#[derive(Clone, Deserialize)]
struct Code {
    device_code: String,
    user_code: String,
    #[serde(alias = "verification_url")]
    verification_uri: Option<String>,
    verification_uri_complete: Option<String>,
    #[serde(default = "expires_in")]
    expires_in: u64,
    #[serde(default = "interval")]
    interval: u64,
}

fn expires_in() -> u64 {
    EXPIRES_IN
}

fn interval() -> u64 {
    INTERVAL
}

/// A code for the user to enter. Then call [`wait`](Self::wait), which returns the key.
///
/// # Examples
///
/// ```no_run
/// # async fn example(code: pollinations_ext::byop::DeviceCode) -> Result<(), pollinations_ext::Error> {
/// println!("Please visit {}", code.verification_uri_complete().unwrap_or(code.verification_uri()));
/// let grant = code.wait().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "call `wait` to get the key"]
pub struct DeviceCode {
    grant: Code,
    verification_uri: String,
    app_key: ApiKey,
    asked: Asked,
    http: reqwest::Client,
    token_url: Url,
    older_token_url: Url,
    begun: Instant,
}

impl DeviceCode {
    /// The code for the user to enter, such as `ABCD-1234`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(code: pollinations_ext::byop::DeviceCode) {
    /// println!("{}", code.user_code());
    /// # }
    /// ```
    pub fn user_code(&self) -> &str {
        &self.grant.user_code
    }

    /// The URL of the page on which the user enters the code.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(code: pollinations_ext::byop::DeviceCode) {
    /// println!("{}", code.verification_uri());
    /// # }
    /// ```
    pub fn verification_uri(&self) -> &str {
        &self.verification_uri
    }

    /// The URL with the code in it, for a link or a QR code. `None` if the service does not provide one.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(code: pollinations_ext::byop::DeviceCode) {
    /// println!("{:?}", code.verification_uri_complete());
    /// # }
    /// ```
    pub fn verification_uri_complete(&self) -> Option<&str> {
        self.grant.verification_uri_complete.as_deref()
    }

    /// How long the code was valid when it was issued.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(code: pollinations_ext::byop::DeviceCode) {
    /// println!("{} minutes", code.expires_in().as_secs() / 60);
    /// # }
    /// ```
    pub fn expires_in(&self) -> Duration {
        Duration::from_secs(self.grant.expires_in)
    }

    /// Waits until the user grants or denies access. Polls at the interval that the service sets.
    ///
    /// Polls the token endpoint (RFC 8628), or the older URL if the server does not have one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`] if the user denies access. [`ErrorKind::Expired`] if the code has expired.
    /// [`ErrorKind::Api`] if the service rejects the request (see [`Error::oauth_error`]). [`ErrorKind::InvalidKey`] if the
    /// key is malformed. A request without a response is repeated after twice the interval (RFC 8628, section 3.5).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(code: pollinations_ext::byop::DeviceCode) -> Result<(), pollinations_ext::Error> {
    /// let key = code.wait().await?.into_key();
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait(self) -> Result<Grant, Error> {
        let pace = Pace::new(self.grant.interval, self.begun, self.expires_in());
        let scope = self.asked.scope(" ");
        let mut is_older = false;
        let poll = async || {
            let answer = match self.ask(is_older).await {
                Ok(answer) if !is_older && is_unknown(&answer) => {
                    is_older = true;
                    self.ask(true).await
                }
                answer => answer,
            };
            read(answer, scope.as_deref())
        };
        pace.wait(poll).await.map_err(|error| error.with_operation(OPERATION).rewritten(|text| self.hide(text)))
    }

    async fn ask(&self, is_older: bool) -> Result<Answer, Error> {
        let code = self.grant.device_code.as_str();
        let request = if is_older {
            wire::json(self.older_token_url.clone(), &json!({ "device_code": code, "grant_type": GRANT_TYPE }))
        } else {
            let fields =
                [("grant_type", GRANT_TYPE), ("device_code", code), ("client_id", self.app_key.expose_secret())];
            wire::form(self.token_url.clone(), &fields)
        };
        Ok(wire::send(&self.http, request).await?.hiding(|text| self.hide(text)))
    }

    /// Removes secrets from a message of the server.
    fn hide(&self, text: &str) -> String {
        self.app_key.redact(&text.replace(&self.grant.device_code, "[code]"))
    }
}

/// Whether a server has no token endpoint, or its token endpoint does not support the device flow.
fn is_unknown(answer: &Answer) -> bool {
    match failure::code(&answer.body) {
        Some((code, _)) => code == "unsupported_grant_type",
        None => matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::GONE),
    }
}

impl fmt::Debug for DeviceCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DeviceCode")
            .field("user_code", &self.grant.user_code)
            .field("verification_uri", &self.verification_uri)
            .field("expires_in", &self.grant.expires_in)
            .field("interval", &self.grant.interval)
            .finish_non_exhaustive()
    }
}

/// The result of one poll.
#[derive(Debug)]
enum Said {
    Key(Grant),
    /// The user has not decided yet.
    Pending,
    /// The user has not decided yet, and the polls are too frequent.
    SlowDown,
    /// No usable response. The next poll may succeed.
    Silence,
    /// The final result.
    Failed(Error),
}

/// When to poll.
struct Pace {
    interval: Duration,
    end: Option<Instant>,
}

impl Pace {
    fn new(interval: u64, begun: Instant, expires_in: Duration) -> Self {
        // If a server sets an interval of 0, use the default.
        Self { interval: Duration::from_secs(interval.max(1)), end: begun.checked_add(expires_in) }
    }

    async fn wait(mut self, mut poll: impl AsyncFnMut() -> Said) -> Result<Grant, Error> {
        let expired =
            || Error::new(ErrorKind::Expired, "the code expired before the user answered; start the sign-in again");
        loop {
            if self.end.is_some_and(|end| Instant::now() + self.interval >= end) {
                return Err(expired());
            }
            sleep(self.interval).await;
            match poll().await {
                Said::Key(key) => return Ok(key),
                Said::Pending => {}
                Said::SlowDown => self.interval += Duration::from_secs(INTERVAL),
                Said::Silence => self.interval = self.interval.saturating_mul(2),
                Said::Failed(error) => return Err(error),
            }
        }
    }
}

/// Reads a response (RFC 8628, section 3.5).
fn read(answer: Result<Answer, Error>, asked: Option<&str>) -> Said {
    let Ok(answer) = answer else { return Said::Silence };
    let code = failure::code(&answer.body).map(|(code, _)| code);
    match code.as_deref() {
        Some("authorization_pending") => Said::Pending,
        Some("slow_down") => Said::SlowDown,
        None if answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS => Said::Silence,
        _ => Grant::read(&answer, asked).map_or_else(Said::Failed, Said::Key),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn says(status: u16, body: &'static str) -> Said {
        let (status, body) = (StatusCode::from_u16(status).unwrap(), Bytes::from_static(body.as_bytes()));
        read(Ok(Answer { status, body, id: None }), None)
    }

    /// Polls a simulated service that returns these responses and then repeats the last one. Returns the polling times.
    async fn poll(answers: &[(u16, &'static str)], interval: u64, expires_in: u64) -> (Result<Grant, Error>, Vec<u64>) {
        let begun = Instant::now();
        let mut times = Vec::new();
        let pace = Pace::new(interval, begun, Duration::from_secs(expires_in));
        let result = pace
            .wait(async || {
                let (status, body) = answers[times.len().min(answers.len() - 1)];
                times.push(begun.elapsed().as_secs());
                if status == 0 { read(Err(Error::request("no network")), None) } else { says(status, body) }
            })
            .await;
        (result, times)
    }

    const PENDING: (u16, &str) = (400, r#"{"error":"authorization_pending"}"#);
    const KEY: (u16, &str) = (200, r#"{"access_token":"sk_users","token_type":"bearer"}"#);

    #[tokio::test(start_paused = true)]
    async fn the_device_polls_at_the_interval_of_the_service() {
        let (key, times) = poll(&[PENDING, PENDING, KEY], 5, 900).await;
        assert_eq!(key.unwrap().key().expose_secret(), "sk_users");
        assert_eq!(times, [5, 10, 15]);
    }

    #[tokio::test(start_paused = true)]
    async fn slow_down_increases_the_polling_interval() {
        let (key, times) = poll(&[(400, r#"{"error":"slow_down"}"#), PENDING, KEY], 5, 900).await;
        assert!(key.is_ok());
        assert_eq!(times, [5, 15, 25]);
    }

    #[tokio::test(start_paused = true)]
    async fn polling_backs_off_if_the_service_fails() {
        let (key, times) = poll(&[(0, ""), (503, "<html>"), KEY], 5, 900).await;
        assert!(key.is_ok());
        assert_eq!(times, [5, 15, 35]);
    }

    #[tokio::test(start_paused = true)]
    async fn polling_ends_when_the_code_expires() {
        let (key, times) = poll(&[PENDING], 5, 17).await;
        assert_eq!(key.unwrap_err().kind(), ErrorKind::Expired);
        assert_eq!(times, [5, 10, 15]);
        let (key, _) = poll(&[PENDING, (400, r#"{"error":"expired_token"}"#)], 5, 900).await;
        assert_eq!(key.unwrap_err().kind(), ErrorKind::Expired);
    }

    #[tokio::test(start_paused = true)]
    async fn polling_ends_if_the_user_denies_access() {
        let (key, times) = poll(&[PENDING, (400, r#"{"error":"access_denied"}"#)], 5, 900).await;
        assert_eq!(key.unwrap_err().kind(), ErrorKind::Denied);
        assert_eq!(times, [5, 10]);
    }

    #[tokio::test(start_paused = true)]
    async fn polling_ends_at_permanent_errors_and_invalid_keys() {
        for (status, body, kind) in [
            (400, r#"{"error":"invalid_grant"}"#, ErrorKind::Api),
            (404, "<title>gone</title>", ErrorKind::Api),
            (200, "{}", ErrorKind::Decode),
        ] {
            let (key, times) = poll(&[(status, body)], 5, 900).await;
            assert_eq!((key.unwrap_err().kind(), times.len()), (kind, 1), "{body}");
        }
        let (key, _) = poll(&[(200, r#"{"access_token":"hunter2"}"#)], 5, 900).await;
        assert_eq!(key.unwrap_err().kind(), ErrorKind::InvalidKey);
    }
}
