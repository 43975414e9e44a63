//! Objects that the account stores: agents, community models, connected apps.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Map, Value, json};

use crate::base::lock;

/// The minimum time between two calls of an operation that makes the service call another server.
const PAUSE: Duration = Duration::from_secs(30);

/// What the account stores besides its keys.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) agents: Items,
    pub(crate) models: Items,
    pub(crate) integrations: Items,
    /// The public profile of the account as a provider of models.
    pub(crate) provider: Mutex<Map<String, Value>>,
    pub(crate) pauses: Pauses,
}

/// JSON objects with an `id`, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Items {
    list: Mutex<Vec<Map<String, Value>>>,
    issued: AtomicU64,
}

impl Items {
    /// Stores an object under a new id with this prefix, and returns it with the id. `None` if another object has the
    /// same name.
    pub(crate) fn add(&self, prefix: &str, mut item: Map<String, Value>) -> Option<Value> {
        let mut list = lock(&self.list);
        if is_taken(&list, &item, None) {
            return None;
        }
        let number = self.issued.fetch_add(1, Ordering::Relaxed) + 1;
        item.insert("id".to_owned(), json!(format!("{prefix}_{number:04}")));
        list.push(item.clone());
        Some(Value::Object(item))
    }

    pub(crate) fn list(&self) -> Vec<Value> {
        lock(&self.list).iter().cloned().map(Value::Object).collect()
    }

    pub(crate) fn get(&self, id: &str) -> Option<Value> {
        lock(&self.list).iter().find(|item| has_id(item, id)).cloned().map(Value::Object)
    }

    /// Changes an object and returns the changed object. Changes are atomic.
    pub(crate) fn change(&self, id: &str, change: impl FnOnce(&mut Map<String, Value>)) -> Result<Value, Unchanged> {
        let mut list = lock(&self.list);
        let at = list.iter().position(|item| has_id(item, id)).ok_or(Unchanged::Missing)?;
        let mut changed = list.get(at).cloned().ok_or(Unchanged::Missing)?;
        change(&mut changed);
        if is_taken(&list, &changed, Some(at)) {
            return Err(Unchanged::Taken);
        }
        if let Some(item) = list.get_mut(at) {
            item.clone_from(&changed);
        }
        Ok(Value::Object(changed))
    }

    /// Deletes an object. Returns false if there is no such object.
    pub(crate) fn delete(&self, id: &str) -> bool {
        let mut list = lock(&self.list);
        let before = list.len();
        list.retain(|item| !has_id(item, id));
        list.len() < before
    }
}

/// Why an object was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unchanged {
    /// There is no object with this id.
    Missing,
    /// Another object has its new name.
    Taken,
}

/// Whether another object than the one at this index has the same name. Objects without a name never collide.
fn is_taken(list: &[Map<String, Value>], item: &Map<String, Value>, at: Option<usize>) -> bool {
    let others = list.iter().enumerate().filter(|(other, _)| Some(*other) != at);
    item.get("name").is_some_and(|name| others.into_iter().any(|(_, other)| other.get("name") == Some(name)))
}

fn has_id(item: &Map<String, Value>, id: &str) -> bool {
    item.get("id").and_then(Value::as_str) == Some(id)
}

/// When each rate-limited action was last done.
#[derive(Debug, Default)]
pub(crate) struct Pauses(Mutex<HashMap<String, Instant>>);

impl Pauses {
    /// Whether an action may be done now. If so, counts it as done.
    pub(crate) fn begin(&self, what: &str) -> bool {
        let mut last = lock(&self.0);
        let now = Instant::now();
        let is_over = last.get(what).is_none_or(|last| now.duration_since(*last) >= PAUSE);
        if is_over {
            last.insert(what.to_owned(), now);
        }
        is_over
    }
}
