//! Who is behind the client's key.

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
    /// Asks who the client's key belongs to, by OpenID Connect's names. Use `sub` to recognize a user: it never changes.
    ///
    /// Name and e-mail address come only if the key has the permission `profile`. For the live service, the request goes
    /// to `https://enter.pollinations.ai/api/oauth/userinfo`; for any other [`base_url`](crate::Builder::base_url), to
    /// `/api/oauth/userinfo` there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Api`](crate::ErrorKind::Api) with status 401 when the key is not valid
    /// ([`Error::is_signed_out`](crate::Error::is_signed_out)), [`ErrorKind::Decode`](crate::ErrorKind::Decode) when the
    /// answer does not name a user.
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
            // OAuth 2.0 takes a token in the header (RFC 6750, section 2.1), wherever this client puts it else.
            let shared = Shared { placement: KeyPlacement::Header, ..Shared::clone(&self.shared) };
            let response = shared.fetch_from(request, USER_INFO, &Options::default()).await?;
            UserInfo::of_claims(response.body())
                .map_err(|error| error.with_request_id(response.request_id().map(str::to_owned)))
        };
        asked.await.map_err(|error: Error| error.with_operation(USER_INFO))
    }

    /// The live service signs its users in on another host than it generates on.
    fn user_info_url(&self) -> Result<Url, Error> {
        let base = &self.shared.base_url;
        let is_live = [Gateway::Current, Gateway::Legacy].iter().any(|gateway| gateway.base_url() == base);
        if is_live { Server::default().user_info_url() } else { Server::at(base).user_info_url() }
    }
}
