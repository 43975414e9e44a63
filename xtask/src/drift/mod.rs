//! What changed between two documents, for callers of the generated client.
//!
//! Both documents are normalized first, so that only what reaches the client counts. The `drift` crate then walks them
//! side by side and finds the places that differ; `explain` says what differs there and whether it breaks callers:
//! unlike a strict reader, the generated client takes new values of an enumeration and new members of a union.

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

/// What a change means for callers of the generated client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Words alone.
    Docs,
    /// Something is new, or more is allowed.
    Additive,
    /// Code that compiles or works today does not any more.
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

/// The part of a version (Semantic Versioning 2.0.0) that a set of changes asks to raise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    /// For words alone.
    Patch,
    /// For what is new.
    Minor,
    /// For what breaks.
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

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// What it means for callers.
    pub class: Class,
    /// The operations it touches, by their ids; none for a type that no operation uses.
    pub operations: Vec<String>,
    /// Where it is: a JSON pointer into the normalized document, with `#` in front. For words, into the document as
    /// it was given.
    pub location: String,
    /// The same for people, such as `ModelInfo.pricing` or ``query parameter `seed` ``; empty for an operation as a
    /// whole.
    pub place: String,
    /// What changed, in a sentence.
    pub message: String,
    /// The methods of `pollinations-ext` that use what broke: none before [`Report::with_methods`], and for changes that
    /// break nothing.
    pub methods: Vec<String>,
    /// What was there before; null if nothing was.
    pub before: Value,
    /// What is there now; null if nothing is.
    pub after: Value,
}

/// All differences between two documents, the gravest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The part of the version to raise; nothing if nothing changed.
    pub bump: Option<Bump>,
    /// The changes.
    pub changes: Vec<Change>,
    /// Method and path of each operation, by its id.
    #[serde(skip)]
    routes: BTreeMap<String, String>,
    /// Which types the parts of each operation are made of.
    #[serde(skip)]
    usage: Usage,
}

/// Compares two OpenAPI 3.0 or 3.1 documents.
///
/// # Errors
///
/// When one of them is not an OpenAPI document, or too broken to be compared.
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
    // The crate asserts what it does not expect. That must not take the whole report along.
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
