//! The sign-in server and its endpoints.

use http::HeaderValue;
use reqwest::Url;
use serde::Deserialize;

use super::{ENTER_URL, failure, user::UserInfo, wire};
use crate::{
    base::{
        error::{Error, ErrorKind},
        json,
    },
    key::ApiKey,
};

const OPERATION: &str = "discovery";
const USER_INFO: &str = "user_info";

/// The sign-in server. The default is `https://enter.pollinations.ai`.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let url = emulator.base_url();
/// use pollinations_ext::byop::Server;
///
/// // Asks the server itself where its endpoints are (RFC 8414).
/// let server = Server::discover(url).await?;
/// assert_eq!(server.issuer(), url);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a server does nothing until a flow has it"]
pub struct Server {
    issuer: String,
    /// The endpoints from discovery. Without them, the service's own paths are used.
    authorization: Option<String>,
    token: Option<String>,
    device: Option<String>,
    user_info: Option<String>,
    /// Whether the redirect back always names the issuer (RFC 9207).
    names_issuer: bool,
    http: Option<reqwest::Client>,
}

/// The parts of RFC 8414, section 2, that this client needs.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    device_authorization_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: Option<bool>,
}

impl Default for Server {
    fn default() -> Self {
        Self::at(ENTER_URL)
    }
}

impl Server {
    /// Uses a server at this URL, with the same paths as the service. Sends no request. Use it for the emulator or
    /// your own proxy.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::byop::Server;
    ///
    /// assert_eq!(Server::at("http://127.0.0.1:4000").issuer(), "http://127.0.0.1:4000");
    /// ```
    pub fn at(url: impl Into<String>) -> Self {
        let mut issuer = url.into();
        issuer.truncate(issuer.trim_end_matches('/').len());
        Self {
            issuer,
            authorization: None,
            token: None,
            device: None,
            user_info: None,
            names_issuer: false,
            http: None,
        }
    }

    /// Discovers the endpoints of a server with OAuth 2.0 Authorization Server Metadata (RFC 8414).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] if the URL is invalid. [`ErrorKind::Api`] if the server has no such document.
    /// [`ErrorKind::Decode`] if the document cannot be parsed, names a different issuer, does not support PKCE with
    /// S256, or points from https to http.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::byop::Server;
    ///
    /// # async fn example() -> Result<(), pollinations_ext::Error> {
    /// let server = Server::discover("https://enter.pollinations.ai").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn discover(issuer: impl Into<String>) -> Result<Self, Error> {
        Self::at(issuer).find().await.map_err(|error| error.with_operation(OPERATION))
    }

    async fn find(self) -> Result<Self, Error> {
        let mut url = self.parse(&self.issuer)?;
        // The well-known part goes before the issuer's own path (RFC 8414, section 3.1).
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("/.well-known/oauth-authorization-server{path}"));
        let answer = wire::send(&self.http()?, wire::get(url)).await?;
        if !answer.status.is_success() {
            return Err(failure::of_answer(&answer, "the server does not publish its endpoints"));
        }
        let metadata = json::read(&answer.body)
            .map_err(|_| undiscovered("the server's metadata cannot be read").with_request_id(answer.id))?;
        self.with(metadata)
    }

    fn with(self, metadata: Metadata) -> Result<Self, Error> {
        // A document for a different issuer could send users and codes to an attacker (RFC 8414, section 3.3).
        if metadata.issuer != self.issuer {
            return Err(undiscovered("the server's metadata has a different issuer"));
        }
        if metadata.code_challenge_methods_supported.is_some_and(|methods| !methods.iter().any(|name| name == "S256")) {
            return Err(undiscovered("the server does not support PKCE with S256"));
        }
        let is_secure = self.issuer.starts_with("https:");
        let endpoint = |address: Option<String>| match address {
            Some(address) if Url::parse(&address).is_ok_and(|url| is_web(&url, is_secure)) => Ok(Some(address)),
            Some(_) => Err(undiscovered("the server's metadata has an endpoint without https")),
            None => Ok(None),
        };
        Ok(Self {
            authorization: endpoint(metadata.authorization_endpoint)?,
            token: endpoint(metadata.token_endpoint)?,
            device: endpoint(metadata.device_authorization_endpoint)?,
            user_info: endpoint(metadata.userinfo_endpoint)?,
            names_issuer: metadata.authorization_response_iss_parameter_supported.unwrap_or_default(),
            ..self
        })
    }

    /// Sets the HTTP client. The default client does not follow redirects, so that codes are never sent to another
    /// server.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::{api::reqwest, byop::Server};
    ///
    /// let server = Server::default().http_client(reqwest::Client::new());
    /// ```
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// The URL that identifies the server (its issuer), without a trailing slash.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(pollinations_ext::byop::Server::default().issuer(), "https://enter.pollinations.ai");
    /// ```
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the user that an API key belongs to. Name and e-mail address need
    /// [`Permission::Profile`](super::Permission::Profile).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Api`] if the server rejects the key ([`Error::is_signed_out`] if it is no longer valid).
    /// [`ErrorKind::Decode`] if the response cannot be parsed. [`ErrorKind::Connect`], [`ErrorKind::Connection`] or
    /// [`ErrorKind::Timeout`] if there is no response.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let (url, key) = (emulator.base_url(), "sk_test".parse()?);
    /// let user = pollinations_ext::byop::Server::at(url).user_info(&key).await?;
    /// println!("Hello {}", user.preferred_username.unwrap_or(user.sub));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn user_info(&self, key: &ApiKey) -> Result<UserInfo, Error> {
        let told = async {
            let mut request = wire::get(self.user_info_url()?);
            let bearer = key.bearer().unwrap_or_else(|| HeaderValue::from_static(""));
            request.headers_mut().insert(reqwest::header::AUTHORIZATION, bearer);
            let answer = wire::send(&self.http()?, request).await?.hiding(|text| key.redact(text));
            if !answer.status.is_success() {
                return Err(failure::of_answer(&answer, "the server did not return the user"));
            }
            UserInfo::read(&answer)
        };
        told.await.map_err(|error| error.with_operation(USER_INFO).rewritten(|text| key.redact(text)))
    }

    pub(super) fn names_issuer(&self) -> bool {
        self.names_issuer
    }

    pub(super) fn authorization_url(&self) -> Result<Url, Error> {
        self.endpoint(self.authorization.as_deref(), "authorize")
    }

    pub(super) fn token_url(&self) -> Result<Url, Error> {
        self.endpoint(self.token.as_deref(), "api/oauth/token")
    }

    pub(super) fn device_url(&self) -> Result<Url, Error> {
        self.endpoint(self.device.as_deref(), "api/device/code")
    }

    /// The URL that devices polled before the token endpoint existed.
    pub(super) fn older_token_url(&self) -> Result<Url, Error> {
        self.endpoint(None, "api/device/token")
    }

    pub(crate) fn user_info_url(&self) -> Result<Url, Error> {
        self.endpoint(self.user_info.as_deref(), "api/oauth/userinfo")
    }

    pub(super) fn http(&self) -> Result<reqwest::Client, Error> {
        self.http.clone().map_or_else(wire::client, Ok)
    }

    /// Makes a URL for the user to open. The server may send a full URL or only a path.
    pub(super) fn page(&self, address: &str) -> Option<Url> {
        let base = Url::parse(&format!("{}/", self.issuer)).ok()?;
        base.join(address).ok().filter(|url| is_web(url, base.scheme() == "https"))
    }

    fn endpoint(&self, found: Option<&str>, path: &str) -> Result<Url, Error> {
        match found {
            Some(found) => self.parse(found),
            None => self.parse(&format!("{}/{path}", self.issuer)),
        }
    }

    fn parse(&self, address: &str) -> Result<Url, Error> {
        let url = Url::parse(address)
            .map_err(|error| Error::request(format!("the URL of the sign-in server is invalid: {error}")))?;
        if is_web(&url, false) {
            Ok(url)
        } else {
            Err(Error::request("the sign-in server must be at an http or https URL"))
        }
    }
}

/// Whether this is a web URL, and an https one if required.
fn is_web(url: &Url, is_secure: bool) -> bool {
    url.has_host() && (url.scheme() == "https" || url.scheme() == "http" && !is_secure)
}

fn undiscovered(message: &str) -> Error {
    Error::new(ErrorKind::Decode, message)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn found(change: impl FnOnce(&mut Value)) -> Result<Server, Error> {
        let mut document = json!({
            "issuer": "https://enter.example",
            "authorization_endpoint": "https://login.example/authorize?a=b",
            "token_endpoint": "https://enter.example/token",
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        });
        change(&mut document);
        Server::at("https://enter.example/").with(serde_json::from_value(document).unwrap())
    }

    #[test]
    fn the_endpoints_are_read_from_the_metadata() {
        let server = found(|_| {}).unwrap();
        assert_eq!(server.authorization_url().unwrap().as_str(), "https://login.example/authorize?a=b");
        assert_eq!(server.token_url().unwrap().as_str(), "https://enter.example/token");
        assert_eq!(server.device_url().unwrap().as_str(), "https://enter.example/api/device/code");
        assert!(server.names_issuer());
    }

    #[test]
    fn untrustworthy_metadata_is_rejected() {
        for (name, value) in [
            ("issuer", json!("https://evil.example")),
            ("issuer", json!("https://enter.example/")),
            ("token_endpoint", json!("http://enter.example/token")),
            ("authorization_endpoint", json!("javascript:alert(1)")),
            ("code_challenge_methods_supported", json!(["plain"])),
        ] {
            let error = found(|document| document[name] = value.clone()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{name}: {value}");
        }
    }

    #[test]
    fn relative_verification_urls_are_resolved() {
        let server = Server::at("https://enter.example");
        for (address, whole) in [
            ("/device", Some("https://enter.example/device")),
            ("device?user_code=A", Some("https://enter.example/device?user_code=A")),
            ("https://pollinations.example/d", Some("https://pollinations.example/d")),
            ("http://pollinations.example/d", None),
            ("javascript:alert(1)", None),
        ] {
            assert_eq!(server.page(address).as_ref().map(Url::as_str), whole, "{address}");
        }
    }
}
