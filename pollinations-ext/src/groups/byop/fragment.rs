//! The older sign-in, which returns the key in the fragment of a URL.

use reqwest::Url;

use super::{
    ENTER_URL,
    asked::{Asked, Permission},
    callback::Parameters,
    state::State,
};
use crate::{
    base::error::{Error, ErrorKind},
    key::ApiKey,
};

/// The older sign-in, which returns the key in the fragment of a URL (`#api_key=…`). Use it for servers that support
/// nothing else. For new programs, use a [`CodeFlow`](super::CodeFlow).
///
/// # Examples
///
/// ```
/// use pollinations_ext::byop::FragmentFlow;
///
/// let flow = FragmentFlow::new("https://example.com/back").models(["flux"]).budget(5.0);
/// let url = flow.url()?;
/// assert!(url.starts_with("https://enter.pollinations.ai/authorize?redirect_url=https%3A%2F%2Fexample.com%2Fback"));
/// # Ok::<(), pollinations_ext::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a flow does nothing until its `url` is visited"]
pub struct FragmentFlow {
    enter_url: String,
    redirect_url: String,
    asked: Asked,
    app_key: Option<ApiKey>,
    /// An error if the operating system has no random numbers. Reported when the link is created.
    state: Result<State, String>,
    oauth_names: bool,
}

/// The former name of [`FragmentFlow`].
#[deprecated(since = "0.1.0", note = "use `FragmentFlow`")]
pub type Authorization = FragmentFlow;

impl FragmentFlow {
    /// Creates a sign-in with a new [`State`], which returns the browser to this URL.
    ///
    /// # Examples
    ///
    /// ```
    /// let flow = pollinations_ext::byop::FragmentFlow::new("https://example.com/back");
    /// # let _ = flow;
    /// ```
    pub fn new(redirect_url: impl Into<String>) -> Self {
        Self {
            enter_url: ENTER_URL.to_owned(),
            redirect_url: redirect_url.into(),
            asked: Asked::default(),
            app_key: None,
            state: State::new().map_err(|error| error.message().to_owned()),
            oauth_names: false,
        }
    }

    /// Sets what the key may read or change in the account. The default is nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::{FragmentFlow, Permission};
    /// let flow = FragmentFlow::new("https://example.com").permissions([Permission::Balance]);
    /// # let _ = flow;
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
    /// # use pollinations_ext::byop::FragmentFlow;
    /// let flow = FragmentFlow::new("https://example.com").models(["flux", "openai"]);
    /// # let _ = flow;
    /// ```
    pub fn models<M: Into<String>>(mut self, models: impl IntoIterator<Item = M>) -> Self {
        self.asked.models = models.into_iter().map(Into::into).collect();
        self
    }

    /// Sets how much pollen the key may spend. The default is 5.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::FragmentFlow;
    /// let flow = FragmentFlow::new("https://example.com").budget(2.5);
    /// # let _ = flow;
    /// ```
    pub fn budget(mut self, pollen: f64) -> Self {
        self.asked.budget = Some(pollen);
        self
    }

    /// Sets the number of days until the key expires. The default is 7.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::FragmentFlow;
    /// let flow = FragmentFlow::new("https://example.com").expiry(7);
    /// # let _ = flow;
    /// ```
    pub fn expiry(mut self, days: u32) -> Self {
        self.asked.expiry = Some(days);
        self
    }

    /// Sets the app key of your program (`pk_…`), so that the sign-in page can show its name.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::FragmentFlow;
    /// let flow = FragmentFlow::new("https://example.com").app_key("pk_example".parse()?);
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn app_key(mut self, key: ApiKey) -> Self {
        self.app_key = Some(key);
        self
    }

    /// Uses your own state instead of a generated one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::{FragmentFlow, State};
    /// let state = State::restore("from the session of the user");
    /// let flow = FragmentFlow::new("https://example.com/back").with_state(state);
    /// let key = flow.key_from_redirect("#api_key=sk_users&state=from+the+session+of+the+user")?;
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn with_state(mut self, state: State) -> Self {
        self.state = Ok(state);
        self
    }

    /// Uses the parameter names of OAuth (`redirect_uri`, `scope`, `client_id`), which newer servers accept too.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::FragmentFlow;
    /// let url = FragmentFlow::new("https://example.com").oauth_names().url()?;
    /// assert!(url.contains("redirect_uri="));
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn oauth_names(mut self) -> Self {
        self.oauth_names = true;
        self
    }

    /// Sets the sign-in server. The default is `https://enter.pollinations.ai`. The emulator works too.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::FragmentFlow;
    /// let flow = FragmentFlow::new("https://example.com").enter_url("http://127.0.0.1:4000");
    /// assert!(flow.url()?.starts_with("http://127.0.0.1:4000/authorize?"));
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn enter_url(mut self, url: impl Into<String>) -> Self {
        self.enter_url = url.into();
        self
    }

    /// The state, which the redirect back must repeat. Store it until then. If it is empty, [`url`](Self::url) fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::FragmentFlow;
    /// println!("{}", FragmentFlow::new("https://example.com").state());
    /// ```
    pub fn state(&self) -> State {
        self.state.clone().unwrap_or_else(|_| State::restore(""))
    }

    /// The link for the user to open.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] if a URL is invalid, the budget is not a number above 0, or the app key is secret.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::FragmentFlow;
    /// println!("Please visit {}", FragmentFlow::new("https://example.com").url()?);
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn url(&self) -> Result<String, Error> {
        let state = self.state.as_ref().map_err(|problem| Error::request(problem.as_str()))?;
        if let Err(error) = Url::parse(&self.redirect_url) {
            return Err(Error::request(format!("the redirect URL is invalid: {error}")));
        }
        self.asked.check()?;
        if self.app_key.as_ref().is_some_and(ApiKey::is_secret) {
            return Err(Error::request(
                "the app key must be publishable (pk_…), because a link is visible to everyone",
            ));
        }
        let mut url = Url::parse(&self.enter_url)
            .map_err(|error| Error::request(format!("the sign-in URL is invalid: {error}")))?;
        url.path_segments_mut()
            .map_err(|()| Error::request("the sign-in URL cannot have a path"))?
            .pop_if_empty()
            .push("authorize");
        let name = |current, oauth| if self.oauth_names { oauth } else { current };
        let mut query = url.query_pairs_mut();
        query.append_pair(name("redirect_url", "redirect_uri"), &self.redirect_url);
        if let Some(scope) = self.asked.scope(",") {
            query.append_pair(name("permissions", "scope"), &scope);
        }
        query.extend_pairs(self.asked.limits());
        if let Some(key) = &self.app_key {
            query.append_pair(name("app_key", "client_id"), key.expose_secret());
        }
        query.append_pair("state", &state.to_string());
        drop(query);
        Ok(url.into())
    }

    /// Reads the key from the URL that the browser returned to. Pass the full URL, or only the part after `#`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`] if the user denied access. [`ErrorKind::StateMismatch`] if the state is missing or wrong.
    /// [`ErrorKind::InvalidKey`] if the key is malformed. [`ErrorKind::InvalidRequest`] if there is neither a key nor an error.
    /// Error messages never contain the URL.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::{ErrorKind, byop::FragmentFlow};
    ///
    /// let flow = FragmentFlow::new("https://example.com/back");
    /// let state = flow.state();
    /// let key = flow.key_from_redirect(&format!("https://example.com/back#api_key=sk_users&state={state}"))?;
    /// assert!(key.is_secret());
    ///
    /// let error = flow.key_from_redirect("#api_key=sk_attackers&state=guessed").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::StateMismatch);
    /// let error = flow.key_from_redirect(&format!("#error=access_denied&state={state}")).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Denied);
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn key_from_redirect(&self, callback: &str) -> Result<ApiKey, Error> {
        accept(&self.state(), callback)
    }

    /// The former name of [`key_from_redirect`](Self::key_from_redirect).
    ///
    /// # Errors
    ///
    /// Those of [`key_from_redirect`](Self::key_from_redirect).
    #[deprecated(since = "0.1.0", note = "use `key_from_redirect`")]
    pub fn accept(&self, callback: &str) -> Result<ApiKey, Error> {
        self.key_from_redirect(callback)
    }
}

/// Reads the key from the URL that the browser returned to.
pub(super) fn accept(state: &State, callback: &str) -> Result<ApiKey, Error> {
    let callback = callback.trim();
    let fragment = match callback.split_once('#') {
        Some((_, fragment)) => fragment,
        // Older servers redirect back without parameters if the user denies access.
        None if Url::parse(callback).is_ok() => "",
        None => callback,
    };
    let parameters = Parameters::of_fragment(fragment);
    let came_back = parameters.get("state");
    let error = parameters.get("error");
    let key = parameters.get("api_key");
    if key.is_none() && error.is_none() && came_back.is_none() && !parameters.is_encoded_whole() {
        return Err(Error::new(ErrorKind::Denied, "the user denied access"));
    }
    if !came_back.is_some_and(|came_back| state.matches(came_back)) {
        let message = "the state is missing or wrong, so the redirect may be forged; start the sign-in again";
        return Err(Error::new(ErrorKind::StateMismatch, message));
    }
    match (error, key) {
        (Some("access_denied"), _) => Err(Error::new(ErrorKind::Denied, "the user denied access")),
        (Some(_), _) => Err(Error::new(ErrorKind::Denied, "the service did not grant a key")),
        (None, Some(key)) => ApiKey::new(key),
        (None, None) => Err(Error::request("the redirect has neither a key nor an error; check the redirect URL")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(callback: &str) -> Result<String, ErrorKind> {
        let key = accept(&State::restore("s3 cret/+"), callback);
        key.map(|key| key.expose_secret().to_owned()).map_err(|error| error.kind())
    }

    #[test]
    fn the_link_contains_every_option() {
        let flow = FragmentFlow::new("https://app.example/back?a=1&b=2")
            .permissions([Permission::Profile, Permission::Balance, Permission::Usage, Permission::Keys])
            .models(["flux", "openai"])
            .budget(2.5)
            .expiry(7)
            .app_key("pk_app".parse().unwrap())
            .with_state(State::restore("s3 cret"));
        let rest = "=https%3A%2F%2Fapp.example%2Fback%3Fa%3D1%26b%3D2";
        assert_eq!(
            flow.url().unwrap(),
            format!(
                "https://enter.pollinations.ai/authorize?redirect_url{rest}&permissions=profile%2Cbalance%2Cusage%2Ckeys\
                 &models=flux%2Copenai&expiry=7&budget=2.5&app_key=pk_app&state=s3+cret"
            )
        );
        assert_eq!(
            flow.enter_url("http://127.0.0.1:9/x/").oauth_names().url().unwrap(),
            format!(
                "http://127.0.0.1:9/x/authorize?redirect_uri{rest}&scope=profile%2Cbalance%2Cusage%2Ckeys\
                 &models=flux%2Copenai&expiry=7&budget=2.5&client_id=pk_app&state=s3+cret"
            )
        );
    }

    #[test]
    fn invalid_options_are_rejected() {
        let link = || FragmentFlow::new("https://app.example");
        for flow in [
            FragmentFlow::new("not a URL"),
            link().budget(0.0),
            link().budget(f64::NAN),
            link().app_key("sk_secret".parse().unwrap()),
            link().enter_url("nowhere"),
            link().enter_url("data:x"),
        ] {
            assert_eq!(flow.url().unwrap_err().kind(), ErrorKind::InvalidRequest);
        }
    }

    #[test]
    fn redirects_are_accepted_in_every_form() {
        for callback in [
            "https://app.example/back#api_key=sk_users&state=s3+cret%2F%2B",
            "https://app.example/back?x=y#state=s3%20cret%2f%2B&api_key=sk_users",
            "#api_key=sk_users&state=s3%20cret%2F%2B",
            "api_key=sk_users&state=s3%20cret%2F%2B&expires=30",
            "  api_key=sk%5Fusers&state=s3%20cret%2F%2B\n",
            "#api_key%3Dsk_users%26state%3Ds3%2520cret%252F%252B",
        ] {
            assert_eq!(accepted(callback).as_deref(), Ok("sk_users"), "{callback}");
        }
    }

    #[test]
    fn denied_forged_and_malformed_redirects_are_rejected() {
        use ErrorKind::{Denied, InvalidKey, InvalidRequest, StateMismatch};
        for (callback, kind) in [
            ("https://app.example/back", Denied),
            ("https://app.example/back#", Denied),
            ("", Denied),
            ("#error=access_denied&state=s3%20cret%2F%2B", Denied),
            ("#error=server_error&state=s3%20cret%2F%2B", Denied),
            ("#error=access_denied", StateMismatch),
            ("#api_key=sk_users", StateMismatch),
            ("#api_key=sk_users&state=", StateMismatch),
            ("#api_key=sk_users&state=guessed", StateMismatch),
            ("#api_key=sk_users&state=s3%20cret%2F%2B&state=s3%20cret%2F%2B", StateMismatch),
            ("#api_key=sk_a&api_key=sk_b&state=s3%20cret%2F%2B", InvalidRequest),
            ("#state=s3%20cret%2F%2B", InvalidRequest),
            ("#api_key=hunter2&state=s3%20cret%2F%2B", InvalidKey),
            // The service never sends a key in the query, because the server would see it.
            ("https://app.example/back?api_key=sk_users&state=s3%20cret%2F%2B", Denied),
        ] {
            assert_eq!(accepted(callback), Err(kind), "{callback}");
        }
    }

    #[test]
    fn errors_do_not_repeat_the_redirect() {
        for callback in ["#api_key=sk_hidden&state=x", "#api_key=hidden&state=s3%20cret%2F%2B", "#error=hidden&state=x"]
        {
            let error = accept(&State::restore("s3 cret/+"), callback).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hidden"), "{error:?}");
        }
    }
}
