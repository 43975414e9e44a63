//! Clocks and timers: tokio's.

pub(crate) use std::time::SystemTime;

pub(crate) use tokio::time::{Instant, Sleep, sleep, timeout};

/// The time of day.
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}
