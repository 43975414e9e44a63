//! Unknown fields of an object, and values that could not be parsed.

use std::fmt;

use serde_json::{Map, Value};

use super::whole::add_last;

/// The fields that the type of an object does not have, and fields whose value could not be parsed.
///
/// Every generated object has one: read it with `extra()` and change it with `extra_mut()`. It is written when the
/// object is serialized, so an object is sent back as it was received.
///
/// Two objects are equal if they only differ in whether an optional field was `null` or missing.
///
/// # Examples
///
/// ```
/// use pollinations_api::types::AccountBalance;
///
/// let body = r#"{ "balance": 1.5, "currency": "pollen" }"#;
/// let mut balance: AccountBalance = serde_json::from_str(body)?;
/// assert_eq!(balance.extra().get("currency").unwrap(), "pollen");
///
/// balance.extra_mut().insert("note", "checked");
/// let written = serde_json::to_value(&balance)?;
/// assert_eq!(written["currency"], "pollen");
/// assert_eq!(written["note"], "checked");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Extra(Inner);

/// An object that matches the document needs no allocation.
#[derive(Clone)]
enum Inner {
    /// The marks of the first 64 fields.
    Marks(u64),
    Kept(Box<Kept>),
}

#[derive(Clone, Default)]
pub(super) struct Kept {
    marks: u64,
    /// The marks of the fields from the 65th on.
    more_marks: Vec<usize>,
    unknown: Map<String, Value>,
    /// Known fields that did not match the document.
    mismatches: Vec<Mismatch>,
}

/// A known field that did not match the document.
#[derive(Clone, PartialEq)]
struct Mismatch {
    name: &'static str,
    /// `None` if it was missing.
    received: Option<Value>,
    /// The JSON of the value that the field has instead.
    read: Value,
}

/// What was received of a known field.
pub(super) enum Received<'a> {
    /// The program has set this value under the name of the field.
    Set(&'a Value),
    /// The field was missing although it is required. `read` is the JSON of the value that the field has instead.
    Missing {
        read: &'a Value,
    },
    /// The value did not match the document. `read` is the JSON of the value that the field has instead.
    Unlike {
        received: &'a Value,
        read: &'a Value,
    },
    AsDocumented,
}

impl Kept {
    fn get(&self, name: &str) -> Option<&Value> {
        self.unknown.get(name).or_else(|| self.mismatch(name)?.received.as_ref())
    }

    fn is_empty(&self) -> bool {
        self.unknown.is_empty() && self.mismatches.iter().all(|mismatch| mismatch.received.is_none())
    }

    /// A known field, unless it matched the document.
    fn mismatch(&self, name: &str) -> Option<&Mismatch> {
        self.mismatches.iter().find(|mismatch| mismatch.name == name)
    }

    /// The fields without a place in the type, set by the program or sent by the server.
    pub(super) fn unknown(&self) -> &Map<String, Value> {
        &self.unknown
    }
}

/// The weight of a field that does not match. An unknown field weighs 1.
pub(super) const MISFIT: usize = 1000;

impl Extra {
    /// Creates an empty one.
    #[doc(hidden)]
    pub const fn new() -> Self {
        Self(Inner::Marks(0))
    }

    /// The value of this field, if the type does not have the field or its value could not be parsed.
    #[inline]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.kept()?.get(name)
    }

    /// All fields, unknown ones first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        let kept = self.kept();
        let unknown = kept.into_iter().flat_map(|kept| &kept.unknown).map(|(name, value)| (name.as_str(), value));
        let mismatches = kept.into_iter().flat_map(|kept| &kept.mismatches);
        unknown.chain(mismatches.filter_map(|mismatch| Some((mismatch.name, mismatch.received.as_ref()?))))
    }

    /// Whether it is empty. It is empty for an object that matches the document.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.kept().is_none_or(Kept::is_empty)
    }

    /// The names of required fields that were missing when the object was parsed.
    pub fn missing(&self) -> impl Iterator<Item = &'static str> {
        let mismatches = self.kept().into_iter().flat_map(|kept| &kept.mismatches);
        mismatches.filter(|mismatch| mismatch.received.is_none()).map(|mismatch| mismatch.name)
    }

    /// Sets a field to send with the object, and returns the previous value.
    ///
    /// Use it to send a field that this version does not know. If the type has a field of this name, this value
    /// replaces it.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        self.keep().unknown.insert(name.into(), value.into())
    }

    /// Removes the field and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let Inner::Kept(kept) = &mut self.0 else { return None };
        let at = kept.mismatches.iter().position(|mismatch| mismatch.name == name);
        let received = at.and_then(|at| kept.mismatches.remove(at).received);
        kept.unknown.remove(name).or(received)
    }

    #[inline]
    pub(super) fn kept(&self) -> Option<&Kept> {
        match &self.0 {
            Inner::Marks(_) => None,
            Inner::Kept(kept) => Some(kept),
        }
    }

    pub(super) fn received(&self, name: &str) -> Received<'_> {
        let Some(kept) = self.kept() else { return Received::AsDocumented };
        match (kept.unknown.get(name), kept.mismatch(name)) {
            (Some(value), _) => Received::Set(value),
            (None, Some(Mismatch { received: Some(received), read, .. })) => Received::Unlike { received, read },
            (None, Some(Mismatch { received: None, read, .. })) => Received::Missing { read },
            (None, None) => Received::AsDocumented,
        }
    }

    fn keep(&mut self) -> &mut Kept {
        loop {
            match self.0 {
                Inner::Kept(ref mut kept) => return kept,
                Inner::Marks(marks) => self.0 = Inner::Kept(Box::new(Kept { marks, ..Kept::default() })),
            }
        }
    }

    /// How much of the object does not match the document.
    pub(super) fn misfit(&self) -> usize {
        self.kept().map_or(0, |kept| kept.mismatches.len() * MISFIT + kept.unknown.len())
    }

    /// The part of this field.
    pub(super) fn misfit_of(&self, name: &str) -> usize {
        if self.kept().is_some_and(|kept| kept.mismatch(name).is_some()) { MISFIT } else { 0 }
    }

    /// Whether nothing is kept, and no field is marked.
    #[inline]
    pub(super) fn is_unmarked(&self) -> bool {
        matches!(self.0, Inner::Marks(0))
    }

    pub(super) fn marked(&self, index: usize) -> bool {
        match &self.0 {
            _ if index >= 64 => self.kept().is_some_and(|kept| kept.more_marks.contains(&index)),
            Inner::Marks(marks) => marks >> index & 1 == 1,
            Inner::Kept(kept) => kept.marks >> index & 1 == 1,
        }
    }

    /// Marks a field.
    pub(super) fn mark(&mut self, index: usize) {
        match &mut self.0 {
            _ if index >= 64 => self.keep().more_marks.push(index),
            Inner::Marks(marks) => *marks |= 1 << index,
            Inner::Kept(kept) => kept.marks |= 1 << index,
        }
    }

    /// Drops what was kept of a known field.
    pub(super) fn forget(&mut self, index: usize, name: &str) {
        match &mut self.0 {
            Inner::Marks(marks) if index < 64 => *marks &= !(1 << index),
            Inner::Marks(_) => {}
            Inner::Kept(kept) => {
                kept.mismatches.retain(|mismatch| mismatch.name != name);
                kept.more_marks.retain(|marked| *marked != index);
                if index < 64 {
                    kept.marks &= !(1 << index);
                }
            }
        }
    }

    #[cold]
    pub(super) fn keep_mismatch(&mut self, name: &'static str, received: Option<Value>, read: Value) {
        self.keep().mismatches.push(Mismatch { name, received, read });
    }

    #[cold]
    pub(super) fn keep_unknown(&mut self, name: String, value: Value) {
        add_last(&mut self.keep().unknown, name, value);
    }
}

impl Default for Extra {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for Extra {
    fn eq(&self, other: &Self) -> bool {
        match (self.kept(), other.kept()) {
            (None, None) => true,
            (Some(kept), None) | (None, Some(kept)) => kept.unknown.is_empty() && kept.mismatches.is_empty(),
            (Some(one), Some(other)) => one.unknown == other.unknown && one.mismatches == other.mismatches,
        }
    }
}

/// Only prints the names, because a value may be a secret.
impl fmt::Debug for Extra {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter().map(|(name, _)| name)).finish()
    }
}
