//! What an emulator remembers: the balance, what was spent, and the files.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::Serialize;

use crate::{
    auth::{Key, Keys},
    clock,
    enter::{Decision, Device},
    failure::Failure,
    fault::Faults,
    journal::Journal,
    media::File,
};

/// One generation, as `/account/usage` lists it.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Record {
    pub(crate) timestamp: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) model: Option<String>,
    pub(crate) api_key: Option<String>,
    pub(crate) api_key_type: Option<String>,
    pub(crate) meter_source: Option<String>,
    pub(crate) input_text_tokens: u64,
    pub(crate) input_cached_tokens: u64,
    pub(crate) input_audio_tokens: u64,
    pub(crate) input_image_tokens: u64,
    pub(crate) output_text_tokens: u64,
    pub(crate) output_reasoning_tokens: u64,
    pub(crate) output_audio_tokens: u64,
    pub(crate) output_image_tokens: u64,
    pub(crate) cost_usd: f64,
    pub(crate) response_time_ms: Option<f64>,
}

/// What a generation used, in tokens.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) input_text: u64,
    pub(crate) output_text: u64,
    pub(crate) output_audio: u64,
    pub(crate) output_image: u64,
}

/// Shared by all requests of one emulator.
#[derive(Debug)]
pub(crate) struct State {
    base_url: String,
    pub(crate) keys: Keys,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    account: Mutex<Account>,
    files: Mutex<HashMap<String, File>>,
    /// By device code.
    devices: Mutex<HashMap<String, Device>>,
    requests: AtomicU64,
    issued: AtomicU64,
}

#[derive(Debug)]
struct Account {
    balance: f64,
    /// By key, for those that have a budget.
    spent: HashMap<String, f64>,
    records: Vec<Record>,
}

impl Account {
    fn left(&self, key: &Key) -> Option<f64> {
        let spent = self.spent.get(&key.key).copied().unwrap_or_default();
        key.budget.map(|budget| (budget - spent).max(0.0))
    }
}

/// Pollen a token; the same for every model, so that sums can be checked by head.
const PRICE: f64 = 0.000_01;

/// Pollen an image or a sound.
const FLAT: f64 = 0.01;

impl State {
    pub(crate) fn new(base_url: String, balance: f64, keys: Keys, faults: Faults, journal: Journal) -> Self {
        Self {
            base_url,
            keys,
            faults,
            journal,
            issued: AtomicU64::new(0),
            account: Mutex::new(Account { balance, spent: HashMap::new(), records: Vec::new() }),
            files: Mutex::default(),
            devices: Mutex::default(),
            requests: AtomicU64::new(0),
        }
    }

    /// Where the emulator listens.
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(crate) fn next_request_id(&self) -> String {
        format!("req_{:08}", self.requests.fetch_add(1, Ordering::Relaxed) + 1)
    }

    pub(crate) fn balance(&self) -> f64 {
        self.account().balance
    }

    pub(crate) fn set_balance(&self, pollen: f64) {
        self.account().balance = pollen;
    }

    /// What is left of a key's budget; nothing if it has none.
    pub(crate) fn budget_left(&self, key: &Key) -> Option<f64> {
        self.account().left(key)
    }

    /// The records, newest first.
    pub(crate) fn records(&self) -> Vec<Record> {
        self.account().records.iter().rev().cloned().collect()
    }

    /// Takes the price of a generation from the balance and writes it down.
    ///
    /// # Errors
    ///
    /// 402 when nothing is left.
    pub(crate) fn spend(&self, key: &Key, kind: &str, model: &str, tokens: Tokens) -> Result<(), Failure> {
        #[allow(clippy::cast_precision_loss, reason = "token counts are small")]
        let text = (tokens.input_text + tokens.output_text) as f64 * PRICE;
        let flat = if tokens.output_audio + tokens.output_image > 0 { FLAT } else { 0.0 };
        let cost = text + flat;
        if !key.allows_model(model) {
            return Err(Failure::forbidden(format!("The key may not use the model {model}.")));
        }
        let mut account = self.account();
        if account.left(key).is_some_and(|left| left < cost) {
            return Err(Failure::payment_required("key_budget"));
        }
        if account.balance < cost {
            return Err(Failure::payment_required("account_balance"));
        }
        account.balance -= cost;
        if key.budget.is_some() {
            *account.spent.entry(key.key.clone()).or_default() += cost;
        }
        let kind_of_key = if key.is_publishable() { "publishable" } else { "secret" };
        account.records.push(Record {
            timestamp: clock::record(),
            kind: format!("generate.{kind}"),
            model: Some(model.to_owned()),
            api_key: Some(key.masked()),
            api_key_type: Some(kind_of_key.to_owned()),
            meter_source: Some("tier".to_owned()),
            input_text_tokens: tokens.input_text,
            output_text_tokens: tokens.output_text,
            output_audio_tokens: tokens.output_audio,
            output_image_tokens: tokens.output_image,
            cost_usd: cost,
            response_time_ms: Some(1.0),
            ..Record::default()
        });
        Ok(())
    }

    /// Keeps a file; returns whether it was there before.
    pub(crate) fn store(&self, hash: &str, file: File) -> bool {
        lock(&self.files).insert(hash.to_owned(), file).is_some()
    }

    pub(crate) fn file(&self, hash: &str) -> Option<File> {
        lock(&self.files).get(hash).cloned()
    }

    /// A key for a user who has granted one: known from now on, and limited as he was asked.
    pub(crate) fn issue_key(&self, limits: impl FnOnce(Key) -> Key) -> String {
        let text = format!("sk_emulated_{:08}", self.issued.fetch_add(1, Ordering::Relaxed) + 1);
        self.keys.add(limits(Key::new(text.clone())));
        text
    }

    /// A device code and what the user enters.
    pub(crate) fn issue_device(&self) -> (String, String) {
        let mut devices = lock(&self.devices);
        let number = devices.len() + 1;
        let (device_code, user_code) = (format!("device_{number:08}"), format!("EMUL-{number:04}"));
        let device = Device { user_code: user_code.clone(), decision: Decision::Pending };
        devices.insert(device_code.clone(), device);
        (device_code, user_code)
    }

    pub(crate) fn device(&self, code: &str) -> Option<Device> {
        lock(&self.devices).get(code).cloned()
    }

    /// A device code is good for one key.
    pub(crate) fn forget_device(&self, code: &str) {
        lock(&self.devices).remove(code);
    }

    /// Notes what the user has decided; false if there is no such code.
    pub(crate) fn decide_device(&self, user_code: &str, decision: Decision) -> bool {
        let mut devices = lock(&self.devices);
        let device = devices.values_mut().find(|device| device.user_code.eq_ignore_ascii_case(user_code.trim()));
        device.map(|device| device.decision = decision).is_some()
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        lock(&self.account)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No code panics while it holds a lock, and what is locked is whole at any time.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
