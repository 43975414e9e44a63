//! The faults that wait for a request.

use std::sync::Mutex;

use axum::http::HeaderMap;

use super::Fault;
use crate::base::{OWN_PATHS, lock};

/// The header with the fault for a single request, as JSON.
const HEADER: &str = "x-emulator-fault";

/// The faults that wait for a request.
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

    /// The first fault that applies to a request. Counts one of its `times` as used.
    pub(crate) fn next(&self, operation: Option<&str>, path: &str) -> Option<Fault> {
        // Faults never apply to the emulator's own paths, which are needed to remove faults.
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

/// The fault in the header of a request.
pub(crate) fn requested(headers: &HeaderMap) -> Option<Result<Fault, String>> {
    let text = headers.get(HEADER)?.to_str().unwrap_or_default();
    Some(serde_json::from_str(text).map_err(|error| format!("the header {HEADER} is no fault: {error}")))
}
