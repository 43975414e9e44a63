//! The way through the pages of a usage report.

use pollinations_api::types::UsageRecord;

/// Records on a page at the most, as the service has it.
const MAX_PAGE: u64 = 50_000;

/// Where in the records we are.
///
/// The service lists what is *before* a time, and several records may have the same one. Those at the end of a full page
/// may go on beyond it: so they are left for the next page, which is asked for from the time before theirs. A page that
/// has but one time on it is asked for again with more room.
#[derive(Debug)]
pub(super) struct Pages {
    limit: u64,
    before: Option<String>,
    done: bool,
}

impl Pages {
    /// Begins with the newest record, or with those before a time.
    pub(super) fn new(limit: u64, before: Option<String>) -> Self {
        Self { limit, before, done: false }
    }

    /// How many records the next page may have.
    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    /// The time that the next page begins before.
    pub(super) fn before(&self) -> &Option<String> {
        &self.before
    }

    /// Whether there is no next page.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// Asks for no more pages.
    pub(super) fn end(&mut self) {
        self.done = true;
    }

    /// Takes the records of a page that are sure to be complete, and moves on.
    pub(super) fn turn(&mut self, mut page: Vec<UsageRecord>) -> Vec<UsageRecord> {
        let is_full = page.len() as u64 >= self.limit;
        // A server that lists what is before *or at* a time repeats what has been taken.
        let repeated = page.iter().take_while(|record| Some(&record.timestamp) == self.before.as_ref()).count();
        page.drain(..repeated);
        if !is_full {
            self.done = true;
            return page;
        }
        let Some(oldest) = page.last().map(|record| record.timestamp.clone()) else {
            self.grow();
            return page;
        };
        let complete = page.iter().position(|record| record.timestamp == oldest).unwrap_or_default();
        match page.get(..complete).and_then(<[_]>::last) {
            Some(newer) => {
                self.before = Some(newer.timestamp.clone());
                page.truncate(complete);
            }
            None if self.limit < MAX_PAGE => {
                self.grow();
                page.clear();
            }
            // More in one second than fit on the largest page: what is left of that second cannot be asked for.
            None => self.before = Some(oldest),
        }
        page
    }

    /// Asks for a larger page next time, or not at all if there is none.
    fn grow(&mut self) {
        self.done = self.limit >= MAX_PAGE;
        self.limit = self.limit.saturating_mul(10).clamp(1, MAX_PAGE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record that tells itself apart by its cost.
    fn record(timestamp: &str, number: usize) -> UsageRecord {
        #[allow(clippy::cast_precision_loss, reason = "a few records")]
        let cost = number as f64;
        serde_json::from_value(serde_json::json!({
            "timestamp": timestamp, "type": "generate.text", "model": null, "api_key": null, "api_key_type": null,
            "meter_source": null, "input_text_tokens": 0, "input_cached_tokens": 0, "input_audio_tokens": 0,
            "input_image_tokens": 0, "output_text_tokens": 0, "output_reasoning_tokens": 0, "output_audio_tokens": 0,
            "output_image_tokens": 0, "cost_usd": cost, "response_time_ms": null,
        }))
        .unwrap()
    }

    /// Reads everything from a server with these times, and returns the numbers of the records as they came.
    fn read(times: &[&str], limit: u64, inclusive: bool) -> (Vec<f64>, usize) {
        let all: Vec<UsageRecord> = times.iter().enumerate().map(|(number, time)| record(time, number)).collect();
        let mut pages = Pages { limit, before: None, done: false };
        let (mut seen, mut requests) = (Vec::new(), 0);
        while !pages.done {
            requests += 1;
            assert!(requests < 100, "it never ends");
            let wanted = |record: &&UsageRecord| match &pages.before {
                Some(before) if inclusive => record.timestamp <= *before,
                Some(before) => record.timestamp < *before,
                None => true,
            };
            let limit = usize::try_from(pages.limit).unwrap();
            let page = all.iter().filter(wanted).take(limit).cloned().collect();
            seen.extend(pages.turn(page).into_iter().map(|record| record.cost_usd));
        }
        (seen, requests)
    }

    #[test]
    fn nothing_is_lost_or_repeated_at_the_borders_of_pages() {
        let times: &[&[&str]] = &[
            &[],
            &["1"],
            &["9", "8", "7", "6", "5"],
            &["9", "8", "8", "8", "7", "6", "6", "5"],
            // One second larger than a page.
            &["9", "8", "8", "8", "8", "8", "8", "8", "7", "7", "6"],
            &["5", "5", "5", "5", "5", "5", "5"],
        ];
        for times in times {
            for limit in 1..=12 {
                for inclusive in [false, true] {
                    let (seen, _) = read(times, limit, inclusive);
                    #[allow(clippy::cast_precision_loss, reason = "a few records")]
                    let expected: Vec<f64> = (0..times.len()).map(|number| number as f64).collect();
                    assert_eq!(seen, expected, "{times:?} by {limit}, inclusive: {inclusive}");
                }
            }
        }
    }

    #[test]
    fn as_few_requests_as_can_be() {
        assert_eq!(read(&["9", "8", "7"], 10, false).1, 1);
        // Each page but the first begins with what the one before ended on.
        assert_eq!(read(&["9", "8", "7", "6", "5"], 3, false).1, 3);
    }
}
