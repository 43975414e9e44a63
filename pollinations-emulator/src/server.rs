//! Starting, addressing and stopping an emulator.

use std::{convert::Infallible, fmt, io, net::Ipv4Addr, sync::Arc};

use axum::{
    Router,
    extract::Request,
    middleware,
    routing::{get, post},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tower_service::Service;

use crate::{
    account, admit, audio,
    auth::{Key, Keys},
    chat, control, document, enter, failure,
    fault::{self, Connection, Fault, Faults},
    image,
    journal::{Entry, Journal, Listener},
    media, models,
    scenario::Scenario,
    socket::Socket,
    state::State,
    text,
};

/// The pollen that an account starts with.
const BALANCE: f64 = 100.0;

/// A running emulator. It stops when dropped.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use pollinations_emulator::Emulator;
///
/// let emulator = Emulator::start().await?;
/// let models = reqwest::get(format!("{}/v1/models", emulator.base_url())).await?;
/// assert!(models.status().is_success());
/// assert_eq!(emulator.journal()[0].operation.as_deref(), Some("list_models"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Emulator {
    base_url: String,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl Emulator {
    /// Starts an emulator with the defaults of [`Builder`] on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    ///
    /// # Panics
    ///
    /// Outside a Tokio runtime.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Configures an emulator before it starts.
    pub fn builder() -> Builder {
        Builder { port: 0, balance: BALANCE, keys: Vec::new(), faults: Vec::new(), listener: None }
    }

    /// Where it listens, such as `http://127.0.0.1:41234`, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// What is left of the account's balance, in pollen.
    pub fn balance(&self) -> f64 {
        self.state.balance()
    }

    /// Makes something go wrong from now on.
    pub fn inject(&self, fault: Fault) {
        self.state.faults.add(fault);
    }

    /// Takes back what was to go wrong.
    pub fn clear_faults(&self) {
        self.state.faults.clear();
    }

    /// What it was asked so far, the oldest first. A request is listed when its response begins.
    pub fn journal(&self) -> Vec<Entry> {
        self.state.journal.entries()
    }

    /// Forgets what it was asked.
    pub fn clear_journal(&self) {
        self.state.journal.clear();
    }

    /// The ids of the operations that it answers, as in `openapi.json`.
    pub fn operations() -> impl Iterator<Item = &'static str> {
        document::operations()
    }

    /// Stops accepting connections and returns when those that are open have been answered.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // An error means that the server has ended by itself.
            let _ = stop.send(());
        }
        // The task does nothing that could panic; if it did, there is nothing left to stop.
        let _ = (&mut self.server).await;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Settings of an [`Emulator`].
#[must_use = "a builder does nothing until `start` is called"]
pub struct Builder {
    port: u16,
    balance: f64,
    keys: Vec<Key>,
    faults: Vec<Fault>,
    listener: Option<Listener>,
}

impl Builder {
    /// Listens on this port; 0, the default, takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Gives the account this balance, in pollen; 100 by default. When it is used up, generations answer 402.
    pub fn balance(mut self, pollen: f64) -> Self {
        self.balance = pollen;
        self
    }

    /// Accepts this key. Without a call of this, every key of the right shape (`sk_…`, `pk_…`) is accepted; with one,
    /// those of the calls alone.
    pub fn key(mut self, key: Key) -> Self {
        self.keys.push(key);
        self
    }

    /// Makes something go wrong.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Begins as a file says.
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.balance = scenario.balance.unwrap_or(self.balance);
        self.keys.extend(scenario.keys);
        self.faults.extend(scenario.faults);
        self
    }

    /// Calls this for every request that was answered, for a log.
    pub fn on_request(mut self, listener: impl Fn(&Entry) + Send + Sync + 'static) -> Self {
        self.listener = Some(Box::new(listener));
        self
    }

    /// Starts the emulator.
    ///
    /// # Errors
    ///
    /// When the port is taken.
    ///
    /// # Panics
    ///
    /// Outside a Tokio runtime.
    pub async fn start(self) -> io::Result<Emulator> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let state = Arc::new(State::new(
            base_url.clone(),
            self.balance,
            Keys::new(self.keys),
            Faults::new(self.faults),
            Journal::new(self.listener),
        ));
        let app = router(Arc::clone(&state));
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(serve(listener, app, stopped));
        Ok(Emulator { base_url, state, stop: Some(stop), server })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Builder")
            .field("port", &self.port)
            .field("balance", &self.balance)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

/// Accepts connections until it is told to stop, then waits for those that are open. Dropping it closes them.
async fn serve(listener: TcpListener, app: Router, stopped: oneshot::Receiver<()>) {
    let graceful = GracefulShutdown::new();
    let mut connections = tokio::task::JoinSet::new();
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else {
                    // Too many open files, perhaps: others may be closed.
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                    continue;
                };
                // Small pieces of a stream go out at once.
                let _ = stream.set_nodelay(true);
                let connection = Connection::default();
                let socket = Socket::new(stream, connection.clone());
                let app = app.clone();
                let service = service_fn(move |request: Request<Incoming>| {
                    let (mut app, connection) = (app.clone(), connection.clone());
                    async move {
                        let mut request = request.map(axum::body::Body::new);
                        request.extensions_mut().insert(connection.clone());
                        let response: Result<_, Infallible> = app.call(request).await;
                        fault::send(fault::infallible(response), &connection)
                    }
                });
                let serving = http1::Builder::new().serve_connection(TokioIo::new(socket), service);
                let serving = graceful.watch(serving);
                connections.spawn(async move {
                    // A client that has gone away is no failure.
                    let _ = serving.await;
                });
            }
        }
    }
    drop(listener);
    graceful.shutdown().await;
}

fn router(state: Arc<State>) -> Router {
    let document = || async { ([(axum::http::header::CONTENT_TYPE, "application/json")], document::TEXT) };
    Router::new()
        .route("/account/balance", get(account::balance))
        .route("/account/key", get(account::key))
        .route("/account/profile", get(account::profile))
        .route("/account/usage", get(account::usage))
        .route("/account/usage/daily", get(account::daily))
        .route("/audio/models", get(models::audio))
        .route("/audio/{text}", get(audio::generate))
        .route("/image/models", get(models::image))
        .route("/image/{prompt}", get(image::generate))
        .route("/text/models", get(models::text))
        .route("/text/{prompt}", get(text::generate).post(text::generate))
        .route("/upload", post(media::upload).layer(media::limit()))
        .route("/{hash}", get(media::fetch))
        .route("/v1/audio/speech", post(audio::speech))
        .route("/v1/audio/transcriptions", post(audio::transcribe).layer(audio::limit()))
        .route("/v1/chat/completions", post(chat::complete))
        .route("/v1/models", get(models::list))
        // The deprecated path of chat completions, and the older gateway.
        .route("/openai", post(chat::complete))
        .route("/generate/openai", post(chat::complete))
        .route("/generate/openai/chat/completions", post(chat::complete))
        .route("/generate/openai/models", get(models::list))
        .route("/generate/image/models", get(models::image))
        .route("/generate/image/{prompt}", get(image::generate))
        // The document itself, under the service's addresses for it.
        .route("/openapi", get(document))
        .route("/openapi.json", get(document))
        .route("/docs/open-api/generate-schema", get(document))
        .route("/api/docs/open-api/generate-schema", get(document))
        // Bring Your Own Pollen.
        .route("/authorize", get(enter::ask).post(enter::decide))
        .route("/device", get(enter::ask_device).post(enter::decide_device))
        .route("/api/device/code", post(enter::device_code))
        .route("/api/device/token", post(enter::device_token))
        // The emulator's own.
        .route("/_emulator/faults", get(control::faults).post(control::add_faults).delete(control::clear_faults))
        .route("/_emulator/journal", get(control::journal).delete(control::clear_journal))
        .route("/_emulator/state", get(control::state).put(control::set_state))
        .fallback(failure::not_found)
        .method_not_allowed_fallback(failure::method_not_allowed)
        .layer(middleware::from_fn_with_state(Arc::clone(&state), admit::admit))
        .with_state(state)
}
