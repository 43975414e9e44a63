//! Pollen: what is left of each kind, the budgets of keys, and a record for every charge.

use std::{
    collections::{HashMap, HashSet},
    ops::AddAssign,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::http::{HeaderMap, HeaderName};
use serde::Serialize;

use super::earnings::{Earning, Earnings};
use crate::base::{clock, failure::Failure, key::Key, lock, refusal::Refusal};

/// Pollen a token; the same for every model, so that sums can be checked by head.
const PRICE: f64 = 0.000_01;

/// Pollen an image or a sound.
const FLAT: f64 = 0.01;

/// One charge, as `/account/usage` lists it.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Record {
    pub(crate) timestamp: String,
    /// Tells records of one second apart.
    pub(crate) cursor_event_id: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) model: Option<String>,
    pub(crate) api_key_id: Option<String>,
    pub(crate) api_key: Option<String>,
    pub(crate) api_key_type: Option<String>,
    /// `tier` for quest pollen, `pack` for paid pollen.
    pub(crate) meter_source: Option<String>,
    pub(crate) input_text_tokens: u64,
    pub(crate) input_cached_tokens: u64,
    pub(crate) input_audio_tokens: u64,
    pub(crate) input_audio_seconds: f64,
    pub(crate) input_image_tokens: u64,
    pub(crate) output_text_tokens: u64,
    pub(crate) output_reasoning_tokens: u64,
    pub(crate) output_audio_tokens: u64,
    pub(crate) output_audio_seconds: f64,
    pub(crate) output_image_tokens: u64,
    pub(crate) output_video_seconds: f64,
    pub(crate) cost_usd: f64,
    pub(crate) response_time_ms: Option<f64>,
}

/// Numbers the records.
static EVENTS: AtomicU64 = AtomicU64::new(1);

/// What a generation used, in tokens.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) input_text: u64,
    pub(crate) output_text: u64,
    pub(crate) output_audio: u64,
    pub(crate) output_image: u64,
}

impl AddAssign for Tokens {
    fn add_assign(&mut self, more: Self) {
        self.input_text += more.input_text;
        self.output_text += more.output_text;
        self.output_audio += more.output_audio;
        self.output_image += more.output_image;
    }
}

impl Tokens {
    /// Whether anything was used.
    pub(crate) fn is_some(self) -> bool {
        self.input_text + self.output_text + self.output_audio + self.output_image > 0
    }

    /// The `x-usage-…` headers of a response: one for each kind of token, and the sum.
    pub(crate) fn headers(self) -> HeaderMap {
        let total = self.input_text + self.output_text + self.output_audio + self.output_image;
        let counts = [
            ("x-usage-prompt-text-tokens", self.input_text),
            ("x-usage-completion-text-tokens", self.output_text),
            ("x-usage-completion-audio-tokens", self.output_audio),
            ("x-usage-completion-image-tokens", self.output_image),
            ("x-usage-total-tokens", total),
        ];
        let counts = counts.into_iter().filter(|(_, count)| *count > 0);
        counts.map(|(name, count)| (HeaderName::from_static(name), count.into())).collect()
    }

    #[allow(clippy::cast_precision_loss, reason = "token counts are small")]
    fn cost(self) -> f64 {
        let text = (self.input_text + self.output_text) as f64 * PRICE;
        text + if self.output_audio + self.output_image > 0 { FLAT } else { 0.0 }
    }
}

/// The account.
#[derive(Debug)]
pub(crate) struct Ledger {
    account: Mutex<Account>,
    earnings: Earnings,
    /// Models that take no quest pollen.
    paid_only: HashSet<String>,
}

#[derive(Debug, Default)]
struct Account {
    quest: f64,
    paid: f64,
    /// Whether there has ever been paid pollen.
    has_paid: bool,
    /// By the id of a key, for those that have a budget.
    spent: HashMap<String, f64>,
    records: Vec<Record>,
}

impl Account {
    fn left(&self, key: &Key) -> Option<f64> {
        let budget = key.budget?;
        let spent = self.spent.get(&key.id()).copied().unwrap_or_default();
        Some((budget - spent).max(0.0))
    }

    /// Writes down a charge that has been taken from the account, and counts it towards the budget of the key.
    fn charge(&mut self, key: &Key, kind: &str, model: &str, tokens: Tokens, meter: &str) {
        let cost = tokens.cost();
        if key.budget.is_some() {
            *self.spent.entry(key.id()).or_default() += cost;
        }
        let kind_of_key = if key.is_publishable() { "publishable" } else { "secret" };
        self.records.push(Record {
            timestamp: clock::record(),
            kind: format!("generate.{kind}"),
            model: Some(model.to_owned()),
            cursor_event_id: format!("event_{:08}", EVENTS.fetch_add(1, Ordering::Relaxed)),
            api_key_id: Some(key.id()),
            api_key: Some(key.shown()),
            api_key_type: Some(kind_of_key.to_owned()),
            meter_source: Some(meter.to_owned()),
            input_text_tokens: tokens.input_text,
            output_text_tokens: tokens.output_text,
            output_audio_tokens: tokens.output_audio,
            output_image_tokens: tokens.output_image,
            cost_usd: cost,
            response_time_ms: Some(1.0),
            ..Record::default()
        });
    }
}

impl Ledger {
    /// An account with this much quest pollen and paid pollen.
    pub(crate) fn new(quest: f64, paid: f64, paid_only: impl IntoIterator<Item = String>) -> Self {
        let account = Account { quest, paid, has_paid: paid > 0.0, ..Account::default() };
        Self { account: Mutex::new(account), earnings: Earnings::default(), paid_only: paid_only.into_iter().collect() }
    }

    /// Quest pollen and paid pollen.
    pub(crate) fn balance(&self) -> f64 {
        let account = self.account();
        account.quest + account.paid
    }

    /// What pays for most models, and is spent first.
    pub(crate) fn quest(&self) -> f64 {
        self.account().quest
    }

    /// What pays for every model.
    pub(crate) fn paid(&self) -> f64 {
        self.account().paid
    }

    pub(crate) fn set_quest(&self, pollen: f64) {
        self.account().quest = pollen;
    }

    pub(crate) fn set_paid(&self, pollen: f64) {
        let mut account = self.account();
        account.paid = pollen;
        account.has_paid |= pollen > 0.0;
    }

    /// What is left of a key's budget; nothing if it has none.
    pub(crate) fn budget_left(&self, key: &Key) -> Option<f64> {
        self.account().left(key)
    }

    /// Begins the budget of a key anew.
    pub(crate) fn renew_budget(&self, key: &Key) {
        self.account().spent.remove(&key.id());
    }

    /// What the account has earned, newest first.
    pub(crate) fn earnings(&self) -> Vec<Earning> {
        self.earnings.list()
    }

    /// Whether a model takes no quest pollen.
    pub(crate) fn is_paid_only(&self, model: &str) -> bool {
        self.paid_only.contains(model)
    }

    /// The charges that are wanted, newest first: this many at the most.
    pub(crate) fn records(&self, limit: usize, is_wanted: impl Fn(&Record) -> bool) -> Vec<Record> {
        let account = self.account();
        account.records.iter().rev().filter(|record| is_wanted(record)).take(limit).cloned().collect()
    }

    /// The first charge of this kind.
    pub(crate) fn first(&self, kind: &str) -> Option<Record> {
        self.account().records.iter().find(|record| record.kind == kind).cloned()
    }

    /// The number of charges.
    pub(crate) fn charges(&self) -> usize {
        self.account().records.len()
    }

    /// Takes the price of a generation from the account and writes it down. A charge is paid with one kind of pollen:
    /// quest pollen if there is enough of it and the model takes it, or else paid pollen.
    ///
    /// # Errors
    ///
    /// 403 when the key may not use the model, 402 when there is not enough left.
    pub(crate) fn spend(&self, key: &Key, kind: &str, model: &str, tokens: Tokens) -> Result<(), Failure> {
        if !key.allows_model(kind, model) {
            return Err(Failure::refused(Refusal::Forbidden));
        }
        let cost = tokens.cost();
        let takes_quest = !self.is_paid_only(model);
        let mut account = self.account();
        if account.left(key).is_some_and(|left| left < cost) {
            return Err(Failure::refused(Refusal::KeyBudgetExhausted));
        }
        let meter = if takes_quest && account.quest >= cost {
            account.quest -= cost;
            "tier"
        } else if account.paid >= cost && !key.quest_pollen_only {
            account.paid -= cost;
            "pack"
        } else {
            return Err(Failure::refused(match account.has_paid {
                _ if !takes_quest && (account.quest >= cost || key.quest_pollen_only) => Refusal::QuestPollenOnly,
                _ if key.quest_pollen_only => Refusal::NoQuestPollen,
                true => Refusal::InsufficientBalance,
                false => Refusal::NoQuestPollen,
            }));
        };
        if let Some(app) = &key.app {
            self.earnings.of_app(app, model, meter, cost);
        }
        account.charge(key, kind, model, tokens, meter);
        Ok(())
    }

    /// Refuses what is paid when it ends, if there is nothing left to pay it with.
    ///
    /// # Errors
    ///
    /// As for [`spend`](Self::spend).
    pub(crate) fn afford(&self, key: &Key, kind: &str, model: &str) -> Result<(), Failure> {
        if !key.allows_model(kind, model) {
            return Err(Failure::refused(Refusal::Forbidden));
        }
        let account = self.account();
        if account.left(key).is_some_and(|left| left <= 0.0) {
            return Err(Failure::refused(Refusal::KeyBudgetExhausted));
        }
        let takes_quest = !self.is_paid_only(model);
        if account.paid > 0.0 || (takes_quest && account.quest > 0.0) {
            return Ok(());
        }
        Err(Failure::refused(match account.has_paid {
            _ if account.quest > 0.0 => Refusal::QuestPollenOnly,
            true => Refusal::InsufficientBalance,
            false => Refusal::NoQuestPollen,
        }))
    }

    /// Charges what has been used already, even if the account falls below zero.
    pub(crate) fn settle(&self, key: &Key, kind: &str, model: &str, tokens: Tokens) {
        let cost = tokens.cost();
        let mut account = self.account();
        let meter = if !self.is_paid_only(model) && account.quest >= cost {
            account.quest -= cost;
            "tier"
        } else {
            account.paid -= cost;
            "pack"
        };
        account.charge(key, kind, model, tokens, meter);
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        lock(&self.account)
    }
}
