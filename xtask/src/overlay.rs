//! OpenAPI Overlay 1.0: additions to the normalized document that upstream does not make.
//!
//! An action whose target matches nothing has no effect and is reported. If it is a fact about the service, somebody
//! has to check it. If it is documentation, it can be removed.

use std::fmt;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;
use serde_json_path::JsonPath;

use crate::normalize::Warning;

/// The maximum number of failed actions in a message.
const SHOWN: usize = 5;

/// An overlay document: a list of actions, applied in order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    overlay: String,
    #[serde(rename = "info")]
    _info: Info,
    actions: Vec<Action>,
    /// The overlay only applies to documents in which this JSONPath matches something.
    #[serde(default, rename = "x-if")]
    present: Option<String>,
    /// The overlay only applies to documents in which this JSONPath matches nothing.
    #[serde(default, rename = "x-unless")]
    absent: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Info {
    #[serde(rename = "title")]
    _title: String,
    #[serde(rename = "version")]
    _version: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Action {
    target: String,
    #[serde(default, rename = "description")]
    _description: Option<String>,
    #[serde(default)]
    update: Option<Value>,
    #[serde(default)]
    remove: bool,
    /// The action only applies to documents in which this JSONPath matches something.
    #[serde(default, rename = "x-if")]
    present: Option<String>,
    /// The action only applies to documents in which this JSONPath matches nothing.
    #[serde(default, rename = "x-unless")]
    absent: Option<String>,
}

/// Whether an action, or a whole overlay, applies to this document. If not, it needs no target.
fn applies(document: &Value, present: Option<&str>, absent: Option<&str>) -> Result<bool> {
    let matches = |path: &str| -> Result<bool> {
        let path = JsonPath::parse(path).context("the condition is not a JSONPath")?;
        Ok(!path.query(document).is_empty())
    };
    Ok(present.map(matches).transpose()?.unwrap_or(true) && !absent.map(matches).transpose()?.unwrap_or(false))
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", if self.remove { "remove" } else { "update" }, self.target)
    }
}

impl Overlay {
    /// Parses an overlay from YAML or JSON.
    ///
    /// # Errors
    ///
    /// An error if the text is not YAML, or not an overlay of version 1.0.
    pub fn parse(text: &str) -> Result<Self> {
        let overlay: Self = serde_saphyr::from_str(text).context("the overlay is not a valid Overlay 1.0 document")?;
        ensure!(overlay.overlay.starts_with("1.0"), "the overlay has version {}, which is not 1.0", overlay.overlay);
        Ok(overlay)
    }

    /// Applies every action, in order.
    ///
    /// # Errors
    ///
    /// An error if a target is not a JSONPath (RFC 9535), or matches nothing in the document. The other actions are
    /// still applied.
    pub fn apply(&self, document: &mut Value) -> Result<()> {
        Unmatched::Refuse.settle(self.apply_all(document), &mut Vec::new())
    }

    /// Applies all actions that have a target, in order, and returns the errors of the others.
    pub fn apply_all(&self, document: &mut Value) -> Vec<String> {
        let mut failures = Vec::new();
        match applies(document, self.present.as_deref(), self.absent.as_deref()) {
            Ok(true) => {}
            Ok(false) => return failures,
            Err(error) => failures.push(format!("overlay: {error:#}")),
        }
        for action in &self.actions {
            if let Err(error) = action.apply(document) {
                failures.push(format!("{action}: {error:#}"));
            }
        }
        failures
    }
}

/// How to handle actions without a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unmatched {
    /// Fail, and list them.
    #[default]
    Refuse,
    /// Warn, and continue without them.
    Warn,
}

impl Unmatched {
    pub(crate) fn settle(self, failures: Vec<String>, warnings: &mut Vec<Warning>) -> Result<()> {
        match self {
            Self::Warn => warnings.extend(failures.into_iter().map(Warning::overlay)),
            Self::Refuse if !failures.is_empty() => {
                let shown = failures.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
                let more = failures.len().saturating_sub(SHOWN);
                let more = if more > 0 { format!("; and {more} more") } else { String::new() };
                bail!(
                    "{} overlay action(s) failed: {shown}{more}; bring xtask/overlay up to date, or pass --skip-unmatched",
                    failures.len()
                );
            }
            Self::Refuse => {}
        }
        Ok(())
    }
}

impl Action {
    fn apply(&self, document: &mut Value) -> Result<()> {
        if !applies(document, self.present.as_deref(), self.absent.as_deref())? {
            return Ok(());
        }
        let path = JsonPath::parse(&self.target).context("the target is not a JSONPath")?;
        let mut pointers: Vec<String> =
            path.query_located(document).locations().map(|location| location.to_json_pointer()).collect();
        if pointers.is_empty() {
            bail!("the target matches nothing");
        }
        // In reverse order, so that removing an item of a list does not shift the others.
        pointers.reverse();
        for pointer in pointers {
            if self.remove {
                remove(document, &pointer);
            } else if let (Some(target), Some(update)) = (document.pointer_mut(&pointer), &self.update) {
                merge(target, update);
            }
        }
        Ok(())
    }
}

fn remove(document: &mut Value, pointer: &str) {
    let Some((parent, token)) = pointer.rsplit_once('/') else { return };
    let token = token.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(parent) {
        Some(Value::Object(object)) => {
            object.shift_remove(&token);
        }
        Some(Value::Array(list)) => {
            if let Some(index) = token.parse::<usize>().ok().filter(|index| *index < list.len()) {
                list.remove(index);
            }
        }
        _ => {}
    }
}

/// Merges an update as specified in Overlay 1.0, section 4.4.3: objects by key, lists by appending, anything else by
/// replacing.
fn merge(target: &mut Value, update: &Value) {
    match (target, update) {
        (Value::Object(target), Value::Object(update)) => {
            for (key, value) in update {
                match target.get_mut(key) {
                    Some(existing) => merge(existing, value),
                    None => {
                        target.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (Value::Array(target), Value::Array(update)) => target.extend(update.iter().cloned()),
        (Value::Array(target), value) => target.push(value.clone()),
        (target, value) => *target = value.clone(),
    }
}
