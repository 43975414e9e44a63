//! Converts any OpenAPI 3.1 document to the OpenAPI 3.0.3 document that the generator reads.
//!
//! Normalization is a list of small passes, one file each. There are two lists. [`convert`] turns any document into
//! 3.0.3 and keeps everything that 3.0.3 can express. Anything else is a [`Warning`] with its JSON pointer. [`shape`]
//! then adapts the document to this project. [`normalize`] runs the first list, [`shaped`] runs both.
//!
//! Both are pure functions. The result does not depend on the order of keys in the input, the same input gives the same
//! bytes, and a second run changes nothing.

pub mod convert;
mod labels;
mod naming;
mod pointers;
pub mod shape;
mod shapes;
mod tables;
pub mod walk;

use std::{
    collections::HashSet,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    mem,
};

use serde_json::Value;
use walk::{Kind, Place};

/// One step of normalization.
pub struct Pass {
    /// Its name, which is also the name of its file.
    pub name: &'static str,
    run: Run,
}

/// What a pass is called with.
#[derive(Clone, Copy)]
enum Run {
    /// The whole document.
    Document(fn(&mut Value, &mut Warnings)),
    /// Each schema, after the schemas inside it. Consecutive passes of this kind share one walk.
    Schema(fn(&Place<'_>, &mut Value, &mut Warnings)),
}

/// The maximum number of rounds. The first round does the work, and the second usually finds nothing to do. With a
/// strange document, a pass may create something new for an earlier pass.
const MAX_ROUNDS: usize = 12;

/// Something in the input that the output cannot express.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// JSON pointer into the document.
    pub pointer: String,
    /// What was lost, and why.
    pub reason: String,
}

impl Warning {
    /// An overlay action that had no effect.
    pub(crate) fn overlay(reason: String) -> Self {
        Self { pointer: String::new(), reason: format!("overlay: {reason}") }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "#{}: {}", self.pointer, self.reason)
    }
}

/// The warnings of a run, in order.
#[derive(Debug, Default)]
pub struct Warnings(Vec<Warning>);

impl Warnings {
    fn add(&mut self, pointer: &str, reason: impl Into<String>) {
        self.0.push(Warning { pointer: pointer.to_owned(), reason: reason.into() });
    }
}

/// A document after normalization.
#[derive(Debug)]
pub struct Normalized {
    /// The OpenAPI 3.0.3 document.
    pub document: Value,
    /// The parts of the input that could not be converted.
    pub warnings: Vec<Warning>,
}

/// Why a document cannot be normalized at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotOpenApi(pub(crate) String);

impl fmt::Display for NotOpenApi {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "not an OpenAPI 3 document: {}", self.0)
    }
}

impl std::error::Error for NotOpenApi {}

/// Converts an OpenAPI 3.0 or 3.1 document to OpenAPI 3.0.3.
///
/// # Examples
///
/// ```
/// use serde_json::json;
/// use xtask::normalize::normalize;
///
/// let normalized = normalize(json!({
///     "openapi": "3.1.0",
///     "info": { "title": "Small", "version": "1" },
///     "components": { "schemas": { "Name": { "type": ["string", "null"] } } },
/// }))?;
/// let name = &normalized.document["components"]["schemas"]["Name"];
/// assert_eq!(*name, json!({ "type": "string", "nullable": true }));
/// assert!(normalized.warnings.is_empty());
/// # Ok::<(), xtask::normalize::NotOpenApi>(())
/// ```
///
/// # Errors
///
/// [`NotOpenApi`] if the value is not an OpenAPI 3.0 or 3.1 document: it is not an object, has another version or no
/// `info`, or its `paths` are not an object.
pub fn normalize(document: Value) -> Result<Normalized, NotOpenApi> {
    rounds(document, &[convert::PASSES.iter().collect(), convert::NAMES.iter().collect()])
}

/// What to do with the descriptions of the upstream document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prose {
    /// Remove them, because ours replace them.
    #[default]
    Drop,
    /// Keep them.
    Keep,
}

/// Converts an OpenAPI 3.0 or 3.1 document, and shapes it for this project.
///
/// # Errors
///
/// Same as [`normalize`].
pub fn shaped(document: Value, prose: Prose) -> Result<Normalized, NotOpenApi> {
    let shape = || shape::PASSES.iter().filter(move |pass| prose == Prose::Drop || pass.name != shape::PROSE);
    let before_names = || convert::PASSES.iter().chain(shape());
    // Without its descriptions, a schema may become simpler, and names depend on that. So these passes run twice.
    rounds(document, &[before_names().collect(), before_names().collect(), shape::NAMES.iter().collect()])
}

fn rounds(mut document: Value, lists: &[Vec<&Pass>]) -> Result<Normalized, NotOpenApi> {
    convert::check(&document)?;
    let mut warnings = Warnings::default();
    let mut before = None;
    for _ in 0..MAX_ROUNDS {
        document.sort_all_objects();
        for list in lists {
            run(list, &mut document, &mut warnings);
        }
        let after = Some(fingerprint(&document));
        if after == before {
            break;
        }
        before = after;
    }
    let mut seen = HashSet::new();
    warnings.0.retain(|warning| seen.insert(warning.to_string()));
    Ok(Normalized { document, warnings: warnings.0 })
}

/// A hash of a document, including the order of its keys. Cheaper than comparing with a copy.
fn fingerprint(document: &Value) -> u64 {
    fn add(value: &Value, hasher: &mut DefaultHasher) {
        mem::discriminant(value).hash(hasher);
        match value {
            Value::Null => {}
            Value::Bool(value) => value.hash(hasher),
            Value::Number(value) => value.hash(hasher),
            Value::String(value) => value.hash(hasher),
            Value::Array(list) => {
                list.len().hash(hasher);
                list.iter().for_each(|value| add(value, hasher));
            }
            Value::Object(object) => {
                object.len().hash(hasher);
                for (key, value) in object {
                    key.hash(hasher);
                    add(value, hasher);
                }
            }
        }
    }
    let mut hasher = DefaultHasher::new();
    add(document, &mut hasher);
    hasher.finish()
}

fn run(mut passes: &[&Pass], document: &mut Value, warnings: &mut Warnings) {
    while let Some((first, rest)) = passes.split_first() {
        let Run::Document(run) = first.run else {
            let schema = |pass: &&Pass| match pass.run {
                Run::Schema(run) => Some(run),
                Run::Document(_) => None,
            };
            let together: Vec<_> = passes.iter().map_while(schema).collect();
            passes = &passes[together.len()..];
            walk::visit(document, &mut |place, value| {
                if place.kind == Kind::Schema {
                    together.iter().for_each(|run| run(place, value, warnings));
                }
            });
            continue;
        };
        run(document, warnings);
        passes = rest;
    }
}

/// Every pass, in the order in which they run.
pub fn passes() -> impl Iterator<Item = &'static Pass> {
    let lists = [convert::PASSES, convert::NAMES, shape::PASSES, shape::NAMES];
    let mut seen = HashSet::new();
    lists.into_iter().flatten().filter(move |pass| seen.insert(pass.name))
}

/// Runs one pass by its name, for the tests of that pass.
///
/// Returns `None` if there is no such pass.
pub fn run_pass(name: &str, mut document: Value) -> Option<Normalized> {
    let pass = passes().find(|pass| pass.name == name)?;
    let mut warnings = Warnings::default();
    run(&[pass], &mut document, &mut warnings);
    Some(Normalized { document, warnings: warnings.0 })
}

/// Serializes a document, indented by two spaces, with a newline at the end.
pub fn to_bytes(document: &Value) -> Vec<u8> {
    let mut text = format!("{document:#}");
    text.push('\n');
    text.into_bytes()
}
