//! Sign-in with one call, for programs on the user's machine.

use std::{fmt, time::Duration};

use super::{
    asked::{Asked, Permission},
    code::CodeFlow,
    loopback::Receiver,
    server::Server,
    token::Grant,
};
use crate::{base::error::Error, key::ApiKey};

/// The default time limit for the user's answer.
const LIMIT: Duration = Duration::from_secs(300);

type Show = Box<dyn FnOnce(&str) + Send>;

/// Signs in the user of a desktop or command-line program, with one call: opens the link in their browser, waits
/// until the browser returns to 127.0.0.1, and exchanges the code for their API key.
///
/// Register `http://127.0.0.1/callback` as a redirect URI of your app. Needs the feature `byop-loopback`. With the
/// feature `open-browser`, it also opens the browser.
///
/// # Examples
///
/// ```no_run
/// use pollinations_ext::{Pollinations, byop::SignIn};
///
/// # async fn example() -> Result<(), pollinations_ext::Error> {
/// let grant = SignIn::new("pk_your_app".parse()?).budget(2.5).run().await?;
/// let pollinations = Pollinations::builder().key(grant.into_key()).build()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a sign-in does nothing until `run` is called"]
pub struct SignIn {
    app_key: ApiKey,
    asked: Asked,
    server: Server,
    limit: Duration,
    port: u16,
    opens_browser: bool,
    show: Show,
}

impl SignIn {
    /// Creates a sign-in for the app with this app key (`pk_…`).
    ///
    /// # Examples
    ///
    /// ```
    /// let sign_in = pollinations_ext::byop::SignIn::new("pk_your_app".parse()?);
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn new(app_key: ApiKey) -> Self {
        Self {
            app_key,
            asked: Asked::default(),
            server: Server::default(),
            limit: LIMIT,
            port: 0,
            opens_browser: true,
            show: Box::new(|link| eprintln!("To sign in, open this link in your browser:\n{link}")),
        }
    }

    /// Sets what the key may read or change in the user's account. The default is nothing. The user can grant less:
    /// see [`Grant::scopes`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::{Permission, SignIn};
    /// # fn example(sign_in: SignIn) {
    /// let sign_in = sign_in.permissions([Permission::Profile]);
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
    /// # fn example(sign_in: pollinations_ext::byop::SignIn) {
    /// let sign_in = sign_in.models(["flux"]);
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
    /// # fn example(sign_in: pollinations_ext::byop::SignIn) {
    /// let sign_in = sign_in.budget(2.5);
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
    /// # fn example(sign_in: pollinations_ext::byop::SignIn) {
    /// let sign_in = sign_in.expiry(30);
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
    /// # use pollinations_ext::byop::{Server, SignIn};
    /// # fn example(sign_in: SignIn) {
    /// let sign_in = sign_in.server(Server::at("http://127.0.0.1:4000"));
    /// # }
    /// ```
    pub fn server(mut self, server: Server) -> Self {
        self.server = server;
        self
    }

    /// Sets how long to wait for the user. The default is 5 minutes.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(sign_in: pollinations_ext::byop::SignIn) {
    /// let sign_in = sign_in.timeout(std::time::Duration::from_secs(60));
    /// # }
    /// ```
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Sets the port on 127.0.0.1. The default is any free port.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(sign_in: pollinations_ext::byop::SignIn) {
    /// let sign_in = sign_in.port(8400);
    /// # }
    /// ```
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets whether to open the user's browser, if the feature `open-browser` is on. The default is `true`. The link
    /// is always shown as well, because the program cannot tell whether a browser opened.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(sign_in: pollinations_ext::byop::SignIn) {
    /// let sign_in = sign_in.open_browser(false);
    /// # }
    /// ```
    pub fn open_browser(mut self, opens: bool) -> Self {
        self.opens_browser = opens;
        self
    }

    /// Shows the link in your own way, such as a button or a QR code. By default, it is printed to standard error.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(sign_in: pollinations_ext::byop::SignIn) {
    /// let sign_in = sign_in.show_link(|link| println!("Please visit {link}"));
    /// # }
    /// ```
    pub fn show_link(mut self, show: impl FnOnce(&str) + Send + 'static) -> Self {
        self.show = Box::new(show);
        self
    }

    /// Signs in the user and returns their key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`](crate::ErrorKind::Denied) if the user denies access,
    /// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) if they do not answer in time,
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the port is taken, and the errors of [`CodeFlow::url`],
    /// [`Receiver::receive_code`] and [`CodeFlow::exchange`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(sign_in: pollinations_ext::byop::SignIn) -> Result<(), pollinations_ext::Error> {
    /// let grant = sign_in.run().await?;
    /// println!("granted: {}", grant.scopes().join(", "));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn run(self) -> Result<Grant, Error> {
        let receiver = Receiver::bind_port(self.port).await?;
        let flow = CodeFlow::new(self.app_key, receiver.redirect_url()).asking(self.asked).server(self.server);
        let link = flow.url()?;
        (self.show)(&link);
        if self.opens_browser {
            open(&link);
        }
        let code = receiver.receive_code(&flow, self.limit).await?;
        flow.exchange(&code).await
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SignIn")
            .field("app_key", &self.app_key)
            .field("asked", &self.asked)
            .field("server", &self.server)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// Opens the browser, if there is one. If not, the user still has the link.
#[cfg(all(feature = "open-browser", not(target_arch = "wasm32")))]
fn open(link: &str) {
    let _ = open::that_detached(link);
}

#[cfg(not(all(feature = "open-browser", not(target_arch = "wasm32"))))]
fn open(_: &str) {}
