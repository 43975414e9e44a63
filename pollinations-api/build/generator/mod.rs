//! From a document to the Rust of a client.
//!
//! `read` finds the types, `lower` the operations and `parameters` theirs. `link` handles what concerns several types,
//! `emit` writes the types, and `generate` has progenitor write the operations. `rewrite` changes what progenitor wrote.

pub(crate) mod document;
pub(crate) mod emit;
pub(crate) mod generate;
pub(crate) mod link;
pub(crate) mod lower;
pub(crate) mod model;
pub(crate) mod names;
pub(crate) mod parameters;
pub(crate) mod read;
pub(crate) mod rewrite;
pub(crate) mod settings;
