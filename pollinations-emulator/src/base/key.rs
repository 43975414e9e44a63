//! Who is asking: API keys and what they may do.

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

use axum::http::{HeaderMap, header::AUTHORIZATION};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::lock;

/// An API key that an emulator accepts.
///
/// # Examples
///
/// ```
/// use pollinations_emulator::Key;
///
/// let key = Key::new("sk_limited").budget(0.5).models(["flux"]).permissions(["balance"]);
/// # let _ = key;
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Key {
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) budget: Option<f64>,
    #[serde(default)]
    pub(crate) models: Option<Vec<String>>,
    #[serde(default = "all_permissions")]
    pub(crate) permissions: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) expires_in: Option<f64>,
}

fn all_permissions() -> Option<Vec<String>> {
    Some(["profile", "balance", "usage", "keys"].map(str::to_owned).into())
}

impl Key {
    /// A key (`sk_…`, `pk_…` or `ag_…`) that may do everything.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), budget: None, models: None, permissions: all_permissions(), expires_in: None }
    }

    /// Gives the key a budget of its own, in pollen.
    pub fn budget(mut self, pollen: f64) -> Self {
        self.budget = Some(pollen);
        self
    }

    /// Limits the key to these models. Other models are refused with 403.
    pub fn models<M: Into<String>>(mut self, models: impl IntoIterator<Item = M>) -> Self {
        self.models = Some(models.into_iter().map(Into::into).collect());
        self
    }

    /// Limits what the key may see of the account: `profile`, `balance`, `usage`, `keys`. Everything else answers 403.
    pub fn permissions<P: Into<String>>(mut self, permissions: impl IntoIterator<Item = P>) -> Self {
        self.permissions = Some(permissions.into_iter().map(Into::into).collect());
        self
    }

    /// Makes the key expire after this many seconds. A key with 0 or less has expired.
    pub fn expires_in(mut self, seconds: f64) -> Self {
        self.expires_in = Some(seconds);
        self
    }

    /// Whether it is a publishable key (`pk_…`) and not a secret one (`sk_…`).
    pub(crate) fn is_publishable(&self) -> bool {
        self.key.starts_with("pk_")
    }

    /// The key as usage records show it: its kind, and none of the rest.
    /// The id of the key, which tells nothing of the key itself.
    pub(crate) fn id(&self) -> String {
        let digest = Sha256::digest(&self.key);
        let digits: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("key_{digits}")
    }

    pub(crate) fn masked(&self) -> String {
        format!("{}…", self.key.get(..3).unwrap_or_default())
    }

    pub(crate) fn allows_model(&self, model: &str) -> bool {
        self.models.as_ref().is_none_or(|models| models.iter().any(|allowed| allowed == model))
    }

    pub(crate) fn allows_account(&self, permission: &str) -> bool {
        self.permissions.iter().flatten().any(|allowed| allowed == permission)
    }

    fn is_expired(&self) -> bool {
        self.expires_in.is_some_and(|seconds| seconds <= 0.0)
    }
}

/// The keys that are accepted.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    /// Without one, every key of the right shape is accepted.
    list: Mutex<Vec<Key>>,
    is_list: bool,
    issued: AtomicU64,
}

impl Keys {
    pub(crate) fn new(list: Vec<Key>) -> Self {
        Self { is_list: !list.is_empty(), list: Mutex::new(list), issued: AtomicU64::new(0) }
    }

    /// The key of a request, from the header or else the query.
    pub(crate) fn authenticate(&self, headers: &HeaderMap, query: &str) -> Option<Key> {
        let text = match headers.get(AUTHORIZATION) {
            Some(value) => value.to_str().ok()?.strip_prefix("Bearer ")?.to_owned(),
            // Keys hold no character that a query would encode.
            None => query.split('&').find_map(|pair| pair.strip_prefix("key="))?.to_owned(),
        };
        let known = lock(&self.list).iter().find(|key| key.key == text).cloned();
        match known {
            Some(key) => (!key.is_expired()).then_some(key),
            None => (!self.is_list && is_one(&text)).then(|| Key::new(text)),
        }
    }

    /// Makes a key for a user who has granted one. It is accepted from now on.
    pub(crate) fn issue(&self, limits: impl FnOnce(Key) -> Key) -> String {
        let text = format!("sk_emulated_{:08}", self.issued.fetch_add(1, Ordering::Relaxed) + 1);
        lock(&self.list).push(limits(Key::new(text.clone())));
        text
    }
}

/// How keys begin: secret ones, publishable ones, and those of agent runs.
const PREFIXES: [&str; 3] = ["sk_", "pk_", "ag_"];

/// Whether a text has the shape of a key.
fn is_one(text: &str) -> bool {
    let secret = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or_default();
    !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// Whether a text begins like a key, so that nobody should see it.
pub(crate) fn looks_like_one(text: &str) -> bool {
    PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}

/// Whether a text may have a key in it somewhere.
pub(crate) fn may_contain_one(text: &[u8]) -> bool {
    text.windows(3).any(|start| PREFIXES.iter().any(|prefix| start == prefix.as_bytes()))
}
