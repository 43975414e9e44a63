//! Checks the limits of a key before a request is sent.

use crate::exchange::options::Options;

/// The maximum number of characters of a display name.
const MAX_NAME: usize = 253;

pub(super) fn check_name(name: &str, options: &mut Options) {
    let length = name.chars().count();
    if !(1..=MAX_NAME).contains(&length) {
        options.refuse(format!("the name of a key must have 1 to {MAX_NAME} characters, not {length}"));
    }
}

pub(super) fn check_budget(pollen: f64, options: &mut Options) {
    if !(pollen.is_finite() && pollen >= 0.0) {
        options.refuse(format!("the budget of a key must be 0 pollen or more, not {pollen}"));
    }
}
