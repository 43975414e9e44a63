//! Agents, models and integrations of the account.

use super::Probe;

pub(super) fn all() -> Vec<Probe> {
    Vec::new()
}
