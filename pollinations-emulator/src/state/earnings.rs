//! Earnings of the account's apps and community models.

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

use crate::base::{clock, key::ByopApp, lock};

/// What an app earns, as a fraction of what its users pay.
const MARKUP: f64 = 0.25;

/// What a community model earns, as a fraction of what its users pay.
const SHARE: f64 = 0.75;

/// The earning from one request.
#[derive(Clone, Debug)]
pub(crate) struct Earning {
    /// Such as `2026-02-25 12:00:00`.
    pub(crate) timestamp: String,
    pub(crate) event: String,
    pub(crate) entity_id: String,
    pub(crate) entity_name: String,
    /// `byop_markup` or `community_model`.
    pub(crate) source: &'static str,
    pub(crate) model: String,
    /// `tier` for quest pollen, `pack` for paid pollen.
    pub(crate) meter: &'static str,
    /// The price of the request, in pollen.
    pub(crate) cost: f64,
    /// The fraction of it that was earned.
    pub(crate) rate: f64,
}

impl Earning {
    pub(crate) fn earned(&self) -> f64 {
        self.cost * self.rate
    }
}

/// All earnings, oldest first.
#[derive(Debug)]
pub(crate) struct Earnings {
    list: Mutex<Vec<Earning>>,
    events: AtomicU64,
}

/// Starts with a few earnings of an app and of a community model, so that reports are not empty.
impl Default for Earnings {
    fn default() -> Self {
        let earnings = Self { list: Mutex::default(), events: AtomicU64::new(0) };
        for (days, name, source, meter, cost) in [
            (40, "haiku", "community_model", "pack", 0.8),
            (2, "haiku", "community_model", "tier", 0.4),
            (2, "Sketchbook", "byop_markup", "pack", 1.2),
            (1, "Sketchbook", "byop_markup", "pack", 0.4),
        ] {
            let is_app = source == "byop_markup";
            earnings.push(Earning {
                timestamp: clock::record_at(-days * 86_400),
                event: String::new(),
                entity_id: if is_app { "key_sketchbook" } else { "model_haiku" }.to_owned(),
                entity_name: name.to_owned(),
                source,
                model: if is_app { "flux" } else { "community/ada/haiku" }.to_owned(),
                meter,
                cost,
                rate: if is_app { MARKUP } else { SHARE },
            });
        }
        earnings
    }
}

impl Earnings {
    /// Adds the earning from a request that a user of an app has paid for.
    pub(crate) fn of_app(&self, app: &ByopApp, model: &str, meter: &'static str, cost: f64) {
        if app.earns {
            self.push(Earning {
                timestamp: clock::record(),
                event: String::new(),
                entity_id: app.id.clone(),
                entity_name: app.name.clone(),
                source: "byop_markup",
                model: model.to_owned(),
                meter,
                cost,
                rate: MARKUP,
            });
        }
    }

    /// The earnings, newest first.
    pub(crate) fn list(&self) -> Vec<Earning> {
        lock(&self.list).iter().rev().cloned().collect()
    }

    fn push(&self, mut earning: Earning) {
        let mut list = lock(&self.list);
        earning.event = format!("earning_{:08}", self.events.fetch_add(1, Ordering::Relaxed) + 1);
        list.push(earning);
    }
}
