//! Running generations, and the cache of finished ones.
//!
//! The service coalesces: a request that is identical to an earlier one waits for the running generation, or gets the
//! cached result. Only one of them is charged.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;

use crate::base::{failure::Failure, lock};

/// How many results are cached, and how many bytes. The oldest are dropped first.
const MAX_RESULTS: usize = 2_000;
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// A hash by which requests are compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Request([u8; 32]);

impl Request {
    /// Two requests are identical if all of these are equal.
    pub(crate) fn of(method: &str, path: &str, query: &str, body: &[u8]) -> Self {
        let mut hash = Sha256::new();
        for part in [method.as_bytes(), path.as_bytes(), query.as_bytes(), body] {
            // The length separates the parts, so that `a`, `bc` differs from `ab`, `c`.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// The media id under which the result can be fetched: 16 hexadecimal digits.
    pub(crate) fn id(&self) -> String {
        format!("{:016x}", self.number())
    }

    /// The id as a number.
    fn number(&self) -> u64 {
        self.0.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }
}

/// The result of a generation.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) failure: Option<Failure>,
}

/// Receives the result.
type Waiting = watch::Receiver<Option<Arc<Finished>>>;

/// What to do with a request.
pub(crate) enum Place {
    /// It is the first of its kind: generate the result.
    Start(Started, Waiting),
    /// The result exists or is being generated: wait for it.
    Join(Waiting),
}

/// All generations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Generations(Arc<Mutex<Slots>>);

#[derive(Debug, Default)]
struct Slots {
    by_request: HashMap<Request, Slot>,
    /// The finished ones, oldest first.
    ended: VecDeque<(Request, u64)>,
    bytes: usize,
    started: u64,
}

#[derive(Debug)]
struct Slot {
    number: u64,
    result: Waiting,
}

impl Generations {
    /// Decides what to do with a request. With `fresh`, it always starts a generation.
    pub(crate) fn place(&self, request: Request, fresh: bool) -> Place {
        let mut slots = lock(&self.0);
        if !fresh && let Some(slot) = slots.by_request.get(&request) {
            return Place::Join(slot.result.clone());
        }
        slots.started += 1;
        let number = slots.started;
        let (sender, result) = watch::channel(None);
        slots.remove(&request);
        slots.by_request.insert(request, Slot { number, result: result.clone() });
        Place::Start(Started { generations: self.clone(), request, number, sender }, result)
    }

    /// The result with this media id, if it is still cached.
    pub(crate) fn by_id(&self, id: &str) -> Option<Arc<Finished>> {
        let number = u64::from_str_radix(id, 16).ok().filter(|_| id.len() == 16)?;
        let slots = lock(&self.0);
        let (_, slot) = slots.by_request.iter().find(|(request, _)| request.number() == number)?;
        slot.result.borrow().clone()
    }
}

impl Slots {
    fn remove(&mut self, request: &Request) {
        if let Some(slot) = self.by_request.remove(request)
            && let Some(finished) = slot.result.borrow().as_ref()
        {
            self.bytes -= finished.body.len();
        }
    }

    /// Removes a slot, unless a later generation has replaced it.
    fn remove_if(&mut self, request: &Request, number: u64) {
        if self.by_request.get(request).is_some_and(|slot| slot.number == number) {
            self.remove(request);
        }
    }
}

/// A running generation. If it is dropped without a result, requests that wait for it get an error.
#[derive(Debug)]
pub(crate) struct Started {
    generations: Generations,
    request: Request,
    number: u64,
    sender: watch::Sender<Option<Arc<Finished>>>,
}

impl Started {
    /// Passes the result to all who wait, and caches it if it is a success.
    pub(crate) fn finish(self, finished: Finished) {
        let mut slots = lock(&self.generations.0);
        let is_current = slots.by_request.get(&self.request).is_some_and(|slot| slot.number == self.number);
        let keep = is_current && finished.status.is_success() && finished.failure.is_none();
        let size = finished.body.len();
        // An error only means that nobody waits for it any more.
        let _ = self.sender.send(Some(Arc::new(finished)));
        if keep {
            slots.bytes += size;
            slots.ended.push_back((self.request, self.number));
            while slots.bytes > MAX_BYTES || slots.ended.len() > MAX_RESULTS {
                let Some((request, number)) = slots.ended.pop_front() else { break };
                slots.remove_if(&request, number);
            }
        } else if is_current {
            // `remove` would subtract its bytes, which were never added.
            slots.by_request.remove(&self.request);
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if self.sender.borrow().is_none() {
            lock(&self.generations.0).remove_if(&self.request, self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(length: usize, status: StatusCode) -> Finished {
        Finished { status, headers: HeaderMap::new(), body: vec![0; length].into(), failure: None }
    }

    fn start(generations: &Generations, request: Request, fresh: bool) -> Started {
        match generations.place(request, fresh) {
            Place::Start(started, _) => started,
            Place::Join(_) => panic!("the generation already exists"),
        }
    }

    #[test]
    fn only_successes_are_cached() {
        let generations = Generations::default();
        let request = Request::of("GET", "/image/x", "", b"");
        drop(start(&generations, request, false));
        start(&generations, request, false).finish(finished(1, StatusCode::BAD_GATEWAY));
        start(&generations, request, false).finish(finished(1, StatusCode::OK));
        assert!(matches!(generations.place(request, false), Place::Join(_)));
        assert!(generations.by_id(&request.id()).is_some());
    }

    #[test]
    fn a_fresh_generation_replaces_the_earlier_one() {
        let generations = Generations::default();
        let request = Request::of("GET", "/image/x", "", b"");
        let first = start(&generations, request, false);
        let second = start(&generations, request, true);
        second.finish(finished(2, StatusCode::OK));
        first.finish(finished(1, StatusCode::OK));
        assert_eq!(generations.by_id(&request.id()).unwrap().body.len(), 2);
        assert_eq!(lock(&generations.0).bytes, 2);
    }

    #[test]
    fn the_cache_has_a_size_limit() {
        let generations = Generations::default();
        for index in 0..10 {
            let request = Request::of("GET", &index.to_string(), "", b"");
            start(&generations, request, false).finish(finished(MAX_BYTES / 4, StatusCode::OK));
        }
        let slots = lock(&generations.0);
        assert_eq!((slots.by_request.len(), slots.bytes), (4, MAX_BYTES));
    }

    #[test]
    fn the_parts_of_a_request_are_hashed_separately() {
        assert_ne!(Request::of("GET", "/a", "b", b""), Request::of("GET", "/ab", "", b""));
    }
}
