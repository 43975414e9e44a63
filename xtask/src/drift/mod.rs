//! Compares two documents, for callers of the generated client.
//!
//! Both documents are normalized first, so that only changes that affect the client count. The `drift` crate then
//! walks both documents and finds the places that differ. `explain` describes each difference and decides whether it
//! breaks callers. The generated client is less strict than other readers: it accepts new values of an enumeration
//! and new members of a union.

mod explain;
mod group;
mod methods;
mod prepare;
mod prose;
mod render;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use anyhow::{Result, anyhow};
use drift_crate::{ChangeComparison, ChangeDetails};
use serde::Serialize;
use serde_json::Value;

pub use methods::Methods;

use crate::normalize::{Prose, shaped};
use methods::Usage;
use prepare::Pair;

/// The effect of a change on callers of the generated client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Only descriptions changed.
    Docs,
    /// Something was added, or more is allowed.
    Additive,
    /// Code that compiles or works today no longer does.
    Breaking,
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Docs => "docs",
            Self::Additive => "additive",
            Self::Breaking => "breaking",
        })
    }
}

/// The part of the version (Semantic Versioning 2.0.0) to increase for a set of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    /// Only descriptions changed.
    Patch,
    /// Something was added.
    Minor,
    /// Something breaks.
    Major,
}

impl fmt::Display for Bump {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        })
    }
}

/// A difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The effect on callers.
    pub class: Class,
    /// The IDs of the affected operations. Empty for a type that no operation uses.
    pub operations: Vec<String>,
    /// The place, as a JSON pointer into the normalized document, with `#` in front. For descriptions, into the
    /// original document.
    pub location: String,
    /// The place for human readers, such as `ModelInfo.pricing` or ``query parameter `seed` ``. Empty for a whole
    /// operation.
    pub place: String,
    /// What changed, in a sentence.
    pub message: String,
    /// The methods of `pollinations-ext` that use the broken part. Empty before [`Report::with_methods`], and for
    /// changes that break nothing.
    pub methods: Vec<String>,
    /// The value before. Null if there was none.
    pub before: Value,
    /// The value now. Null if there is none.
    pub after: Value,
}

/// All differences between two documents, most severe first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The part of the version to increase. `None` if nothing changed.
    pub bump: Option<Bump>,
    /// The changes.
    pub changes: Vec<Change>,
    /// The method and path of each operation, by its ID.
    #[serde(skip)]
    routes: BTreeMap<String, String>,
    /// The types in the parts of each operation.
    #[serde(skip)]
    usage: Usage,
}

/// Compares two OpenAPI 3.0 or 3.1 documents.
///
/// # Errors
///
/// An error if one of them is not an OpenAPI document, or is too malformed to compare.
pub fn compare(old: &Value, new: &Value) -> Result<Report> {
    let mut changes = prose::changes(old, new);
    let old = shaped(old.clone(), Prose::Drop)?.document;
    let new = shaped(new.clone(), Prose::Drop)?.document;
    let words = changes.len();
    let usage = Usage::new([&old, &new]);
    let pair = Pair::new(&old, &new, &mut changes);
    for change in &mut changes[..words] {
        change.operations = pair.operations_at(&change.location);
    }
    for found in walk(&pair)? {
        changes.extend(explain::explain(&pair, &found));
    }
    for change in &mut changes {
        change.place = pair.place(&change.location);
    }
    let routes = pair.routes();
    let mut seen = BTreeSet::new();
    changes.retain(|change| seen.insert((change.location.clone(), change.message.clone())));
    changes.sort_by(|left, right| {
        right
            .class
            .cmp(&left.class)
            .then_with(|| (&left.location, &left.message).cmp(&(&right.location, &right.message)))
    });
    let bump = changes.first().map(|gravest| match gravest.class {
        Class::Breaking => Bump::Major,
        Class::Additive => Bump::Minor,
        Class::Docs => Bump::Patch,
    });
    Ok(Report { bump, changes, routes, usage })
}

/// A place that differs.
struct Found {
    old: String,
    new: String,
    input: bool,
    output: bool,
    class: drift_crate::ChangeClass,
    details: ChangeDetails,
    message: String,
}

fn walk(pair: &Pair) -> Result<Vec<Found>> {
    // The crate panics on unexpected input. This must not abort the whole report.
    let compared = catch_unwind(AssertUnwindSafe(|| drift_crate::compare(&pair.old, &pair.new)));
    let changes =
        compared.map_err(|_| anyhow!("the documents cannot be compared: their structure is not supported"))??;
    let mut found = Vec::new();
    for change in changes {
        let Some(path) = change.paths.first() else { continue };
        let (old, new) = (path.old.current_pointer().to_owned(), path.new.current_pointer().to_owned());
        let reached = |comparison| change.paths.iter().any(|path| path.comparison == comparison);
        let (input, output) = (reached(ChangeComparison::Input), reached(ChangeComparison::Output));
        let join = |base: &str, subpath: &str| {
            if subpath.is_empty() { base.to_owned() } else { format!("{base}/{subpath}") }
        };
        found.extend(change.changes.into_iter().map(|info| Found {
            old: join(&old, &info.old_subpath),
            new: join(&new, &info.new_subpath),
            input,
            output,
            class: info.class,
            details: info.details,
            message: info.message,
        }));
    }
    Ok(found)
}
