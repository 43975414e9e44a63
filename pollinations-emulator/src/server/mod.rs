//! Starting, addressing and stopping an emulator.

use std::{io, sync::Arc};

use tokio::{sync::oneshot, task::JoinHandle};

use crate::{
    base::document,
    fault::{self, Fault},
    journal::Entry,
    state::State,
};

mod builder;
mod scenario;
mod serve;
mod socket;

pub use builder::Builder;
pub use scenario::Scenario;

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
    /// If no port is free.
    ///
    /// # Panics
    ///
    /// Outside a Tokio runtime.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Configures an emulator before it starts.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The URL, such as `http://127.0.0.1:41234`, without a trailing slash.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The balance of the account in pollen: quest pollen and paid pollen together.
    pub fn balance(&self) -> f64 {
        self.state.ledger.balance()
    }

    /// The number of charges so far. Requests that share a generation are charged once.
    pub fn charges(&self) -> usize {
        self.state.ledger.charges()
    }

    /// Adds a fault for the next requests.
    pub fn inject(&self, fault: Fault) {
        self.state.faults.add(fault);
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.state.faults.clear();
    }

    /// The requests so far, oldest first. A request is added when its response begins.
    pub fn journal(&self) -> Vec<Entry> {
        self.state.journal.entries()
    }

    /// Clears the journal.
    pub fn clear_journal(&self) {
        self.state.journal.clear();
    }

    /// The ids of all operations, as in `openapi.json`.
    pub fn operations() -> impl Iterator<Item = &'static str> {
        document::operations()
    }

    /// The names of the provider quirks that [`Fault::quirk`] replays, such as `chat/content-text-parts`.
    pub fn quirks() -> impl Iterator<Item = &'static str> {
        fault::quirks().iter().map(|quirk| quirk.name.as_str())
    }

    /// Stops accepting connections, and returns when all open requests are answered.
    pub async fn stop(mut self) {
        self.state.closing.send_replace(true);
        if let Some(stop) = self.stop.take() {
            // An error means that the server has stopped already.
            let _ = stop.send(());
        }
        // An error means that the server has panicked, so there is nothing left to stop.
        let _ = (&mut self.server).await;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.state.closing.send_replace(true);
        self.server.abort();
    }
}
