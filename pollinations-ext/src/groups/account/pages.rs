//! Pagination of a usage report.

use std::collections::HashSet;

use pollinations_api::types::UsageRecord;

/// The service's maximum number of records on a page.
const MAX_PAGE: u64 = 50_000;

/// Where a page begins: before a record, identified by its time and, if it has one, its event ID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) before: Option<String>,
    pub(super) event: Option<String>,
}

/// The position in the report.
///
/// Several records may have the same time. The service distinguishes them by an event ID: the next page begins before
/// the time and the event ID of the last record received.
///
/// Older servers send no event IDs, and only list records before a time. The last second of a full page may continue
/// on the next page. So its records are left for the next page, which begins before the time of the record above
/// them. If a page only holds one second, it is requested again with a larger limit.
#[derive(Debug)]
pub(super) struct Pages {
    limit: u64,
    next: Cursor,
    /// The event IDs already returned, of the second in which the next page begins.
    seen: HashSet<String>,
    done: bool,
}

impl Pages {
    /// Begins with the newest record, or with those before a cursor.
    pub(super) fn new(limit: u64, start: Cursor) -> Self {
        let seen = start.event.iter().cloned().collect();
        Self { limit, next: start, seen, done: false }
    }

    /// The maximum number of records on the next page.
    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    /// The start of the next page.
    pub(super) fn cursor(&self) -> &Cursor {
        &self.next
    }

    /// Whether there is no next page.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// Stops the pagination.
    pub(super) fn end(&mut self) {
        self.done = true;
    }

    /// Returns the records of a page that are known to be complete, and advances.
    pub(super) fn turn(&mut self, mut page: Vec<UsageRecord>) -> Vec<UsageRecord> {
        let is_full = page.len() as u64 >= self.limit;
        let last = page.last().map(|record| (record.timestamp.clone(), record.cursor_event_id.clone()));
        self.drop_repeated(&mut page);
        if !is_full {
            self.done = true;
            return page;
        }
        match last {
            Some((time, event)) if !event.is_empty() => self.after(time, event, page),
            Some(_) => self.before_the_last_second(page),
            None => {
                self.grow();
                page
            }
        }
    }

    /// Removes records that were returned before, because a server may list records before *or at* a cursor.
    fn drop_repeated(&self, page: &mut Vec<UsageRecord>) {
        let Some(before) = &self.next.before else { return };
        if self.next.event.is_none() {
            let repeated = page.iter().take_while(|record| record.timestamp == *before).count();
            page.drain(..repeated);
        }
        page.retain(|record| record.timestamp != *before || !self.seen.contains(&record.cursor_event_id));
    }

    /// Continues after the last record, by its event ID.
    fn after(&mut self, time: String, event: String, page: Vec<UsageRecord>) -> Vec<UsageRecord> {
        if self.next.before.as_ref() != Some(&time) {
            self.seen.clear();
        } else if page.is_empty() {
            // A server that ignores event IDs starts the page again. With a larger limit, the page extends beyond
            // this second.
            self.grow();
            return page;
        }
        let of_last_second = page.iter().filter(|record| record.timestamp == time);
        self.seen.extend(of_last_second.map(|record| record.cursor_event_id.clone()));
        self.next = Cursor { before: Some(time), event: Some(event) };
        page
    }

    /// Leaves the last second of the page to the next one.
    fn before_the_last_second(&mut self, mut page: Vec<UsageRecord>) -> Vec<UsageRecord> {
        let Some(oldest) = page.last().map(|record| record.timestamp.clone()) else {
            self.grow();
            return page;
        };
        let complete = page.iter().position(|record| record.timestamp == oldest).unwrap_or_default();
        let before = match page.get(..complete).and_then(<[_]>::last) {
            Some(newer) => {
                let before = newer.timestamp.clone();
                page.truncate(complete);
                before
            }
            None if self.limit < MAX_PAGE => {
                self.grow();
                page.clear();
                return page;
            }
            // The largest page cannot hold all records of this second. The rest of the second cannot be requested.
            None => oldest,
        };
        self.seen.clear();
        self.next = Cursor { before: Some(before), event: None };
        page
    }

    /// Requests a larger page next time, or stops if the page is as large as it can be.
    fn grow(&mut self) {
        self.done = self.limit >= MAX_PAGE;
        self.limit = self.limit.saturating_mul(10).clamp(1, MAX_PAGE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How a server interprets a cursor.
    #[derive(Clone, Copy, Debug)]
    enum Server {
        /// Like the service: returns records before the time, or at the time and before the event.
        Exact,
        /// The same, including the record at the cursor.
        Repeating,
        /// Without event IDs: records before the time.
        Older,
        /// Without event IDs: records before or at the time.
        OlderRepeating,
    }

    /// A record that is identified by its cost. Event IDs grow with time.
    fn record(timestamp: &str, number: usize, events: bool) -> UsageRecord {
        #[allow(clippy::cast_precision_loss, reason = "a few records")]
        let cost = number as f64;
        let mut record = serde_json::json!({
            "timestamp": timestamp, "type": "generate.text", "model": null, "api_key": null, "api_key_type": null,
            "meter_source": null, "input_text_tokens": 0, "input_cached_tokens": 0, "input_audio_tokens": 0,
            "input_image_tokens": 0, "output_text_tokens": 0, "output_reasoning_tokens": 0, "output_audio_tokens": 0,
            "output_image_tokens": 0, "cost_usd": cost, "response_time_ms": null,
        });
        if events {
            record["cursor_event_id"] = format!("event_{:04}", 1000 - number).into();
        }
        serde_json::from_value(record).unwrap()
    }

    /// Reads everything from a server with these times, and returns the numbers of the records in the order received.
    fn read(times: &[&str], limit: u64, server: Server) -> (Vec<f64>, usize) {
        let events = matches!(server, Server::Exact | Server::Repeating);
        let all: Vec<UsageRecord> =
            times.iter().enumerate().map(|(number, time)| record(time, number, events)).collect();
        let mut pages = Pages::new(limit, Cursor::default());
        let (mut seen, mut requests) = (Vec::new(), 0);
        while !pages.is_done() {
            requests += 1;
            assert!(requests < 100, "paging does not end");
            let cursor = pages.cursor().clone();
            let wanted = |record: &&UsageRecord| {
                let Some(before) = &cursor.before else { return true };
                let event = cursor.event.as_deref().unwrap_or_default();
                let at = (record.timestamp.as_str(), record.cursor_event_id.as_str());
                match server {
                    Server::Exact => at < (before.as_str(), event),
                    Server::Repeating => at <= (before.as_str(), event),
                    Server::Older => record.timestamp < *before,
                    Server::OlderRepeating => record.timestamp <= *before,
                }
            };
            let limit = usize::try_from(pages.limit()).unwrap();
            let page = all.iter().filter(wanted).take(limit).cloned().collect();
            seen.extend(pages.turn(page).into_iter().map(|record| record.cost_usd));
        }
        (seen, requests)
    }

    #[test]
    fn no_record_is_lost_or_repeated_between_pages() {
        let times: &[&[&str]] = &[
            &[],
            &["1"],
            &["9", "8", "7", "6", "5"],
            &["9", "8", "8", "8", "7", "6", "6", "5"],
            // More records in one second than fit on a page.
            &["9", "8", "8", "8", "8", "8", "8", "8", "7", "7", "6"],
            &["5", "5", "5", "5", "5", "5", "5"],
        ];
        for times in times {
            for limit in 1..=12 {
                for server in [Server::Exact, Server::Repeating, Server::Older, Server::OlderRepeating] {
                    let (seen, _) = read(times, limit, server);
                    #[allow(clippy::cast_precision_loss, reason = "a few records")]
                    let expected: Vec<f64> = (0..times.len()).map(|number| number as f64).collect();
                    assert_eq!(seen, expected, "{times:?}, page size {limit}, {server:?}");
                }
            }
        }
    }

    #[test]
    fn paging_sends_as_few_requests_as_possible() {
        assert_eq!(read(&["9", "8", "7"], 10, Server::Exact).1, 1);
        assert_eq!(read(&["9", "8", "7", "6", "5"], 3, Server::Exact).1, 2);
        // A page whose records all have the same time is not requested again.
        assert_eq!(read(&["5", "5", "5", "5", "5"], 3, Server::Exact).1, 2);
        // Without event IDs, each page after the first begins with the last record of the page before.
        assert_eq!(read(&["9", "8", "7", "6", "5"], 3, Server::Older).1, 3);
    }

    #[test]
    fn paging_ends_if_the_server_repeats_the_same_page() {
        let page = || (0..2).map(|number| record("5", number, true)).collect::<Vec<_>>();
        let mut pages = Pages::new(2, Cursor::default());
        assert_eq!(pages.turn(page()).len(), 2);
        let mut requests = 0;
        while !pages.is_done() {
            requests += 1;
            assert!(requests < 10, "paging does not end");
            assert!(pages.turn(page()).is_empty());
        }
    }

    #[test]
    fn records_up_to_the_start_cursor_are_skipped() {
        let start = Cursor { before: Some("5".to_owned()), event: Some("event_1000".to_owned()) };
        let mut pages = Pages::new(10, start);
        let taken = pages.turn((0..3).map(|number| record("5", number, true)).collect());
        assert_eq!(taken.iter().map(|record| record.cost_usd).collect::<Vec<_>>(), [1.0, 2.0]);
    }
}
