//! Starting, addressing and stopping an emulator.

use std::{io, net::Ipv4Addr, sync::Arc};

use axum::{
    Router,
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{account, audio, chat, enter, failure, image, media, models, state::State, text};

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
        Builder { port: 0, balance: BALANCE }
    }

    /// Where it listens, such as `http://127.0.0.1:41234`, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// What is left of the account's balance, in pollen.
    pub fn balance(&self) -> f64 {
        self.state.balance()
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
#[derive(Clone, Debug)]
pub struct Builder {
    port: u16,
    balance: f64,
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
        let state = Arc::new(State::new(base_url.clone(), self.balance));
        let app = router(Arc::clone(&state));
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            // `axum::serve` ends without an error once it may.
            let _ = axum::serve(listener, app)
                .with_graceful_shutdown(async {
                    let _ = stopped.await;
                })
                .await;
        });
        Ok(Emulator { base_url, state, stop: Some(stop), server })
    }
}

fn router(state: Arc<State>) -> Router {
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
        .route("/v1/audio/transcriptions", post(audio::transcribe))
        .route("/v1/chat/completions", post(chat::complete))
        .route("/v1/models", get(models::list))
        // The deprecated path of chat completions, and the older gateway.
        .route("/openai", post(chat::complete))
        .route("/generate/openai", post(chat::complete))
        .route("/generate/openai/chat/completions", post(chat::complete))
        .route("/generate/openai/models", get(models::list))
        .route("/generate/image/models", get(models::image))
        .route("/generate/image/{prompt}", get(image::generate))
        // Bring Your Own Pollen.
        .route("/authorize", get(enter::ask).post(enter::decide))
        .route("/device", get(enter::ask_device).post(enter::decide_device))
        .route("/api/device/code", post(enter::device_code))
        .route("/api/device/token", post(enter::device_token))
        .fallback(failure::not_found)
        .method_not_allowed_fallback(failure::method_not_allowed)
        .layer(middleware::from_fn_with_state(Arc::clone(&state), identify))
        .with_state(state)
}

/// Gives every response the id of its request, and every error body the same id.
async fn identify(
    axum::extract::State(state): axum::extract::State<Arc<State>>,
    request: Request,
    next: Next,
) -> Response {
    let id = state.next_request_id();
    let mut response = failure::render(next.run(request).await, &id);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}
