//! The state of an emulator.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

use crate::{
    base::{app::Apps, refusal::Refusals},
    fault::Faults,
    journal::Journal,
};

mod codes;
mod devices;
mod earnings;
mod files;
mod generations;
mod items;
mod keys;
mod ledger;

pub(crate) use codes::{Code, Codes};
pub(crate) use devices::{Decision, Devices, INTERVAL};
pub(crate) use earnings::Earning;
pub(crate) use files::{File, Files, Stored};
pub(crate) use generations::{Finished, Generations, Place, Request};
pub(crate) use items::{Account, Unchanged};
pub(crate) use keys::{Entry, Keys, NewKey};
pub(crate) use ledger::{Ledger, Record, Tokens};

/// The state of one emulator, shared by all its requests.
#[derive(Debug)]
pub(crate) struct State {
    /// The URL of the emulator, without a trailing slash.
    pub(crate) base_url: String,
    /// Whether identical requests share one generation.
    pub(crate) coalesces: bool,
    pub(crate) refusals: Refusals,
    pub(crate) keys: Keys,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    pub(crate) ledger: Ledger,
    pub(crate) account: Account,
    pub(crate) generations: Generations,
    pub(crate) files: Files,
    pub(crate) devices: Devices,
    pub(crate) codes: Codes,
    pub(crate) apps: Apps,
    pub(crate) requests: Counter,
    /// Becomes true when the emulator stops. Realtime sessions then close.
    pub(crate) closing: watch::Sender<bool>,
}

/// Counts requests.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// The id for the next request.
    pub(crate) fn next_id(&self) -> String {
        format!("req_{:08}", self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}
