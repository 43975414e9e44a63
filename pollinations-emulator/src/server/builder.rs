//! The settings of an emulator.

use std::{fmt, io, net::Ipv4Addr, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    sync::{oneshot, watch},
};

use super::{Emulator, Scenario, serve::serve};
use crate::{
    api,
    base::{
        app::{App, Apps},
        key::Key,
        refusal::Refusals,
    },
    fault::{Fault, Faults},
    journal::{Entry, Journal, Listener},
    state::{Account, Codes, Counter, Devices, Files, Generations, Keys, Ledger, State},
};

/// The paid pollen that an account starts with.
const BALANCE: f64 = 100.0;

/// Settings of an [`Emulator`].
#[must_use = "a builder does nothing until `start` is called"]
pub struct Builder {
    port: u16,
    paid: f64,
    quest: f64,
    paid_only: Vec<String>,
    coalescing: bool,
    refusals: Refusals,
    keys: Vec<Key>,
    apps: Vec<App>,
    code_lifetime: Option<Duration>,
    faults: Vec<Fault>,
    listener: Option<Listener>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            port: 0,
            paid: BALANCE,
            quest: 0.0,
            paid_only: Vec::new(),
            coalescing: true,
            refusals: Refusals::default(),
            keys: Vec::new(),
            apps: Vec::new(),
            code_lifetime: None,
            faults: Vec::new(),
            listener: None,
        }
    }
}

impl Builder {
    /// Sets the port. 0, the default, picks a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets the paid pollen that the account starts with; 100 by default. Generations that cannot be paid for are
    /// [refused](Self::refusals).
    pub fn balance(mut self, pollen: f64) -> Self {
        self.paid = pollen;
        self
    }

    /// Sets the quest pollen that the account starts with; none by default. Quest pollen is spent first, but does not
    /// pay for the models of [`paid_only`](Self::paid_only).
    pub fn quest_balance(mut self, pollen: f64) -> Self {
        self.quest = pollen;
        self
    }

    /// Adds models that take only paid pollen; none by default. If the account has only quest pollen, they are refused
    /// with `QUEST_POLLEN_ONLY`.
    pub fn paid_only<M: Into<String>>(mut self, models: impl IntoIterator<Item = M>) -> Self {
        self.paid_only.extend(models.into_iter().map(Into::into));
        self
    }

    /// Whether identical requests share one generation and are charged once; true by default, as in the service. With
    /// false, every request is generated and charged.
    pub fn coalescing(mut self, on: bool) -> Self {
        self.coalescing = on;
        self
    }

    /// Sets the form of refusals to generate; [`Refusals::Text`] by default, as in the service.
    pub fn refusals(mut self, form: Refusals) -> Self {
        self.refusals = form;
        self
    }

    /// Adds a key. If you add keys, only those are accepted. If you do not, every well-formed key (`sk_…`, `pk_…`,
    /// `ag_…`) is.
    pub fn key(mut self, key: Key) -> Self {
        self.keys.push(key);
        self
    }

    /// Registers an app. If you register apps, only those may sign users in, and only with their own redirect URIs. If
    /// you do not, every app key (`pk_…`) may, with any redirect URI.
    pub fn app(mut self, app: App) -> Self {
        self.apps.push(app);
        self
    }

    /// Sets how long an authorization code is valid; 10 minutes by default, as in the service.
    pub fn code_lifetime(mut self, lifetime: Duration) -> Self {
        self.code_lifetime = Some(lifetime);
        self
    }

    /// Adds a fault for the next requests.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Applies a scenario. Settings that it leaves out are not changed.
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.paid = scenario.balance.unwrap_or(self.paid);
        self.quest = scenario.quest_balance.unwrap_or(self.quest);
        self.paid_only.extend(scenario.paid_only);
        self.coalescing = scenario.coalescing.unwrap_or(self.coalescing);
        self.refusals = scenario.refusals.unwrap_or(self.refusals);
        self.keys.extend(scenario.keys);
        self.apps.extend(scenario.apps);
        self.code_lifetime =
            scenario.code_lifetime.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).or(self.code_lifetime);
        self.faults.extend(scenario.faults);
        self
    }

    /// Sets a function that is called for every request when its response begins, for example to log it.
    pub fn on_request(mut self, listener: impl Fn(&Entry) + Send + Sync + 'static) -> Self {
        self.listener = Some(Box::new(listener));
        self
    }

    /// Starts the emulator.
    ///
    /// # Errors
    ///
    /// If the port is in use.
    ///
    /// # Panics
    ///
    /// Outside a Tokio runtime.
    pub async fn start(self) -> io::Result<Emulator> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let state = Arc::new(State {
            base_url: base_url.clone(),
            coalesces: self.coalescing,
            refusals: self.refusals,
            keys: Keys::new(self.keys),
            faults: Faults::new(self.faults),
            journal: Journal::new(self.listener),
            ledger: Ledger::new(self.quest, self.paid, self.paid_only),
            account: Account::default(),
            generations: Generations::default(),
            files: Files::default(),
            devices: Devices::default(),
            codes: self.code_lifetime.map(Codes::lasting).unwrap_or_default(),
            apps: Apps::new(self.apps),
            requests: Counter::default(),
            closing: watch::Sender::new(false),
        });
        let app = api::router(Arc::clone(&state));
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
            .field("balance", &self.paid)
            .field("quest_balance", &self.quest)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}
