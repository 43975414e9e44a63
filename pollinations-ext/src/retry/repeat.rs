//! Whether a request may be sent a second time.

use http::StatusCode;

use super::failure::{Failure, Fate};

/// The effect of sending a request twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// The service coalesces it: the same request joins the running generation or gets its result, and only one is
    /// billed.
    Joins,
    /// It only reads (RFC 9110, section 9.2.1) and costs nothing.
    Reads,
    /// It could be billed twice, such as a stream.
    Pays,
    /// It creates a second file.
    Uploads,
    /// It repeats a change: for example, it creates a second key.
    Changes,
}

impl Repeat {
    /// Whether to retry a request after this failure. `resend` is the policy for requests that could be billed twice.
    pub(crate) fn allows(self, failure: &Failure, resend: bool) -> bool {
        if !self.leaves_unknown(failure) {
            return failure.is_retryable();
        }
        failure.is_retryable() && self == Self::Pays && resend
    }

    /// Whether this failure leaves it unknown if the request was processed, and this matters.
    pub(crate) fn leaves_unknown(self, failure: &Failure) -> bool {
        match (self, failure.fate()) {
            (Self::Joins | Self::Reads, _) | (_, Fate::Unsent | Fate::Ended) => false,
            // An error status means that the request was rejected, and rejected requests are not billed. But a
            // gateway that lost its server, or timed out, does not know the outcome either. A second key would be
            // worse than an error.
            (Self::Changes, Fate::Refused(status)) => is_lost_behind_gateway(status),
            (_, Fate::Refused(_)) => false,
            // The server had closed the connection earlier. This is very likely, but not certain.
            (_, Fate::Closed) => self == Self::Changes,
            (_, Fate::Unknown) => true,
        }
    }

    /// Whether the next attempt joins a generation that may still be running.
    pub(crate) fn joins(self, failure: &Failure) -> bool {
        self == Self::Joins
            && match failure.fate() {
                Fate::Unknown => true,
                Fate::Refused(status) => status == StatusCode::REQUEST_TIMEOUT || is_lost_behind_gateway(status),
                Fate::Closed | Fate::Unsent | Fate::Ended => false,
            }
    }
}

/// Whether a gateway reports that it lost its server or timed out, while the server may continue to work: 504, and
/// Cloudflare's 520 (invalid response) and 524 (no response in time).
fn is_lost_behind_gateway(status: StatusCode) -> bool {
    matches!(status.as_u16(), 504 | 520 | 524)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;

    use super::*;
    use crate::base::error::{Error, ErrorKind};

    const ALL: [Repeat; 5] = [Repeat::Joins, Repeat::Reads, Repeat::Pays, Repeat::Uploads, Repeat::Changes];

    fn status(code: u16) -> Failure {
        let status = StatusCode::from_u16(code).unwrap();
        Failure::Status { status, headers: Box::new(HeaderMap::new()), body: Bytes::new() }
    }

    fn lost() -> Failure {
        Failure::Other(Error::new(ErrorKind::Truncated, "cut"))
    }

    #[test]
    fn a_lost_response_is_only_requested_again_if_that_is_free() {
        assert_eq!(ALL.map(|repeat| repeat.allows(&lost(), false)), [true, true, false, false, false]);
        assert_eq!(ALL.map(|repeat| repeat.allows(&lost(), true)), [true, true, true, false, false]);
        assert_eq!(ALL.map(|repeat| repeat.leaves_unknown(&lost())), [false, false, true, true, true]);
    }

    #[test]
    fn temporary_statuses_are_retried_for_every_kind_of_request() {
        for code in [402, 408, 429, 500, 502, 503, 521, 522, 523, 527, 529, 530] {
            assert_eq!(ALL.map(|repeat| repeat.allows(&status(code), false)), [true; 5], "{code}");
        }
        for code in [400, 401, 403, 404, 409, 501, 525, 526] {
            assert_eq!(ALL.map(|repeat| repeat.allows(&status(code), true)), [false; 5], "{code}");
            assert_eq!(ALL.map(|repeat| repeat.leaves_unknown(&status(code))), [false; 5], "{code}");
        }
    }

    #[test]
    fn account_changes_are_not_retried_after_a_gateway_error() {
        for code in [504, 520, 524] {
            assert_eq!(ALL.map(|repeat| repeat.allows(&status(code), true)), [true, true, true, true, false], "{code}");
            assert!(Repeat::Changes.leaves_unknown(&status(code)), "{code}");
        }
    }

    #[test]
    fn only_a_generation_that_may_still_run_is_joined() {
        for (failure, joins) in [
            (lost(), true),
            (status(524), true),
            (status(504), true),
            (status(408), true),
            (status(429), false),
            (status(402), false),
            (status(500), false),
        ] {
            assert_eq!(ALL.map(|repeat| repeat.joins(&failure)), [joins, false, false, false, false], "{failure:?}");
        }
    }
}
