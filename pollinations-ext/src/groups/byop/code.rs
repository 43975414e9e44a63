//! Sign-in with an authorization code and PKCE (RFC 6749, section 4.1, and RFC 7636).

use std::fmt;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::{
    asked::{Asked, Permission},
    callback::Parameters,
    failure,
    server::Server,
    state::State,
    token::Grant,
    verifier::Verifier,
    wire,
};
use crate::{
    base::error::{Error, ErrorKind},
    key::ApiKey,
};

const OPERATION: &str = "sign_in";

/// The maximum length of a code in bytes.
const MAX_CODE: usize = 2048;

/// Signs in a user with an authorization code and PKCE. The user opens a link and grants a key, their browser returns
/// with a code, and your program exchanges the code for the key.
///
/// The key never passes through the browser. A web application stores [`state`](Self::state) and
/// [`verifier`](Self::verifier) in the user's session before the redirect, and restores them afterwards with
/// [`with_state`](Self::with_state) and [`with_verifier`](Self::with_verifier). For a program on the user's own
/// machine, use `byop::SignIn` (feature `byop-loopback`), which does all of this.
///
/// # Examples
///
/// ```no_run
/// use pollinations_ext::{Pollinations, byop::{CodeFlow, Permission}};
///
/// # async fn example(address_they_came_back_to: &str) -> Result<(), pollinations_ext::Error> {
/// let flow = CodeFlow::new("pk_your_app".parse()?, "https://example.com/back")
///     .permissions([Permission::Profile, Permission::Usage])
///     .budget(2.5);
/// println!("Send the user to {}", flow.url()?);
///
/// let grant = flow.finish(address_they_came_back_to).await?;
/// let pollinations = Pollinations::builder().key(grant.into_key()).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a flow does nothing until its `url` is visited"]
pub struct CodeFlow {
    app_key: ApiKey,
    redirect_uri: String,
    asked: Asked,
    server: Server,
    /// An error if the operating system has no random numbers. Reported when the link is created.
    state: Result<State, String>,
    verifier: Result<Verifier, String>,
}

impl CodeFlow {
    /// Creates a sign-in for the app with this app key (`pk_…`), which returns the browser to this redirect URI. The
    /// URI must be registered for the app. For URIs on `127.0.0.1`, the port does not matter.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::byop::CodeFlow;
    ///
    /// let flow = CodeFlow::new("pk_your_app".parse()?, "https://example.com/back");
    /// assert!(flow.url()?.starts_with("https://enter.pollinations.ai/authorize?response_type=code&client_id=pk_your_app&"));
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn new(app_key: ApiKey, redirect_uri: impl Into<String>) -> Self {
        Self {
            app_key,
            redirect_uri: redirect_uri.into(),
            asked: Asked::default(),
            server: Server::default(),
            state: State::new().map_err(|error| error.message().to_owned()),
            verifier: Verifier::new().map_err(|error| error.message().to_owned()),
        }
    }

    /// Sets what the key may read or change in the user's account. The default is nothing. The user can grant less:
    /// see [`Grant::scopes`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::{CodeFlow, Permission};
    /// # fn example(flow: CodeFlow) {
    /// let flow = flow.permissions([Permission::Profile, Permission::Usage]);
    /// # }
    /// ```
    pub fn permissions(mut self, permissions: impl IntoIterator<Item = Permission>) -> Self {
        self.asked.permissions = permissions.into_iter().collect();
        self
    }

    /// Sets the models that the key may use. The default is all.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(flow: pollinations_ext::byop::CodeFlow) {
    /// let flow = flow.models(["flux", "openai"]);
    /// # }
    /// ```
    pub fn models<M: Into<String>>(mut self, models: impl IntoIterator<Item = M>) -> Self {
        self.asked.models = models.into_iter().map(Into::into).collect();
        self
    }

    /// Sets how much pollen the key may spend. If you do not set it, the service suggests 5 to the user.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(flow: pollinations_ext::byop::CodeFlow) {
    /// let flow = flow.budget(2.5);
    /// # }
    /// ```
    pub fn budget(mut self, pollen: f64) -> Self {
        self.asked.budget = Some(pollen);
        self
    }

    /// Sets the number of days until the key expires, at least 1. The default is 7.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(flow: pollinations_ext::byop::CodeFlow) {
    /// let flow = flow.expiry(30);
    /// # }
    /// ```
    pub fn expiry(mut self, days: u32) -> Self {
        self.asked.expiry = Some(days);
        self
    }

    /// Sets the sign-in server. The default is the server of pollinations.ai.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::{CodeFlow, Server};
    /// # fn example(flow: CodeFlow) {
    /// let flow = flow.server(Server::at("http://127.0.0.1:4000"));
    /// # }
    /// ```
    pub fn server(mut self, server: Server) -> Self {
        self.server = server;
        self
    }

    /// Restores the state that you stored in the user's session.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::{CodeFlow, State};
    /// # fn example(flow: CodeFlow, kept: String) {
    /// let flow = flow.with_state(State::restore(kept));
    /// # }
    /// ```
    pub fn with_state(mut self, state: State) -> Self {
        self.state = Ok(state);
        self
    }

    /// Restores the verifier that you stored in the user's session.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::{CodeFlow, Verifier};
    /// # fn example(flow: CodeFlow, kept: String) -> Result<(), pollinations_ext::Error> {
    /// let flow = flow.with_verifier(Verifier::restore(kept)?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_verifier(mut self, verifier: Verifier) -> Self {
        self.verifier = Ok(verifier);
        self
    }

    /// The state, which the redirect back must repeat.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] if the operating system has no random numbers.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(flow: pollinations_ext::byop::CodeFlow) -> Result<(), pollinations_ext::Error> {
    /// let kept = flow.state()?.to_string();
    /// # Ok(())
    /// # }
    /// ```
    pub fn state(&self) -> Result<&State, Error> {
        self.state.as_ref().map_err(|problem| Error::request(problem.as_str()))
    }

    /// The verifier: the secret for the exchange.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] if the operating system has no random numbers.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(flow: pollinations_ext::byop::CodeFlow) -> Result<(), pollinations_ext::Error> {
    /// let kept = flow.verifier()?.expose_secret().to_owned();
    /// # Ok(())
    /// # }
    /// ```
    pub fn verifier(&self) -> Result<&Verifier, Error> {
        self.verifier.as_ref().map_err(|problem| Error::request(problem.as_str()))
    }

    /// The link for the user to open.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] if a URL is invalid, the redirect URI has a fragment, the budget is not a number
    /// above 0, the expiry is 0 days, or the app key is secret.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(flow: pollinations_ext::byop::CodeFlow) -> Result<(), pollinations_ext::Error> {
    /// println!("Please visit {}", flow.url()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn url(&self) -> Result<String, Error> {
        self.asked.check()?;
        self.redirect()?;
        let client_id = self.client_id()?;
        let (state, challenge) = (self.state()?.to_string(), self.verifier()?.challenge());
        let mut url = self.server.authorization_url()?;
        let mut query = url.query_pairs_mut();
        query.append_pair("response_type", "code");
        query.append_pair("client_id", client_id);
        query.append_pair("redirect_uri", &self.redirect_uri);
        if let Some(scope) = self.asked.scope(" ") {
            query.append_pair("scope", &scope);
        }
        query.extend_pairs(self.asked.limits());
        query.append_pair("state", &state);
        query.append_pair("code_challenge", &challenge);
        query.append_pair("code_challenge_method", "S256");
        drop(query);
        Ok(url.into())
    }

    /// Reads the code from the URL that the browser returned to. Pass the full URL, or only its query.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::StateMismatch`] if the URL does not belong to this sign-in: the state is missing or wrong, or the
    ///   redirect is from another server (`iss`, RFC 9207) or to another URL.
    /// - [`ErrorKind::Denied`] if the user denied access, or the service did not grant a key; see
    ///   [`Error::oauth_error`].
    /// - [`ErrorKind::InvalidRequest`] if the URL has neither a code nor an error, or has a key instead of a code.
    ///
    /// Error messages never contain the URL.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::{ErrorKind, byop::CodeFlow};
    ///
    /// let flow = CodeFlow::new("pk_your_app".parse()?, "https://example.com/back");
    /// let state = flow.state()?;
    /// let code = flow.code_from_redirect(&format!("https://example.com/back?code=c0de&state={state}"))?;
    ///
    /// let error = flow.code_from_redirect("https://example.com/back?code=attackers&state=guessed").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::StateMismatch);
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn code_from_redirect(&self, callback: &str) -> Result<Code, Error> {
        let callback = callback.trim();
        let query = match Url::parse(callback) {
            Ok(address) => {
                self.check_address(&address)?;
                address.query().unwrap_or_default().to_owned()
            }
            Err(_) => callback.split('#').next().unwrap_or_default().to_owned(),
        };
        let query = Parameters::of_query(&query);
        if !query.get("state").is_some_and(|state| self.state().is_ok_and(|sent| sent.matches(state))) {
            return Err(forged(
                "the state is missing or wrong, so the redirect may be forged; start the sign-in again",
            ));
        }
        match query.get("iss") {
            Some(issuer) if issuer != self.server.issuer() => {
                return Err(forged("the redirect is from a different server than the sign-in server"));
            }
            None if query.has("iss") || self.server.names_issuer() => {
                return Err(forged("the redirect does not say which server it is from (`iss`)"));
            }
            _ => {}
        }
        match (query.get("error"), query.get("code")) {
            (Some(error), _) => Err(failure::of_redirect(error)),
            (None, _) if query.has("error") => Err(Error::request("the redirect has more than one error")),
            (None, _) if query.has("api_key") || query.has("access_token") => {
                Err(Error::request("the redirect has a key instead of a code"))
            }
            (None, Some(code)) => Code::new(code),
            (None, None) => Err(Error::request("the redirect has neither a code nor an error; check the redirect URI")),
        }
    }

    /// The former name of [`code_from_redirect`](Self::code_from_redirect).
    ///
    /// # Errors
    ///
    /// Those of [`code_from_redirect`](Self::code_from_redirect).
    #[deprecated(since = "0.1.0", note = "use `code_from_redirect`")]
    pub fn accept(&self, callback: &str) -> Result<Code, Error> {
        self.code_from_redirect(callback)
    }

    /// Exchanges the code for the user's key. A code can be exchanged once, within 10 minutes. A failed exchange is
    /// not retried.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Api`] if the service rejects the exchange; [`Error::oauth_error`] says why, for example
    /// [`OAuthError::InvalidGrant`](super::OAuthError::InvalidGrant) if the code was used before.
    /// [`ErrorKind::Decode`] or [`ErrorKind::InvalidKey`] if the response is not a key. [`ErrorKind::Connect`],
    /// [`ErrorKind::Connection`] or [`ErrorKind::Timeout`] if there is no response.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(flow: pollinations_ext::byop::CodeFlow, query: &str) -> Result<(), pollinations_ext::Error> {
    /// let code = flow.code_from_redirect(query)?;
    /// let grant = flow.exchange(&code).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn exchange(&self, code: &Code) -> Result<Grant, Error> {
        let hidden = |text: &str| self.hide(code, text);
        self.ask(code).await.map_err(|error| error.with_operation(OPERATION).rewritten(hidden))
    }

    /// Removes secrets from a message of the server.
    fn hide(&self, code: &Code, text: &str) -> String {
        let text = self.app_key.redact(&text.replace(code.0.expose_secret(), "[code]"));
        self.verifier().map_or(text.clone(), |verifier| text.replace(verifier.expose_secret(), "[verifier]"))
    }

    async fn ask(&self, code: &Code) -> Result<Grant, Error> {
        let request = wire::form(
            self.server.token_url()?,
            &[
                ("grant_type", "authorization_code"),
                ("code", code.0.expose_secret()),
                ("client_id", self.client_id()?),
                ("redirect_uri", &self.redirect_uri),
                ("code_verifier", self.verifier()?.expose_secret()),
            ],
        );
        let answer = wire::send(&self.server.http()?, request).await?.hiding(|text| self.hide(code, text));
        Grant::read(&answer, self.asked.scope(" ").as_deref())
    }

    /// Calls [`code_from_redirect`](Self::code_from_redirect), then [`exchange`](Self::exchange).
    ///
    /// # Errors
    ///
    /// Same as [`code_from_redirect`](Self::code_from_redirect) and [`exchange`](Self::exchange).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(flow: pollinations_ext::byop::CodeFlow, query: &str) -> Result<(), pollinations_ext::Error> {
    /// let grant = flow.finish(query).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn finish(&self, callback: &str) -> Result<Grant, Error> {
        self.exchange(&self.code_from_redirect(callback)?).await
    }

    /// The limits and permissions to ask for.
    #[cfg(feature = "byop-loopback")]
    pub(super) fn asking(mut self, asked: Asked) -> Self {
        self.asked = asked;
        self
    }

    #[cfg(feature = "byop-loopback")]
    pub(super) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    fn client_id(&self) -> Result<&str, Error> {
        if self.app_key.is_secret() {
            return Err(Error::request(
                "the app key must be publishable (pk_…), because a link is visible to everyone",
            ));
        }
        Ok(self.app_key.expose_secret())
    }

    fn redirect(&self) -> Result<Url, Error> {
        let url = Url::parse(&self.redirect_uri)
            .map_err(|error| Error::request(format!("the redirect URI is invalid: {error}")))?;
        // RFC 6749, section 3.1.2.
        if url.fragment().is_some() {
            Err(Error::request("the redirect URI must not have a fragment"))
        } else {
            Ok(url)
        }
    }

    /// Checks that the browser returned to the redirect URI.
    fn check_address(&self, address: &Url) -> Result<(), Error> {
        let ours = self.redirect()?;
        let place = |url: &Url| {
            let port = url.port_or_known_default();
            (url.scheme().to_owned(), url.host_str().map(str::to_owned), port, url.path().to_owned())
        };
        let came: Vec<_> = address.query_pairs().collect();
        if place(&ours) == place(address) && ours.query_pairs().all(|pair| came.contains(&pair)) {
            Ok(())
        } else {
            Err(forged("the browser returned to a different URL than the redirect URI"))
        }
    }
}

/// An authorization code. It can be exchanged once for a key. `Debug` never prints it, and its memory is cleared when
/// it is dropped.
///
/// # Examples
///
/// ```no_run
/// # async fn example(flow: pollinations_ext::byop::CodeFlow, query: &str) -> Result<(), pollinations_ext::Error> {
/// let code: pollinations_ext::byop::Code = flow.code_from_redirect(query)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Code(SecretString);

impl Code {
    fn new(code: &str) -> Result<Self, Error> {
        if ["sk_", "pk_", "ag_"].iter().any(|prefix| code.starts_with(prefix)) {
            return Err(Error::request("the redirect has a key instead of a code"));
        }
        // RFC 6749, appendix A.11.
        if code.is_empty() || code.len() > MAX_CODE || !code.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(Error::request("the redirect has an invalid code"));
        }
        Ok(Self(SecretString::from(code)))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Code(…)")
    }
}

fn forged(message: &str) -> Error {
    Error::new(ErrorKind::StateMismatch, message)
}

#[cfg(test)]
mod tests {
    use super::{super::failure::OAuthError, *};

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn flow() -> CodeFlow {
        CodeFlow::new("pk_app".parse().unwrap(), "https://app.example/back?a=1")
            .with_state(State::restore("s3 cret/+"))
            .with_verifier(Verifier::restore(VERIFIER).unwrap())
    }

    fn accepted(callback: &str) -> Result<String, ErrorKind> {
        flow().code_from_redirect(callback).map(|code| code.0.expose_secret().to_owned()).map_err(|error| error.kind())
    }

    #[test]
    fn the_link_contains_every_option() {
        let flow = flow()
            .permissions([Permission::Profile, Permission::Usage, Permission::Keys])
            .models(["flux", "openai"])
            .budget(2.5)
            .expiry(7);
        assert_eq!(
            flow.url().unwrap(),
            "https://enter.pollinations.ai/authorize?response_type=code&client_id=pk_app\
             &redirect_uri=https%3A%2F%2Fapp.example%2Fback%3Fa%3D1&scope=profile+usage+keys&models=flux%2Copenai\
             &expiry=7&budget=2.5&state=s3+cret%2F%2B&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
             &code_challenge_method=S256"
        );
        assert!(!flow.url().unwrap().contains(VERIFIER) && !format!("{flow:?}").contains(VERIFIER), "{flow:?}");
    }

    #[test]
    fn invalid_options_are_rejected() {
        let to = |redirect_uri: &str| CodeFlow::new("pk_app".parse().unwrap(), redirect_uri);
        for flow in [
            to("not a URL"),
            to("https://app.example/#part"),
            flow().budget(0.0),
            flow().budget(f64::NAN),
            flow().expiry(0),
            CodeFlow::new("sk_secret".parse().unwrap(), "https://app.example"),
            flow().server(Server::at("nowhere")),
            flow().server(Server::at("data:x")),
        ] {
            assert_eq!(flow.url().unwrap_err().kind(), ErrorKind::InvalidRequest, "{flow:?}");
        }
    }

    #[test]
    fn redirects_are_accepted_in_every_form() {
        for callback in [
            "https://app.example/back?a=1&code=c0de&state=s3+cret%2F%2B",
            "https://app.example:443/back?state=s3%20cret%2f%2B&code=c0de&a=1&later=x#",
            "?code=c0de&state=s3+cret%2F%2B",
            "code=c0de&state=s3+cret%2F%2B&iss=https%3A%2F%2Fenter.pollinations.ai",
            "  code=c0de&state=s3+cret%2F%2B\n",
        ] {
            assert_eq!(accepted(callback).as_deref(), Ok("c0de"), "{callback}");
        }
    }

    #[test]
    fn forged_and_malformed_redirects_are_rejected() {
        use ErrorKind::{InvalidRequest, StateMismatch};
        for (callback, kind) in [
            // A different state, no state, or two states.
            ("?code=c0de&state=guessed", StateMismatch),
            ("?code=c0de&state=", StateMismatch),
            ("?code=c0de", StateMismatch),
            ("", StateMismatch),
            ("?error=access_denied", StateMismatch),
            ("?code=c0de&state=s3+cret%2F%2B&state=s3+cret%2F%2B", StateMismatch),
            // A different issuer.
            ("?code=c0de&state=s3+cret%2F%2B&iss=https%3A%2F%2Fevil.example", StateMismatch),
            ("?code=c0de&state=s3+cret%2F%2B&iss=https%3A%2F%2Fenter.pollinations.ai%2F", StateMismatch),
            ("?code=c0de&state=s3+cret%2F%2B&iss=https%3A%2F%2Fenter.pollinations.ai&iss=x", StateMismatch),
            // A different URL: scheme, host, port, path, or without the query of the redirect URI.
            ("http://app.example/back?a=1&code=c0de&state=s3+cret%2F%2B", StateMismatch),
            ("https://app.example.evil/back?a=1&code=c0de&state=s3+cret%2F%2B", StateMismatch),
            ("https://app.example:8443/back?a=1&code=c0de&state=s3+cret%2F%2B", StateMismatch),
            ("https://app.example/back/?a=1&code=c0de&state=s3+cret%2F%2B", StateMismatch),
            ("https://app.example/back?code=c0de&state=s3+cret%2F%2B", StateMismatch),
            // In the fragment.
            ("https://app.example/back?a=1#code=c0de&state=s3+cret%2F%2B", StateMismatch),
            ("#code=c0de&state=s3+cret%2F%2B", StateMismatch),
            ("?state=s3+cret%2F%2B#code=c0de", InvalidRequest),
            // Something that is not a code, or two codes.
            ("?state=s3+cret%2F%2B", InvalidRequest),
            ("?code=&state=s3+cret%2F%2B", InvalidRequest),
            ("?code=a&code=b&state=s3+cret%2F%2B", InvalidRequest),
            ("?code=%00&state=s3+cret%2F%2B", InvalidRequest),
            ("?code=sk_attackers&state=s3+cret%2F%2B", InvalidRequest),
            ("?api_key=sk_attackers&state=s3+cret%2F%2B", InvalidRequest),
            ("?code=c0de&access_token=sk_attackers&state=s3+cret%2F%2B", InvalidRequest),
            ("?code=c0de&error=a&error=b&state=s3+cret%2F%2B", InvalidRequest),
        ] {
            assert_eq!(accepted(callback), Err(kind), "{callback}");
        }
        let long = format!("?code={}&state=s3+cret%2F%2B", "x".repeat(MAX_CODE + 1));
        assert_eq!(accepted(&long), Err(InvalidRequest));
    }

    #[test]
    fn errors_have_a_kind_and_do_not_repeat_the_redirect() {
        let error = flow().code_from_redirect("?error=access_denied&state=s3+cret%2F%2B").unwrap_err();
        assert_eq!((error.kind(), error.oauth_error()), (ErrorKind::Denied, Some(OAuthError::AccessDenied)));
        let error = flow().code_from_redirect("?error=invalid_scope&state=s3+cret%2F%2B").unwrap_err();
        assert_eq!((error.kind(), error.oauth_error()), (ErrorKind::Denied, Some(OAuthError::InvalidScope)));
        for callback in [
            "?error=hidden&error_description=hidden&state=s3+cret%2F%2B",
            "?code=hidden&state=guess",
            "?code=sk_hidden&state=s3+cret%2F%2B",
            "https://hidden.example/?code=hidden&state=s3+cret%2F%2B",
        ] {
            let error = flow().code_from_redirect(callback).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hidden"), "{error:?}");
        }
    }
}
