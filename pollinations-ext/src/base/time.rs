//! Clocks and timers: tokio's, and in a browser those of its own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use tokio::time::{Instant, Sleep, sleep, timeout, timeout_at};
#[cfg(target_arch = "wasm32")]
pub(crate) use wasmtimer::{
    std::Instant,
    tokio::{Sleep, sleep, timeout, timeout_at},
};

/// The moment this long after another one; decades later if that is more than a clock can count.
pub(crate) fn after(start: Instant, wait: Duration) -> Instant {
    const DECADES: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);
    start.checked_add(wait).unwrap_or_else(|| start + DECADES)
}

/// How long it is until a time of day; nothing if that has passed.
pub(crate) fn until(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(since_epoch())
}

/// The time of day.
pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + since_epoch()
}

#[cfg(not(target_arch = "wasm32"))]
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(target_arch = "wasm32")]
fn since_epoch() -> Duration {
    let now = wasmtimer::std::SystemTime::now();
    now.duration_since(wasmtimer::std::UNIX_EPOCH).unwrap_or_default()
}
