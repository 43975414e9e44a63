//! The time that a report covers.

use jiff::{
    Span, Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use crate::{base::failure::Failure, gate::Params};

/// The start (inclusive) and the end (exclusive) of a report, in the format of usage records, such as `2026-02-25
/// 12:00:00`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Window {
    from: String,
    until: Option<String>,
}

impl Window {
    /// Reads it from `granularity` and `period`, or else from `days`.
    pub(super) fn of(query: &Params, default_days: i64) -> Result<Self, Failure> {
        let now = Timestamp::now().to_zoned(TimeZone::UTC).datetime();
        let days = query.integer("days").unwrap_or(default_days);
        Self::at(now, query.text("granularity"), query.text("period"), days)
    }

    fn at(now: DateTime, granularity: Option<&str>, period: Option<&str>, days: i64) -> Result<Self, Failure> {
        if granularity.is_none() && period.is_none() {
            let from = now.checked_sub(Span::new().days(days)).unwrap_or(now);
            return Ok(Self { from: shown(from), until: None });
        }
        let start = match period {
            Some(text) => text.get(..10).and_then(|date| date.parse::<Date>().ok()),
            None => Some(current(now.date(), granularity)),
        };
        let length = match granularity {
            Some("week") => Span::new().weeks(1),
            Some("month") => Span::new().months(1),
            _ => Span::new().days(1),
        };
        let bounds = start.and_then(|start| Some((start, start.checked_add(length).ok()?)));
        let Some((start, end)) = bounds else {
            return Err(Failure::field("period", "must begin with a date such as 2026-10-01"));
        };
        let midnight = |date: Date| shown(date.to_datetime(jiff::civil::Time::midnight()));
        Ok(Self { from: midnight(start), until: Some(midnight(end)) })
    }

    pub(super) fn has(&self, timestamp: &str) -> bool {
        timestamp >= self.from.as_str() && self.until.as_deref().is_none_or(|until| timestamp < until)
    }
}

/// The first day of the current period. Weeks begin on Monday.
fn current(day: Date, granularity: Option<&str>) -> Date {
    match granularity {
        Some("week") => {
            let since_monday = i64::from(day.weekday().to_monday_zero_offset());
            day.checked_sub(Span::new().days(since_monday)).unwrap_or(day)
        }
        Some("month") => day.first_of_month(),
        _ => day,
    }
}

fn shown(time: DateTime) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(granularity: Option<&str>, period: Option<&str>) -> Option<(String, String)> {
        // A Thursday.
        let now: DateTime = "2026-10-15T12:30:00".parse().unwrap();
        let window = Window::at(now, granularity, period, 30).ok()?;
        Some((window.from, window.until.unwrap_or_default()))
    }

    #[test]
    fn periods_begin_and_end_at_midnight() {
        for (granularity, period, from, until) in [
            (None, None, "2026-09-15 12:30:00", ""),
            (Some("day"), None, "2026-10-15 00:00:00", "2026-10-16 00:00:00"),
            (Some("week"), None, "2026-10-12 00:00:00", "2026-10-19 00:00:00"),
            (Some("month"), None, "2026-10-01 00:00:00", "2026-11-01 00:00:00"),
            (Some("month"), Some("2026-12-01"), "2026-12-01 00:00:00", "2027-01-01 00:00:00"),
            (None, Some("2026-10-01T00:00:00Z"), "2026-10-01 00:00:00", "2026-10-02 00:00:00"),
        ] {
            let bounds = at(granularity, period).unwrap();
            assert_eq!(bounds, (from.to_owned(), until.to_owned()), "{granularity:?} {period:?}");
        }
        for period in ["", "October", "2026-13-01", "2026"] {
            assert_eq!(at(Some("day"), Some(period)), None, "{period}");
        }
    }

    #[test]
    fn the_end_is_exclusive() {
        let window = Window { from: "2026-10-01 00:00:00".to_owned(), until: Some("2026-10-02 00:00:00".to_owned()) };
        assert!(window.has("2026-10-01 00:00:00") && window.has("2026-10-01 23:59:59"));
        assert!(!window.has("2026-09-30 23:59:59") && !window.has("2026-10-02 00:00:00"));
    }
}
