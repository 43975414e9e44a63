//! The faults to come.

use std::sync::Mutex;

use axum::http::HeaderMap;

use super::Fault;
use crate::base::{OWN_PATHS, lock};

/// The header that carries the fault of one request, as JSON.
const HEADER: &str = "x-emulator-fault";

/// The faults to come.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self(Mutex::new(faults))
    }

    pub(crate) fn add(&self, fault: Fault) {
        lock(&self.0).push(fault);
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        lock(&self.0).clone()
    }

    /// The first fault that meets a request. It is used up by as much as once.
    pub(crate) fn next(&self, operation: Option<&str>, path: &str) -> Option<Fault> {
        // The emulator's own paths are how a fault is taken back.
        if path.starts_with(OWN_PATHS) {
            return None;
        }
        let mut faults = lock(&self.0);
        let at = faults.iter().position(|fault| {
            fault.operation.as_deref().is_none_or(|id| operation == Some(id))
                && fault.path.as_deref().is_none_or(|wanted| wanted == path)
                && fault.rate.is_none_or(|rate| fastrand::f64() < rate)
        })?;
        let fault = faults.get(at)?.clone();
        match faults.get_mut(at).map(|fault| fault.times.get_or_insert(1)) {
            Some(0) | None => {}
            Some(1) => {
                faults.remove(at);
            }
            Some(times) => *times -= 1,
        }
        Some(fault)
    }
}

/// The fault that a request brings along.
pub(crate) fn requested(headers: &HeaderMap) -> Option<Result<Fault, String>> {
    let text = headers.get(HEADER)?.to_str().unwrap_or_default();
    Some(serde_json::from_str(text).map_err(|error| format!("the header {HEADER} is no fault: {error}")))
}
