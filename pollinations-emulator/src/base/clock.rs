//! The current time, in the formats of the service.

use jiff::{Timestamp, tz::TimeZone};

/// The current time in seconds since 1970.
pub(crate) fn unix() -> i64 {
    Timestamp::now().as_second()
}

/// The time in this many hours, such as `2026-02-25T12:00:00.000Z`.
pub(crate) fn iso(offset_hours: i64) -> String {
    let seconds = offset_hours.saturating_mul(3600);
    let time =
        Timestamp::now().checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or_else(|_| Timestamp::now());
    format!("{time:.3}")
}

/// The current time in the format of usage records, such as `2026-02-25 12:00:00`.
pub(crate) fn record() -> String {
    record_at(0)
}

/// The time in this many seconds, in the same format.
pub(crate) fn record_at(seconds: i64) -> String {
    let now = Timestamp::now();
    let time = now.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(now);
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The current time in milliseconds since 1970.
pub(crate) fn millis() -> i64 {
    Timestamp::now().as_millisecond()
}

/// Formats milliseconds since 1970, such as `2026-02-25T12:00:00.000Z`.
pub(crate) fn iso_of(millis: i64) -> Option<String> {
    Timestamp::from_millisecond(millis).ok().map(|time| format!("{time:.3}"))
}

/// Parses a time such as `2026-02-25T12:00:00Z` into milliseconds since 1970.
pub(crate) fn parse(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// The time this many minutes ago, in the format of usage records.
pub(crate) fn record_before(minutes: i64) -> String {
    record_at(minutes.saturating_mul(-60))
}

/// The time in this many seconds, such as `2026-02-25T12:00:00.000Z`.
#[allow(clippy::cast_possible_truncation, reason = "saturates, as it should")]
pub(crate) fn after(seconds: f64) -> String {
    let now = Timestamp::now();
    let time = now.checked_add(jiff::SignedDuration::from_secs(seconds as i64)).unwrap_or(now);
    format!("{time:.3}")
}
