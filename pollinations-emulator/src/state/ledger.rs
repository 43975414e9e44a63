//! The balances of the account, the budgets of keys, and a record of every charge.

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

/// The price of a token in pollen. It is the same for every model, so that tests can add it up.
const PRICE: f64 = 0.000_01;

/// The price of an image, a sound or a video in pollen.
const FLAT: f64 = 0.01;

/// A charge, in the format of `/account/usage`.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Record {
    pub(crate) timestamp: String,
    /// A unique id, which orders records of the same second.
    pub(crate) cursor_event_id: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) model: Option<String>,
    pub(crate) api_key_id: Option<String>,
    pub(crate) api_key: Option<String>,
    pub(crate) api_key_type: Option<String>,
    /// What was charged: `tier` for quest pollen, `pack` for paid pollen.
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

/// The number of the next record.
static EVENTS: AtomicU64 = AtomicU64::new(1);

/// The tokens that a generation used.
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
    /// Whether there are any tokens.
    pub(crate) fn is_some(self) -> bool {
        self.input_text + self.output_text + self.output_audio + self.output_image > 0
    }

    /// The `x-usage-…` headers of a response: one for each kind of token, and one for the sum.
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

/// The balances and charges of the account.
#[derive(Debug)]
pub(crate) struct Ledger {
    account: Mutex<Account>,
    earnings: Earnings,
    /// The models that take only paid pollen.
    paid_only: HashSet<String>,
}

#[derive(Debug, Default)]
struct Account {
    quest: f64,
    paid: f64,
    /// Whether the account has ever had paid pollen.
    has_paid: bool,
    /// What each key with a budget has spent, by the id of the key.
    spent: HashMap<String, f64>,
    records: Vec<Record>,
}

impl Account {
    fn left(&self, key: &Key) -> Option<f64> {
        let budget = key.budget?;
        let spent = self.spent.get(&key.id()).copied().unwrap_or_default();
        Some((budget - spent).max(0.0))
    }

    /// Records a charge and counts it towards the budget of the key.
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

    /// The sum of quest pollen and paid pollen.
    pub(crate) fn balance(&self) -> f64 {
        let account = self.account();
        account.quest + account.paid
    }

    /// The quest pollen.
    pub(crate) fn quest(&self) -> f64 {
        self.account().quest
    }

    /// The paid pollen.
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

    /// What is left of the budget of a key; `None` if it has no budget.
    pub(crate) fn budget_left(&self, key: &Key) -> Option<f64> {
        self.account().left(key)
    }

    /// Resets what a key has spent of its budget.
    pub(crate) fn renew_budget(&self, key: &Key) {
        self.account().spent.remove(&key.id());
    }

    /// The earnings of the account, newest first.
    pub(crate) fn earnings(&self) -> Vec<Earning> {
        self.earnings.list()
    }

    /// Whether a model takes only paid pollen.
    pub(crate) fn is_paid_only(&self, model: &str) -> bool {
        self.paid_only.contains(model)
    }

    /// The newest charges that match the filter, at most `limit`, newest first.
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

    /// Charges a generation. A charge takes one kind of pollen: quest pollen if there is enough and the model takes it,
    /// or else paid pollen.
    ///
    /// # Errors
    ///
    /// 403 if the key may not use the model, 402 if there is too little pollen.
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

    /// Checks whether there is any pollen left for something that is charged later, when it ends.
    ///
    /// # Errors
    ///
    /// The same as for [`spend`](Self::spend).
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

    /// Charges what has been used already, even if the balance becomes negative.
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
