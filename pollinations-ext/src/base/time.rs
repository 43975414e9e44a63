//! Clocks and timers: from tokio, or from the browser.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use tokio::time::{Instant, Sleep, sleep, timeout, timeout_at};
#[cfg(target_arch = "wasm32")]
pub(crate) use wasmtimer::{
    std::Instant,
    tokio::{Sleep, sleep, timeout, timeout_at},
};

/// The point in time `wait` after another one. If that is beyond the range of the clock, a point decades later.
pub(crate) fn after(start: Instant, wait: Duration) -> Instant {
    const DECADES: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);
    start.checked_add(wait).unwrap_or_else(|| start + DECADES)
}

/// The time until a point in time. Zero if it has passed.
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
