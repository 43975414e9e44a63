//! The keys of a client: the current one, the spare ones, and the former ones.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use http::{HeaderMap, HeaderValue};

use super::api_key::ApiKey;
use crate::base::{error::Error, header::REQUEST_ID};

/// A key, with the number of changes before it.
#[derive(Clone, Debug)]
pub(crate) struct Current {
    pub(crate) key: Option<ApiKey>,
    pub(crate) generation: u64,
}

/// The keys of a client.
#[derive(Debug)]
pub(crate) struct Keyring {
    state: Mutex<State>,
    /// Held while the callback runs, so that it only runs once if several calls fail together.
    pub(crate) asking: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct State {
    current: Current,
    fallback: VecDeque<ApiKey>,
    /// Former keys. A server may still repeat them in its messages.
    old: Vec<ApiKey>,
}

impl Keyring {
    pub(crate) fn new(key: Option<ApiKey>, fallback: impl IntoIterator<Item = ApiKey>) -> Self {
        let state = State {
            current: Current { key, generation: 0 },
            fallback: fallback.into_iter().collect(),
            old: Vec::new(),
        };
        Self { state: Mutex::new(state), asking: tokio::sync::Mutex::default() }
    }

    pub(crate) fn current(&self) -> Current {
        self.state().current.clone()
    }

    /// Whether the key has been changed or paid for since this generation.
    pub(crate) fn has_moved_on(&self, generation: u64) -> bool {
        self.state().current.generation != generation
    }

    /// Switches to the next fallback key, unless another call has already done so since this generation. Returns false
    /// if no fallback key is left.
    pub(crate) fn next(&self, generation: u64) -> bool {
        let mut state = self.state();
        if state.current.generation != generation {
            return true;
        }
        let Some(key) = state.fallback.pop_front() else { return false };
        state.replace(key);
        true
    }

    /// Switches to this key. Without a key, continues with the current one, which has pollen again.
    pub(crate) fn renew(&self, key: Option<ApiKey>) {
        let mut state = self.state();
        match key {
            Some(key) => state.replace(key),
            None => state.current.generation += 1,
        }
    }

    /// Removes all keys from a text that a server wrote.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.state().keys().fold(text.to_owned(), |text, key| key.redact(&text))
    }

    /// Removes all keys from the request ID of a response, because every error includes it.
    pub(crate) fn clean(&self, headers: &mut HeaderMap) {
        let Some(id) = headers.get_mut(REQUEST_ID) else { return };
        let shown = id.to_str().unwrap_or_default();
        let state = self.state();
        if state.keys().any(|key| key.is_in(shown)) {
            *id = HeaderValue::from_static("[key]");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while the lock is held, so it cannot be poisoned.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Error {
    /// Removes all keys from values that a server may have written.
    pub(crate) fn redacted(self, keys: &Keyring) -> Self {
        self.rewritten(|text| keys.redact(text))
    }
}

impl State {
    /// All keys: current, spare and former ones.
    fn keys(&self) -> impl Iterator<Item = &ApiKey> {
        self.current.key.iter().chain(&self.fallback).chain(&self.old)
    }

    fn replace(&mut self, key: ApiKey) {
        self.old.extend(self.current.key.replace(key));
        self.current.generation += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> ApiKey {
        text.parse().unwrap()
    }

    #[test]
    fn concurrent_failures_switch_to_the_next_key_only_once() {
        let keys = Keyring::new(Some(key("sk_one")), [key("sk_two"), key("sk_three")]);
        let seen = keys.current().generation;
        assert!(keys.next(seen) && keys.next(seen));
        assert_eq!(keys.current().key.unwrap().expose_secret(), "sk_two");
        assert!(keys.next(keys.current().generation));
        assert!(!keys.next(keys.current().generation));
        assert_eq!(keys.current().key.unwrap().expose_secret(), "sk_three");
    }

    #[test]
    fn every_key_is_removed_from_a_text() {
        let keys = Keyring::new(Some(key("sk_one")), [key("sk_two"), key("sk_three")]);
        keys.next(0);
        assert_eq!(keys.redact("sk_one sk_two sk_three sk_four"), "[key] [key] [key] sk_four");
    }

    #[test]
    fn every_part_of_a_key_is_removed_from_a_text() {
        let keys = Keyring::new(Some(key("sk_0123456789abcdef")), []);
        for (text, left) in [
            ("it ends in 89abcdef", "it ends in [key]"),
            ("sk_01234 and 56789abcd\u{e4}", "[key] and [key]\u{e4}"),
            ("sk_0123 is too short to tell", "sk_0123 is too short to tell"),
            ("\u{e4}01234567\u{e4}23456789ab\u{e4}", "\u{e4}[key]\u{e4}[key]\u{e4}"),
            ("sk_0123456789abcdef", "[key]"),
        ] {
            assert_eq!(keys.redact(text), left);
        }
    }
}
