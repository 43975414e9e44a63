//! The server's `Retry-After`.

use std::time::Duration;

use http::{HeaderMap, header::RETRY_AFTER};

use crate::base::time::until;

/// Parses `retry-after-ms`, otherwise `Retry-After` (RFC 9110, section 10.2.3) as seconds or as a date.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(milliseconds) = text("retry-after-ms").and_then(|text| text.parse::<f64>().ok()) {
        return Duration::try_from_secs_f64(milliseconds / 1000.0).ok();
    }
    let value = text(RETRY_AFTER.as_str())?;
    match value.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        // A date in the past means no wait.
        Err(_) => Some(until(httpdate::parse_http_date(value).ok()?)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn asked(name: &'static str, value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        retry_after(&headers)
    }

    #[test]
    fn retry_after_is_read_as_seconds_milliseconds_or_a_date() {
        assert_eq!(asked("retry-after", "7"), Some(Duration::from_secs(7)));
        assert_eq!(asked("retry-after-ms", "250"), Some(Duration::from_millis(250)));
        assert_eq!(asked("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        let later = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(30));
        let wait = asked("retry-after", &later).unwrap();
        assert!((28..=30).contains(&wait.as_secs()), "{wait:?}");
        for nonsense in ["soon", "-1", "NaN", "inf", ""] {
            assert_eq!(asked("retry-after", nonsense), None, "{nonsense}");
        }
    }
}
