//! The passes that look at one schema at a time.

pub(super) mod annotations;
pub(super) mod bounds;
pub(super) mod constants;
pub(super) mod content;
pub(super) mod default_values;
pub(super) mod examples;
mod merge;
pub(super) mod nullable;
pub(super) mod siblings;
pub(super) mod tuples;
pub(super) mod unions;
pub(super) mod unsupported;
