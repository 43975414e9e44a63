//! Finds out which user the client's API key belongs to.

use http::{HeaderValue, header::ACCEPT};
use reqwest::{Method, Request, Url};

use super::Pollinations;
use crate::{
    base::error::Error,
    exchange::{gateway::Gateway, options::Options, transport::Shared},
    groups::byop::{Server, UserInfo},
    key::KeyPlacement,
};

const USER_INFO: &str = "user_info";

impl Pollinations {
    /// Returns the user that the client's API key belongs to, as OpenID Connect claims. Use `sub` to identify a user:
    /// it never changes.
    ///
    /// Name and e-mail address are only returned if the key has the permission `profile`. Against the live service,
    /// the request goes to `https://enter.pollinations.ai/api/oauth/userinfo`. With any other
    /// [`base_url`](crate::Builder::base_url), it goes to `/api/oauth/userinfo` under that URL.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Api`](crate::ErrorKind::Api) with status 401 if the key is not valid
    /// ([`Error::is_signed_out`](crate::Error::is_signed_out)), and [`ErrorKind::Decode`](crate::ErrorKind::Decode)
    /// if the response has no user ID.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let user = pollinations.user_info().await?;
    /// println!("Hello {}", user.preferred_username.unwrap_or(user.sub));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn user_info(&self) -> Result<UserInfo, Error> {
        let asked = async {
            let mut request = Request::new(Method::GET, self.user_info_url()?);
            request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
            // OAuth 2.0 expects the token in the header (RFC 6750, section 2.1), wherever other requests carry it.
            let shared = Shared { placement: KeyPlacement::Header, ..Shared::clone(&self.shared) };
            let response = shared.fetch_from(request, USER_INFO, &Options::default()).await?;
            UserInfo::of_claims(response.body())
                .map_err(|error| error.with_request_id(response.request_id().map(str::to_owned)))
        };
        asked.await.map_err(|error: Error| error.with_operation(USER_INFO))
    }

    /// The live service handles sign-in on a different host than generation.
    fn user_info_url(&self) -> Result<Url, Error> {
        let base = &self.shared.base_url;
        let is_live = [Gateway::Current, Gateway::Legacy].iter().any(|gateway| gateway.base_url() == base);
        if is_live { Server::default().user_info_url() } else { Server::at(base).user_info_url() }
    }
}
