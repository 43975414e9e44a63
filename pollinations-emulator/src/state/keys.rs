//! The API keys of the account.

use std::{
    collections::HashMap,
    convert::Infallible,
    fmt,
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::http::{HeaderMap, header::AUTHORIZATION};

use crate::base::{
    clock,
    key::{ByopApp, Key, is_one},
    lock,
};

/// How many keys are remembered that were neither configured nor created, only used.
const MAX_SEEN: usize = 1000;

/// The length of the secret part of a new key, in characters.
const SECRET_LENGTH: usize = 32;

/// A key and its metadata.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) id: String,
    /// In milliseconds since 1970, like all times here.
    pub(crate) created: i64,
    pub(crate) expires: Option<i64>,
    pub(crate) last_request: Option<i64>,
    pub(crate) description: Option<String>,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) earns: bool,
    revoked: bool,
    /// The position in the list of keys.
    number: usize,
}

impl Entry {
    fn new(key: Key, number: usize) -> Self {
        let created = clock::millis();
        Self {
            id: key.id(),
            created,
            expires: key.expires_in.map(|seconds| later(created, seconds)),
            key,
            last_request: None,
            description: None,
            redirect_uris: Vec::new(),
            earns: false,
            revoked: false,
            number,
        }
    }

    /// Whether the key is accepted now.
    pub(crate) fn is_valid(&self) -> bool {
        !self.revoked && self.expires.is_none_or(|expires| expires > clock::millis())
    }
}

/// What a new key has besides its limits.
#[derive(Debug, Default)]
pub(crate) struct NewKey {
    pub(crate) is_publishable: bool,
    pub(crate) description: Option<String>,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) earns: bool,
}

/// All keys.
#[derive(Default)]
pub(crate) struct Keys {
    /// By the key itself.
    entries: Mutex<HashMap<String, Entry>>,
    /// Whether only configured keys are accepted. If not, every well-formed key is.
    is_list: bool,
    issued: AtomicU64,
    /// When the account created its first key.
    first_created: OnceLock<i64>,
}

impl Keys {
    pub(crate) fn new(list: Vec<Key>) -> Self {
        let is_list = !list.is_empty();
        let entries = list.into_iter().enumerate().map(|(number, key)| (key.key.clone(), Entry::new(key, number)));
        Self { entries: Mutex::new(entries.collect()), is_list, ..Self::default() }
    }

    /// Authenticates a request by its `Authorization` header, or else by the parameter `key`. `None` without a valid
    /// key.
    pub(crate) fn authenticate(&self, headers: &HeaderMap, query: &str) -> Option<Key> {
        let text = match headers.get(AUTHORIZATION) {
            Some(value) => value.to_str().ok()?.strip_prefix("Bearer ")?,
            // Keys contain no characters that need percent-encoding.
            None => query.split('&').find_map(|pair| pair.strip_prefix("key="))?,
        };
        let mut entries = lock(&self.entries);
        let count = entries.len();
        if let Some(entry) = entries.get_mut(text) {
            if !entry.is_valid() {
                return None;
            }
            let now = clock::millis();
            entry.last_request = Some(now);
            let mut key = entry.key.clone();
            key.expires_in = entry.expires.map(|expires| seconds_between(now, expires));
            return Some(key);
        }
        if self.is_list || !is_one(text) {
            return None;
        }
        let key = Key::new(text);
        if count < MAX_SEEN {
            let mut entry = Entry::new(key.clone(), count);
            entry.last_request = Some(entry.created);
            entries.insert(text.to_owned(), entry);
        }
        Some(key)
    }

    /// Issues the key that a user has granted to an app.
    pub(crate) fn issue(&self, limits: impl FnOnce(Key) -> Key) -> String {
        let text = format!("sk_emulated_{:08}", self.issued.fetch_add(1, Ordering::Relaxed) + 1);
        let key = limits(Key::new(text.clone()));
        let mut entries = lock(&self.entries);
        let number = entries.len();
        entries.insert(text.clone(), Entry::new(key, number));
        text
    }

    /// Creates a key of the account with these limits. The key itself is in `key.key`.
    pub(crate) fn create(&self, limits: Key, new: NewKey) -> Entry {
        let secret: String = std::iter::repeat_with(fastrand::alphanumeric).take(SECRET_LENGTH).collect();
        let text = format!("{}_{secret}", if new.is_publishable { "pk" } else { "sk" });
        let mut entries = lock(&self.entries);
        let entry = Entry {
            description: new.description,
            redirect_uris: new.redirect_uris,
            earns: new.earns,
            ..Entry::new(Key { key: text.clone(), ..limits }, entries.len())
        };
        self.first_created.get_or_init(|| entry.created);
        entries.insert(text, entry.clone());
        entry
    }

    /// When the account created its first key, in milliseconds since 1970; `None` if it has created none.
    pub(crate) fn first_created(&self) -> Option<i64> {
        self.first_created.get().copied()
    }

    /// The keys that have not been revoked, oldest first.
    pub(crate) fn list(&self) -> Vec<Entry> {
        let mut list: Vec<Entry> = lock(&self.entries).values().filter(|entry| !entry.revoked).cloned().collect();
        list.sort_by_key(|entry| entry.number);
        list
    }

    /// Changes the key with this id and returns the changed key; `None` if there is no such key. If the change fails,
    /// the key stays as it is. Changes are atomic.
    pub(crate) fn change<E>(
        &self,
        id: &str,
        change: impl FnOnce(&mut Entry) -> Result<(), E>,
    ) -> Option<Result<Entry, E>> {
        let mut entries = lock(&self.entries);
        let entry = entries.values_mut().find(|entry| entry.id == id && !entry.revoked)?;
        let mut changed = entry.clone();
        Some(change(&mut changed).map(|()| {
            entry.clone_from(&changed);
            changed
        }))
    }

    /// Revokes the key with this id. Returns false if there is no such key.
    pub(crate) fn revoke(&self, id: &str) -> bool {
        let revoke = |entry: &mut Entry| {
            entry.revoked = true;
            Ok::<_, Infallible>(())
        };
        self.change(id, revoke).is_some()
    }

    /// The app of a publishable key.
    pub(crate) fn app(&self, client_id: &str) -> ByopApp {
        let key = Key::new(client_id);
        let entries = lock(&self.entries);
        let entry = entries.get(client_id);
        let name = entry.map_or_else(|| key.shown(), |entry| entry.key.shown());
        ByopApp { id: key.id(), name, earns: entry.is_some_and(|entry| entry.earns) }
    }
}

/// Leaves out the keys themselves.
impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keys").field("list", &self.list()).finish_non_exhaustive()
    }
}

#[allow(clippy::cast_possible_truncation, reason = "saturates, as it should")]
fn later(time: i64, seconds: f64) -> i64 {
    time.saturating_add((seconds * 1000.0) as i64)
}

#[allow(clippy::cast_precision_loss, reason = "times of this century are exact")]
fn seconds_between(from: i64, to: i64) -> f64 {
    to.saturating_sub(from) as f64 / 1000.0
}
