//! Generates the Rust code of a client from a document.
//!
//! `read` finds the types, `lower` the operations. `link` analyses types together. `emit` writes the types, and
//! `generate` runs progenitor for the operations, whose code `rewrite` and `prepare` change.

pub(crate) mod document;
pub(crate) mod emit;
pub(crate) mod generate;
pub(crate) mod link;
pub(crate) mod lower;
pub(crate) mod model;
pub(crate) mod names;
pub(crate) mod parameters;
pub(crate) mod prepare;
pub(crate) mod read;
pub(crate) mod rewrite;
pub(crate) mod settings;
