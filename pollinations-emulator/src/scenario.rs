//! How an emulator begins, as a file.

use serde::Deserialize;

use crate::{auth::Key, fault::Fault};

/// How an emulator begins: its balance, the keys that it accepts, and what goes wrong.
///
/// # Examples
///
/// ```
/// use pollinations_emulator::Scenario;
///
/// let scenario: Scenario = serde_json::from_str(
///     r#"{
///         "balance": 5,
///         "keys": [{ "key": "sk_limited", "budget": 0.5, "models": ["flux"] }],
///         "faults": [{ "operation": "chat_completions", "status": 503, "times": 2 }]
///     }"#,
/// )?;
/// # let _ = scenario;
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    pub(crate) balance: Option<f64>,
    pub(crate) keys: Vec<Key>,
    pub(crate) faults: Vec<Fault>,
}
