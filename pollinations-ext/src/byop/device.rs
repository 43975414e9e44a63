//! A key for a program without a browser (RFC 8628).

use std::{fmt, time::Duration};

use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use reqwest::{Method, Request, Url};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ENTER_URL;
use crate::{
    base::{
        error::{Error, ErrorKind},
        header::request_id,
        json,
        time::{Instant, sleep, timeout},
    },
    exchange::{body::ErrorBody, reading},
    key::{ApiKey, Keyring},
};

const OPERATION: &str = "device_flow";

/// Seconds between two questions, if the server does not say (RFC 8628, section 3.2), and what is added when it asks to
/// slow down (section 3.5).
const INTERVAL: u64 = 5;

/// Seconds that a code is good for, if the server does not say.
const EXPIRES_IN: u64 = 900;

/// How long one question may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes of an answer at the most.
const MAX_ANSWER: usize = 64 * 1024;

/// Asks for a key with a short code that the user enters in a browser, on whatever machine.
///
/// # Examples
///
/// ```no_run
/// use pollinations_ext::{Pollinations, byop::DeviceFlow};
///
/// # async fn example() -> Result<(), pollinations_ext::Error> {
/// let code = DeviceFlow::new("pk_example".parse()?).start().await?;
/// println!("Please visit {} and enter {}", code.verification_uri(), code.user_code());
/// let pollinations = Pollinations::builder().key(code.wait().await?).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a device flow does nothing until it is started"]
pub struct DeviceFlow {
    app_key: ApiKey,
    enter_url: String,
    http: Option<reqwest::Client>,
}

impl DeviceFlow {
    /// A flow for the program with this publishable key (`pk_…`).
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::DeviceFlow;
    /// let flow = DeviceFlow::new("pk_example".parse()?);
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn new(app_key: ApiKey) -> Self {
        Self { app_key, enter_url: ENTER_URL.to_owned(), http: None }
    }

    /// Where the codes come from; `https://enter.pollinations.ai` by default. The emulator has some too.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::DeviceFlow;
    /// let flow = DeviceFlow::new("pk_example".parse()?).enter_url("http://127.0.0.1:4000");
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn enter_url(mut self, url: impl Into<String>) -> Self {
        self.enter_url = url.into();
        self
    }

    /// Sends requests with this HTTP client.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::{api::reqwest, byop::DeviceFlow};
    /// let flow = DeviceFlow::new("pk_example".parse()?).http_client(reqwest::Client::new());
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Fetches a code.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Request`] when the app key is secret or the address none; [`ErrorKind::Api`] when the service refuses
    /// the app key; [`ErrorKind::Decode`] when the answer cannot be read.
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
        let keys = Keyring::new(Some(self.app_key.clone()), []);
        self.begin().await.map_err(|error| error.with_operation(OPERATION).redacted(&keys))
    }

    async fn begin(self) -> Result<DeviceCode, Error> {
        if self.app_key.is_secret() {
            return Err(Error::request("the app key of a device flow has to be a publishable one (pk_…)"));
        }
        let base = self.enter_url.trim_end_matches('/');
        let address = |path: &str| {
            Url::parse(&format!("{base}/api/device/{path}"))
                .map_err(|error| Error::request(format!("the address of the device flow is not one: {error}")))
        };
        let (code_url, token_url) = (address("code")?, address("token")?);
        let http = match self.http {
            Some(http) => http,
            None => http_client()?,
        };
        let keys = Keyring::new(Some(self.app_key.clone()), []);
        let (status, answer, id) = ask(&http, code_url, &json!({ "client_id": self.app_key.expose_secret() })).await?;
        if !status.is_success() {
            let body = ErrorBody::parse(&answer, "the service did not give out a code", &keys);
            return Err(Error::api(status, id, body));
        }
        let grant: Grant = json::read(&answer)
            .map_err(|_| Error::new(ErrorKind::Decode, "the answer is not a device code").with_request_id(id))?;
        Ok(DeviceCode { grant, http, token_url, begun: Instant::now() })
    }
}

/// RFC 8628, section 3.2.
#[derive(Clone, Deserialize)]
struct Grant {
    device_code: String,
    user_code: String,
    verification_uri: String,
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

/// A code for the user to enter, and the key to come.
///
/// # Examples
///
/// ```no_run
/// # async fn example(code: pollinations_ext::byop::DeviceCode) -> Result<(), pollinations_ext::Error> {
/// println!("Please visit {}", code.verification_uri_complete().unwrap_or(code.verification_uri()));
/// let key = code.wait().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "the key comes from `wait`"]
pub struct DeviceCode {
    grant: Grant,
    http: reqwest::Client,
    token_url: Url,
    begun: Instant,
}

impl DeviceCode {
    /// What the user enters, such as `ABCD-1234`.
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

    /// Where the user enters it.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(code: pollinations_ext::byop::DeviceCode) {
    /// println!("{}", code.verification_uri());
    /// # }
    /// ```
    pub fn verification_uri(&self) -> &str {
        &self.grant.verification_uri
    }

    /// The same with the code in it, for a link or a QR code, where the service has one.
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

    /// How long the user has.
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

    /// Asks at the pace that the service sets until the user has decided.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`] when the user says no, [`ErrorKind::Expired`] when the code is no longer good,
    /// [`ErrorKind::Api`] when the service refuses the question, [`ErrorKind::Key`] when what it gives is no key. A
    /// question that is not answered is asked again, after twice as long (RFC 8628, section 3.5).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(code: pollinations_ext::byop::DeviceCode) -> Result<(), pollinations_ext::Error> {
    /// let key = code.wait().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait(self) -> Result<ApiKey, Error> {
        let pace = Pace::new(self.grant.interval, self.begun, self.expires_in());
        let question = json!({
            "device_code": self.grant.device_code,
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        });
        let poll = async || answer(ask(&self.http, self.token_url.clone(), &question).await);
        pace.wait(poll).await.map_err(|error| error.with_operation(OPERATION))
    }
}

impl fmt::Debug for DeviceCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DeviceCode")
            .field("user_code", &self.grant.user_code)
            .field("verification_uri", &self.grant.verification_uri)
            .field("expires_in", &self.grant.expires_in)
            .field("interval", &self.grant.interval)
            .finish_non_exhaustive()
    }
}

/// An HTTP client that takes the code nowhere else.
fn http_client() -> Result<reqwest::Client, Error> {
    let builder = reqwest::Client::builder();
    // In a browser, redirects are the browser's.
    #[cfg(not(target_arch = "wasm32"))]
    let builder = builder.redirect(reqwest::redirect::Policy::none());
    builder.build().map_err(Error::transport)
}

/// What the service says to one question.
#[derive(Debug)]
enum Answer {
    Key(ApiKey),
    /// The user has not decided yet.
    Pending,
    /// The same, and the questions come too fast.
    SlowDown,
    /// Nothing that could be understood; it may do better the next time.
    Silence,
    /// The end.
    Failed(Error),
}

/// When to ask.
struct Pace {
    interval: Duration,
    end: Option<Instant>,
}

impl Pace {
    fn new(interval: u64, begun: Instant, expires_in: Duration) -> Self {
        // A server that names no wait does not want to be asked without one.
        Self { interval: Duration::from_secs(interval.max(1)), end: begun.checked_add(expires_in) }
    }

    async fn wait(mut self, mut poll: impl AsyncFnMut() -> Answer) -> Result<ApiKey, Error> {
        let expired = || Error::new(ErrorKind::Expired, "the code has expired before the user has decided");
        loop {
            if self.end.is_some_and(|end| Instant::now() + self.interval >= end) {
                return Err(expired());
            }
            sleep(self.interval).await;
            match poll().await {
                Answer::Key(key) => return Ok(key),
                Answer::Pending => {}
                Answer::SlowDown => self.interval += Duration::from_secs(INTERVAL),
                Answer::Silence => self.interval = self.interval.saturating_mul(2),
                Answer::Failed(error) => return Err(error),
            }
        }
    }
}

/// Reads an answer (RFC 8628, section 3.5).
fn answer(answer: Result<(StatusCode, bytes::Bytes, Option<String>), Error>) -> Answer {
    let Ok((status, body, id)) = answer else { return Answer::Silence };
    let value: Value = json::read(&body).unwrap_or_default();
    if let Some(token) = value.get("access_token").and_then(Value::as_str) {
        return ApiKey::new(token).map_or_else(Answer::Failed, Answer::Key);
    }
    let failed = |kind, message: &str| Answer::Failed(Error::new(kind, message).with_request_id(id.clone()));
    match value.get("error").and_then(Value::as_str) {
        Some("authorization_pending") => Answer::Pending,
        Some("slow_down") => Answer::SlowDown,
        Some("expired_token") => failed(ErrorKind::Expired, "the code has expired before the user has decided"),
        Some("access_denied") => failed(ErrorKind::Denied, "the user did not grant a key"),
        _ if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => Answer::Silence,
        _ => {
            let body = ErrorBody::parse(&body, "the service does not answer for the code", &Keyring::new(None, []));
            Answer::Failed(Error::api(status, id, body))
        }
    }
}

/// Asks the service something.
async fn ask(
    http: &reqwest::Client,
    url: Url,
    question: &Value,
) -> Result<(StatusCode, bytes::Bytes, Option<String>), Error> {
    let mut request = Request::new(Method::POST, url);
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *request.body_mut() = Some(question.to_string().into());
    let exchange = async {
        let response = http.execute(request).await.map_err(Error::transport)?;
        let (status, id) = (response.status(), request_id(response.headers()));
        let (body, _) = reading::read(reading::pieces(response), MAX_ANSWER).await;
        Ok((status, body, id))
    };
    match timeout(TIMEOUT, exchange).await {
        Ok(answer) => answer,
        Err(_) => Err(Error::new(ErrorKind::Timeout, format!("no answer within {} s", TIMEOUT.as_secs()))),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn says(status: u16, body: &'static str) -> Answer {
        answer(Ok((StatusCode::from_u16(status).unwrap(), Bytes::from_static(body.as_bytes()), None)))
    }

    /// Asks a service that gives these answers, the last one for ever; returns when it was asked.
    async fn asked(
        answers: &[(u16, &'static str)],
        interval: u64,
        expires_in: u64,
    ) -> (Result<ApiKey, Error>, Vec<u64>) {
        let begun = Instant::now();
        let mut times = Vec::new();
        let pace = Pace::new(interval, begun, Duration::from_secs(expires_in));
        let result = pace
            .wait(async || {
                let (status, body) = answers[times.len().min(answers.len() - 1)];
                times.push(begun.elapsed().as_secs());
                if status == 0 { answer(Err(Error::request("no network"))) } else { says(status, body) }
            })
            .await;
        (result, times)
    }

    const PENDING: (u16, &str) = (400, r#"{"error":"authorization_pending"}"#);
    const KEY: (u16, &str) = (200, r#"{"access_token":"sk_users","token_type":"bearer"}"#);

    #[tokio::test(start_paused = true)]
    async fn it_asks_at_the_pace_of_the_service() {
        let (key, times) = asked(&[PENDING, PENDING, KEY], 5, 900).await;
        assert_eq!(key.unwrap().expose_secret(), "sk_users");
        assert_eq!(times, [5, 10, 15]);
    }

    #[tokio::test(start_paused = true)]
    async fn it_slows_down_when_told() {
        let (key, times) = asked(&[(400, r#"{"error":"slow_down"}"#), PENDING, KEY], 5, 900).await;
        assert!(key.is_ok());
        assert_eq!(times, [5, 15, 25]);
    }

    #[tokio::test(start_paused = true)]
    async fn it_backs_off_when_nobody_answers() {
        let (key, times) = asked(&[(0, ""), (503, "<html>"), KEY], 5, 900).await;
        assert!(key.is_ok());
        assert_eq!(times, [5, 15, 35]);
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_when_the_code_does() {
        let (key, times) = asked(&[PENDING], 5, 17).await;
        assert_eq!(key.unwrap_err().kind(), ErrorKind::Expired);
        assert_eq!(times, [5, 10, 15]);
        let (key, _) = asked(&[PENDING, (400, r#"{"error":"expired_token"}"#)], 5, 900).await;
        assert_eq!(key.unwrap_err().kind(), ErrorKind::Expired);
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_when_the_user_says_no() {
        let (key, times) = asked(&[PENDING, (400, r#"{"error":"access_denied"}"#)], 5, 900).await;
        assert_eq!(key.unwrap_err().kind(), ErrorKind::Denied);
        assert_eq!(times, [5, 10]);
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_when_the_service_does_not_know_the_code() {
        for (status, body) in [(400, r#"{"error":"invalid_grant"}"#), (404, "<title>gone</title>"), (200, "{}")] {
            let (key, times) = asked(&[(status, body)], 5, 900).await;
            assert_eq!((key.unwrap_err().kind(), times.len()), (ErrorKind::Api, 1), "{body}");
        }
        let (key, _) = asked(&[(200, r#"{"access_token":"hunter2"}"#)], 5, 900).await;
        assert_eq!(key.unwrap_err().kind(), ErrorKind::Key);
    }
}
