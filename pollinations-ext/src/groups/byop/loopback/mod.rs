//! Receives the redirect on 127.0.0.1, for programs without a URL of their own (RFC 8252, section 7.3).

use std::{
    future::poll_fn,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use self::desk::{Desk, Received, Way, connection};
use super::{
    code::{Code, CodeFlow},
    fragment::FragmentFlow,
};
use crate::{
    base::{
        error::Error,
        time::{Instant, sleep, timeout},
    },
    key::ApiKey,
};

mod desk;
mod page;
#[cfg(test)]
mod tests;

/// The maximum number of connections at the same time.
const MAX_CONNECTIONS: usize = 32;

/// How long the browser may take to load the result page.
const GRACE: Duration = Duration::from_secs(2);

/// Listens on 127.0.0.1 for the redirect of one sign-in. `SignIn` uses it for you.
///
/// It only listens on 127.0.0.1. It rejects requests with another host name (DNS rebinding) and requests from other
/// pages. The code or key does not stay in the browser's address bar.
///
/// Needs the feature `byop-loopback`.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use pollinations_ext::{Pollinations, byop::{CodeFlow, Receiver}};
///
/// # async fn example() -> Result<(), pollinations_ext::Error> {
/// let receiver = Receiver::bind().await?;
/// let flow = CodeFlow::new("pk_your_app".parse()?, receiver.redirect_url()).models(["flux"]).budget(1.0);
/// println!("Please visit {}", flow.url()?);
/// let code = receiver.receive_code(&flow, Duration::from_secs(300)).await?;
/// let grant = flow.exchange(&code).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is received until `receive_code` or `receive` is called"]
pub struct Receiver {
    listener: TcpListener,
    address: SocketAddr,
}

impl Receiver {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if no port is free.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::byop::Receiver;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), pollinations_ext::Error> {
    /// let receiver = Receiver::bind().await?;
    /// assert!(receiver.redirect_url().starts_with("http://127.0.0.1:"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn bind() -> Result<Self, Error> {
        Self::bind_port(0).await
    }

    /// Listens on this port of 127.0.0.1, for servers that require the exact redirect URI to be registered.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the port is taken.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), pollinations_ext::Error> {
    /// let receiver = pollinations_ext::byop::Receiver::bind_port(8400).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn bind_port(port: u16) -> Result<Self, Error> {
        let failed = |error| Error::io("cannot listen on 127.0.0.1", error);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// The redirect URI: `http://127.0.0.1:<port>/callback`. Register `http://127.0.0.1/callback` for your app; the
    /// service ignores the port.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pollinations_ext::byop::{CodeFlow, Receiver};
    /// # fn example(receiver: Receiver) -> Result<(), pollinations_ext::Error> {
    /// let flow = CodeFlow::new("pk_your_app".parse()?, receiver.redirect_url());
    /// # Ok(())
    /// # }
    /// ```
    pub fn redirect_url(&self) -> String {
        format!("http://{}{}", self.address, desk::PATH)
    }

    /// Waits until the browser returns with a code.
    ///
    /// A redirect with a wrong state does not end the wait, because any web page can send one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`](crate::ErrorKind::Denied) if the user denies access.
    /// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) if the browser does not return within the limit.
    /// [`ErrorKind::StateMismatch`](crate::ErrorKind::StateMismatch) if it only received forged redirects.
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the flow has a different redirect URI, or the redirect
    /// has no code.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use pollinations_ext::byop::{CodeFlow, Receiver};
    /// # async fn example(receiver: Receiver, flow: CodeFlow) -> Result<(), pollinations_ext::Error> {
    /// let code = receiver.receive_code(&flow, Duration::from_secs(300)).await?;
    /// let grant = flow.exchange(&code).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn receive_code(self, flow: &CodeFlow, limit: Duration) -> Result<Code, Error> {
        if flow.redirect_uri() != self.redirect_url() {
            return Err(Error::request("the redirect URI of the flow is not that of the receiver"));
        }
        match self.wait(Way::Query(Box::new(flow.clone())), limit).await? {
            Received::Code(code) => Ok(code),
            Received::Key(_) => Err(Error::request("the redirect has a key instead of a code")),
        }
    }

    /// Waits until the browser returns with a key in the fragment, for servers that support nothing else. The page
    /// that receives the fragment needs JavaScript, because browsers do not send fragments to servers.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`](crate::ErrorKind::Denied) if the user denies access.
    /// [`ErrorKind::StateMismatch`](crate::ErrorKind::StateMismatch) if the redirect does not belong to this sign-in.
    /// [`ErrorKind::InvalidKey`](crate::ErrorKind::InvalidKey) if the key is malformed.
    /// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) if the browser does not return within the limit.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use pollinations_ext::byop::{FragmentFlow, Receiver};
    /// # async fn example(receiver: Receiver, flow: FragmentFlow) -> Result<(), pollinations_ext::Error> {
    /// let key = receiver.receive(&flow, Duration::from_secs(300)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn receive(self, flow: &FragmentFlow, limit: Duration) -> Result<ApiKey, Error> {
        match self.wait(Way::Fragment(flow.state()), limit).await? {
            Received::Key(key) => Ok(key),
            Received::Code(_) => Err(Error::request("the redirect has a code instead of a key")),
        }
    }

    async fn wait(self, way: Way, limit: Duration) -> Result<Received, Error> {
        let desk = Arc::new(Desk::new(self.address, way));
        match timeout(limit, serve(self.listener, Arc::clone(&desk))).await {
            Ok(outcome) => outcome,
            // The limit expired while the browser loaded its last page.
            Err(_) => desk.take().unwrap_or_else(|| Err(desk.nobody(limit))),
        }
    }
}

/// Serves connections until one of them has delivered the result and the browser has loaded the result page. Then
/// closes all connections.
async fn serve(listener: TcpListener, desk: Arc<Desk>) -> Result<Received, Error> {
    let mut connections = JoinSet::new();
    let mut end: Option<Instant> = None;
    loop {
        let event = poll_fn(|context| {
            if let Poll::Ready(Some(_)) = connections.poll_join_next(context) {
                return Poll::Ready(Event::Answered);
            }
            if connections.len() < MAX_CONNECTIONS {
                return listener.poll_accept(context).map(Event::Accepted);
            }
            Poll::Pending
        });
        let event = match end {
            Some(end) => timeout(end.saturating_duration_since(Instant::now()), event).await.ok(),
            None => Some(event.await),
        };
        match event {
            // The browser did not load the result page.
            None => {
                if let Some(outcome) = desk.take() {
                    return outcome;
                }
                end = None;
            }
            // Once its connection ends, the browser has its response.
            Some(Event::Answered) if desk.is_done() => {
                if let Some(outcome) = desk.take() {
                    return outcome;
                }
            }
            Some(Event::Answered) => {
                if end.is_none() && desk.is_answered() {
                    end = Instant::now().checked_add(GRACE);
                }
            }
            Some(Event::Accepted(Ok((socket, _)))) => {
                connections.spawn(connection(socket, Arc::clone(&desk)));
            }
            // There may be too many open files; closing other connections can help.
            Some(Event::Accepted(Err(_))) => sleep(Duration::from_millis(50)).await,
        }
    }
}

enum Event {
    Answered,
    Accepted(std::io::Result<(TcpStream, SocketAddr)>),
}
