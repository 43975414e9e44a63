//! The link that asks a user for a key, and the way back.

use std::fmt;

use reqwest::Url;

use super::{ENTER_URL, state::State};
use crate::{
    base::error::{Error, ErrorKind},
    key::ApiKey,
};

/// What of a user's account a key may see.
///
/// # Examples
///
/// ```
/// use pollinations_ext::byop::Permission;
///
/// assert_eq!(Permission::Usage.to_string(), "usage");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permission {
    /// Name, address and tier: [`Account::profile`](crate::Account::profile).
    Profile,
    /// The pollen that is left: [`Account::balance`](crate::Account::balance).
    Balance,
    /// What was spent: [`Account::usage`](crate::Account::usage).
    Usage,
    /// The keys of the account.
    Keys,
}

impl fmt::Display for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Profile => "profile",
            Self::Balance => "balance",
            Self::Usage => "usage",
            Self::Keys => "keys",
        })
    }
}

/// Asks a user for a key of his.
///
/// # Examples
///
/// ```
/// use pollinations_ext::byop::Authorization;
///
/// let authorization = Authorization::new("https://example.com/back").models(["flux"]).budget(5.0);
/// let url = authorization.url()?;
/// assert!(url.starts_with("https://enter.pollinations.ai/authorize?redirect_url=https%3A%2F%2Fexample.com%2Fback"));
/// # Ok::<(), pollinations_ext::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "an authorization does nothing until its `url` is visited"]
pub struct Authorization {
    enter_url: String,
    redirect_url: String,
    permissions: Vec<Permission>,
    models: Vec<String>,
    budget: Option<f64>,
    expiry: Option<u32>,
    app_key: Option<ApiKey>,
    /// An error if the operating system had no randomness; told when the link is made.
    state: Result<State, String>,
    oauth_names: bool,
}

impl Authorization {
    /// Asks for a key, to be brought back to this address, with a new [`State`].
    ///
    /// # Examples
    ///
    /// ```
    /// let authorization = pollinations_ext::byop::Authorization::new("https://example.com/back");
    /// # let _ = authorization;
    /// ```
    pub fn new(redirect_url: impl Into<String>) -> Self {
        Self {
            enter_url: ENTER_URL.to_owned(),
            redirect_url: redirect_url.into(),
            permissions: Vec::new(),
            models: Vec::new(),
            budget: None,
            expiry: None,
            app_key: None,
            state: State::new().map_err(|error| error.message().to_owned()),
            oauth_names: false,
        }
    }

    /// What of the account the key may see; nothing by default.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::{Authorization, Permission};
    /// let authorization = Authorization::new("https://example.com").permissions([Permission::Balance]);
    /// # let _ = authorization;
    /// ```
    pub fn permissions(mut self, permissions: impl IntoIterator<Item = Permission>) -> Self {
        self.permissions = permissions.into_iter().collect();
        self
    }

    /// The models that the key may use; all by default.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::Authorization;
    /// let authorization = Authorization::new("https://example.com").models(["flux", "openai"]);
    /// # let _ = authorization;
    /// ```
    pub fn models<M: Into<String>>(mut self, models: impl IntoIterator<Item = M>) -> Self {
        self.models = models.into_iter().map(Into::into).collect();
        self
    }

    /// The pollen that the key may spend; as much as the account has by default.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::Authorization;
    /// let authorization = Authorization::new("https://example.com").budget(2.5);
    /// # let _ = authorization;
    /// ```
    pub fn budget(mut self, pollen: f64) -> Self {
        self.budget = Some(pollen);
        self
    }

    /// The days until the key expires; 30 if it is not set.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::Authorization;
    /// let authorization = Authorization::new("https://example.com").expiry(7);
    /// # let _ = authorization;
    /// ```
    pub fn expiry(mut self, days: u32) -> Self {
        self.expiry = Some(days);
        self
    }

    /// The publishable key of the program (`pk_…`), by which the service knows its name.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::Authorization;
    /// let authorization = Authorization::new("https://example.com").app_key("pk_example".parse()?);
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn app_key(mut self, key: ApiKey) -> Self {
        self.app_key = Some(key);
        self
    }

    /// A state of your own, in place of a new one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::{Authorization, State};
    /// let state = State::restore("from the session of the user");
    /// let authorization = Authorization::new("https://example.com/back").with_state(state);
    /// let key = authorization.accept("#api_key=sk_users&state=from+the+session+of+the+user")?;
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn with_state(mut self, state: State) -> Self {
        self.state = Ok(state);
        self
    }

    /// Names the parameters as OAuth does (`redirect_uri`, `scope`, `client_id`), which newer servers take too.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::Authorization;
    /// let url = Authorization::new("https://example.com").oauth_names().url()?;
    /// assert!(url.contains("redirect_uri="));
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn oauth_names(mut self) -> Self {
        self.oauth_names = true;
        self
    }

    /// Where the user is asked; `https://enter.pollinations.ai` by default. The emulator asks too.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::Authorization;
    /// let authorization = Authorization::new("https://example.com").enter_url("http://127.0.0.1:4000");
    /// assert!(authorization.url()?.starts_with("http://127.0.0.1:4000/authorize?"));
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn enter_url(mut self, url: impl Into<String>) -> Self {
        self.enter_url = url.into();
        self
    }

    /// The state that has to come back, to keep until then. Empty if there is none: then [`url`](Self::url) fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::Authorization;
    /// println!("{}", Authorization::new("https://example.com").state());
    /// ```
    pub fn state(&self) -> State {
        self.state.clone().unwrap_or_else(|_| State::restore(""))
    }

    /// The link for the user to visit.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Request`] when one of the addresses is none, when the budget is not a number above 0, or the app key
    /// is secret.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::Authorization;
    /// println!("Please visit {}", Authorization::new("https://example.com").url()?);
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn url(&self) -> Result<String, Error> {
        let state = self.state.as_ref().map_err(|problem| Error::request(problem.as_str()))?;
        if let Err(error) = Url::parse(&self.redirect_url) {
            return Err(Error::request(format!("the redirect URL is not one: {error}")));
        }
        if self.budget.is_some_and(|budget| !(budget.is_finite() && budget > 0.0)) {
            return Err(Error::request("the budget is not a number above 0"));
        }
        if self.app_key.as_ref().is_some_and(ApiKey::is_secret) {
            return Err(Error::request("the app key is secret, and everybody can read a link; it has to be a pk_ key"));
        }
        let mut url = Url::parse(&self.enter_url)
            .map_err(|error| Error::request(format!("the address to ask the user at is not one: {error}")))?;
        url.path_segments_mut()
            .map_err(|()| Error::request("the address to ask the user at has no paths"))?
            .pop_if_empty()
            .push("authorize");
        let name = |current, oauth| if self.oauth_names { oauth } else { current };
        let comma = |items: &[String]| (!items.is_empty()).then(|| items.join(","));
        let permissions: Vec<String> = self.permissions.iter().map(ToString::to_string).collect();
        let mut query = url.query_pairs_mut();
        query.append_pair(name("redirect_url", "redirect_uri"), &self.redirect_url);
        for (name, value) in [
            (name("permissions", "scope"), comma(&permissions)),
            ("models", comma(&self.models)),
            ("expiry", self.expiry.map(|days| days.to_string())),
            ("budget", self.budget.map(|budget| budget.to_string())),
            (name("app_key", "client_id"), self.app_key.as_ref().map(|key| key.expose_secret().to_owned())),
            ("state", Some(state.to_string())),
        ] {
            if let Some(value) = value {
                query.append_pair(name, &value);
            }
        }
        drop(query);
        Ok(url.into())
    }

    /// Takes the key from the way back: the full address that the browser came back to, or what follows its `#` alone.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`] when the user did not grant a key; [`ErrorKind::State`] when the state is missing or
    /// another; [`ErrorKind::Key`] when what came is no key; [`ErrorKind::Request`] when there is neither key nor error.
    /// None of them repeats what came.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::{ErrorKind, byop::Authorization};
    ///
    /// let authorization = Authorization::new("https://example.com/back");
    /// let state = authorization.state();
    /// let key = authorization.accept(&format!("https://example.com/back#api_key=sk_users&state={state}"))?;
    /// assert!(key.is_secret());
    ///
    /// let error = authorization.accept("#api_key=sk_attackers&state=guessed").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::State);
    /// let error = authorization.accept(&format!("#error=access_denied&state={state}")).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Denied);
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn accept(&self, way_back: &str) -> Result<ApiKey, Error> {
        accept(&self.state(), way_back)
    }
}

/// Takes the key from the way back.
pub(super) fn accept(state: &State, way_back: &str) -> Result<ApiKey, Error> {
    let way_back = way_back.trim();
    let fragment = match way_back.split_once('#') {
        Some((_, fragment)) => fragment,
        // Older servers come back with nothing when the user says no.
        None if Url::parse(way_back).is_ok() => "",
        None => way_back,
    };
    let parameters = Parameters::parse(fragment);
    let came_back = parameters.get("state");
    let error = parameters.get("error");
    let key = parameters.get("api_key");
    if key.is_none() && error.is_none() && came_back.is_none() && !parameters.is_encoded_nonsense() {
        return Err(Error::new(ErrorKind::Denied, "the user did not grant a key"));
    }
    if !came_back.is_some_and(|came_back| state.matches(came_back)) {
        let message = "the state is missing or is not the one that was sent; somebody else may have made this answer";
        return Err(Error::new(ErrorKind::State, message));
    }
    match (error, key) {
        (Some("access_denied"), _) => Err(Error::new(ErrorKind::Denied, "the user did not grant a key")),
        (Some(_), _) => Err(Error::new(ErrorKind::Denied, "the service did not grant a key")),
        (None, Some(key)) => ApiKey::new(key),
        (None, None) => Err(Error::request("the answer has neither a key nor an error")),
    }
}

/// The parameters of a fragment.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn parse(fragment: &str) -> Self {
        let direct = Self::decode(fragment);
        if direct.is_encoded_nonsense() {
            // Some pages hand the whole fragment on as one encoded value.
            if let Some((decoded, _)) = direct.0.into_iter().next() {
                return Self::decode(decoded.trim_start_matches('#'));
            }
            return Self(Vec::new());
        }
        direct
    }

    fn decode(text: &str) -> Self {
        let text = text.trim_start_matches(['?', '/']);
        let mut url = match Url::parse("http://fragment/") {
            Ok(url) => url,
            Err(_) => return Self(Vec::new()),
        };
        url.set_query(Some(text));
        Self(url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// Whether there is but one name, and parameters within it.
    fn is_encoded_nonsense(&self) -> bool {
        matches!(self.0.as_slice(), [(name, value)] if value.is_empty() && name.contains('='))
    }

    /// The value of a parameter. One that comes twice counts as none: nobody can tell which of the two is meant.
    fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (Some(value), None) => Some(value),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(way_back: &str) -> Result<String, ErrorKind> {
        let key = accept(&State::restore("s3 cret/+"), way_back);
        key.map(|key| key.expose_secret().to_owned()).map_err(|error| error.kind())
    }

    #[test]
    fn every_option_is_in_the_link() {
        let authorization = Authorization::new("https://app.example/back?a=1&b=2")
            .permissions([Permission::Profile, Permission::Balance, Permission::Usage, Permission::Keys])
            .models(["flux", "openai"])
            .budget(2.5)
            .expiry(7)
            .app_key("pk_app".parse().unwrap())
            .with_state(State::restore("s3 cret"));
        let rest = "=https%3A%2F%2Fapp.example%2Fback%3Fa%3D1%26b%3D2";
        assert_eq!(
            authorization.url().unwrap(),
            format!(
                "https://enter.pollinations.ai/authorize?redirect_url{rest}&permissions=profile%2Cbalance%2Cusage%2Ckeys\
                 &models=flux%2Copenai&expiry=7&budget=2.5&app_key=pk_app&state=s3+cret"
            )
        );
        assert_eq!(
            authorization.enter_url("http://127.0.0.1:9/x/").oauth_names().url().unwrap(),
            format!(
                "http://127.0.0.1:9/x/authorize?redirect_uri{rest}&scope=profile%2Cbalance%2Cusage%2Ckeys\
                 &models=flux%2Copenai&expiry=7&budget=2.5&client_id=pk_app&state=s3+cret"
            )
        );
    }

    #[test]
    fn links_that_cannot_work_are_refused() {
        let link = || Authorization::new("https://app.example");
        for authorization in [
            Authorization::new("not an address"),
            link().budget(0.0),
            link().budget(f64::NAN),
            link().app_key("sk_secret".parse().unwrap()),
            link().enter_url("nowhere"),
            link().enter_url("data:x"),
        ] {
            assert_eq!(authorization.url().unwrap_err().kind(), ErrorKind::Request);
        }
    }

    #[test]
    fn the_way_back_in_all_its_forms() {
        for way_back in [
            "https://app.example/back#api_key=sk_users&state=s3+cret%2F%2B",
            "https://app.example/back?x=y#state=s3%20cret%2f%2B&api_key=sk_users",
            "#api_key=sk_users&state=s3%20cret%2F%2B",
            "api_key=sk_users&state=s3%20cret%2F%2B&expires=30",
            "  api_key=sk%5Fusers&state=s3%20cret%2F%2B\n",
            "#api_key%3Dsk_users%26state%3Ds3%2520cret%252F%252B",
        ] {
            assert_eq!(accepted(way_back).as_deref(), Ok("sk_users"), "{way_back}");
        }
    }

    #[test]
    fn what_is_not_a_grant_is_refused() {
        use ErrorKind::{Denied, Key, Request, State};
        for (way_back, kind) in [
            ("https://app.example/back", Denied),
            ("https://app.example/back#", Denied),
            ("", Denied),
            ("#error=access_denied&state=s3%20cret%2F%2B", Denied),
            ("#error=server_error&state=s3%20cret%2F%2B", Denied),
            ("#error=access_denied", State),
            ("#api_key=sk_users", State),
            ("#api_key=sk_users&state=", State),
            ("#api_key=sk_users&state=guessed", State),
            ("#api_key=sk_users&state=s3%20cret%2F%2B&state=s3%20cret%2F%2B", State),
            ("#api_key=sk_a&api_key=sk_b&state=s3%20cret%2F%2B", Request),
            ("#state=s3%20cret%2F%2B", Request),
            ("#api_key=hunter2&state=s3%20cret%2F%2B", Key),
            // A key in the query has been seen by the server, and is not what the service sends.
            ("https://app.example/back?api_key=sk_users&state=s3%20cret%2F%2B", Denied),
        ] {
            assert_eq!(accepted(way_back), Err(kind), "{way_back}");
        }
    }

    #[test]
    fn errors_do_not_repeat_what_came() {
        for way_back in ["#api_key=sk_hidden&state=x", "#api_key=hidden&state=s3%20cret%2F%2B", "#error=hidden&state=x"]
        {
            let error = accept(&State::restore("s3 cret/+"), way_back).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hidden"), "{error:?}");
        }
    }
}
