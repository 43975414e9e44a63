//! From a document to the Rust of a client.
//!
//! `read` finds the types and `lower` the operations; `link` sees to what concerns several types; `emit` writes the
//! types, and `generate` has progenitor write the operations.

pub(crate) mod document;
pub(crate) mod emit;
pub(crate) mod generate;
pub(crate) mod link;
pub(crate) mod lower;
pub(crate) mod model;
pub(crate) mod names;
pub(crate) mod read;
pub(crate) mod settings;
