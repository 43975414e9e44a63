//! Connected apps, which agents may use.

use std::sync::Arc;

use pollinations_api::{
    Client,
    types::{IntegrationLink, IntegrationList, IntegrationRequest, ToolkitList},
};

use super::id;
use crate::{
    base::error::Error,
    exchange::{
        options::Options,
        request::{Request, request},
        transport::Shared,
    },
};

const DISCONNECT: &str = "disconnect_integration";

/// The apps that agents may use on your behalf, such as a calendar or an issue tracker.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let integrations = pollinations.account().integrations();
/// let link = integrations.connect("github").await?;
/// println!("Please visit {:?}", link.url.or(link.redirect_url));
/// # assert_eq!(integrations.list().await?.data[0].toolkit, "github");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Integrations {
    shared: Arc<Shared>,
}

impl Integrations {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Lists the connected apps.
    ///
    /// Operation `list_integrations`.
    ///
    /// # Errors
    ///
    /// Status 401 if the API key is invalid.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for app in pollinations.account().integrations().list().await?.data {
    ///     println!("{} {}: {}", app.id, app.toolkit, app.status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> Request<IntegrationList> {
        request!(self.shared, list_integrations)
    }

    /// Lists apps that you can connect: popular ones, or those that match [`search`](Self::search).
    ///
    /// Operation `search_toolkits`.
    ///
    /// # Errors
    ///
    /// Status 401 if the API key is invalid.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for app in pollinations.account().integrations().available().await?.data {
    ///     println!("{}: {}", app.slug, app.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn available(&self) -> Request<ToolkitList> {
        request!(self.shared, search_toolkits)
    }

    /// Searches for apps that you can connect. The search text has at most 100 characters.
    ///
    /// Operation `search_toolkits`.
    ///
    /// # Errors
    ///
    /// Status 400 if the text is longer, 401 if the API key is invalid.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let calendars = pollinations.account().integrations().search("calendar").await?.data;
    /// # Ok(())
    /// # }
    /// ```
    pub fn search(&self, words: impl Into<String>) -> Request<ToolkitList> {
        let words = words.into();
        let send = move |client: &Client| client.search_toolkits().search(words).prepare();
        Request::new(&self.shared, "search_toolkits", send)
    }

    /// Starts to connect an app, by its `slug`, and returns the URL where you sign in to it.
    ///
    /// Operation `connect_integration`.
    ///
    /// # Errors
    ///
    /// Status 400 if there is no such app, 401 if the API key is invalid.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{:?}", pollinations.account().integrations().connect("github").await?.url);
    /// # Ok(())
    /// # }
    /// ```
    pub fn connect(&self, toolkit: impl Into<String>) -> Request<IntegrationLink> {
        let app = IntegrationRequest::new(toolkit.into());
        let send = move |client: &Client| client.connect_integration().body(app).prepare();
        Request::new(&self.shared, "connect_integration", send)
    }

    /// Disconnects an app, by the ID of the connection.
    ///
    /// Operation `disconnect_integration`.
    ///
    /// # Errors
    ///
    /// Status 401 if the API key is invalid, 404 if the ID is unknown.
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the ID is empty; then nothing is sent.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// pollinations.account().integrations().disconnect("connection_1").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn disconnect(&self, id: impl Into<String>) -> Result<(), Error> {
        let id = id.into();
        if let Some(problem) = id::problem(&id, "a connection") {
            return Err(Error::request(problem).with_operation(DISCONNECT));
        }
        let send = move |client: &Client| client.disconnect_integration().id(id).prepare();
        self.shared.raw(DISCONNECT, &Options::default(), send).await.map(drop)
    }
}
