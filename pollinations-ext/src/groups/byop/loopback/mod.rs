//! Receives the browser on 127.0.0.1, for programs without a URL of their own (RFC 8252, section 7.3).

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

/// Connections that are served at a time.
const MAX_CONNECTIONS: usize = 32;

/// How long a browser has to fetch the page that tells how it went.
const GRACE: Duration = Duration::from_secs(2);

/// Receives the user's browser on 127.0.0.1, once. `SignIn` uses it for you.
///
/// It listens on 127.0.0.1 only, and turns away requests under another name (DNS rebinding) and from other pages. What
/// it takes from the browser does not stay in the address bar.
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
    /// Takes a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if there is none.
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

    /// Takes this port of 127.0.0.1, for servers that want the exact address registered.
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

    /// The address for the browser to come back to: `http://127.0.0.1:<port>/callback`. Register
    /// `http://127.0.0.1/callback` for your app; the service ignores the port.
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

    /// Waits until the browser comes back with a code.
    ///
    /// An answer with a wrong state does not end the wait: any web page can send one here.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`](crate::ErrorKind::Denied) if the user denies access;
    /// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) when nothing comes within the limit, and
    /// [`ErrorKind::StateMismatch`](crate::ErrorKind::StateMismatch) if only forged answers did;
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) when the flow comes back to another address, or
    /// the answer has no code.
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
            return Err(Error::request("the redirect URI of the flow is not the address of the receiver"));
        }
        match self.wait(Way::Query(Box::new(flow.clone())), limit).await? {
            Received::Code(code) => Ok(code),
            Received::Key(_) => Err(Error::request("the answer has a key where the code should be")),
        }
    }

    /// Waits for the user to come back with a key in the fragment, for servers that have only that. The page that they
    /// come back to needs JavaScript: browsers do not send fragments.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`](crate::ErrorKind::Denied) when the user denies access,
    /// [`ErrorKind::StateMismatch`](crate::ErrorKind::StateMismatch) if the answer does not belong to this sign-in,
    /// [`ErrorKind::InvalidKey`](crate::ErrorKind::InvalidKey) if the key is malformed,
    /// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) when nothing comes within the limit.
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
            Received::Code(_) => Err(Error::request("the answer has a code where the key should be")),
        }
    }

    async fn wait(self, way: Way, limit: Duration) -> Result<Received, Error> {
        let desk = Arc::new(Desk::new(self.address, way));
        match timeout(limit, serve(self.listener, Arc::clone(&desk))).await {
            Ok(outcome) => outcome,
            // The limit came while the browser fetched its last page.
            Err(_) => desk.take().unwrap_or_else(|| Err(desk.nobody(limit))),
        }
    }
}

/// Serves connections until one of them has brought an answer, and the browser has had its page. What is still open
/// then is closed.
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
            // A browser that does not fetch its page.
            None => {
                if let Some(outcome) = desk.take() {
                    return outcome;
                }
                end = None;
            }
            // The browser has had its response when its connection ends.
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
            // Too many open files, perhaps: others may be closed.
            Some(Event::Accepted(Err(_))) => sleep(Duration::from_millis(50)).await,
        }
    }
}

enum Event {
    Answered,
    Accepted(std::io::Result<(TcpStream, SocketAddr)>),
}
