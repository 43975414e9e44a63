//! Scenarios: the initial state of an emulator, from a file.

use serde::Deserialize;

use crate::{
    base::{app::App, key::Key, refusal::Refusals},
    fault::Fault,
};

/// The initial state of an emulator, as a JSON file has it. The fields are named after the setters of
/// [`Builder`](crate::Builder): `balance`, `questBalance`, `paidOnly`, `coalescing`, `refusals`, `keys`, `apps`,
/// `codeLifetime` (in seconds) and `faults`.
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
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Scenario {
    pub(crate) balance: Option<f64>,
    pub(crate) quest_balance: Option<f64>,
    pub(crate) paid_only: Vec<String>,
    pub(crate) coalescing: Option<bool>,
    pub(crate) refusals: Option<Refusals>,
    pub(crate) keys: Vec<Key>,
    pub(crate) apps: Vec<App>,
    /// In seconds.
    pub(crate) code_lifetime: Option<f64>,
    pub(crate) faults: Vec<Fault>,
}
