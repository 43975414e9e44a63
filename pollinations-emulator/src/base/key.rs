//! API keys and what they are allowed to do.

use std::fmt;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::category;

/// An API key that an emulator accepts.
///
/// # Examples
///
/// ```
/// use pollinations_emulator::Key;
///
/// let key = Key::new("sk_limited").name("guest").budget(0.5).models(["flux"]).permissions(["usage"]);
/// # let _ = key;
/// ```
#[derive(Clone, Deserialize)]
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
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) quest_pollen_only: bool,
    /// The app that a user granted the key to.
    #[serde(skip)]
    pub(crate) app: Option<ByopApp>,
}

/// An app that users grant keys to.
#[derive(Clone, Debug)]
pub(crate) struct ByopApp {
    /// The id of the app's key.
    pub(crate) id: String,
    pub(crate) name: String,
    /// Whether it earns a share of what its users spend.
    pub(crate) earns: bool,
}

fn all_permissions() -> Option<Vec<String>> {
    Some(["profile", "balance", "usage", "keys"].map(str::to_owned).into())
}

impl Key {
    /// A key (`sk_…`, `pk_…` or `ag_…`) without limits and with all permissions.
    pub fn new(key: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            budget: None,
            models: None,
            permissions: all_permissions(),
            expires_in: None,
            name: None,
            quest_pollen_only: false,
            app: None,
        }
    }

    /// Sets the display name, which usage records and the list of keys show.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Whether the key spends only quest pollen; false by default.
    pub fn quest_pollen_only(mut self, on: bool) -> Self {
        self.quest_pollen_only = on;
        self
    }

    /// Sets a budget, in pollen. Requests beyond it are refused with 402.
    pub fn budget(mut self, pollen: f64) -> Self {
        self.budget = Some(pollen);
        self
    }

    /// Limits the key to these models, or to categories of models: `text`, `image`, `video`, `audio`, `3d`,
    /// `embedding`, `realtime`. Other models are refused with 403.
    pub fn models<M: Into<String>>(mut self, models: impl IntoIterator<Item = M>) -> Self {
        self.models = Some(models.into_iter().map(Into::into).collect());
        self
    }

    /// Limits the account permissions to these: `profile`, `balance`, `usage`, `keys`. Operations that need another one
    /// answer 403.
    pub fn permissions<P: Into<String>>(mut self, permissions: impl IntoIterator<Item = P>) -> Self {
        self.permissions = Some(permissions.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the lifetime, in seconds. With 0 or less, the key has expired already.
    pub fn expires_in(mut self, seconds: f64) -> Self {
        self.expires_in = Some(seconds);
        self
    }

    /// Whether it is a publishable key (`pk_…`).
    pub(crate) fn is_publishable(&self) -> bool {
        self.key.starts_with("pk_")
    }

    /// The id of the key: a hash, which does not reveal the key.
    pub(crate) fn id(&self) -> String {
        let digest = Sha256::digest(&self.key);
        let digits: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("key_{digits}")
    }

    /// The key as usage records show it: its name, or else its prefix.
    pub(crate) fn shown(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("{}…", self.key.get(..3).unwrap_or_default()))
    }

    /// Whether the key may use a model. `kind` is the category of the operation, for models whose name does not tell
    /// theirs.
    pub(crate) fn allows_model(&self, kind: &str, model: &str) -> bool {
        let category = category::of_model(model).unwrap_or(kind);
        self.models.as_ref().is_none_or(|models| models.iter().any(|allowed| allowed == model || allowed == category))
    }

    pub(crate) fn allows_account(&self, permission: &str) -> bool {
        // Since autumn 2026, `usage` includes the balance.
        let is_enough = |allowed: &str| allowed == permission || (allowed == "usage" && permission == "balance");
        self.permissions.iter().flatten().any(|allowed| is_enough(allowed))
    }
}

/// Leaves out the key itself.
impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Key")
            .field("id", &self.id())
            .field("name", &self.shown())
            .field("budget", &self.budget)
            .field("models", &self.models)
            .field("permissions", &self.permissions)
            .field("expires_in", &self.expires_in)
            .field("quest_pollen_only", &self.quest_pollen_only)
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

/// The prefixes of secret keys, publishable keys and tokens of agent runs.
const PREFIXES: [&str; 3] = ["sk_", "pk_", "ag_"];

/// Whether a text is a well-formed key.
pub(crate) fn is_one(text: &str) -> bool {
    let secret = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or_default();
    !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// Whether a text starts like a key, and so must not be shown.
pub(crate) fn looks_like_one(text: &str) -> bool {
    PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}

/// Whether a text may contain a key anywhere.
pub(crate) fn may_contain_one(text: &[u8]) -> bool {
    text.windows(3).any(|start| PREFIXES.iter().any(|prefix| start == prefix.as_bytes()))
}
